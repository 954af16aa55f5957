"""What a fit finds: the network, all that is needed to use it, and where it has read to."""

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
from .future import check_follows, forecast_frame, known_ahead
from .preprocessing.state import State
from .preprocessing.transform import Transform
from .recipe import Recipe
from .settings import Settings
from .strategies.base import Strategy


@dataclass(frozen=True)
class FittedForecaster:
    """A fitted forecaster. Lists hold an entry for each series, in the order of `transform.ids`.

    Attributes:
        settings: with which it was fitted.
        schema: what the columns of its table mean.
        recipe: every setting that followed from the data.
        transform: between series in their own units and the rows that the network reads.
        strategy: the network, and how it is used.
        history: losses and validation errors of the training.
        sample_weight: weights of whole series; `None` without any.
        fitted_until: last time of each series that `fit` saw.
        last_times: last time of each that was read.
        state: of the network after those times.
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
        """Leads, in rows."""
        return self.settings.horizon

    @property
    def lookback(self) -> int:
        """Rows over which errors were propagated back."""
        return self.recipe.lookback

    @property
    def needed(self) -> int:
        """Rows of history that a forecast needs."""
        return self.lookback + self.transform.unknown

    @property
    def parameters(self) -> int:
        """Number of weights that are trained."""
        return trained_weights(self.strategy.network)

    @property
    def cell_name(self) -> str:
        """What tables and charts call the cell."""
        return cell_factory(self.settings.cell).name

    def panel(self, data: Any, weights: bool = False) -> TimeSeriesPanel:
        """A table, read as the one that was fitted.

        Args:
            data: a frame, a file or series.
            weights: whether the column of weights has to be there.

        Raises:
            DataError: it is another table.
        """
        ids, statics = self.transform.ids, self.transform.statics_
        panel = read_panel_like(data, self.schema, ids=ids, statics=statics, weights=weights)
        panel = panel.as_known([len(series) - 1 for series in panel])
        self.transform.warn_of_far(panel)
        return panel

    def warmed_up(self, data: Any) -> "FittedForecaster":
        """This one after it has read another history from its start; others stay as they are.

        Raises:
            DataError: fewer rows than a forecast needs, or another table.
        """
        panel = self._history(data)
        return self._moved(panel, self.strategy.read(self.transform.rows(panel), None))

    def updated(self, data: Any) -> "FittedForecaster":
        """This one after it has read the rows that follow what it has read so far.

        Raises:
            DataError: the first row of a series does not follow the last one read.
        """
        panel = self.panel(data)
        which = self._places(panel)
        check_follows(panel, [self.last_times[i] for i in which])
        state = self.state.of(which)
        return self._moved(panel, self.strategy.read(self.transform.rows(panel, state), state))

    def forecast(self, data: Any, future: Any, horizon: int | None) -> pd.DataFrame:
        """As `Forecaster.predict`."""
        leads = self._leads(horizon)
        ids, state, cutoffs = self.transform.ids, self.state, self.last_times
        if data is not None:
            panel = self._history(data)
            ids, cutoffs = list(panel.ids), [series.times[-1] for series in panel]
            state = self.strategy.read(self.transform.rows(panel), None)
        ahead = max(leads, self.strategy.read_ahead)
        times = [self.schema.times_after(cutoff, ahead) for cutoff in cutoffs]
        known = self.transform.scale_ahead(ids, times, known_ahead(future, self.schema, ids, times))
        scaled = self.strategy.forecast(state, known)[:, :leads]
        forecast = np.stack([*map(self.transform.inverse, ids, scaled)])
        zone = self.schema.zone
        return forecast_frame(ids, cutoffs, [t[:leads] for t in times], forecast, zone=zone)

    def forecast_origins(
        self, panel: TimeSeriesPanel, origins: list[np.ndarray]
    ) -> list[np.ndarray]:
        """Forecasts of each series from its rows `origins`, `(origins, horizon)`, in its unit."""
        rows = self.transform.rows(panel)
        scaled = self.strategy.forecast_origins(rows, origins, self.horizon)
        return [*map(self.transform.inverse, panel.ids, scaled)]

    def until(self, ids: Sequence[str]) -> list[pd.Timestamp]:
        """The last time that `fit` saw of each of some series."""
        until = dict(zip(self.transform.ids, self.fitted_until, strict=True))
        return [until[one] for one in ids]

    def _history(self, data: Any) -> TimeSeriesPanel:
        panel = self.panel(data)
        why = "the look-back"
        if unknown := self.transform.unknown:
            why += f" and {counted(unknown, 'row')} before it to take differences from"
        for series in panel:
            require_rows(series, self.needed, why, among=len(panel))
        return panel

    def _moved(self, panel: TimeSeriesPanel, state: State) -> "FittedForecaster":
        which, last_times = self._places(panel), list(self.last_times)
        for i, series in zip(which, panel, strict=True):
            last_times[i] = series.times[-1]
        return replace(self, state=self.state.put(which, state), last_times=last_times)

    def _places(self, panel: TimeSeriesPanel) -> np.ndarray:
        """The places of a table's series among those that were fitted."""
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
