"""Baselines of a transformed series: of its logarithm, and of its seasonal differences."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .autoregression import linear_ar


@dataclass(frozen=True)
class BaselineTask:
    """The arguments of a baseline.

    Attributes:
        y: series, `(rows,)`; its first value is known, others may be missing (NaN).
        known: the series with missing values replaced by the last known one, `(rows,)`.
        origins: increasing rows, one or more.
        horizon: number of leads.
        training_rows: number of rows to fit on, the first ones.
        season: number of rows in a season; 1 for none.
        order: order of the autoregression; `None` for a choice by AIC.
    """

    y: np.ndarray
    known: np.ndarray
    origins: np.ndarray
    horizon: int
    training_rows: int
    season: int
    order: int | None


#: From its arguments to `(origins, horizon)`, or `None` where it cannot forecast.
Baseline = Callable[[BaselineTask], np.ndarray | None]


def direct_ar(task: BaselineTask) -> np.ndarray | None:
    """The direct autoregression of the series."""
    return linear_ar(
        task.y, task.origins, task.horizon, task.training_rows, task.season, task.order
    )


def seasonal_ar(task: BaselineTask) -> np.ndarray | None:
    """The direct autoregression of the differences from one season before.

    ```
    ŷ_{t+h} = ŷ_{t+h−m} + ŵ_{t+h},   w_t = y_t − y_{t−m}
    ```

    with the truth in place of ŷ up to the origin. `None` without a season, or where the first
    origin or the training rows lie within the first season.
    """
    m = task.season
    if m == 1 or task.training_rows <= m or task.origins[0] < m:
        return None
    differences = replace(
        task,
        y=task.y[m:] - task.y[:-m],
        known=task.known[m:] - task.known[:-m],
        origins=task.origins - m,
        training_rows=task.training_rows - m,
    )
    first = np.flatnonzero(~np.isnan(differences.y))
    if not len(first) or first[0] > 0:  # a difference at the start is needed, and known
        return None
    steps = direct_ar(differences)
    if steps is None:
        return None
    forecasts = np.empty_like(steps)
    for k in range(task.horizon):
        last = task.known[task.origins + 1 + k - m] if k < m else forecasts[:, k - m]
        forecasts[:, k] = last + steps[:, k]
    return forecasts


def of_logarithm(baseline: Baseline) -> Baseline:
    """A baseline of the logarithm of the series; `None` if a training row is not above 0.

    Origins from the first later row on that is not get NaN.

    Its forecasts are limited to as far beyond the known values as these lie apart: an
    exponential of a linear extrapolation may be any number.
    """

    def forecast(task: BaselineTask) -> np.ndarray | None:
        low = np.flatnonzero(task.known <= 0)
        first = int(low[0]) if len(low) else len(task.known)
        if first < task.training_rows:
            return None
        # from the first such value on nothing is known, nor forecast
        rows = np.arange(len(task.known))
        y = np.where(rows < first, task.y, np.nan)
        known = task.known[np.minimum(rows, first - 1)]
        logs = replace(task, y=np.log(y), known=np.log(known))
        forecasts = baseline(logs)
        if forecasts is None:
            return None
        forecasts[task.origins >= first] = np.nan
        seen = logs.known[: task.training_rows]
        low, high = seen.min(), seen.max()
        return np.exp(np.clip(forecasts, 2 * low - high, 2 * high - low))

    return forecast
