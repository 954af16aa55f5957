"""The upload of one run: what its journal holds and the store does not, now or later."""

from collections.abc import Sequence
from pathlib import Path

from ...errors import JournalError, RnnzooError, TrackingError
from ..journal.lock import RunLock
from ..journal.records import Event
from .projection import Deleted, Projection
from .store import FAULTS, Store, reason_of, with_retries


class Refused(TrackingError):
    """A store that answers does not take a run."""


class RunUpload:
    """A run on its way to a store; the only place that counts what has arrived there.

    Args:
        folder: Folder of the run.
        events: Events of its journal, in order. The list of an open run may grow.
        lock: Lock of the run, held already, for `release` to give back.

    Attributes:
        problem: Why no more of the run is to be uploaded, for whoever uploads it to note.
        killed: Whether the store took the run for `RUNNING` although its process had died.
    """

    def __init__(self, folder: Path, events: Sequence[Event], lock: RunLock | None = None):
        self.folder, self.events = folder, events
        self.problem: RnnzooError | None = None
        self.killed = False
        self._lock = lock
        self._fresh = len(events) == 1  # the store can hold nothing of it yet
        self._projection: Projection | None = None

    def upload(self, store: Store, died: bool = False) -> None:
        """Uploads the events that are not in the store.

        Args:
            store: Where to.
            died: Whether the process of the run is gone: without an end, the run was killed.

        Raises:
            Deleted: somebody deleted the run in the store.
            JournalError: the journal holds no event or fewer than the store, or a file is missing.
            Refused: the store does not take the run.
            One of `FAULTS`: the store does not answer.
        """
        events = tuple(self.events)
        if not events:
            raise JournalError(
                f"The journal in {self.folder} holds no event: its process died before the first, "
                "or they are lost. Restore the file from a copy, or delete the folder."
            )
        projection = self._projection = self._projection or Projection(store, self.folder)
        try:
            with_retries(lambda: projection.upload(events))
            if died and events[-1].kind != "end":
                self.killed = projection.status == "RUNNING"
                with_retries(lambda: projection.mark_killed(events[-1]))
        except FAULTS as error:
            if not store.answers():
                raise
            raise Refused(f"{store.uri} refused {self.folder}: {reason_of(error)}.") from error

    def release(self) -> None:
        """Gives the lock back; a second time it does nothing."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def name(self) -> str:
        return str(self.events[0].data["run"])

    @property
    def ended(self) -> bool:
        """Whether the journal has its end."""
        return self.events[-1].kind == "end"

    @property
    def added(self) -> int:
        """Number of events that were uploaded here, not before."""
        return self._projection.added if self._projection else 0

    @property
    def pending(self) -> int:
        """Number of events that are not in the store, and should be; at most, if not `counted`."""
        uploaded = self._projection.uploaded if self._projection else 0
        return 0 if isinstance(self.problem, Deleted) else len(self.events) - uploaded

    @property
    def counted(self) -> bool:
        """Whether it is known how many events the store holds."""
        return self._fresh or bool(self._projection and self._projection.run)
