"""Forecasts from many origins, with the truth: what scores and tests are computed from."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from ....datasets.timezones import in_zone
from ....errors import ArgumentError, one_of
from ...evaluation import metrics
from .earlier import EarlierErrors
from .leakage import LeakageReport


@dataclass(frozen=True)
class RollingForecasts:
    """Forecasts of a network and of baselines from many origins, and the truth.

    The origins of several series follow one another, those of a series in time order.

    Attributes:
        model: name of the network in tables, e.g. `"gru"`.
        name: name of the series, or of the table of several series.
        ids: id of the series of each origin, `(origins,)`.
        rows: row of each origin in its series, the last one known to the forecast, `(origins,)`.
        origins: time of each origin, `(origins,)`.
        times: times of the leads, `(origins, horizon)`.
        truth: true values in the unit of the series, `(origins, horizon)`; NaN is not scored.
        forecasts: forecasts by model, each `(origins, horizon)`: the network first, then the
            baselines.
        level: last known value at each origin, `(origins,)`.
        scale: scale of MASE, from the training span of the series, `(origins,)`.
        parameters: number of trained weights of the network.
        seconds: total fit time in seconds.
        target: name of the forecast column.
        unit: unit of the target; may be empty.
        zone: time zone in which to show the times, where these are UTC; `""` for none.
        audit: report of the audit for leaks; `None` without one.
        members: errors of each member of an ensemble: `cell, seed, mae, rmse, mase`; else
            `None`.
        earlier: errors that the models made before the test, from which their intervals start;
            `None` for none.
        of_head: quantiles of the network's head, `(origins, horizon, levels)`; `None` where
            its intervals do not come from one.
    """

    model: str
    name: str
    ids: np.ndarray
    rows: np.ndarray
    origins: pd.DatetimeIndex
    times: np.ndarray
    truth: np.ndarray
    forecasts: dict[str, np.ndarray]
    level: np.ndarray
    scale: np.ndarray
    parameters: int
    seconds: float
    target: str
    unit: str
    zone: str = ""
    audit: LeakageReport | None = None
    members: pd.DataFrame | None = None
    earlier: EarlierErrors | None = None
    of_head: np.ndarray | None = None

    @property
    def horizon(self) -> int:
        return self.truth.shape[1]

    @property
    def baselines(self) -> list[str]:
        return [name for name in self.forecasts if name != self.model]

    @cached_property
    def error(self) -> str:
        """The error to rank by: `"mae"`, or `"mase"` for several series, whose units may differ."""
        several = len(set(self.ids)) > 1 and not np.isnan(self.scale).all()
        return "mase" if several else "mae"

    @cached_property
    def reference(self) -> str:
        """The best naive forecast over all leads, the reference of skill.

        `""` in a backtest without naive forecasts.
        """
        naive = [name for name in self.forecasts if name.startswith("naive-")]
        return min(naive, key=lambda name: float(self.errors(name)[self.error]), default="")

    def errors(self, name: str, axis: int | None = None) -> dict[str, np.ndarray]:
        """`mae`, `rmse` and `mase` of one model, over all leads or, with `axis=0`, at each lead."""
        forecast = self.forecasts[name]
        return {
            "mae": metrics.mae(self.truth, forecast, axis=axis),
            "rmse": metrics.rmse(self.truth, forecast, axis=axis),
            "mase": metrics.mase(self.truth, forecast, self.scale, axis=axis),
        }

    def over_time(self, name: str) -> pd.DataFrame:
        """Absolute errors of one model by origin in the order of time, `(times, horizon)`; for
        several series the mean of their scaled errors."""
        errors = pd.DataFrame(self._scaled(self.forecasts[name] - self.truth)).abs()
        return errors.groupby(self.origins).mean()

    def frame(self) -> pd.DataFrame:
        """Columns `unique_id, ds, cutoff, step, y` and `yhat` of every model by its name."""
        count, horizon = self.truth.shape
        columns = {
            "unique_id": np.repeat(self.ids, horizon),
            "ds": in_zone(pd.DatetimeIndex(self.times.ravel()), self.zone),
            "cutoff": in_zone(self.origins.repeat(horizon), self.zone),
            "step": np.tile(np.arange(1, horizon + 1), count),
            "y": self.truth.ravel(),
        }
        return pd.DataFrame(
            columns | {name: forecast.ravel() for name, forecast in self.forecasts.items()}
        )

    def renamed(self, label: str) -> Self:
        """Returns this backtest with another name of its network."""
        forecasts = {label: self.forecasts[self.model]}
        forecasts |= {name: self.forecasts[name] for name in self.baselines}
        earlier = self.earlier and self.earlier.of(label)
        return replace(self, model=label, forecasts=forecasts, earlier=earlier)

    def with_baselines_of(self, other: Self) -> Self:
        """Returns this backtest with the baselines of another one over the same rows.

        Raises:
            ArgumentError: origins or truth differ.
        """
        same = self.origins.equals(other.origins) and np.array_equal(
            self.truth, other.truth, equal_nan=True
        )
        if not same:
            raise ArgumentError("The other backtest must have the same origins and truth.")
        shared = {name: other.forecasts[name] for name in other.baselines}
        return replace(self, forecasts={self.model: self.forecasts[self.model]} | shared)

    def _checked_name(self, name: str | None) -> str:
        return one_of("name", self.model if name is None else name, self.forecasts)

    def _overlap(self, step: int) -> int:
        """The number of origins whose forecasts of a lead overlap, over all series."""
        merged = self.origins.unique().sort_values().to_numpy()
        begun = np.searchsorted(merged, self.origins.to_numpy())
        return max(1, int((np.searchsorted(merged, self.times[:, step - 1]) - begun).max()))

    def _scaled(self, errors: np.ndarray) -> np.ndarray:
        """Errors `(origins, …)` in a unit that all series share."""
        return (errors.T / self.scale).T if self.error == "mase" else errors
