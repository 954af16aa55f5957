"""The lock of a run: who holds it writes the run, or uploads it to a store."""

import threading
from pathlib import Path

from filelock import FileLock, Timeout

from ...errors import JournalError
from .places import lock_fault, require_folder
from .records import reason

LOCK = ".lock"


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
            JournalError: the lock cannot be opened, e.g. as the run is another user's; it or the
                run's folder is a link.
        """
        with self._mutex:
            if not self._holders:
                require_folder(self.folder)
                self._require_lock()
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

    def _require_lock(self) -> None:
        if fault := lock_fault(self.folder / LOCK):
            raise JournalError(
                f"The run in {self.folder} cannot be locked: {fault}. Move it away, if nobody else "
                "uploads the run."
            )

    def release(self) -> None:
        """Gives it back once; does nothing if nobody here holds it."""
        with self._mutex:
            self._holders = max(0, self._holders - 1)
            if not self._holders:
                self._lock.release()
