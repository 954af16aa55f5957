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


def _mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """The mean of what is not NaN; NaN, without a warning, where nothing else is."""
    there = ~np.isnan(values)
    count = np.sum(there, axis=axis)
    return np.sum(values, axis=axis, where=there) / np.where(count > 0, count, np.nan)
