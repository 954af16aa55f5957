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
    """The scale of MASE: the mean absolute error of the value one season before, over the
    training span `(rows,)`.

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
        scale: one number, or one per origin, `(origins,)`, for several series. Origins with a
            scale of NaN are not scored; if all are NaN, so is the error.
        axis: 0 for one number per lead.
    """
    errors = np.abs(forecast - truth) / np.reshape(scale, (-1, 1))
    return _mean(errors, axis)


def skill(error: np.ndarray | float, naive_error: np.ndarray | float) -> np.ndarray:
    """Skill relative to a naive forecast: 1 − error / naive_error.

    1 is perfect, 0 as good as the naive forecast, below 0 worse; NaN where the naive forecast
    makes no error.
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
    """Share of explained variance: 1 − Σ(y − ŷ)² / Σ(y − ȳ)²."""
    return float(1 - _mean((forecast - truth) ** 2) / _mean((truth - _mean(truth)) ** 2))


def pinball(
    truth: np.ndarray, quantile: np.ndarray, level: float, axis: int | None = None
) -> np.ndarray:
    """Pinball loss of forecasts of a quantile, in the unit of the series.

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

    The integral uses the trapezium rule over the levels, and the loss of the outermost levels
    beyond them, up to 0 and 1: more levels approximate it better. For a point forecast it is the
    absolute error.

    Args:
        truth: `(origins, horizon)`.
        quantiles: `(levels, origins, horizon)`.
        levels: `(levels,)`, increasing.
        axis: 0 for one number per lead.

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


def interval_score(
    truth: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    nominal: float,
    axis: int | None = None,
) -> np.ndarray:
    """Interval score, or Winkler score, of a central interval, in the unit of the series.

    ```
    mean of (u − l) + 2/(1 − p) (l − y)⁺ + 2/(1 − p) (y − u)⁺
    ```

    Args:
        truth, lower, upper: arrays of one shape; NaN is not scored.
        nominal: p, the nominal share inside.
        axis: 0 for one number per lead.

    References: Winkler (1972), A decision-theoretic approach to interval estimation; Gneiting and
    Raftery (2007), Strictly proper scoring rules.
    """
    outside = np.maximum(lower - truth, 0) + np.maximum(truth - upper, 0)
    return _mean(upper - lower + 2 / (1 - nominal) * outside, axis)


def _mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """The mean without NaN; NaN, without a warning, where all is NaN."""
    there = ~np.isnan(values)
    count = np.sum(there, axis=axis)
    return np.sum(values, axis=axis, where=there) / np.where(count > 0, count, np.nan)
