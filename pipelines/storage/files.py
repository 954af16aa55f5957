"""Files that are written whole or not at all, with a hash of every byte."""

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
    """Writes `content` to a temporary file next to `path`, then renames it in one step.

    Whatever happens, `path` holds either its old content or `content`.

    Raises:
        OSError: it cannot be written, e.g. the disk is full; names `path`.
    """
    with replacing(path, path.with_name(f".{path.name}.tmp")) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path, temporary: Path) -> Iterator[Path]:
    """Yields a temporary file to write, then flushes it to the disk and renames it to `path`.

    Args:
        path: file to write or replace.
        temporary: temporary file in the same folder; removed in any case.

    Raises:
        OSError: it cannot be written; names `path`.
    """
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        about = error.errno is not None and error.filename in (None, str(temporary))
        raise (OSError(error.errno, error.strerror, str(path)) if about else error) from error
    finally:
        with contextlib.suppress(OSError):  # it may not exist
            temporary.unlink(missing_ok=True)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Flushes the entries of a folder to the disk; `fsync` of a file does not include its name."""
    if os.name == "nt":  # Windows cannot
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def pack_arrays(arrays: list[np.ndarray]) -> bytes:
    """Packs arrays as the content of an `.npz`, in memory: so that a full disk fails in a plain
    write, not within a zip file."""
    content = io.BytesIO()
    named = {f"{i:03d}": array for i, array in enumerate(arrays)}
    np.savez(content, allow_pickle=False, **named)
    return content.getvalue()


def unpack_arrays(content: bytes) -> list[np.ndarray]:
    """The arrays that `pack_arrays` packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return [stored[key] for key in sorted(stored.files, key=int)]


def seal(values: dict[str, Any]) -> bytes:
    """Plain values as JSON, with their hash in the last line."""
    return _to_json(values | {"sha256": sha256(_to_json(values))})


def unseal(content: bytes) -> dict[str, Any]:
    """The values that `seal` wrote, without their hash.

    Raises:
        ValueError: a byte has changed.
    """
    values = json.loads(content)
    if not isinstance(values, dict) or "sha256" not in values:
        raise ValueError("it has no hash")
    del values["sha256"]
    if seal(values) != content:
        raise ValueError("its hash is not the saved one")
    return values


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def plain(value: Any) -> Any:
    """Converts values that `json` cannot write: ranges of delays, and NumPy's numbers."""
    return value.item() if isinstance(value, np.generic) else list(value)


def _to_json(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, allow_nan=False, default=plain) + "\n").encode()
