"""The result of an automatic fit: the networks and baselines that forecast together."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ....errors import ArgumentError, DataError, FitError
from ...evaluation.conformal import ErrorMemory
from ...evaluation.conformal_steps import Steps
from ..fitted import FittedForecaster
from ..fitting import train_as_before
from ..forecaster import Forecaster
from ..future import forecast_frame, leads_wanted
from ..intervals import Uncertainty
from ..past_errors import REPLAYED, errors_after
from .combination import Candidate, combined, without
from .logarithms import has_low, readable, reads_logarithms, warn_of_left_out, warn_of_low
from .members import Members, target

#: Trains a network anew, given the fitted one.
Train = Callable[[FittedForecaster], FittedForecaster]


@dataclass(frozen=True, repr=False)
class FittedAuto(Members):
    """A fitted `AutoForecaster`; attributes as of `Members`."""

    def panel(self, data: Any, weights: bool = False) -> TimeSeriesPanel:
        """As of every fitted value; warns of values that are far from the fitted ones."""
        panel = super().panel(data, weights)
        for network in [*self.networks.values()][:1]:
            network.transform.warn_of_far(readable(network, panel))
        return panel

    def retrained(self, data: Any) -> "FittedAuto":
        """Returns this forecaster with networks and baselines fitted to all rows of `data`; the
        weights are the same.

        Raises:
            DataError, FitError: as of the last network, if none could be trained.
        """
        panel = self.panel(data, weights=True)
        newer, which = self.rows_after(panel), self.places(panel.ids)
        now = self if newer is None else self.after_update(newer)

        def train(one: FittedForecaster) -> FittedForecaster:
            new = train_as_before(one, panel).fitted(one.errors.select(which))
            return replace(new, history=one.history)

        return now.renewed(panel, train, now.errors.select(which))

    def refitted(self, panel: TimeSeriesPanel) -> "FittedAuto":
        """Returns this forecaster with networks and baselines fitted to other rows, of which the
        last ones end the training of the networks; as `renewed`."""

        def train(one: FittedForecaster) -> FittedForecaster:
            return Forecaster.of(one).refitted(panel).fitted_

        return self.renewed(panel, train, self.held_out.select(self.places(panel.ids)))

    def renewed(self, panel: TimeSeriesPanel, train: Train, errors: ErrorMemory) -> "FittedAuto":
        """Returns this forecaster with networks and baselines fitted to other rows.

        Networks that fail are left out, with a warning.

        Args:
            panel: the rows.
            train: trains one network.
            errors: errors of the combined forecasts, at the ends of the series.

        Raises:
            ArgumentError, DataError, FitError: as of the last network, if none could be trained.
        """
        networks: dict[str, FittedForecaster] = {}
        left_out: dict[str, str] = {}
        failure = None
        low = has_low(panel).any()
        for name, one in self.networks.items():
            if low and reads_logarithms(one):
                left_out[name] = "a value is not above 0, and it reads the logarithm"
                continue
            try:
                networks[name] = train(one)
            except (ArgumentError, DataError, FitError) as error:
                failure, left_out[name] = error, str(error)
        if failure is not None and not networks:
            raise failure
        for name, reason in left_out.items():
            warn_of_left_out(name, reason)
        candidates = without(self.candidates, left_out) if left_out else self.candidates
        return FittedAuto.of(self.settings, panel, networks, candidates, errors, self.seconds)

    def after_warm_up(self, data: Any) -> "FittedAuto":
        """Returns this forecaster after reading another history from its start."""
        panel = self.panel(data)
        which, last = self.places(panel.ids), [series.times[-1] for series in panel]
        low, fitted = self.low.copy(), list(self.baselines)
        low[which] = has_low(panel)
        self._warn_of_low(panel)
        for i, series in zip(which, panel, strict=True):
            fitted[i] = fitted[i].restarted(target(series)).after(target(series))
        networks = {
            name: one.after_warm_up(readable(one, panel)) for name, one in self.networks.items()
        }
        return replace(
            self,
            networks=networks,
            baselines=fitted,
            low=low,
            last_times=self.times_of(panel),
            errors=self.errors_at(self.errors, which, last),
        )

    def after_update(self, data: Any) -> "FittedAuto":
        """Returns this forecaster after reading the rows that follow those read so far."""
        panel = self.panel_after(data)
        which = self.places(panel.ids)
        self._warn_of_low(panel)
        replays = {n: one.replayed(readable(one, panel)) for n, one in self.networks.items()}
        fitted, forecasts, low = list(self.baselines), [], self.low.copy()
        for k, (i, series) in enumerate(zip(which, panel, strict=True)):
            y = target(series)
            origins = np.arange(max(0, len(y) - REPLAYED), len(y)) - 1
            made = {name: each[k] for name, (each, _) in replays.items()}
            shared = [one for name, one in made.items() if name in self.weights]
            # a lead without a network is another forecast than the one that is handed out
            unknown = np.isnan(shared).any(axis=0) if shared else np.False_
            spoiled = low[i] | np.concatenate([[False], np.cumsum(y <= 0) > 0])[origins + 1]
            parts = self._without(made, spoiled)
            others, stand_in, fitted[i] = fitted[i].roll(y, origins, self.horizon)
            forecast = combined(parts | others, self.weights, stand_in)
            forecasts.append(np.where(unknown, np.nan, forecast))
            low[i] |= (y <= 0).any()
        before = [self.last_times[i] for i in which]
        return replace(
            self,
            networks={name: one for name, (_, one) in replays.items()},
            baselines=fitted,
            low=low,
            last_times=self.times_of(panel),
            errors=errors_after(self.errors, which, panel, before, forecasts),
        )

    def forecast(
        self, data: Any, future: Any, horizon: int | None, wanted: Uncertainty
    ) -> pd.DataFrame:
        """Forecasts the rows that follow; see `AutoForecaster.predict`."""
        leads = leads_wanted(horizon, self.horizon)
        panel, ids, cutoffs = None, self.ids, self.last_times
        low, fitted = self.low, self.baselines
        if data is not None:
            panel = self.panel(data)
            ids, cutoffs = list(panel.ids), [series.times[-1] for series in panel]
            self._warn_of_low(panel, anew=True)
            low, places = has_low(panel), self.places(ids)
            pairs = [(self.baselines[i], target(s)) for i, s in zip(places, panel, strict=True)]
            fitted = [one.restarted(y).after(y) for one, y in pairs]
        made = {}
        for name, one in self.networks.items():
            frame = one.forecast(panel and readable(one, panel), future, horizon)
            made[name] = frame["yhat"].to_numpy().reshape(-1, 1, leads)
        rows, now = [], np.array([-1])
        for i, own in enumerate(fitted):
            parts = self._without({name: each[i] for name, each in made.items()}, low[i : i + 1])
            others, stand_in, _ = own.roll(np.empty(0), now, leads)
            rows.append(combined(parts | others, self.weights, stand_in)[0])
        times, zone = [self.schema.times_after(one, leads) for one in cutoffs], self.schema.zone
        frame = forecast_frame(ids, cutoffs, times, np.stack(rows), zone=zone)
        return self.frame_with(frame, self.errors, wanted, data is not None)

    def try_forecast(self) -> None:
        """Forecasts once, to find out whether the parts of this value fit together.

        Raises:
            Exception: they do not; any kind.
        """
        for one in self.networks.values():
            one.try_forecast()
        made = {name: np.zeros((1, self.horizon)) for name in self.networks}
        rows = []
        for own in self.baselines:
            others, stand_in, _ = own.roll(np.empty(0), np.array([-1]), self.horizon)
            rows.append(combined(made | others, self.weights, stand_in)[0])
        shapes = {np.stack(rows).shape, *(one.counts.shape for one in (self.errors, self.held_out))}
        if shapes != {(len(self.ids), self.horizon)} or len(self.low) != len(self.ids):
            raise ValueError("its baselines or errors are of other series or leads")
        times = [*self.last_times, *self.fitted_until]
        if len(times) != 2 * len(rows) or len(self.last_times) != len(rows):
            raise ValueError("its times are of other series")
        for last in times:
            self.schema.times_after(last, 1)
        Steps(self.errors).quantiles(np.stack(rows), np.array([0.1, 0.9]))

    def forecast_origins(
        self, panel: TimeSeriesPanel, origins: list[np.ndarray]
    ) -> list[np.ndarray]:
        """Forecasts each series from its rows `origins`: `(origins, horizon)`, in its unit."""
        made = {
            name: one.forecast_origins(readable(one, panel), origins)
            for name, one in self.networks.items()
        }
        forecasts = []
        which = self.places(panel.ids)
        for k, (i, series, here) in enumerate(zip(which, panel, origins, strict=True)):
            y = target(series)
            spoiled = (np.cumsum(y <= 0) > 0)[here]
            parts = self._without({name: each[k] for name, each in made.items()}, spoiled)
            others, stand_in, _ = self.baselines[i].restarted(y).roll(y, here, self.horizon)
            forecasts.append(combined(parts | others, self.weights, stand_in))
        return forecasts

    def distributions_origins(
        self, panel: TimeSeriesPanel, origins: list[np.ndarray]
    ) -> list[np.ndarray] | None:
        """None: intervals come from the errors of the combined forecasts."""
        return None

    def _warn_of_low(self, panel: TimeSeriesPanel, anew: bool = False) -> None:
        """Warns of values for which there is no logarithm, of each series once.

        Args:
            panel: rows that are read.
            anew: whether they are read from the start of the series.
        """
        networks = [n for n, one in self.networks.items() if reads_logarithms(one)]
        models = []
        for i in self.places(panel.ids):
            own = networks + self.baselines[i].of_logarithms
            known = self.low[i] and not anew
            models.append([] if known else [name for name in self.weights if name in own])
        warn_of_low(panel, models)

    def _without(self, made: dict[str, np.ndarray], spoiled: np.ndarray) -> dict[str, np.ndarray]:
        """Forecasts of networks, NaN from `spoiled` origins where they read the logarithm."""
        return {
            name: np.where(spoiled[:, None] & reads_logarithms(self.networks[name]), np.nan, one)
            for name, one in made.items()
        }


def table(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """Columns `model, error, weight, seconds, failure`, the best first."""
    rows = pd.DataFrame([asdict(one) for one in candidates]).rename(columns={"name": "model"})
    return rows.sort_values("error", kind="stable", ignore_index=True)
