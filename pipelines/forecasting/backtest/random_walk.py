"""One lead of a forecast compared with the random walk, whose forecast is the last value."""

from typing import Any

import numpy as np
import pandas as pd

from ...evaluation.significance import direction, rmse_ratio


def against_walk(
    truth: np.ndarray,
    forecast: np.ndarray,
    level: np.ndarray,
    scale: np.ndarray,
    origins: pd.DatetimeIndex,
    overlap: int,
) -> dict[str, Any]:
    """How much better the forecast is, and how often it calls the direction right.

    Args:
        truth: `(origins,)` values that followed; NaN is not scored.
        forecast: `(origins,)` of the model.
        level: `(origins,)` last values, the forecast of the random walk.
        scale: `(origins,)` unit of the errors.
        origins: times of the origins; those of several series repeat.
        overlap: number of origins whose forecasts overlap.

    Returns:
        `ratio, lower, upper, right, right_lower, right_upper, majority, p, calls`, as in
        `Backtest.against_random_walk`.
    """
    errors = np.stack([forecast - truth, level - truth], axis=1) / scale[:, None]
    squares = pd.DataFrame(errors**2, origins).dropna().groupby(level=0).mean()
    model, walk = np.sqrt(squares.to_numpy().T)
    ratio = rmse_ratio(model, walk, overlap)
    called = direction(truth, forecast, level, overlap, origins.to_numpy())
    return {
        **{"ratio": ratio.ratio, "lower": ratio.lower, "upper": ratio.upper},
        **{"right": called.share, "right_lower": called.lower, "right_upper": called.upper},
        **{"majority": called.majority, "p": called.p_value, "calls": called.calls},
    }
