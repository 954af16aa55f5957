"""The linear path of a network, started at the least-squares forecast."""

import numpy as np

from ..preprocessing.rows import Rows, lead_anchors

#: Added to the mean square of each column. Levels are extrapolated by the differences between
#: neighboring lags, which are lost if weights are shrunk; differences are nearer to zero.
RIDGE = {"levels": 1e-3, "differences": 0.1}


def least_squares_leads(
    rows: list[Rows], lags: int, horizon: int, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """Regresses the scaled change to each lead on the last rows, over all series.

    ```
    (y_{t+k} − anchor_{t,k}) / scale_t = b_k + Σ_i w_{k,i} · x_{t−i},   i = 0 … lags − 1
    ```

    x are the scaled target and past covariates. Each lead uses all rows whose truth is known.

    Args:
        rows: training rows of each series.
        lags: number of rows that are read.
        horizon: number of leads.
        ridge: added to the mean square of each column.

    Returns:
        Weights `(lags · columns, horizon)`, the newest row first, and intercepts `(horizon,)`.

    Reference: Hoerl and Kennard (1970), Ridge regression.
    """
    size = 1 + lags * rows[0].features.shape[-1]
    shared = np.zeros((size, size))
    alone = np.zeros((horizon, size, size))  # of rows whose truth is not known at every lead
    moments = np.zeros((size, horizon))
    counts = np.zeros(horizon)
    for one in rows:
        if len(one) <= lags:
            continue
        x, y = _windows(one.features, lags), _changes(one, lags, horizon)
        known = ~np.isnan(y)
        whole = known.all(axis=1)
        shared += x[whole].T @ x[whole]
        moments += x.T @ np.where(known, y, 0)
        counts += known.sum(axis=0)
        for lead in range(horizon):
            some = x[known[:, lead] & ~whole]
            alone[lead] += some.T @ some
    penalty = ridge * np.eye(size) * np.maximum(counts, 1)[:, None, None]
    penalty[:, 0, 0] = 0
    # without any row of a lead, its weights are 0
    products = shared + alone + penalty + 1e-9 * np.eye(size)
    weights = np.linalg.solve(products, moments.T[..., None])[..., 0].T
    return weights[1:], weights[0]


def _windows(features: np.ndarray, lags: int) -> np.ndarray:
    """One and the last rows at each row from `lags − 1` on, `(rows, 1 + lags · columns)`."""
    view = np.lib.stride_tricks.sliding_window_view(features, lags, axis=0)[..., ::-1]
    newest_first = view.swapaxes(1, 2).reshape(len(view), -1).astype("float64")
    return np.concatenate([np.ones((len(view), 1)), newest_first], axis=1)


def _changes(one: Rows, lags: int, horizon: int) -> np.ndarray:
    """The scaled change to each lead from each row from `lags − 1` on; NaN where unknown."""
    at = np.arange(lags - 1, len(one))
    padded = np.concatenate([one.target, np.full(horizon, np.nan)])
    truth = padded[at[:, None] + np.arange(1, horizon + 1)]
    return (truth - lead_anchors(one.anchor[at], horizon)) / one.scale[at, 1:]
