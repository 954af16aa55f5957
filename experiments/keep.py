"""What a command keeps of its work, and where."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tracking import Tracker


@dataclass(frozen=True)
class Keep:
    """What a command keeps; by default nothing.

    Attributes:
        open_tracker: makes what brings the runs to a store; `None` tracks nothing.
        save: folder for models, charts, tables and forecasts.
        checkpoints: folder in which each fit keeps where it stands.
    """

    open_tracker: "Callable[[], Tracker] | None" = None
    save: Path | None = None
    checkpoints: Path | None = None

    def tracker(self) -> "Tracker | None":
        return None if self.open_tracker is None else self.open_tracker()
