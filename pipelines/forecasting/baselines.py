"""Forecasts that any network has to beat, on arrays.

Each takes the series `y (rows,)`, the rows of the origins and the horizon, and gives
`(origins, horizon)`. None looks past an origin.
"""

import numpy as np
from sklearn.linear_model import LinearRegression


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
        """Learns from the training span `y (rows,)`; every lead uses all its rows."""
        self.regressions_ = []
        lags = _lags(y, self.order)
        for lead in range(1, self.horizon + 1):
            known = lags[: len(lags) - lead]
            target = y[self.order - 1 + lead :]
            self.regressions_.append(LinearRegression().fit(known, target))
        return self

    def predict(self, y: np.ndarray, origins: np.ndarray) -> np.ndarray:
        lags = _lags(y, self.order)[origins - (self.order - 1)]
        return np.stack([r.predict(lags) for r in self.regressions_], axis=1)


def linear_ar(
    y: np.ndarray, origins: np.ndarray, horizon: int, training_rows: int, order: int
) -> np.ndarray:
    """Direct AR fitted on the first `training_rows` rows.

    The order is cut where the training span has too few rows for it (twenty a
    coefficient) or the first origin too little history.
    """
    order = max(1, min(order, (training_rows - horizon) // 20, int(origins.min()) + 1))
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
    found["linear-ar"] = linear_ar(y, origins, horizon, training_rows, order)
    return found


def _lags(y: np.ndarray, order: int) -> np.ndarray:
    """`(rows − order + 1, order)`: row t holds y_{t+order−1} … y_t, a view."""
    return np.lib.stride_tricks.sliding_window_view(y, order)[:, ::-1]
