"""The file of a journal: one record a line, each with its length and its checksum.

    000000a3 5d0c9b41 {"n": 7, "kind": "metrics", "time": 1768.25, "data": {…}}

Length and CRC-32 are those of the JSON, in hexadecimal; `n` counts from 0. A process that dies
while it writes leaves a last line without its end, which a reader passes over. Anything else that
is not as it was written is an error.
"""

import errno
import json
import math
import os
import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any

from ...errors import JournalError
from . import shapes
from .places import SAFELY, require_folder

EVENTS = "events.jsonl"
FORMAT = 2
LARGEST = 2**27  # bytes of a journal that is read: more than a million events
LONGEST = 2**24  # bytes of a record that is read
_HEAD = re.compile(rb"([0-9a-f]{8}) ([0-9a-f]{8}) ")
_HEAD_LENGTH = 18
_RUN = re.compile(r"\d{8}-\d{6}-.+-[0-9a-f]{12}")  # how a journal names the folder of a run


@dataclass(frozen=True)
class Event:
    """Something that a run logged.

    Attributes:
        kind: `start`, `resume`, `parameters`, `metrics`, `series`, `image`, `artifact`, `dataset`,
            `note` or `end`.
        time: Seconds since 1970.
        data: What was logged, in plain values; artifacts and images by their path in
            the run's folder.
    """

    kind: str
    time: float
    data: dict[str, Any]


@dataclass(frozen=True)
class StoredRun:
    """A journal as it lies on disk.

    Attributes:
        folder: Folder of the run.
        events: Its events, in the order in which they were written.
        torn: Bytes of a last record that its writer did not live to finish; 0 as a rule.
        size: Bytes of the records that are whole.
    """

    folder: Path
    events: tuple[Event, ...]
    torn: int
    size: int

    @property
    def uid(self) -> str:
        return str(self.events[0].data["uid"])

    @property
    def status(self) -> str | None:
        """`FINISHED`, `FAILED` or `KILLED`; `None` if the journal has no end."""
        last = self.events[-1]
        return str(last.data["status"]) if last.kind == "end" else None


def read(folder: Path) -> StoredRun:
    """The journal in the folder of a run.

    Raises:
        JournalError: there is none, a byte of it is not as it was written, or it holds what no
            journal holds; names file and line. The folder or the file is a link, or too large.
    """
    path = folder / EVENTS
    require_folder(folder)
    content = _content(path, LARGEST + 1)
    if len(content) > LARGEST:
        raise JournalError(
            f"The journal {path} has more than {LARGEST >> 20} MiB, and is not read. Move its "
            "folder away."
        )
    *lines, tail = content.split(b"\n")
    if lines:
        _require_format(_record(lines[0], 0, path), path)
    events = tuple(_decoded(line, n, path) for n, line in enumerate(lines))
    head = _HEAD.match(tail)
    if head and len(tail) > _HEAD_LENGTH + int(head[1], 16):
        raise _damaged(path, len(lines), "the last record does not end where it should")
    return StoredRun(folder, events, len(tail), len(content) - len(tail))


def first_event(folder: Path) -> Event | None:
    """The first event of a journal, whatever follows; `None` if there is none.

    Raises:
        JournalError: it cannot be read, is damaged, or is of another format.
    """
    path = folder / EVENTS
    require_folder(folder)
    line, end, _ = _content(path, LONGEST).partition(b"\n")
    if not end:
        return None
    _require_format(_record(line, 0, path), path)
    return _decoded(line, 0, path)


def _content(path: Path, most: int) -> bytes:
    """The first bytes of a file that is no link; a pipe is not waited for."""
    try:
        file = os.open(path, os.O_RDONLY | SAFELY)
        with os.fdopen(file, "rb") as opened:
            if not S_ISREG(os.fstat(file).st_mode):
                raise OSError(errno.EINVAL, "it is no file")
            return opened.read(most)
    except OSError as error:
        why = "it is a symbolic link" if error.errno == errno.ELOOP else reason(error)
        raise JournalError(
            f"The journal {path} cannot be read: {why}. Restore it from a copy, or delete the "
            "folder."
        ) from error


