"""Writes the file of a journal, whose form `records.py` describes."""

import json
import os
import threading
import zlib
from pathlib import Path
from typing import Any

from ...errors import ArgumentError, JournalError
from ...pipelines.storage.files import sync
from .places import SAFELY
from .records import EVENTS, LONGEST, Event, body_of, event_of, reason, remedy

AT_ONCE = ("start", "resume", "end")  # on the disk before the run continues
#: Writes data, and of what is known about the file only what is needed to find them again.
_to_disk = getattr(os, "fdatasync", os.fsync)


class Writer:
    """Appends records to the journal in a folder.

    A record that is appended is with the operating system: it outlives the process, however that
    ends. A thread then syncs it to the disk, record by record or as fast as the disk takes them,
    so that a run does not wait; the first record and the last are on the disk when `append`
    returns.

    Args:
        folder: Folder of the run.
        count: Number of records that are there.
        size: Bytes of these records; what follows is cut off.
        durable: Whether records are to outlive a failure of the machine too.

    Raises:
        JournalError: the file cannot be opened.
    """

    def __init__(self, folder: Path, count: int = 0, size: int = 0, durable: bool = True):
        self.path = folder / EVENTS
        self.count, self.size, self.durable = count, size, durable
        self._fault: OSError | None = None
        self._mutex = threading.Lock()
        self._written = threading.Event()
        self._thread: threading.Thread | None = None
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | SAFELY, 0o644)
            os.ftruncate(self._file, size)
            if durable:
                sync(folder)
        except OSError as error:
            raise self._error(error) from error
        if durable:
            self._thread = threading.Thread(target=self._flush, name="rnnzoo-journal", daemon=True)
            self._thread.start()

    def append(self, kind: str, data: dict[str, Any]) -> Event:
        """Writes an event; returns it as a reader will find it.

        Raises:
            JournalError: it cannot be written, e.g. as the disk is full; the records before it
                are whole.
            ArgumentError: it holds what no event of its kind holds, such as text for a number.
        """
        with self._mutex:
            if self._fault is not None:
                raise self._error(self._fault)
            body = checked_body(self.count, kind, data)
            line = b"%08x %08x %s\n" % (len(body), zlib.crc32(body), body)
            try:
                _write(self._file, line)
                if self.durable and kind in AT_ONCE:
                    _to_disk(self._file)
            except OSError as error:
                self._undo(error)
                raise self._error(error) from error
            self._written.set()
            self.count += 1
            self.size += len(line)
            return event_of(json.loads(body))

    def close(self) -> None:
        thread, self._thread = self._thread, None
        self._written.set()
        if thread is not None:
            thread.join()
        os.close(self._file)

    def _flush(self) -> None:
        """Syncs to the disk what was written since the last time, until the file is closed."""
        while self._thread is not None:
            self._written.wait()
            self._written.clear()
            try:
                _to_disk(self._file)
            except OSError as error:  # raised by the next `append`
                self._fault = error

    def _undo(self, fault: OSError) -> None:
        """Cuts off what was begun, so that a record may follow once there is room again."""
        try:
            os.ftruncate(self._file, self.size)
        except OSError:
            self._fault = fault  # a record after half a record could not be read

    def _error(self, error: OSError) -> JournalError:
        return JournalError(
            f"The journal {self.path} cannot be written: {reason(error)}. {remedy(error)}"
        )


def checked_body(n: int, kind: str, data: dict[str, Any]) -> bytes:
    """A record's JSON, as a reader will take it.

    Raises:
        ArgumentError: no reader would.
    """
    try:
        body = body_of(n, kind, data)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"This cannot be logged: {error}.") from error
    if len(body) > LONGEST:
        raise ArgumentError(
            f"This cannot be logged: one entry of {len(body) >> 20} MiB, of which at most "
            f"{LONGEST >> 20} are read. Log it as a file."
        )
    return body


def _write(file: int, line: bytes) -> None:
    while line:  # the system may take a part: where the disk is full, what still fits
        line = line[os.write(file, line) :]
