"""Names of files, and files that appear whole or not at all."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def slug(name: str) -> str:
    """A name that is safe as the name of a file."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "unnamed"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, put in the place of `path` once it is written."""
    fresh = path.with_name(f".{path.stem}-unfinished{path.suffix}")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
