"""The result of an automatic fit: the networks and baselines that forecast together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ..baselines.table import baselines
from ..fitted import FittedForecaster
from ..fitting import train_as_before
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
    """

    networks: dict[str, FittedForecaster]
    candidates: tuple[Candidate, ...]
    fitted_rows: dict[str, int]
    history: dict[str, np.ndarray]
    seconds: float

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
        networks = {
            name: replace(train_as_before(one, panel).fitted(), history=one.history)
            for name, one in self.networks.items()
        }
        y = _targets(panel)
        rows = {one: len(values) for one, values in y.items()}
        return replace(self, networks=networks, fitted_rows=rows, history=y)

    def after_warm_up(self, data: Any) -> "FittedAuto":
        """Returns this forecaster after reading another history from its start."""
        panel = self.first.panel(data)
        networks = {name: one.after_warm_up(panel) for name, one in self.networks.items()}
        return replace(self, networks=networks, history=self.history | _targets(panel))

    def after_update(self, data: Any) -> "FittedAuto":
        """Returns this forecaster after reading the rows that follow those read so far."""
        panel = self.first.panel(data)
        networks = {name: one.after_update(panel) for name, one in self.networks.items()}
        longer = {
            one: np.concatenate([self.history[one], rows]) for one, rows in _targets(panel).items()
        }
        return replace(self, networks=networks, history=self.history | longer)

    def forecast(self, data: Any, future: Any, horizon: int | None) -> pd.DataFrame:
        """Forecasts the rows that follow; see `AutoForecaster.predict`."""
        frames = {n: one.forecast(data, future, horizon) for n, one in self.networks.items()}
        frame = next(iter(frames.values()))
        leads = int(frame["step"].max())
        history = self.history if data is None else _targets(self.first.panel(data))
        ids = list(dict.fromkeys(frame["unique_id"]))
        parts = {name: one["yhat"].to_numpy() for name, one in frames.items()}
        ahead = [self._baselines_ahead(one, history[one], leads) for one in ids]
        for name in self.baselines:
            missing = np.full(leads, np.nan)
            parts[name] = np.concatenate([found.get(name, missing) for found in ahead])
        return frame.assign(yhat=weighted_mean(parts, self.weights))

    def _baselines_ahead(self, one: str, y: np.ndarray, leads: int) -> dict[str, np.ndarray]:
        """Forecasts of one series by the baselines, `(leads,)` each."""
        rows = min(len(y), self.fitted_rows.get(one, len(y)))
        origin, season = np.array([len(y) - 1]), self.first.schema.season
        found = baselines(y, origin, leads, rows, season, names=self.baselines)
        return {name: forecast[0] for name, forecast in found.items()}


def table(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """Columns `model, error, weight, seconds, failure`, the best first."""
    rows = [
        {
            "model": one.name,
            "error": one.error,
            "weight": one.weight,
            "seconds": one.seconds,
            "failure": one.failure,
        }
        for one in candidates
    ]
    return pd.DataFrame(rows).sort_values("error", kind="stable", ignore_index=True)


def _targets(panel: TimeSeriesPanel) -> dict[str, np.ndarray]:
    """The target of each series; NaN where it was missing."""
    return {series.unique_id: series.values(["y"])[:, 0] for series in panel}
