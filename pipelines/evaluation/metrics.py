"""Errors of forecasts. Truth and forecast are `(origins, horizon)`; NaN is not scored.

Each function gives one number, or with `axis=0` one for each lead.
"""

import numpy as np


def mae(truth: np.ndarray, forecast: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean absolute error, in the unit of the series."""
    return _mean(np.abs(forecast - truth), axis)


def rmse(truth: np.ndarray, forecast: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Root mean squared error, in the unit of the series."""
    return np.sqrt(_mean((forecast - truth) ** 2, axis))


def naive_scale(training: np.ndarray, season: int) -> float:
    """What MASE divides by: the mean absolute error of the value one season before,
    over the training span `(rows,)`.

    NaN where the span is no longer than a season, or constant: MASE is then
    undefined, not infinite.

    Reference: Hyndman and Koehler (2006), Another look at measures of forecast
    accuracy.
    """
    if len(training) <= season:
        return float("nan")
    scale = float(_mean(np.abs(training[season:] - training[:-season])))
    return scale if scale > 0 else float("nan")


def mase(
    truth: np.ndarray, forecast: np.ndarray, scale: float | np.ndarray, axis: int | None = None
) -> np.ndarray:
    """Mean absolute scaled error: errors divided by `naive_scale(training, season)`.

    Args:
        truth, forecast: `(origins, horizon)`.
        scale: one number, or `(origins,)`, where they are of several series; origins whose
            scale is NaN are not scored, and without any other the error is NaN.
        axis: 0 gives one number a lead.
    """
    errors = np.abs(forecast - truth) / np.reshape(scale, (-1, 1))
    return _mean(errors, axis)


def skill(error: np.ndarray | float, naive_error: np.ndarray | float) -> np.ndarray:
    """Share of a naive forecast's error that a forecast avoids: 1 − error / naive_error.

    0 is as good as naive, 1 perfect, below 0 worse than naive; NaN where the naive
    forecast makes no error.
    """
    naive = np.asarray(naive_error, "float64")
    return 1 - np.asarray(error) / np.where(naive > 0, naive, np.nan)


def smape(truth: np.ndarray, forecast: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Symmetric mean absolute percentage error as in the M4 competition, 0 to 200.

    ```
    200 · mean |y − ŷ| / (|y| + |ŷ|)
    ```

    Where both are zero the error is zero.

    Reference: Makridakis, Spiliotis and Assimakopoulos (2020), The M4 competition.
    """
    size = np.abs(truth) + np.abs(forecast)
    return 200 * _mean(np.abs(forecast - truth) / np.where(size == 0, 1, size), axis)


def owa(smape: float, mase: float, naive2_smape: float, naive2_mase: float) -> float:
    """Overall weighted average of the M4 competition: the mean of both errors, each
    relative to Naive2's; 1 is as good as Naive2."""
    return (smape / naive2_smape + mase / naive2_mase) / 2


def r_squared(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Share of the variance that is explained: 1 − Σ(y − ŷ)² / Σ(y − ȳ)²."""
    return float(1 - _mean((forecast - truth) ** 2) / _mean((truth - _mean(truth)) ** 2))


def pinball(
    truth: np.ndarray, quantile: np.ndarray, level: float, axis: int | None = None
) -> np.ndarray:
    """Pinball loss of a quantile's forecast, in the unit of the series.

    ```
    mean of α (y − q) where y > q, of (1 − α)(q − y) elsewhere
    ```

    Reference: Koenker and Bassett (1978), Regression quantiles.
    """
    above = truth - quantile
    return _mean(np.maximum(level * above, (level - 1) * above), axis)


def crps(
    truth: np.ndarray, quantiles: np.ndarray, levels: np.ndarray, axis: int | None = None
) -> np.ndarray:
    """Continuous ranked probability score from quantiles, in the unit of the series.

    ```
    CRPS = 2 ∫ pinball_α dα
    ```

    The integral is taken by the trapezium rule over the levels, and beyond the outermost
    ones by their own loss up to 0 and 1: the more levels, the nearer. Of a point forecast it is
    the absolute error.

    Args:
        truth: `(origins, horizon)`.
        quantiles: `(levels, origins, horizon)`.
        levels: `(levels,)`, rising.
        axis: 0 gives one number a lead.

    Reference: Gneiting and Raftery (2007), Strictly proper scoring rules.
    """
    losses = np.stack([pinball(truth, q, α, axis) for q, α in zip(quantiles, levels, strict=True)])
    ends = np.concatenate([[0], (levels[1:] + levels[:-1]) / 2, [1]])
    return 2 * np.tensordot(np.diff(ends), losses, 1)


def coverage(
    truth: np.ndarray, lower: np.ndarray, upper: np.ndarray, axis: int | None = None
) -> np.ndarray:
    """Share of the truth that lies in an interval, its ends included."""
    inside = ((lower <= truth) & (truth <= upper)).astype("float64")
    there = ~(np.isnan(truth) | np.isnan(lower) | np.isnan(upper))
    return _mean(np.where(there, inside, np.nan), axis)


def _mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """The mean of what is not NaN; NaN, without a warning, where nothing else is."""
    there = ~np.isnan(values)
    count = np.sum(there, axis=axis)
    return np.sum(values, axis=axis, where=there) / np.where(count > 0, count, np.nan)
