"""The result of fitting an ensemble: its fitted members, and the errors of what they forecast
together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import Schema, TimeSeriesPanel
from ...evaluation.conformal import ErrorMemory
from ..fitted import FittedForecaster
from ..history.read import SeriesRead
from ..intervals import Uncertainty
from ..past_errors import errors_after

AGGREGATIONS: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "median": np.median}


@dataclass(frozen=True, repr=False)
class FittedEnsemble(SeriesRead):
    """Fitted forecasters of the same series. Lists hold one entry per series.

    Attributes:
        members: fitted forecasters, at least one.
        aggregation: name in `AGGREGATIONS`.
        schema: what the columns of the fitted table mean.
        fitted_until: time of the last fitted row of each series.
        last_times: time of the last row read of each series.
        errors: past errors of the combined forecasts, after `last_times`.
        held_out: those of the held-out rows, after `fitted_until`.
    """

    members: tuple[FittedForecaster, ...]
    aggregation: str
    schema: Schema
    fitted_until: list[pd.Timestamp]
    last_times: list[pd.Timestamp]
    errors: ErrorMemory
    held_out: ErrorMemory

    @classmethod
    def of(
        cls,
        members: Sequence[FittedForecaster],
        aggregation: str,
        errors: ErrorMemory,
        held_out: ErrorMemory,
    ) -> "FittedEnsemble":
        """Combines members that have read the same rows."""
        first = members[0]
        about = (first.schema, first.fitted_until, first.last_times)
        return cls(tuple(members), aggregation, *about, errors, held_out)

    @property
    def first(self) -> FittedForecaster:
        """The first member."""
        return self.members[0]

    @property
    def ids(self) -> list[str]:
        """The ids of the fitted series."""
        return self.first.ids

    @property
    def statics(self) -> dict[str, tuple[float, ...]]:
        """Static covariates by id."""
        return self.first.statics

    @property
    def seed(self) -> int:
        """As of the first member."""
        return self.first.seed

    @property
    def horizon(self) -> int:
        """The number of leads, in rows."""
        return self.first.horizon

    @property
    def parameters(self) -> int:
        """The number of trained weights of all networks."""
        return sum(member.parameters for member in self.members)

    @property
    def name(self) -> str:
        """The name in tables, e.g. `mean of 3 gru`."""
        kinds = dict.fromkeys(member.cell_name for member in self.members)
        return f"{self.aggregation} of {len(self.members)} {', '.join(kinds)}"

    def panel(self, data: Any, weights: bool = False) -> TimeSeriesPanel:
        """As of every fitted value; warns of values that are far from the fitted ones."""
        return self.first.panel(data, weights)

    def after_warm_up(self, data: Any) -> "FittedEnsemble":
        """Returns this ensemble after reading another history from its start."""
        panel = self.panel(data)
        last = [series.times[-1] for series in panel]
        errors = self.errors_at(self.errors, self.places(panel.ids), last)
        read = [member.after_warm_up(panel) for member in self.members]
        return self.of(read, self.aggregation, errors, self.held_out)

    def after_update(self, data: Any) -> "FittedEnsemble":
        """Returns this ensemble after reading the rows that follow those read so far."""
        panel = self.panel_after(data)
        which = self.places(panel.ids)
        replays = [member.replayed(panel) for member in self.members]
        made = zip(*[forecasts for forecasts, _ in replays], strict=True)
        forecasts = [self.combined([*each]) for each in made]
        before = [self.last_times[i] for i in which]
        errors = errors_after(self.errors, which, panel, before, forecasts)
        return self.of([read for _, read in replays], self.aggregation, errors, self.held_out)

    def forecast(
        self, data: Any, future: Any, horizon: int | None, wanted: Uncertainty
    ) -> pd.DataFrame:
        """Forecasts the rows that follow; see `Ensemble.predict`."""
        panel = None if data is None else self.panel(data)
        frames = [member.forecast(panel, future, horizon) for member in self.members]
        combined = self.combined([frame["yhat"].to_numpy() for frame in frames])
        frame = frames[0].assign(yhat=combined)
        return self.frame_with(frame, self.errors, wanted, data is not None)

    def errors_until(self, panel: TimeSeriesPanel) -> ErrorMemory:
        """The errors after reading series to their ends: rows that follow those read so far are
        forecast by these members."""
        newer = self.rows_after(panel)
        return self.errors if newer is None else self.after_update(newer).errors

    def combined(self, forecasts: list[np.ndarray]) -> np.ndarray:
        """The mean or median of forecasts, one array a member."""
        return AGGREGATIONS[self.aggregation](forecasts, axis=0)
