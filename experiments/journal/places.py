"""Paths in the folder of a run: no link is followed, and nothing outside is reached.

A run's folder may come from a stranger. A symbolic link in it would let the journal read any file
of the user, and a run that continues write over it.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ...errors import JournalError

ENTRIES = 100_000  # files and folders in a run's folder, at most
DEEP = 32  # folders in one another, at most
#: Opens no link, and does not wait for who writes to a pipe.
SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def require_folder(folder: Path) -> None:
    """Raises JournalError where there is something else than a folder in a run's place."""
    kind = _kind(folder)
    if kind not in ("", "folder"):
        raise JournalError(
            f"{folder} is {_named(kind)}, not the folder of a run. Put the folder itself there, "
            "or delete it."
        )


def lock_fault(path: Path) -> str:
    """Why opening a lock would write over something else, in words; `""` if it would not."""
    kind = _kind(path)
    if kind not in ("", "file"):
        return f"{path} is {_named(kind)}"
    if kind and path.lstat().st_size:
        return f"{path} is not empty, so that it is no lock"
    return ""


def require_no_links(folder: Path) -> None:
    """Raises JournalError where a folder holds anything but files and folders, however deep."""
    for path, kind in _entries(folder):
        if kind not in ("file", "folder"):
            raise JournalError(
                f"{path} is {kind}: the folder of a run holds files and folders alone. Replace it "
                "by a copy of what it leads to, or delete it."
            )


def existing(folder: Path, named: str) -> Path:
    """A file or folder that a journal names.

    Args:
        folder: folder of the run.
        named: path in it, as `shapes.file` checked it.

    Raises:
        JournalError: it is missing, a link, within a linked folder, outside, or holds links.
    """
    path = folder
    for part in named.split("/"):
        path = path / part
        kind = _kind(path)
        if not kind:
            raise JournalError(f"{path} is missing, which the journal next to it names.")
        if kind not in ("file", "folder"):
            raise JournalError(f"{path} is {kind}, which is not uploaded. Put a copy there.")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise JournalError(f"{path} does not lie in the run's folder {folder}.")
    if path.is_dir():
        require_no_links(path)
    return path


def _entries(folder: Path) -> Iterator[tuple[Path, str]]:
    """All that is in a folder, with its kind; links are not followed."""
    waiting, seen = [(folder, 0)], 0
    while waiting:
        inside, depth = waiting.pop()
        if depth > DEEP:
            raise JournalError(f"{inside} is nested more than {DEEP} folders deep.")
        try:
            names = os.listdir(inside)
        except OSError as error:
            raise JournalError(f"{inside} cannot be read: {error.strerror or error}.") from error
        for each in names:
            seen += 1
            if seen > ENTRIES:
                raise JournalError(f"{folder} holds more than {ENTRIES:,} files.")
            path = inside / each
            kind = _kind(path)
            yield path, kind
            if kind == "folder":
                waiting.append((path, depth + 1))


def _kind(path: Path) -> str:
    """What is at a path, in words; `""` if nothing is."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):  # no folder on the way, a name too long, a NUL
        return "nothing that can be read"
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "a special file"


def _named(kind: str) -> str:
    return f"a {kind}" if kind in ("file", "folder") else kind
