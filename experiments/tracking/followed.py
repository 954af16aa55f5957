"""A run on its way to a store."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..journal.records import Event, RunLock
from .projection import Projection


@dataclass(eq=False)
class TrackedRun:
    """A run, how much of it was heard, and how much has arrived.

    Attributes:
        uid, name, folder, lock: of the run.
        events: that it has told; nothing once no more is brought.
        heard, arrived: how many.
        dropped: whether no more of it is brought: the store refuses it.
        deleted: whether that is because somebody deleted it there.
        projection: what brings it, once something was brought.
    """

    uid: str
    name: str
    folder: Path
    lock: RunLock
    events: Sequence[Event]
    heard: int = 0
    arrived: int = 0
    dropped: bool = False
    deleted: bool = False
    projection: Projection | None = None