def _require_format(record: dict[str, Any], path: Path) -> None:
    """Sees that a journal begins as ours do: one of another version may differ in all else."""
    if record.get("kind") != "start":
        raise _damaged(path, 0, f"it begins with {str(record.get('kind'))[:40]!r}")
    data = record.get("data")
    format = data.get("format") if isinstance(data, dict) else None
    if isinstance(format, int) and format != FORMAT:
        raise JournalError(
            f"The journal {path} has format {format}, this rnnzoo reads format {FORMAT}. "
            "Read and upload it with the version of rnnzoo that wrote it, or move its "
            "folder away."
        )


def folders(root: Path) -> Iterator[Path]:
    """Folders of runs under `root`, the oldest first."""
    if root.is_dir():
        yield from sorted(path.parent for path in root.glob(f"*/{EVENTS}"))


def lost(root: Path) -> Iterator[Path]:
    """Folders under `root` that are named as those of runs, but have no journal to be seen."""
    if root.is_dir():
        named = (path for path in sorted(root.iterdir()) if _RUN.fullmatch(path.name))
        yield from (path for path in named if not os.path.exists(path / EVENTS))


def body_of(n: int, kind: str, data: dict[str, Any]) -> bytes:
    """A record's JSON, at this time.

    Raises:
        ValueError: no reader would take it; says why.
    """
    plain = _plain(data)
    shapes.checked(kind, plain)
    record = {"n": n, "kind": kind, "time": time.time(), "data": plain}
    return json.dumps(record, ensure_ascii=False, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    """What JSON has words for; infinities and NaN by their names."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # a number of NumPy
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):  # of a file's name, a byte that is no UTF-8 is half a character
        return str(value).encode(errors="backslashreplace").decode()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(each) for each in value]
    return _plain(str(value))


def event_of(record: dict[str, Any]) -> Event:
    """The event in the JSON of a record.

    Raises:
        ValueError: it is none; says why.
    """
    data = shapes.checked(record.get("kind"), record.get("data"))
    return Event(record["kind"], shapes.time(record.get("time")), data)


def _decoded(line: bytes, n: int, path: Path) -> Event:
    record = _record(line, n, path)
    if record.get("n") != n:
        what = f"it is record {str(record.get('n'))[:20]}, not {n}: lines are missing or twice"
        raise _damaged(path, n, what)
    try:
        return event_of(record)
    except ValueError as error:
        raise _damaged(path, n, str(error)) from None


def _record(line: bytes, n: int, path: Path) -> dict[str, Any]:
    """The JSON of a line, whole as it was written."""
    head = _HEAD.match(line)
    if not head:
        raise _damaged(path, n, "it has no length and checksum")
    body = line[_HEAD_LENGTH:]
    if len(body) != int(head[1], 16):
        raise _damaged(path, n, f"it has {len(body)} bytes, not {int(head[1], 16)}")
    if zlib.crc32(body) != int(head[2], 16):
        raise _damaged(path, n, "its checksum is wrong")
    if len(body) > LONGEST:
        raise _damaged(path, n, f"it has more than {LONGEST >> 20} MiB")
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        raise _damaged(path, n, "it is no JSON that can be read") from None
    if not isinstance(record, dict):
        raise _damaged(path, n, "it is no mapping")
    return record


def _damaged(path: Path, n: int, what: str) -> JournalError:
    return JournalError(
        f"The journal {path} is damaged in line {n + 1}: {what}. Restore the file from a copy, "
        "or delete the folder: then the run is lost."
    )


def reason(error: OSError) -> str:
    """What the system says, without the path."""
    return error.strerror or str(error)


def remedy(error: OSError) -> str:
    """What may help where something cannot be written."""
    full = errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)
    # NumPy, which writes by itself, counts what it could not write and gives no number
    if error.errno in full or error.errno is None:
        return "Free some space, or set RNNZOO_RUNS to another folder."
    return "Set RNNZOO_RUNS to a folder that can be written."
