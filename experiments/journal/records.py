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
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ...errors import JournalError

EVENTS = "events.jsonl"
LOCK = ".lock"
FORMAT = 1
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
        JournalError: there is none, or a byte of it is not as it was written; names file and line.
    """
    path = folder / EVENTS
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalError(
            f"The journal {path} cannot be read: {reason(error)}. Restore it from a copy, or "
            "delete the folder."
        ) from error
    *lines, tail = content.split(b"\n")
    events = tuple(_decoded(line, n, path) for n, line in enumerate(lines))
    head = _HEAD.match(tail)
    if head and len(tail) > _HEAD_LENGTH + int(head[1], 16):
        raise _damaged(path, len(lines), "the last record does not end where it should")
    if events and events[0].kind != "start":
        raise _damaged(path, 0, f"it begins with {events[0].kind!r}")
    if events and events[0].data["format"] != FORMAT:
        raise JournalError(
            f"The journal {path} has format {events[0].data['format']}, this rnnzoo reads format "
            f"{FORMAT}. Install the version of rnnzoo that wrote it."
        )
    return StoredRun(folder, events, len(tail), len(content) - len(tail))


def first_event(folder: Path) -> Event | None:
    """The first event of a journal, whatever follows; `None` if there is none.

    Raises:
        JournalError: it cannot be read, or is damaged.
    """
    path = folder / EVENTS
    try:
        with path.open("rb") as file:
            line = file.readline()
    except OSError as error:
        raise JournalError(f"The journal {path} cannot be read: {reason(error)}.") from error
    return _decoded(line[:-1], 0, path) if line.endswith(b"\n") else None


def folders(root: Path) -> Iterator[Path]:
    """Folders of runs under `root`, the oldest first."""
    if root.is_dir():
        yield from sorted(path.parent for path in root.glob(f"*/{EVENTS}"))


def lost(root: Path) -> Iterator[Path]:
    """Folders under `root` that are named as those of runs, but have no journal to be seen."""
    if root.is_dir():
        named = (path for path in sorted(root.iterdir()) if _RUN.fullmatch(path.name))
        yield from (path for path in named if not os.path.exists(path / EVENTS))


class RunLock:
    """Held while anybody in this process writes a run or uploads it to a store.

    The system frees it when the process dies, however it dies: a run whose lock is free has
    nobody left.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock = FileLock(folder / LOCK, thread_local=False)
        self._mutex = threading.Lock()
        self._holders = 0

    def hold(self, patience: float = 0.0) -> bool:
        """Holds it once more; `False` if another process does, for so many seconds.

        Raises:
            JournalError: the lock cannot be opened, e.g. as the run is another user's.
        """
        with self._mutex:
            if not self._holders:
                try:
                    self._lock.acquire(timeout=patience)
                except Timeout:
                    return False
                except OSError as error:
                    raise JournalError(
                        f"The run in {self.folder} cannot be locked: {reason(error)}. "
                        "Let its owner sync it."
                    ) from error
            self._holders += 1
            return True

    def release(self) -> None:
        """Gives it back once; does nothing if nobody here holds it."""
        with self._mutex:
            self._holders = max(0, self._holders - 1)
            if not self._holders:
                self._lock.release()


def body_of(n: int, kind: str, data: dict[str, Any]) -> bytes:
    """A record's JSON, at this time."""
    record = {"n": n, "kind": kind, "time": time.time(), "data": _plain(data)}
    return json.dumps(record, ensure_ascii=False, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    """What JSON has words for; infinities and NaN by their names."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # a number of NumPy
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(each) for each in value]
    return str(value)


def event_of(record: dict[str, Any]) -> Event:
    """The event in the JSON of a record."""
    data = record["data"]
    if record["kind"] == "metrics":
        data["values"] = {key: float(value) for key, value in data["values"].items()}
    elif record["kind"] == "series":
        data["values"] = [float(value) for value in data["values"]]
    return Event(record["kind"], record["time"], data)


def _decoded(line: bytes, n: int, path: Path) -> Event:
    head = _HEAD.match(line)
    if not head:
        raise _damaged(path, n, "it has no length and checksum")
    body = line[_HEAD_LENGTH:]
    if len(body) != int(head[1], 16):
        raise _damaged(path, n, f"it has {len(body)} bytes, not {int(head[1], 16)}")
    if zlib.crc32(body) != int(head[2], 16):
        raise _damaged(path, n, "its checksum is wrong")
    record = json.loads(body)
    if record["n"] != n:
        raise _damaged(path, n, f"it is record {record['n']}, not {n}: lines are missing or twice")
    return event_of(record)


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
