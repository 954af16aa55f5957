"""Brings to a store what did not arrive while the runs went on."""

from dataclasses import dataclass, field
from pathlib import Path

from ...errors import JournalError, RnnzooError, TrackingError
from ..journal.records import RunLock, begun, folders, lost, read, reason
from ..locations import runs_folder, tracking_uri
from .projection import Deleted, Projection
from .store import FAULTS, Store, first_line, with_retries


@dataclass
class Synced:
    """What a `sync` did.

    Attributes:
        uri: of the store, without user name and password.
        runs: of which something was brought.
        events: that were brought.
        complete: runs of which everything was there.
        killed: folders of runs whose process died; in the store they are `KILLED` now.
        going_on: folders of runs that another process still writes or brings.
        deleted: folders of runs that were deleted in the store, and stay so.
        torn: folders of journals whose last record was not finished, and is left out.
        damaged: what is wrong with runs that cannot be brought: a journal that is damaged, a file
            that is missing, or something that the store refuses.
    """

    uri: str
    runs: int = 0
    events: int = 0
    complete: int = 0
    killed: list[Path] = field(default_factory=list)
    going_on: list[Path] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)
    torn: list[Path] = field(default_factory=list)
    damaged: list[RnnzooError] = field(default_factory=list)


def sync(runs: Path | None = None, uri: str | None = None) -> Synced:
    """Brings every journal to the store, as far as it is not there. Doing so again changes nothing.

    Args:
        runs: folder of the journals, by default `runs_folder(uri)`.
        uri: of the store, by default `tracking_uri()`.

    Raises:
        TrackingError: the store cannot be used, or fails on the way: what was brought stays.
    """
    uri = uri or tracking_uri()
    store = with_retries(lambda: Store(uri))
    done = Synced(store.uri)
    runs = runs or runs_folder(uri)
    for folder in (*sorted(folders(runs), key=_parents_first), *lost(runs)):
        _locked(folder, store, done)
    return done


def mark_killed(runs: Path, store: Store) -> None:
    """Ends the runs in a store whose processes died, and brings what else their journals tell.

    Only what is `RUNNING` there is looked at; what cannot be brought is left to `sync`, which
    reports it.

    Args:
        runs: folder of the journals.
        store: where runs may still be `RUNNING`.
    """
    for uid in store.running():
        for folder in runs.glob(f"*-{uid[:12]}"):
            _locked(folder, store, Synced(store.uri))


def _locked(folder: Path, store: Store, done: Synced) -> None:
    """Brings one journal unless somebody else has to do with it; says what was wrong."""
    lock = RunLock(folder)
    try:
        held = lock.hold()
    except OSError as error:  # e.g. another user's
        text = f"The run in {folder} cannot be locked: {reason(error)}. Let its owner sync it."
        done.damaged.append(JournalError(text))
        return
    if not held:
        done.going_on.append(folder)
        return
    try:
        _one(folder, store, done)
    except Deleted:
        done.deleted.append(folder)
    except JournalError as error:
        done.damaged.append(error)
    except FAULTS as error:
        if not store.answers():
            raise TrackingError(
                f"The tracking store {store.uri} failed at {folder.name}: {first_line(error)}. "
                f"{done.runs} runs were brought before it: sync again."
            ) from error
        refused = f"{store.uri} refused {folder}: {first_line(error)}."
        done.damaged.append(TrackingError(refused))
    finally:
        lock.release()


def _parents_first(folder: Path) -> tuple[bool, float]:
    """Runs come after those that they belong to; then by the time at which they began."""
    try:
        start = begun(folder)
    except JournalError:  # reported when its turn comes
        start = None
    return (False, 0.0) if start is None else (bool(start.data["parent"]), start.time)


def _one(folder: Path, store: Store, done: Synced) -> None:
    """Brings one journal; adds to what was done."""
    kept = read(folder)
    if kept.torn:
        done.torn.append(folder)
    if not kept.events:
        raise JournalError(
            f"The journal in {folder} holds no event: its process died before the first, or they "
            "are lost. Restore the file from a copy, or delete the folder."
        )
    projection = Projection(store, folder)
    with_retries(lambda: projection.bring(kept.events))
    if kept.status is None:
        if projection.status == "RUNNING":
            done.killed.append(folder)
        with_retries(lambda: projection.killed(kept.events[-1]))
    if projection.added:
        done.runs += 1
        done.events += projection.added
    else:
        done.complete += 1
