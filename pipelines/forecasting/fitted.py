"""The result of a fit: the network, all that is needed to use it, and its current state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...datasets import Schema, TimeSeriesPanel, read_panel_like, require_rows
from ...errors import ArgumentError, whole_number
from ...messages import counted
from ...zoo.factory import cell_factory
from ..training.loop import History, trained_weights
from .future import Start, check_follows, forecast_frame, known_ahead
from .head_forecasts import HeadForecasts
from .preprocessing.state import State
from .preprocessing.transform import Transform
from .recipe import Recipe
from .settings import Settings
from .strategies.base import Strategy


@dataclass(frozen=True)
class FittedForecaster(HeadForecasts):
    """A fitted forecaster. Lists hold one entry per series, in the order of `transform.ids`.

    Attributes:
        settings: settings of the forecaster.
        schema: what the columns of the fitted table mean.
        recipe: settings that follow from the data.
        transform: converts series to the rows that the network reads, and forecasts back.
        strategy: the network, and how it forecasts.
        history: losses and validation errors of the training.
        sample_weight: weights of whole series; `None` for none.
        fitted_until: time of the last fitted row of each series.
        last_times: time of the last row read of each series.
        state: state of the network after `last_times`.
    """

    settings: Settings
    schema: Schema
    recipe: Recipe
    transform: Transform
    strategy: Strategy
    history: History
    sample_weight: dict[str, float] | None
    fitted_until: list[pd.Timestamp]
    last_times: list[pd.Timestamp]
    state: State

    @property
    def horizon(self) -> int:
        """The number of leads, in rows."""
        return self.settings.horizon

    @property
    def lookback(self) -> int:
        """The number of rows over which errors were propagated back."""
        return self.recipe.lookback

    @property
    def needed(self) -> int:
        """The number of rows of history that a forecast needs."""
        return self.lookback + self.transform.unknown

    @property
    def parameters(self) -> int:
        """The number of trained weights."""
        return trained_weights(self.strategy.network)

    @property
    def cell_name(self) -> str:
        """The name of the cell in tables and charts."""
        return cell_factory(self.settings.cell).name

    def panel(self, data: Any, weights: bool = False) -> TimeSeriesPanel:
        """Reads a table with the schema of the fitted one.

        Args:
            data: frame, file or series.
            weights: whether to read the column of weights.

        Raises:
            DataError: the table does not match the fitted one.
        """
        ids, statics = self.transform.ids, self.transform.statics_
        panel = read_panel_like(data, self.schema, ids=ids, statics=statics, weights=weights)
        panel = panel.as_known([len(series) - 1 for series in panel])
        self.transform.warn_of_far(panel)
        return panel

    def after_warm_up(self, data: Any) -> "FittedForecaster":
        """Returns this forecaster after reading another history from its start; the state of series
        that the history lacks is unchanged.

        Raises:
            DataError: fewer rows than a forecast needs, or a table that does not match.
        """
        panel = self._history(data)
        return self._with_state(panel, self.strategy.read(self.transform.rows(panel), None))

    def after_update(self, data: Any) -> "FittedForecaster":
        """Returns this forecaster after reading the rows that follow those read so far.

        Raises:
            DataError: the first row of a series does not follow the last one read.
        """
        panel = self.panel(data)
        which = self._numbers(panel)
        check_follows(panel, [self.last_times[i] for i in which])
        state = self.state.select(which)
        return self._with_state(panel, self.strategy.read(self.transform.rows(panel, state), state))

    def forecast(self, data: Any, future: Any, horizon: int | None) -> pd.DataFrame:
        """Forecasts the rows that follow; see `Forecaster.predict`."""
        start = self._start(data, future, horizon)
        leads = start.leads
        scaled = self.strategy.forecast(start.state, start.known)[:, :leads]
        forecast = np.stack([*map(self.transform.inverse, start.ids, scaled)])
        times, zone = [t[:leads] for t in start.times], self.schema.zone
        return forecast_frame(start.ids, start.cutoffs, times, forecast, zone=zone)

    def forecast_origins(
        self, panel: TimeSeriesPanel, origins: list[np.ndarray]
    ) -> list[np.ndarray]:
        """Forecasts each series from its rows `origins`: `(origins, horizon)`, in its unit."""
        rows = self.transform.rows(panel)
        scaled = self.strategy.forecast_origins(rows, origins, self.horizon)
        return [*map(self.transform.inverse, panel.ids, scaled)]

    def until(self, ids: Sequence[str]) -> list[pd.Timestamp]:
        """The time of the last fitted row of each of some series."""
        until = dict(zip(self.transform.ids, self.fitted_until, strict=True))
        return [until[one] for one in ids]

    def _start(self, data: Any, future: Any, horizon: int | None) -> Start:
        """What a forecast starts from; arguments as for `forecast`."""
        leads = self._leads(horizon)
        ids, state, cutoffs = self.transform.ids, self.state, self.last_times
        if data is not None:
            panel = self._history(data)
            ids, cutoffs = list(panel.ids), [series.times[-1] for series in panel]
            state = self.strategy.read(self.transform.rows(panel), None)
        ahead = max(leads, self.strategy.read_ahead)
        times = [self.schema.times_after(cutoff, ahead) for cutoff in cutoffs]
        known = self.transform.scale_ahead(ids, times, known_ahead(future, self.schema, ids, times))
        return Start(ids, cutoffs, times, state, known, leads)

    def _history(self, data: Any) -> TimeSeriesPanel:
        panel = self.panel(data)
        why = "the look-back"
        if unknown := self.transform.unknown:
            why += f" and {counted(unknown, 'row')} before it to take differences from"
        for series in panel:
            require_rows(series, self.needed, why, among=len(panel))
        return panel

    def _with_state(self, panel: TimeSeriesPanel, state: State) -> "FittedForecaster":
        which, last_times = self._numbers(panel), list(self.last_times)
        for i, series in zip(which, panel, strict=True):
            last_times[i] = series.times[-1]
        return replace(self, state=self.state.replace(which, state), last_times=last_times)

    def _numbers(self, panel: TimeSeriesPanel) -> np.ndarray:
        """The numbers of a table's series among the fitted ones."""
        place = {one: i for i, one in enumerate(self.transform.ids)}
        return np.array([place[one] for one in panel.ids])

    def _leads(self, horizon: int | None) -> int:
        leads = self.horizon if horizon is None else whole_number("horizon", horizon)
        if self.strategy.name != "closed_loop" and leads > self.horizon:
            raise ArgumentError(
                f"A {self.strategy.name} network forecasts the {self.horizon} leads it was "
                f"fitted for. Received: horizon={leads}. Fit with that horizon, or "
                'strategy="closed_loop".'
            )
        return leads
