"""Errors of forecasts. Truth and forecast are `(origins, horizon)`; NaN is not scored.

Each function gives one number, or with `axis=0` one for each lead.
"""

import numpy as np


def mae(truth: np.ndarray, forecast: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean absolute error, in the unit of the series."""
    return np.nanmean(np.abs(forecast - truth), axis=axis)


def rmse(truth: np.ndarray, forecast: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Root mean squared error, in the unit of the series."""
    return np.sqrt(np.nanmean((forecast - truth) ** 2, axis=axis))


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
    scale = float(np.mean(np.abs(training[season:] - training[:-season])))
    return scale if scale > 0 else float("nan")


def mase(
    truth: np.ndarray, forecast: np.ndarray, scale: float, axis: int | None = None
) -> np.ndarray:
    """Mean absolute scaled error: the MAE divided by `naive_scale(training, season)`."""
    return mae(truth, forecast, axis) / scale


def skill(error: np.ndarray | float, naive_error: np.ndarray | float) -> np.ndarray:
    """Share of a naive forecast's error that a forecast avoids: 1 − error / naive_error.

    0 is as good as naive, 1 perfect, below 0 worse than naive; NaN where the naive
    forecast makes no error.
    """
    naive = np.asarray(naive_error, "float64")
    return 1 - np.asarray(error) / np.where(naive > 0, naive, np.nan)
