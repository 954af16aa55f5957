"""Files that are written whole or not at all, and whose every byte is vouched for."""

import contextlib
import hashlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np


def write_whole(path: Path, content: bytes) -> None:
    """Puts `content` on the disk beside `path`, then in its place in one step.

    Whatever happens, and whenever, `path` then holds what it held before or `content`.

    Raises:
        OSError: the disk is full, or another reason; names `path`.
    """
    with replacing(path, path.with_name(f".{path.name}.tmp")) as fresh:
        fresh.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path, fresh: Path) -> Iterator[Path]:
    """A file to be written, which is then put on the disk and in the place of another.

    Args:
        path: what is replaced, if it is there.
        fresh: beside it; is gone in the end, whatever happens.

    Raises:
        OSError: it cannot be written; names `path`.
    """
    try:
        yield fresh
        with fresh.open("r+b") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        about = error.errno is not None and error.filename in (None, str(fresh))
        raise (OSError(error.errno, error.strerror, str(path)) if about else error) from error
    finally:
        with contextlib.suppress(OSError):  # where it could not be made it cannot be removed
            fresh.unlink(missing_ok=True)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Puts the names in a folder on the disk, as `fsync` of a file does not."""
    if os.name == "nt":  # knows no such thing
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def packed(arrays: list[np.ndarray]) -> bytes:
    """Arrays as the content of an `.npz`, which is made in memory: a disk that is full is then
    met by a plain write, not within a zip file."""
    content = io.BytesIO()
    named = {f"{i:03d}": array for i, array in enumerate(arrays)}
    np.savez(content, allow_pickle=False, **named)
    return content.getvalue()


def unpacked(content: bytes) -> list[np.ndarray]:
    """What `packed` packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return [stored[key] for key in sorted(stored.files, key=int)]


def sealed(values: dict[str, Any]) -> bytes:
    """Plain values as JSON with a hash of them in its last line."""
    return _rendered(values | {"sha256": sha256(_rendered(values))})


def unsealed(content: bytes) -> dict[str, Any]:
    """What `sealed` sealed.

    Raises:
        ValueError: some byte of it is another.
    """
    values = json.loads(content)
    if not isinstance(values, dict) or "sha256" not in values:
        raise ValueError("it carries no hash")
    del values["sha256"]
    if sealed(values) != content:
        raise ValueError("its hash is not the saved one")
    return values


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def plain(value: Any) -> Any:
    """What `json` does not know: ranges and tuples of delays, NumPy's numbers."""
    return value.item() if isinstance(value, np.generic) else list(value)


def _rendered(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, allow_nan=False, default=plain) + "\n").encode()
