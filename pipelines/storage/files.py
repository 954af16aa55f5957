"""Files that are written whole or not at all, and read without following links."""

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import ArgumentError, ArgumentTypeError

#: Names of temporary files, which a killed process may leave.
TEMPORARY = re.compile(r"\..+-[0-9a-f]{12}\.part(\.\w+)?")
LARGEST = 2 << 30  # most bytes of a file that is read into memory


def named_folder(folder: Any) -> Path:
    """The path of a folder that a user names.

    Raises:
        ArgumentTypeError: neither text nor a path.
        ArgumentError: no name of a folder.
    """
    if not isinstance(folder, (str, os.PathLike)):
        raise ArgumentTypeError(f"`folder` must be a path. Received: folder={folder!r:.200}")
    path = Path(folder)
    longest = max((len(os.fsencode(part)) for part in path.parts), default=0)
    try:
        if "\0" not in str(path) and longest <= 255:
            return path.expanduser()
    except RuntimeError:  # the home of a user that there is not
        longest = 0
    raise ArgumentError(f"`folder` is no name of a folder. Received: {str(path)!r:.200}")


def write_whole(path: Path, content: bytes) -> None:
    """Writes `content` to a temporary file next to `path`, then renames it in one step.

    Whatever happens, `path` holds either its old content or `content`.

    Raises:
        OSError: it cannot be written, e.g. the disk is full; names `path`.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary file to write, then flushes it to the disk and renames it to `path`.

    Its name is random, so that several writers do not meet, and nobody can have put a link there.
    It has the ending of `path`, by which libraries choose the type of a file. Where `path` is a
    link, the link is replaced, not what it points to.

    Args:
        path: file to write or replace.

    Raises:
        OSError: it cannot be written; names `path`.
    """
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(6)}.part{path.suffix}")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
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


def read_regular(path: Path, limit: int = LARGEST) -> bytes:
    """Reads a file that is no link, pipe or device.

    Args:
        path: the file.
        limit: most bytes that are read.

    Raises:
        OSError: it is not there, cannot be read, is something else, or is larger; names `path`.
    """
    flags = [getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")]
    try:
        handle = os.open(path, os.O_RDONLY | sum(flags))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link, and links are not followed", path) from error
        raise
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if about.st_size > limit:
            raise OSError(errno.EFBIG, f"it has more than {limit} bytes", str(path))
        return file.read()


def may_be_locked(path: Path) -> bool:
    """Whether a lock may be opened there, which is for writing: it is not there yet, or a file that
    is no link and no second name of another one."""
    try:
        about = path.lstat()
    except FileNotFoundError:
        return True
    return stat.S_ISREG(about.st_mode) and about.st_nlink == 1
