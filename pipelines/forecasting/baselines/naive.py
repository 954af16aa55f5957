"""Naive forecasts: the last value, the value one season before, the drift."""

import numpy as np


def last_value(y: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Persistence, or the random walk: every lead repeats the value at the origin."""
    return np.repeat(y[origins][:, None], horizon, axis=1)


def seasonal(y: np.ndarray, origins: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Each lead repeats the last known value of the same phase of the season.

    Origins with less than a season of history repeat the value at the origin.
    """
    lead = np.arange(1, horizon + 1)
    back = season - 1 - (lead - 1) % season  # rows before the origin
    rows = origins[:, None] - back
    return np.where(rows >= 0, y[np.maximum(rows, 0)], y[origins][:, None])


def drift(y: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """The last value plus, for each lead, the mean step since the first value.

    ```
    ŷ_{t+h} = y_t + h (y_t − y_0) / t
    ```

    At the first row, without any step, it is the last value. R. J. Hyndman &
    G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd edition, section 5.2.
    """
    step = (y[origins] - y[0]) / np.maximum(origins, 1)
    return y[origins][:, None] + step[:, None] * np.arange(1, horizon + 1)
