"""Baselines of a transformed series: of its seasonal differences, and of its logarithm."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from .autoregression import fit_ar
from .base import BaselineTask, FittedBaseline, begun, carried_forward

#: Fits a baseline, before the first row; `None` where it cannot be fitted.
Fit = Callable[[BaselineTask], FittedBaseline | None]


@dataclass(frozen=True)
class SeasonalAR(FittedBaseline):
    """A direct autoregression of the differences from one season before.

    ```
    ŷ_{t+h} = ŷ_{t+h−m} + ŵ_{t+h},   w_t = y_t − y_{t−m}
    ```

    with the truth in place of ŷ up to the origin.

    Attributes:
        differences: the autoregression of w.
        season: m.
        tail: last values, NaN where missing, at most m.
        known: the same with missing values replaced by the last known one.
    """

    differences: FittedBaseline
    season: int
    tail: np.ndarray = field(default_factory=lambda: np.empty(0))
    known: np.ndarray = field(default_factory=lambda: np.empty(0))

    def roll(
        self, y: np.ndarray, origins: np.ndarray, leads: int
    ) -> tuple[np.ndarray, "SeasonalAR"]:
        m = self.season
        values, offset = begun(self.tail, y)
        known = carried_forward(np.concatenate([self.known, values[len(self.known) :]]))
        at = origins + offset
        first = max(m, len(self.tail))  # of the values whose difference is new
        new = values[first:] - values[first - m : max(first, len(values)) - m]
        there = at >= m - 1  # a season before every lead
        steps, differences = self.differences.roll(new, np.maximum(at - first, -1), leads)
        forecasts = np.full((len(origins), leads), np.nan)
        for k in range(leads):
            rows = np.maximum(at + 1 + k - m, 0)
            last = known[rows[there]] if k < m else forecasts[there, k - m]
            forecasts[there, k] = last + steps[there, k]
        return forecasts, SeasonalAR(differences, m, values[-m:], known[-m:])

    def restarted(self, y: np.ndarray) -> "SeasonalAR | None":
        differences = self.differences.restarted(y)
        return None if differences is None else SeasonalAR(differences, self.season)


def fit_seasonal_ar(task: BaselineTask) -> SeasonalAR | None:
    """Fits a `SeasonalAR`; `None` without a season, or where the first origin or the training rows
    lie within the first season."""
    m = task.season
    if m == 1 or len(task.y) <= m or task.history <= m:
        return None
    differences = task.y[m:] - task.y[:-m]
    if np.isnan(differences[0]):  # a difference at the start is needed, and known
        return None
    fitted = fit_ar(replace(task, y=differences, history=task.history - m))
    return None if fitted is None else SeasonalAR(fitted, m)


@dataclass(frozen=True)
class OfLogarithm(FittedBaseline):
    """A baseline of the logarithm of a series.

    From the first value on that is not above 0 its forecasts are NaN. They are limited to as far
    beyond the training rows as these lie apart: an exponential of a linear extrapolation may be any
    number.

    Attributes:
        logarithm: the baseline of the logarithm.
        low, high: smallest and largest logarithm of the training rows and of those read since.
        ended: whether a value that is not above 0 was read.
    """

    logarithm: FittedBaseline
    low: float
    high: float
    ended: bool = False

    def roll(
        self, y: np.ndarray, origins: np.ndarray, leads: int
    ) -> tuple[np.ndarray, "OfLogarithm"]:
        forecasts = np.full((len(origins), leads), np.nan)
        if self.ended:
            return forecasts, self
        low = np.flatnonzero(y <= 0)
        first = int(low[0]) if len(low) else len(y)
        there = origins < first
        logs = np.log(y[:first])
        made, after = self.logarithm.roll(logs, origins[there], leads)
        least = np.fmin.accumulate(np.append(self.low, logs))
        most = np.fmax.accumulate(np.append(self.high, logs))
        at = origins[there] + 1
        reach = (most - least)[at, None]
        forecasts[there] = np.exp(np.clip(made, least[at, None] - reach, most[at, None] + reach))
        read = {"low": float(least[-1]), "high": float(most[-1])}
        return forecasts, replace(self, logarithm=after, ended=bool(len(low)), **read)

    def restarted(self, y: np.ndarray) -> "OfLogarithm | None":
        logs = np.log(np.where(y > 0, y, np.nan))
        new = self.logarithm.restarted(logs)
        return None if new is None else replace(self, logarithm=new, ended=False)


def of_logarithm(fit: Fit) -> Fit:
    """Fits a baseline to the logarithm of the series; `None` if a training row is not above 0."""

    def fit_log(task: BaselineTask) -> OfLogarithm | None:
        if (task.y <= 0).any() or not len(task.y):
            return None
        logs = np.log(task.y)
        fitted = fit(replace(task, y=logs))
        if fitted is None:
            return None
        return OfLogarithm(fitted, float(np.nanmin(logs)), float(np.nanmax(logs)))

    return fit_log
