"""Scores of the distributions that a head forecasts, from the origins of a backtest."""

import numpy as np

from ....datasets import TimeSeriesPanel
from ..fitted import FittedForecaster
from .intervals import LEVELS
from .result import Backtest


def head_scores(
    fitted: FittedForecaster, panel: TimeSeriesPanel, backtest: Backtest
) -> dict[str, float]:
    """Scores of the quantiles that the head of a network forecasts, in place of those from past
    errors.

    Args:
        fitted: a forecaster whose network has a head.
        panel: the series of the backtest.
        backtest: of this forecaster, without `refit`.

    Returns:
        `crps, coverage, worst, width, winkler, count`, as of `Backtest.distributions`.

    Raises:
        ArgumentError: the network has no head.
    """
    places = [np.flatnonzero(backtest.ids == one) for one in panel.ids]
    origins = [backtest.rows[own] for own in places]
    begins = [own[0] if len(own) else len(s) - 1 for s, own in zip(panel, origins, strict=True)]
    made = fitted.forecast_quantiles_origins(panel.as_known(begins), origins, LEVELS)
    quantiles = np.full((len(LEVELS), *backtest.truth.shape), np.nan)
    for own, found in zip(places, made, strict=True):
        quantiles[:, own] = found
    return backtest.scores_of(quantiles)
