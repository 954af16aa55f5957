"""The result of a fit: the network, all that is needed to use it, and its current state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...datasets import Schema, TimeSeriesPanel, require_rows
from ...errors import ArgumentError
from ...messages import counted
from ...zoo.factory import cell_factory
from ..evaluation.conformal import ErrorMemory
from ..evaluation.conformal_steps import Steps
from ..training.loop import History, trained_weights
from .future import Start, forecast_frame, known_ahead, leads_wanted
from .head_forecasts import HeadForecasts
from .history.read import SeriesRead
from .intervals import NO_INTERVALS, Uncertainty
from .past_errors import (
    errors_after,
    errors_of_held_out,
    replay,
)
from .plan import held_out_rows
from .preprocessing.state import COLUMNS, State
from .preprocessing.transform import Transform
from .recipe import Recipe
from .settings import Settings
from .strategies.base import Strategy

TRIED = 10  # series that are forecast when a model is loaded


@dataclass(frozen=True, repr=False)
class FittedForecaster(SeriesRead, HeadForecasts):
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
        errors: past errors, of the held-out rows at first, after `last_times`.
        held_out: those of the held-out rows, after `fitted_until`.
        refit_failure: why the second training, on all rows, failed; empty if it did not.
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
    errors: ErrorMemory
    held_out: ErrorMemory
    refit_failure: str = ""

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
        return self.recipe.needed + self.transform.unknown

    @property
    def parameters(self) -> int:
        """The number of trained weights."""
        return trained_weights(self.strategy.network)

    @property
    def cell_name(self) -> str:
        """The name of the cell in tables and charts."""
        return cell_factory(self.settings.cell).name

    @property
    def ids(self) -> list[str]:
        """The ids of the fitted series."""
        return self.transform.ids

    @property
    def statics(self) -> dict[str, tuple[float, ...]]:
        """Static covariates by id."""
        return self.transform.statics_

    @property
    def seed(self) -> int:
        """The seed of the fit."""
        return self.settings.seed

    @property
    def seconds(self) -> float:
        """Fit time in seconds."""
        return self.history.seconds

    @property
    def networks(self) -> dict[str, "FittedForecaster"]:
        """The network, by its name in tables."""
        return {self.cell_name: self}

    def panel(self, data: Any, weights: bool = False) -> TimeSeriesPanel:
        """As of every fitted value; warns of values that are far from the fitted ones."""
        panel = super().panel(data, weights)
        self.transform.warn_of_far(panel)
        return panel

    def after_warm_up(self, data: Any) -> "FittedForecaster":
        """Returns this forecaster after reading another history from its start; the state of series
        that the history lacks is unchanged.

        The history may hold rows that were fitted, whose errors are too small: none are taken from
        it. The past errors remain, and no forecast made before waits for its own.

        Raises:
            DataError: fewer rows than a forecast needs, or a table that does not match.
        """
        panel = self._history(data)
        last = [series.times[-1] for series in panel]
        state = self.strategy.read(self.transform.rows(panel), None)
        errors = self.errors_at(self.errors, self.places(panel.ids), last)
        return self._with_state(panel, state, errors)

    def after_update(self, data: Any) -> "FittedForecaster":
        """Returns this forecaster after reading the rows that follow those read so far.

        Raises:
            DataError: the first row of a series does not follow the last one read.
        """
        panel = self.panel_after(data)
        return self.replayed(panel)[1]

    def replayed(self, panel: TimeSeriesPanel) -> tuple[list[np.ndarray], "FittedForecaster"]:
        """Reads new rows, and learns from the errors of forecasts made before each of them.

        Returns:
            Those forecasts of each series of the panel, `(rows, horizon)`, and the forecaster
            after the rows.
        """
        which = self.places(panel.ids)
        before, state = [self.last_times[i] for i in which], self.state.select(which)
        forecasts, heads, state = replay(
            self.strategy, self.transform, panel, state, before, self.horizon
        )
        errors = errors_after(self.errors, which, panel, before, forecasts, heads)
        return forecasts, self._with_state(panel, state, errors)

    def forecast(
        self, data: Any, future: Any, horizon: int | None, wanted: Uncertainty = NO_INTERVALS
    ) -> pd.DataFrame:
        """Forecasts the rows that follow; see `Forecaster.predict`."""
        start = self._start(data, future, horizon)
        leads = start.leads
        scaled = self.strategy.forecast(start.state, start.known)[:, :leads]
        forecast = np.stack([*map(self.transform.inverse, start.ids, scaled)])
        times, zone = [t[:leads] for t in start.times], self.schema.zone
        frame = forecast_frame(start.ids, start.cutoffs, times, forecast, zone=zone)
        heads = None if wanted == NO_INTERVALS else self._distributions(start)
        return self.frame_with(frame, self.errors, wanted, data is not None, heads)

    def forecast_origins(
        self, panel: TimeSeriesPanel, origins: list[np.ndarray]
    ) -> list[np.ndarray]:
        """Forecasts each series from its rows `origins`: `(origins, horizon)`, in its unit."""
        rows = self.transform.rows(panel)
        scaled = self.strategy.forecast_origins(rows, origins, self.horizon)
        return [*map(self.transform.inverse, panel.ids, scaled)]

    def errors_until(self, panel: TimeSeriesPanel) -> ErrorMemory:
        """The errors after reading series to their ends: rows that follow those read so far are
        forecast by this network."""
        newer = self.rows_after(panel)
        return self.errors if newer is None else self.replayed(newer)[1].errors

    def with_errors(self, errors: ErrorMemory) -> "FittedForecaster":
        """Returns this forecaster with errors of the rows held out of its training."""
        return replace(self, errors=errors, held_out=errors)

    def held_out_errors(self, panel: TimeSeriesPanel, training: Sequence[int]) -> ErrorMemory:
        """The errors in the rows of fitted series that follow their first `training[i]`."""
        return errors_of_held_out(
            self.forecast_origins, panel, training, self.horizon, self.forecasts_past_the_end,
            self.distributions_origins, self.of_counts,
        )  # fmt: skip

    def training_rows(self, rows: int) -> int:
        """The number of training rows among the last fitted `rows` of a series; at least those
        that a forecast needs."""
        held_out = held_out_rows(rows, self.settings.validation, self.horizon)
        return max(self.needed, rows - held_out)

    @property
    def forecasts_past_the_end(self) -> bool:
        """Whether near leads do not depend on covariates after far ones."""
        return not self.strategy.read_ahead

    def try_forecast(self) -> None:
        """Forecasts a few series, to find out whether the parts of this value fit together.

        Raises:
            Exception: they do not; any kind.
        """
        count, state = len(self.transform.ids), self.state
        shapes = [array.shape for array in state.arrays]
        if shapes != self.strategy.state_shapes(count):
            raise ValueError(f"its state has other shapes than its network: {shapes}")
        if {len(getattr(state, name)) for name in COLUMNS} != {count}:
            raise ValueError("its state is of other series")
        few = np.arange(min(count, TRIED))
        ids, last = self.transform.ids[:TRIED], self.last_times[:TRIED]
        ahead = max(self.horizon, self.strategy.read_ahead)
        times = [self.schema.times_after(one, ahead) for one in last]
        columns = len(self.schema.future)
        usual = np.broadcast_to(self.transform.future_.mean_, (len(ids), ahead, columns))
        known = self.transform.scale_ahead(ids, times, usual)
        start = Start(ids, last, times, state.select(few), known, self.horizon)
        scaled = self.strategy.forecast(start.state, known)[:, : self.horizon]
        forecast = np.stack([*map(self.transform.inverse, ids, scaled)])
        heads = self._distributions(start)
        levels = 0 if heads is None else heads.shape[-1]
        if {one.quantiles.shape[-1] for one in (self.errors, self.held_out)} != {levels}:
            raise ValueError("its errors are of another head")
        errors = self.errors.select(few)
        Steps(errors).quantiles(forecast, np.array([0.1, 0.9]), distributions=heads)

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
        covariates = known_ahead(future, self.schema, ids, times, self.transform.ids)
        known = self.transform.scale_ahead(ids, times, covariates)
        return Start(ids, cutoffs, times, state, known, leads)

    def _history(self, data: Any) -> TimeSeriesPanel:
        panel = self.panel(data)
        why = "the look-back"
        if unknown := self.transform.unknown:
            why += f" and {counted(unknown, 'row')} before it to take differences from"
        for series in panel:
            require_rows(series, self.needed, why, among=len(panel))
        return panel

    def _with_state(
        self, panel: TimeSeriesPanel, state: State, errors: ErrorMemory
    ) -> "FittedForecaster":
        state = self.state.replace(self.places(panel.ids), state)
        return replace(self, state=state, last_times=self.times_of(panel), errors=errors)

    def _leads(self, horizon: int | None) -> int:
        leads = leads_wanted(horizon, self.horizon)
        if self.strategy.name != "closed_loop" and leads > self.horizon:
            raise ArgumentError(
                f"A {self.strategy.name} network forecasts the {self.horizon} leads it was "
                f"fitted for. Received: horizon={leads}. Fit with that horizon, or "
                'strategy="closed_loop".'
            )
        return leads
