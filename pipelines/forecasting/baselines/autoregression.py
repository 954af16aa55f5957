"""A linear autoregression for each lead, often the baseline that is hardest to beat."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits

from ...training.windows import ahead
from .base import BaselineTask, FittedBaseline, begun, carried_forward
from .naive import LastValue

BLOCK = 2048  # rows reduced at once: bounds the memory at any length
SHORTEST = 10  # least rows to fit each lead on
LARGEST = 48  # largest order that AIC may choose, or two seasons if that is more


class DirectAR:
    """Linear autoregression, with a separate least-squares regression for each lead.

    ```
    ŷ_{t+h} = a_h + Σ_{i=0}^{order−1} w_{h,i} y_{t−i}
    ```

    Args:
        order: number of last values that are read.
        horizon: number of leads.
    """

    def __init__(self, order: int, horizon: int):
        self.order = order
        self.horizon = horizon

    def fit(self, y: np.ndarray) -> "DirectAR":
        """Fits on the training span `y (rows,)`; every lead uses all its rows.

        The rows that all leads share are reduced to a triangle once, block by block (QR);
        each lead then adds its own rows and solves a small problem with the same least-squares
        solution.

        A missing value (NaN) is no target; among the lags it is replaced by the last known one.
        The first value must be known.

        Sets `mean_`, the mean that is subtracted from the series, and `weights_`,
        `(1 + order, horizon)`: the intercept, then the lags, the newest first.
        """
        self.mean_ = np.nanmean(y)  # subtracted: far from zero least squares lose precision
        size = np.nanmax(np.abs(y - self.mean_)) or 1.0  # beside a column of ones, in any unit
        y = (y - self.mean_) / size
        lags = _lags(carried_forward(y), self.order)
        padded = np.concatenate([y[self.order - 1 :], np.full(self.horizon, np.nan)])
        leads, there = ahead(padded, self.horizon), ahead(~np.isnan(padded), self.horizon)
        shared = there.all(axis=1)
        columns = 1 + self.order
        triangle = _triangle(lags, leads, np.flatnonzero(shared))
        weights = []
        for lead in range(self.horizon):
            rows = np.flatnonzero(there[:, lead] & ~shared)
            both = np.hstack([triangle[:, :columns], triangle[:, [columns + lead]]])
            both = _triangle(lags, leads[:, [lead]], rows, both)
            weights.append(np.linalg.lstsq(both[:, :-1], both[:, -1])[0])
        self.weights_ = np.stack(weights, axis=1)
        self.weights_[0] *= size
        return self

    def start(self) -> "FittedAR":
        """The fitted autoregression before the first row of a series."""
        return FittedAR(self.mean_, self.weights_)

    def predict(self, y: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """Forecasts from origins, `(origins, horizon)`; NaN where an origin has fewer than `order`
        rows up to and including its own."""
        return self.start().roll(y, origins, self.horizon)[0]


@dataclass(frozen=True)
class FittedAR(FittedBaseline):
    """A fitted `DirectAR` after some row.

    Leads beyond the fitted ones are forecast from its own forecasts.

    Attributes:
        mean: mean that is subtracted.
        weights: `(1 + order, horizon)`: the intercept, then the lags, the newest first.
        tail: last values, missing ones replaced by the last known one, at most `order`.
    """

    mean: float
    weights: np.ndarray
    tail: np.ndarray = field(default_factory=lambda: np.empty(0))

    def roll(self, y: np.ndarray, origins: np.ndarray, leads: int) -> tuple[np.ndarray, "FittedAR"]:
        order = len(self.weights) - 1
        values, offset = begun(self.tail, y)
        known = carried_forward(values)
        after = replace(self, tail=known[-order:])
        forecasts = np.full((len(origins), leads), np.nan)
        there = np.flatnonzero(origins + offset >= order - 1)  # with a value for each lag
        if not len(there):
            return forecasts, after
        lags = _lags(known - self.mean, order)
        for block in _blocks(len(there)):
            which = there[block]
            past = lags[origins[which] + offset - (order - 1)]
            forecasts[which] = self._ahead(past, leads) + self.mean
        return forecasts, after

    def _ahead(self, past: np.ndarray, leads: int) -> np.ndarray:
        """Forecasts `(origins, leads)` from lags `(origins, order)`, the newest first."""
        order, made = past.shape[1], np.empty((len(past), 0))
        while made.shape[1] < leads:
            known = np.hstack([made[:, ::-1], past])[:, :order]
            made = np.hstack([made, _with_one(known) @ self.weights])
        return made[:, :leads]

    def restarted(self, y: np.ndarray) -> "FittedAR":
        return FittedAR(self.mean, self.weights)


def aic_order(y: np.ndarray, largest: int) -> int:
    """The order from 1 to `largest` with the smallest AIC, one step ahead.

    ```
    AIC(p) = n log(RSS(p) / n) + 2 (p + 1)
    ```

    All orders are fitted by least squares on the same n rows, those with `largest` values
    before them. One triangle (QR) of intercept, lags and target holds the sum of squared
    residuals of each: the squares of its last column below the p lags.

    H. Akaike (1974), A new look at the statistical model identification.

    Args:
        y: `(rows,)`, at least `largest` + 1 rows; a missing value (NaN) is no target.
    """
    y = y - np.nanmean(y)
    y = y / (np.nanmax(np.abs(y)) or 1.0)
    target = y[largest:]
    there = np.flatnonzero(~np.isnan(target))
    triangle = _triangle(_lags(carried_forward(y), largest)[:-1], target[:, None], there)
    tail = np.zeros(largest + 2)
    tail[: len(triangle)] = triangle[:, -1] ** 2
    rss = np.cumsum(tail[::-1])[::-1]
    # the residuals of an exact fit are rounding errors: they must not decide the order
    rss = np.maximum(rss, rss[0] * np.finfo(float).eps)[2:]
    if not rss[0]:
        return 1
    orders = np.arange(1, largest + 1)
    return int(orders[np.argmin(len(there) * np.log(rss) + 2 * orders)])


def fit_ar(task: BaselineTask) -> FittedBaseline | None:
    """Fits a direct AR, before the first row; `None` if the training rows are few. Of constant rows
    it is the last value.

    The order that is chosen by AIC is at most `LARGEST` or two seasons. Any order is limited by the
    training span, to a coefficient per twenty rows, or per five where that lets it span a season,
    and by the history of the first origin.
    """
    training, season, order = task.y, task.season, task.order
    rows = int((~np.isnan(training)).sum()) - task.horizon
    if rows < SHORTEST:
        return None
    if np.nanmin(training) == np.nanmax(training):  # nothing to regress on
        return LastValue()
    enough = max(rows // 20, min(season, rows // 5))
    most = max(LARGEST, 2 * season) if order is None else order
    most = max(1, min(most, enough, task.history))
    # triangles this small gain nothing from threads, which wait for one another on a busy machine
    with threadpool_limits(1, user_api="blas"):
        best = aic_order(training, most) if order is None else most
        return DirectAR(best, task.horizon).fit(training).start()


def _triangle(
    lags: np.ndarray, targets: np.ndarray, rows: np.ndarray, start: np.ndarray | None = None
) -> np.ndarray:
    """R of the QR decomposition of rows of `[1, lags, targets]`, below the rows `start`."""
    triangle = np.empty((0, 1 + lags.shape[1] + targets.shape[1])) if start is None else start
    for block in _blocks(len(rows)):
        here = rows[block]
        stacked = np.vstack([triangle, np.hstack([_with_one(lags[here]), targets[here]])])
        triangle = np.asarray(np.linalg.qr(stacked, mode="r"))
    return triangle


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(first, first + BLOCK) for first in range(0, rows, BLOCK))


def _with_one(lags: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(lags), 1)), lags])


def _lags(y: np.ndarray, order: int) -> np.ndarray:
    """A view of the lags, `(rows − order + 1, order)`: row t holds y_{t+order−1} … y_t."""
    return np.lib.stride_tricks.sliding_window_view(y, order)[:, ::-1]
