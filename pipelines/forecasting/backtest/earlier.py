"""The errors that each model made before a test: its intervals start from them."""

from dataclasses import dataclass, field, replace

import numpy as np

from ....datasets import TimeSeriesPanel
from ...evaluation.conformal import ErrorMemory
from ...evaluation.conformal_runs import moved
from ..baselines.table import baselines
from ..past_errors import errors_of_held_out


@dataclass(frozen=True)
class EarlierErrors:
    """What is known of the errors of each model when a test begins, computed on demand.

    Those of a network are its errors in the rows held out of its training, as its fit found
    them. A baseline is fitted on the rows before these, and forecasts from the same origins.

    Attributes:
        model: name of the network.
        own: errors of the network.
        panel: fitted rows of each series.
        training: number of training rows of each, the first ones.
        gaps: number of rows from the last fitted row to the first origin of each.
        horizon: number of leads.
    """

    model: str
    own: ErrorMemory
    panel: TimeSeriesPanel
    training: list[int]
    gaps: list[int]
    horizon: int
    _found: dict[str, ErrorMemory] = field(default_factory=dict, repr=False, compare=False)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the series."""
        return self.panel.ids

    def of(self, model: str, own: ErrorMemory | None = None) -> "EarlierErrors":
        """These errors with another name of the model, or of another model."""
        return replace(self, model=model, own=self.own if own is None else own, _found={})

    def memory(self, name: str) -> ErrorMemory:
        """The memory of one model at the first origin of each series."""
        if name not in self._found:
            memory = self.own if name == self.model else self._of_baseline(name)
            gaps = np.array(self.gaps)
            self._found[name] = moved(memory, np.flatnonzero(gaps), gaps[gaps > 0])
        return self._found[name]

    def _of_baseline(self, name: str) -> ErrorMemory:
        def forecast(panel: TimeSeriesPanel, origins: list[np.ndarray]) -> list[np.ndarray]:
            made = []
            for series, here, count in zip(panel, origins, self.training, strict=True):
                y = series.values(["y"])[:, 0]
                found = baselines(y, here, self.horizon, count, panel.schema.season, names=[name])
                made.append(found.get(name, np.full((len(here), self.horizon), np.nan)))
            return made

        return errors_of_held_out(forecast, self.panel, self.training, self.horizon)
