"""The result of an automatic fit: the networks and baselines that forecast together."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ...evaluation.conformal import ErrorMemory
from ..baselines.table import baselines
from ..fitted import FittedForecaster
from ..fitting import train_as_before
from ..intervals import Uncertainty
from ..past_errors import errors_after
from .combination import Candidate, weighted_mean


@dataclass(frozen=True)
class FittedAuto:
    """A fitted `AutoForecaster`.

    Attributes:
        networks: networks by name, at least one.
        candidates: all that was tried, the smallest validation error first.
        fitted_rows: number of rows of each series by which baselines are fitted.
        history: target of each series, as far as it has been read; NaN where missing.
        seconds: fit time of all candidates in seconds.
        errors: past errors of the combined forecasts, after the last rows read.
        held_out: those in the rows that trained no candidate, at the end of the fit.
    """

    networks: dict[str, FittedForecaster]
    candidates: tuple[Candidate, ...]
    fitted_rows: dict[str, int]
    history: dict[str, np.ndarray]
    seconds: float
    errors: ErrorMemory
    held_out: ErrorMemory

    @property
    def first(self) -> FittedForecaster:
        """The network with the smallest validation error."""
        return next(iter(self.networks.values()))

    @property
    def weights(self) -> dict[str, float]:
        """The share of each network and baseline in the forecast, the largest first."""
        used = [one for one in self.candidates if one.weight]
        return {one.name: one.weight for one in sorted(used, key=lambda one: -one.weight)}

    @property
    def baselines(self) -> list[str]:
        """Names of the baselines that take part."""
        return [name for name in self.weights if name not in self.networks]

    def retrained(self, data: Any) -> "FittedAuto":
        """Returns this forecaster with networks and baselines fitted to all rows of `data`; the
        weights are the same."""
        panel = self.first.panel(data, weights=True)
        newer, which = self.first.rows_after(panel), self.first.places(panel.ids)
        now = self if newer is None else self.after_update(newer)
        errors = now.errors.select(which)
        networks = {}
        for name, one in now.networks.items():
            new = train_as_before(one, panel).fitted(one.errors.select(which))
            networks[name] = replace(new, history=one.history)
        y = targets(panel)
        rows = {one: len(values) for one, values in y.items()}
        return FittedAuto(
            networks, self.candidates, rows, y, self.seconds, errors=errors, held_out=errors
        )

    def after_warm_up(self, data: Any) -> "FittedAuto":
        """Returns this forecaster after reading another history from its start."""
        panel = self.first.panel(data)
        networks = {name: one.after_warm_up(panel) for name, one in self.networks.items()}
        which, last = self.first.places(panel.ids), [series.times[-1] for series in panel]
        return replace(
            self,
            networks=networks,
            history=self.history | targets(panel),
            errors=self.first.errors_at(self.errors, which, last),
        )

    def after_update(self, data: Any) -> "FittedAuto":
        """Returns this forecaster after reading the rows that follow those read so far."""
        first, panel = self.first, self.first.panel_after(data)
        replays = {name: one.replayed(panel) for name, one in self.networks.items()}
        y = {one: np.concatenate([self.history[one], rows]) for one, rows in targets(panel).items()}
        forecasts = []
        for k, one in enumerate(panel.ids):
            parts = {name: made[k] for name, (made, _) in replays.items()}
            count = len(next(iter(parts.values())))
            origins = len(y[one]) - 1 - count + np.arange(count)
            shared = [made for name, made in parts.items() if name in self.weights]
            unknown = np.isnan(shared).any(axis=0) if shared else np.False_
            parts |= self._baselines(one, y[one], origins, first.horizon)
            # a lead without a network is another forecast than the one that is handed out
            forecasts.append(np.where(unknown, np.nan, weighted_mean(parts, self.weights)))
        which = first.places(panel.ids)
        before = [first.last_times[i] for i in which]
        return replace(
            self,
            networks={name: fitted for name, (_, fitted) in replays.items()},
            history=self.history | y,
            errors=errors_after(self.errors, which, panel, before, forecasts),
        )

    def forecast(
        self, data: Any, future: Any, horizon: int | None, wanted: Uncertainty
    ) -> pd.DataFrame:
        """Forecasts the rows that follow; see `AutoForecaster.predict`."""
        frames = {n: one.forecast(data, future, horizon) for n, one in self.networks.items()}
        frame = next(iter(frames.values()))
        leads = int(frame["step"].max())
        history = self.history if data is None else targets(self.first.panel(data))
        parts = {name: one["yhat"].to_numpy().reshape(-1, leads) for name, one in frames.items()}
        ids = list(dict.fromkeys(frame["unique_id"]))
        ahead = [
            self._baselines(one, history[one], np.array([len(history[one]) - 1]), leads)
            for one in ids
        ]
        for name in self.baselines:
            missing = np.full((1, leads), np.nan)
            parts[name] = np.concatenate([found.get(name, missing) for found in ahead])
        frame = frame.assign(yhat=weighted_mean(parts, self.weights).ravel())
        return self.first.frame_with(frame, self.errors, wanted, data is not None)

    def _baselines(
        self, one: str, y: np.ndarray, origins: np.ndarray, leads: int
    ) -> dict[str, np.ndarray]:
        """Forecasts of one series by the baselines that take part, `(origins, leads)` each."""
        rows = min(int(origins[0]) + 1, self.fitted_rows.get(one, len(y)))
        season = self.first.schema.season
        return baselines(y, origins, leads, rows, season, names=self.baselines)


def table(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """Columns `model, error, weight, seconds, failure`, the best first."""
    rows = pd.DataFrame([asdict(one) for one in candidates]).rename(columns={"name": "model"})
    return rows.sort_values("error", kind="stable", ignore_index=True)


def targets(panel: TimeSeriesPanel) -> dict[str, np.ndarray]:
    """The target of each series; NaN where it was missing."""
    return {series.unique_id: series.values(["y"])[:, 0] for series in panel}
