"""Names of files, and files that appear whole or not at all."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import ArgumentError
from .files import replacing

BYTES = 200  # of a file's name: systems take 255, and unfinished ones have longer names
ENDING = 10  # letters of what can be a file's ending


def slug(name: str) -> str:
    """A name that is safe as the name of a file."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "unnamed"


def short(name: str, limit: int) -> str:
    """A file's name in at most so many bytes, with its ending: a letter has up to four."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > ENDING:
        stem, dot, ending = name, "", ""
    room = limit - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


class Names:
    """Names of the files in a folder: safe and short, and each given to one thing.

    Args:
        reserved: names that are not given.
    """

    def __init__(self, *reserved: str):
        self._given: dict[str, tuple] = {name.casefold(): () for name in reserved}

    def __call__(self, name: str, ending: str = "", step: int | None = None) -> str:
        """The name of a file for what is called `name`; the same for the same thing.

        Raises:
            ArgumentError: the name is reserved, or something else has it.
        """
        end = ("" if step is None else f"-{step:06d}") + ending
        safe = short(slug(name), BYTES - len(end.encode())) + end
        thing = (name, ending, step)
        holder = self._given.setdefault(safe.casefold(), thing)
        if holder == thing:
            return safe
        whose = f"{holder[0]!r} has that name already" if holder else "it is the journal's own"
        raise ArgumentError(f"{name!r} cannot be the file {safe}: {whose}. Name it otherwise.")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, put in the place of `path` once it is written and on the disk."""
    # the ending stays: from it libraries know what to write
    with replacing(path, path.with_name(f".{path.stem}-unfinished{path.suffix}")) as fresh:
        yield fresh
