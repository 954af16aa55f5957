"""Brings runs to a store while they go on, in the background: no run waits for it."""

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from ...errors import JournalError, TrackingError
from ..journal.journal import Journal, Listener
from ..journal.records import Event, RunLock, StoredRun
from ..locations import absolute, check_runs, check_uri, runs_folder, shown, tracking_uri
from .followed import TrackedRun
from .projection import Deleted, Projection
from .store import FAULTS, Store, first_line, with_retries
from .sync import mark_killed

logger = logging.getLogger("rnnzoo")

REST = 1.0  # seconds between batches: many small ones would take time from the training
PATIENCE = 60.0  # seconds that `close` waits for a store from which nothing is heard
HASTE = 15.0  # the same for a server from which nothing was ever heard: one try
SILENCE = 3.0  # seconds that it waits without a word


class Tracker:
    """Follows the journals of runs and brings their events to a store, by one thread.

    The store is opened there as well: nothing that it does, or fails to do, holds up a run. If
    it fails, and twice more, it is told once and not asked again; the events are in the journals,
    and `sync` brings them later. A run that it refuses is left out, the others go on. Runs in the
    store whose processes died are ended.

    Args:
        uri: of the store, by default `tracking_uri()`.
        runs: folder of the journals, by default `runs_folder(uri)`.
        strict: a store that fails is an error: the run that is going on is told.

    Attributes:
        uri: of the store, without user name and password.
        root: folder of the journals.
        say: told when `close` has to wait.

    Raises:
        TrackingError: no such kind of store, or no folder for its file; with `strict`, when a
            run tells something after the store has failed, and by `close`.
        JournalError: the folder of the journals cannot be written.
    """

    def __init__(self, uri: str | None = None, runs: Path | None = None, strict: bool = False):
        self._named = uri or tracking_uri()
        check_uri(self._named)
        self._uri = absolute(self._named)
        self.root = runs or runs_folder(self._uri)
        check_runs(self.root.absolute())
        self.strict = strict
        self.say: Callable[[str], object] = logger.info
        self._failure = ""
        self._told = self._arrived = 0
        self._older = False  # whether it follows a run of which the store may have some already
        self._runs: dict[str, TrackedRun] = {}
        self._waiting: deque[TrackedRun] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._hurry = threading.Event()

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
        """Events that are not in the store; of runs that were begun before, those that may not
        be."""
        return self._told - self._arrived

    @property
    def outcome(self) -> str:
        """Where the runs are, in a sentence."""
        if not self.pending:
            return f"Runs are in {self.uri}."
        events = "1 event is" if self.pending == 1 else f"{self.pending:,} events are"
        most = "at most " if self._older else ""
        return f"Runs are in {self.root}; {most}{events} not yet in MLflow: rnnzoo sync"

    def projection(self) -> Listener:
        """A listener for the journal of one run."""
        return self._hear

    def _hear(self, journal: Journal, event: Event) -> None:
        if journal.root is None:
            raise TrackingError("A run that is tracked needs a folder: give its journal a `root`.")
        with self._changed:
            if journal.uid not in self._runs:
                self._runs[journal.uid] = TrackedRun(
                    journal.uid, journal.run, journal.folder, journal.lock, journal.events
                )
                self._older |= event.kind == "resume"
                if not self._failure:
                    journal.lock.hold()
            self._hear_of(self._runs[journal.uid], len(journal.events))
            if self.strict and event.kind in ("start", "resume"):
                self._hurry.set()
                self._changed.wait_for(lambda: self._failure or not self.pending)
        if self.strict and self._failure:
            raise TrackingError(self._failure)

    def bring(self, kept: StoredRun) -> None:
        """Brings a run that is over, as far as it is not in the store: its process may have been
        killed before all was there."""
        lock = RunLock(kept.folder)
        with self._changed:
            self._older = True
            if self._failure or lock.hold():  # else somebody brings it
                name = str(kept.events[0].data["run"])
                run = TrackedRun(kept.uid, name, kept.folder, lock, kept.events)
                self._runs[run.uid] = run
                self._hear_of(run, len(kept.events))

    def _hear_of(self, run: TrackedRun, events: int) -> None:
        """Takes note of how much a run has told; the caller holds `_changed`."""
        if run.deleted:
            return
        self._told += events - run.heard
        run.heard = events
        if not self._failure and not run.dropped:
            self._waiting.append(run)
            self._start()
            self._changed.notify_all()

    def close(self) -> None:
        """Waits until everything has arrived, or the store has failed.

        Raises:
            TrackingError: it failed, and `strict`.
        """
        self._hurry.set()
        with self._changed:
            try:
                self._wait()
            except KeyboardInterrupt:
                self._fail("it was not waited for")
            self._closing = True
            self._changed.notify_all()
            failed, thread, self._thread = self._failure, self._thread, None
        if thread is not None and not failed:
            self._hurry.set()  # it may rest
            thread.join()
        atexit.unregister(self.close)
        if self.strict and failed:
            raise TrackingError(failed)

    def _wait(self) -> None:
        """Until all has arrived, the store has failed, or nothing was heard for too long."""
        arrived, since, said = self._arrived, time.monotonic(), False
        while self._under_way and not self._failure and self._thread:
            self._changed.wait(1.0)
            quiet = time.monotonic() - since
            if self._arrived != arrived:
                arrived, since = self._arrived, time.monotonic()
            elif quiet > self._patience:
                self._fail(f"nothing was heard for {self._patience:.0f} s")
            elif quiet > SILENCE and not said:
                self.say(f"Waiting for the tracking store {self.uri} … (Ctrl-C: sync later)")
                said = True

    @property
    def _patience(self) -> float:
        """A server that never answered is not likely to begin now; a database is being made."""
        server = self._uri.startswith(("http", "databricks"))
        return HASTE if server and not self._arrived else PATIENCE

    @property
    def _under_way(self) -> int:
        """Events that are still to be brought."""
        return sum(run.heard - run.arrived for run in self._runs.values() if not run.dropped)

    def _start(self) -> None:
        if self._thread is None:
            self._closing = False
            self._thread = threading.Thread(target=self._work, name="rnnzoo-tracking", daemon=True)
            self._thread.start()
            atexit.register(self.close)  # for those who forget: what is told arrives

    def _work(self) -> None:
        try:
            store = with_retries(lambda: Store(self._uri))
            fresh = True
            while runs := self._next():
                for run in runs:
                    self._try(run, store)
                if fresh:
                    mark_killed(self.root, store)
                fresh = False
                self._hurry.wait(REST)
                self._hurry.clear()
        except FAULTS as error:
            self._failed(_reason(error))
        except Exception as error:  # nobody else would see what this thread dies of
            self._failed(f"{type(error).__name__}: {first_line(error)}")

    def _next(self) -> list[TrackedRun]:
        """The runs that have told something; none when there is nothing more to do."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing or self._failure)
            runs = [] if self._failure else list(dict.fromkeys(self._waiting))
            self._waiting.clear()
            return runs

    def _try(self, run: TrackedRun, store: Store) -> None:
        """Brings a run, or leaves it out: for its own fault the others do not stay behind."""
        try:
            self._bring(run, store)
        except Deleted as error:
            with self._changed:  # nothing of it is to come
                run.deleted = True
                self._told -= run.heard - run.arrived
            self._drop(run, first_line(error))
        except JournalError as error:
            self._drop(run, first_line(error))
        except FAULTS as error:
            if not store.answers():
                raise
            self._drop(run, _reason(error))

    def _bring(self, run: TrackedRun, store: Store) -> None:
        """Brings all that a run has told, in one batch where several events wait."""
        with self._changed:  # what was not heard yet is not counted yet
            events = tuple(run.events[: run.heard])
        if len(events) <= run.arrived:
            return  # they came with those before
        projection = run.projection = run.projection or Projection(store, run.folder)
        with_retries(lambda: projection.bring(events))
        with self._changed:
            if self._failure:
                return  # `close` gave up on it
            self._arrived += len(events) - run.arrived
            run.arrived = len(events)
            if events[-1].kind == "end":
                run.lock.release()
                run.events = ()
                self._runs.pop(run.uid)
            self._changed.notify_all()

    def _drop(self, run: TrackedRun, reason: str) -> None:
        """Brings no more of a run that the store refuses."""
        with self._changed:
            if self.strict:
                self._fail(f"it refused the run {run.name}: {reason}")
            if self._failure:
                return
            over = run.events[-1].kind == "end"
            run.dropped, run.events = True, ()
            run.lock.release()
            self._changed.notify_all()
        logger.warning(
            "The run %s cannot be brought to the tracking store %s: %s. %s is kept in %s.",
            *(run.name, self.uri, reason),
            *("Everything" if over else "The run goes on without it; everything", run.folder),
        )

    def _failed(self, reason: str) -> None:
        with self._changed:
            self._fail(reason)

    def _fail(self, reason: str) -> None:
        """Asks the store no more."""
        if self._failure:
            return
        self._failure = f"The tracking store {self.uri} failed: {reason}."
        for run in self._runs.values():
            if not run.dropped:
                run.lock.release()
        self._waiting.clear()
        if not self.strict:
            logger.warning(
                "%s The run goes on without it; everything is kept in %s.", self._failure, self.root
            )
        self._changed.notify_all()


def _reason(error: BaseException) -> str:
    """What lies below an error that only says that the store failed."""
    lower = error.__cause__
    return first_line(lower if isinstance(lower, FAULTS) else error)
