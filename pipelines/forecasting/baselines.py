"""Forecasts that any network has to beat, on arrays.

Each takes the series `y (rows,)`, the rows of the origins and the horizon, and gives
`(origins, horizon)`. None looks past an origin.
"""

import numpy as np

from ..windows import ahead

BLOCK = 65536  # rows reduced at once: bounds the memory, whatever the length


def last_value(y: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Persistence, or the random walk: every lead repeats the value at the origin."""
    return np.repeat(y[origins][:, None], horizon, axis=1)


def seasonal(y: np.ndarray, origins: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Each lead repeats the value a season before it, the last one known.

    Origins with less than a season of history repeat the value at the origin.
    """
    lead = np.arange(1, horizon + 1)
    back = season - 1 - (lead - 1) % season  # rows before the origin
    rows = origins[:, None] - back
    return np.where(rows >= 0, y[np.maximum(rows, 0)], y[origins][:, None])


class DirectAR:
    """Linear autoregression: for each lead a least-squares regression of its own.

    ```
    ŷ_{t+h} = a_h + Σ_{i=0}^{order−1} w_{h,i} y_{t−i}
    ```

    Args:
        order: how many of the last values are read.
        horizon: leads.
    """

    def __init__(self, order: int, horizon: int):
        self.order = order
        self.horizon = horizon

    def fit(self, y: np.ndarray) -> "DirectAR":
        """Learns from the training span `y (rows,)`; every lead uses all its rows.

        The rows that all leads share are reduced to a triangle once, block by block (QR);
        each lead then solves a small problem with the same least-squares solution.

        `weights_` is `(1 + order, horizon)`: the intercept, then the newest value first,
        for a series less its mean `mean_`.
        """
        self.mean_ = y.mean()  # taken off: far from zero the least squares lose their digits
        y = y - self.mean_
        lags, leads = _lags(y, self.order), ahead(y[self.order - 1 :], self.horizon)
        triangle = np.empty((0, 1 + self.order + self.horizon))
        for first in range(0, len(leads), BLOCK):
            block = slice(first, min(first + BLOCK, len(leads)))
            rows = np.hstack([_with_one(lags[block]), leads[block]])
            stacked = np.vstack([triangle, rows])
            triangle = np.asarray(np.linalg.qr(stacked, mode="r"))
        known, target = np.hsplit(triangle, [1 + self.order])
        weights = []
        for lead in range(1, self.horizon + 1):
            own = slice(len(leads), len(lags) - lead)  # rows that reach this lead, not the last
            weights.append(
                np.linalg.lstsq(
                    np.vstack([known, _with_one(lags[own])]),
                    np.concatenate([target[:, lead - 1], y[self.order - 1 + lead :][own]]),
                )[0]
            )
        self.weights_ = np.stack(weights, axis=1)
        return self

    def predict(self, y: np.ndarray, origins: np.ndarray) -> np.ndarray:
        lags = _lags(y - self.mean_, self.order)[origins - (self.order - 1)]
        return _with_one(lags) @ self.weights_ + self.mean_


def linear_ar(
    y: np.ndarray, origins: np.ndarray, horizon: int, training_rows: int, season: int, order: int
) -> np.ndarray:
    """Direct AR fitted on the first `training_rows` rows.

    The order is cut where the training span has too few rows for it: twenty a
    coefficient, but five where that lets it span a season; and where the first origin has
    too little history.
    """
    rows = training_rows - horizon
    enough = max(rows // 20, min(season, rows // 5))
    order = max(1, min(order, enough, int(origins.min()) + 1))
    return DirectAR(order, horizon).fit(y[:training_rows]).predict(y, origins)


def baselines(
    y: np.ndarray,
    origins: np.ndarray,
    horizon: int,
    training_rows: int,
    season: int,
    order: int,
) -> dict[str, np.ndarray]:
    """All baselines by name, each `(origins, horizon)`."""
    found = {"naive-last": last_value(y, origins, horizon)}
    if season > 1:
        found["naive-seasonal"] = seasonal(y, origins, horizon, season)
    found["linear-ar"] = linear_ar(y, origins, horizon, training_rows, season, order)
    return found


def _with_one(lags: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(lags), 1)), lags])


def _lags(y: np.ndarray, order: int) -> np.ndarray:
    """`(rows − order + 1, order)`: row t holds y_{t+order−1} … y_t, a view."""
    return np.lib.stride_tricks.sliding_window_view(y, order)[:, ::-1]
