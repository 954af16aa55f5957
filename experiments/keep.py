"""What a command keeps of its work, and where."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Keep:
    """What a command keeps; by default nothing.

    Attributes:
        open_store: opens the tracking store; `None` tracks nothing.
        save: folder for models, charts, tables and forecasts.
        checkpoints: folder in which each fit keeps where it stands.
    """

    open_store: Callable[[], Any] | None = None
    save: Path | None = None
    checkpoints: Path | None = None

    def tracker(self) -> Any:
        """What brings the runs to the store, or `None`."""
        return None if self.open_store is None else self.open_store()
