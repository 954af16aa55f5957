"""Uploads what did not arrive in the store while the runs were written."""

from dataclasses import dataclass, field
from pathlib import Path

from ...errors import JournalError, RnnzooError, TrackingError
from ..journal.lock import RunLock
from ..journal.records import first_event, folders, lost, read
from ..locations import runs_folder, tracking_uri
from .projection import Deleted
from .store import FAULTS, Store, first_line, reason_of, with_retries
from .upload import Refused, RunUpload


@dataclass
class SyncReport:
    """What a `sync` did.

    Attributes:
        uri: Address of the store, without user name and password.
        runs: Number of runs of which something was uploaded.
        events: Number of events that were uploaded.
        complete: Number of runs of which everything was there.
        killed: Folders of runs whose process died; in the store they are `KILLED` now.
        running: Folders of runs that another process still writes or uploads.
        deleted: Folders of runs that were deleted in the store, and stay so.
        torn: Folders of journals whose last record was not finished, and is left out.
        damaged: What is wrong with runs that cannot be uploaded: a journal that is damaged, a file
            that is missing, or something that the store refuses.
    """

    uri: str
    runs: int = 0
    events: int = 0
    complete: int = 0
    killed: list[Path] = field(default_factory=list)
    running: list[Path] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)
    torn: list[Path] = field(default_factory=list)
    damaged: list[RnnzooError] = field(default_factory=list)


def sync(runs: Path | None = None, uri: str | None = None) -> SyncReport:
    """Uploads what the store lacks of every journal; a second time it changes nothing.

    Args:
        runs: Folder of the journals, by default `runs_folder(uri)`.
        uri: Address of the store, by default `tracking_uri()`.

    Raises:
        TrackingError: the store cannot be used, or fails on the way: what was uploaded stays.
    """
    uri = uri or tracking_uri()
    store = with_retries(lambda: Store(uri))
    report = SyncReport(store.uri)
    runs = runs or runs_folder(uri)
    for folder in (*sorted(folders(runs), key=_parents_first), *lost(runs)):
        _sync_run(folder, store, report)
    return report


def mark_killed(runs: Path, store: Store) -> None:
    """Ends the runs in a store whose processes died, and uploads the rest of their journals.

    Only runs that are `RUNNING` there are looked at; what cannot be uploaded is left to `sync`,
    which reports it.

    Args:
        runs: Folder of the journals.
        store: Where runs may still be `RUNNING`.
    """
    for uid in store.running():
        for folder in runs.glob(f"*-{uid[:12]}"):
            _sync_run(folder, store, SyncReport(store.uri))


def _parents_first(folder: Path) -> tuple[bool, float]:
    """Runs come after those that they belong to; then by the time at which they began."""
    try:
        start = first_event(folder)
    except JournalError:  # reported when its turn comes
        start = None
    return (False, 0.0) if start is None else (bool(start.data["parent"]), start.time)


def _sync_run(folder: Path, store: Store, report: SyncReport) -> None:
    """Uploads one run, unless another process holds it; adds to the report."""
    lock = RunLock(folder)
    try:
        if not lock.hold():
            report.running.append(folder)
            return
        _upload(folder, store, report)
    except Deleted:
        report.deleted.append(folder)
    except (JournalError, Refused) as error:
        report.damaged.append(error)
    except FAULTS as error:
        raise TrackingError(
            f"The tracking store {store.uri} failed at {folder.name}: {reason_of(error)}. "
            f"{report.runs} runs were uploaded before it: sync again."
        ) from error
    except Exception as error:  # a run may come from anybody: it stops no other
        why = f"{type(error).__name__}: {first_line(error)}"
        report.damaged.append(JournalError(f"The run in {folder} cannot be uploaded: {why}."))
    finally:
        lock.release()


def _upload(folder: Path, store: Store, report: SyncReport) -> None:
    stored = read(folder)
    if stored.torn:
        report.torn.append(folder)
    run = RunUpload(folder, stored.events)
    run.upload(store, died=True)
    if run.killed:
        report.killed.append(folder)
    if run.added:
        report.runs += 1
        report.events += run.added
    else:
        report.complete += 1
