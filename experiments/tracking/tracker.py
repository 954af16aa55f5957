"""Uploads runs to a store while they are written, in the background: no run waits for it."""

import atexit
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from ...errors import JournalError, RnnzooError, TrackingError
from ..journal.journal import Journal, Listener
from ..journal.lock import RunLock
from ..journal.records import Event, StoredRun
from ..locations import absolute, check_runs, check_uri, runs_folder, shown, tracking_uri
from .store import Store, reason_of, with_retries
from .sync import mark_killed
from .upload import Refused, RunUpload

logger = logging.getLogger("rnnzoo")

REST = 1.0  # seconds between batches: many small ones would take time from the training
PATIENCE = 60.0  # seconds that `close` waits for a store that does not answer
HASTE = 15.0  # the same for a server that has never answered: one try
SILENCE = 3.0  # seconds that it waits without a word


class Tracker:
    """Follows the journals of runs and uploads their events, by one thread.

    The store is opened there as well: nothing that it does, or fails to do, holds up a run. If
    it fails, and twice more, one warning says so and it is not asked again; the events are in the
    journals, and `sync` uploads them later. A run that it refuses is left out, the others
    continue. Runs in the store whose processes died are ended.

    Args:
        uri: Address of the store, by default `tracking_uri()`.
        runs: Folder of the journals, by default `runs_folder(uri)`.
        strict: Whether a store that fails is an error of the run that is being written.
        say: Called with a sentence when `close` has to wait.

    Attributes:
        uri: Address of the store, without user name and password.
        root: Folder of the journals.

    Raises:
        TrackingError: no such kind of store, or no folder for its file; with `strict`, when a
            run writes an event after the store has failed, and by `close`.
        JournalError: the folder of the journals cannot be written.
    """

    def __init__(
        self,
        uri: str | None = None,
        runs: Path | None = None,
        strict: bool = False,
        say: Callable[[str], object] = logger.info,
    ):
        self._named = uri or tracking_uri()
        check_uri(self._named)
        self._uri = absolute(self._named)
        self.root = runs or runs_folder(self._uri)
        check_runs(self.root.absolute())
        self.strict, self._say = strict, say
        self._runs: dict[Path, RunUpload] = {}  # by folder, until all is in the store
        self._failure = ""  # once it is set, the store is not asked again
        self._answered = 0.0  # when the store last took a batch
        self._changed = threading.Condition()  # guards all that is above
        self._hurry = threading.Event()  # ends the rest between two batches
        self._closing = False
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Tracker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            self.close()
        except TrackingError:
            if error is None:
                raise

    @property
    def uri(self) -> str:
        return shown(self._uri, self._named)

    @property
    def pending(self) -> int:
        """Number of events that are not in the store; at most, until it answered for a run that
        was begun before."""
        with self._changed:
            return sum(run.pending for run in self._runs.values())

    @property
    def outcome(self) -> str:
        """Where the runs are, in a sentence."""
        with self._changed:
            pending = self.pending
            counted = all(run.counted for run in self._runs.values() if run.pending)
        if not pending:
            return f"Runs are in {self.uri}."
        events = "1 event is" if pending == 1 else f"{pending:,} events are"
        most = "" if counted else "at most "
        return f"Runs are in {self.root}; {most}{events} not yet in MLflow: rnnzoo sync"

    def listener(self) -> Listener:
        """A listener for the journals of runs: what they write is uploaded."""
        return self._follow

    def upload(self, stored: StoredRun) -> None:
        """Uploads what the store lacks of a run that has ended: its process may have been killed
        before all was there."""
        with self._changed:
            self._add(stored.folder, stored.events, RunLock(stored.folder))
            self._wake()

    def close(self) -> None:
        """Waits until everything is in the store, or the store has failed.

        Raises:
            TrackingError: it failed, and `strict`.
        """
        atexit.unregister(self.close)
        with self._changed:
            thread, self._closing = self._thread, True
            self._hurry.set()
            self._changed.notify_all()
            try:
                self._wait()
            except KeyboardInterrupt:
                self._fail_store("it was not waited for")
            failure = self._failure
        if thread is not None and not failure:
            thread.join()
        if self.strict and failure:
            raise TrackingError(failure)

    def _follow(self, journal: Journal, event: Event) -> None:
        if journal.root is None:
            raise TrackingError("A run that is tracked needs a folder: give its journal a `root`.")
        begins = event.kind in ("start", "resume")
        with self._changed:
            if begins or journal.folder not in self._runs:
                self._add(journal.folder, journal.events, journal.lock)
            self._wake()
            if self.strict and begins:
                self._hurry.set()
                self._changed.wait_for(lambda: self._failure or not self.pending)
        if self.strict and self._failure:
            raise TrackingError(self._failure)

    def _add(self, folder: Path, events: Sequence[Event], lock: RunLock) -> None:
        """Takes on a run, and holds it until it is in the store."""
        if self._failure or lock.hold():  # else another process uploads it
            self._runs[folder] = RunUpload(folder, events, None if self._failure else lock)

    def _wake(self) -> None:
        """Lets the thread see that there is something to upload; begins it if there is none."""
        if self._failure:
            return
        if self._thread is None:
            self._closing = False
            self._thread = threading.Thread(target=self._work, name="rnnzoo-tracking", daemon=True)
            self._thread.start()
            atexit.register(self.close)  # for those who forget: what is written arrives
        self._changed.notify_all()

    @property
    def _due(self) -> list[RunUpload]:
        """Runs of which something is to be uploaded, those of a study after it."""
        return [run for run in self._runs.values() if run.pending and run.problem is None]

    def _work(self) -> None:
        try:
            store = with_retries(lambda: Store(self._uri))
            fresh = True
            while runs := self._next():
                for run in runs:
                    self._upload(run, store)
                if fresh:
                    mark_killed(self.root, store)
                fresh = False
                self._hurry.wait(0 if self._closing else REST)
                self._hurry.clear()
        except Exception as error:  # nobody else would see what this thread dies of
            self._fail_store(reason_of(error))

    def _next(self) -> list[RunUpload]:
        """What is due; nothing when the thread has to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._due or self._closing or self._failure)
            due = [] if self._failure else self._due
            if not due:
                self._thread = None
            return due

    def _upload(self, run: RunUpload, store: Store) -> None:
        """Uploads all that a run has written, in one batch where several events wait."""
        problem = None
        try:
            run.upload(store)
        except (JournalError, Refused) as error:
            problem = error
        with self._changed:
            self._answered = time.monotonic()
            if self._failure:
                return  # `close` gave up on it
            if problem is not None:
                self._leave_out(run, problem)
            elif run.ended and not run.pending:
                run.release()
                del self._runs[run.folder]
            self._changed.notify_all()

    def _leave_out(self, run: RunUpload, problem: RnnzooError) -> None:
        """Uploads no more of a run: for its own fault the others do not stay behind."""
        run.problem = problem
        run.release()
        what = f"The run {run.name} cannot be uploaded: {problem}"
        if self.strict:
            self._fail(what)
            return
        where = "Everything" if run.ended else "The run continues without it; everything"
        logger.warning("%s %s is saved in %s.", what, where, run.folder)

    def _wait(self) -> None:
        """Until all is uploaded, the store has failed, or it has not answered for too long."""
        began, said = time.monotonic(), False
        while self._due and not self._failure:
            self._changed.wait(1.0)
            quiet = time.monotonic() - max(began, self._answered)
            if quiet > self._patience:
                self._fail_store(f"nothing was heard for {self._patience:.0f} s")
            elif quiet > SILENCE and not said:
                self._say(f"Waiting for the tracking store {self.uri} … (Ctrl-C: sync later)")
                said = True

    @property
    def _patience(self) -> float:
        """A server that never answered is not likely to begin now; a database is being made."""
        server = self._uri.startswith(("http", "databricks"))
        return HASTE if server and not self._answered else PATIENCE

    def _fail_store(self, reason: str) -> None:
        self._fail(f"The tracking store {self.uri} failed: {reason}.")

    def _fail(self, failure: str) -> None:
        """Uploads no more, of any run."""
        with self._changed:
            if self._failure:
                return
            self._failure = failure
            for run in self._runs.values():
                run.release()
            if not self.strict:
                text = "%s The run continues without it; everything is saved in %s."
                logger.warning(text, failure, self.root)
            self._changed.notify_all()
