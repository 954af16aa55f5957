"""How much history a network with a carried state needs for good forecasts."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ....errors import ArgumentError, DataError, whole_number
from ..fitted import FittedForecaster
from ..strategies.reader import future_of

SPREAD = 64  # most origins of each series, evenly spread


def error_by_history(
    fitted: FittedForecaster, panel: TimeSeriesPanel, lookbacks: Sequence[int]
) -> pd.DataFrame:
    """Mean absolute errors after reading some look-backs from a state of zero.

    Args:
        fitted: fitted forecaster; origins are after its fitted rows.
        panel: whole series.
        lookbacks: numbers of look-backs to read. A series that is too short for a number is
            left out of it.

    Returns:
        Columns `lookbacks, rows, mae, origins`: the error over all leads, in the unit of the
        target, or, for several series, in units of the standard deviation of each.

    Raises:
        ArgumentError: the network carries no state.
        DataError: no origin has a look-back before it and the leads after it.
    """
    strategy, leads = fitted.strategy, fitted.horizon
    if strategy.name == "segment":
        raise ArgumentError(
            "A segment network carries no state: it reads only its look-back. Fit with "
            'strategy="stateful" or "closed_loop".'
        )
    known, lookback = fitted.transform.rows(panel), fitted.lookback
    until = fitted.until(panel.ids)
    starts = [int((s.times <= last).sum()) for s, last in zip(panel, until, strict=True)]
    table = []
    for count in sorted({whole_number("lookbacks", one) for one in lookbacks}):
        length, errors = count * lookback, []
        for series, one, start in zip(panel, known, starts, strict=True):
            inverse = partial(fitted.transform.inverse, series.unique_id)
            level = inverse(one.target)
            origins = _spread(max(start - 1, length - 1), len(one) - leads)
            if not len(origins):
                continue
            histories = [one[o - length + 1 : o + 1] for o in origins]
            ahead = future_of(one, origins, leads)
            forecast = strategy.forecast(strategy.read(histories, None), ahead)
            truth = level[origins[:, None] + np.arange(1, leads + 1)]
            scale = np.nanstd(level) if len(known) > 1 else 1.0
            errors.append(np.abs(inverse(forecast) - truth) / scale)
        if errors:
            mae = float(np.nanmean(np.concatenate(errors)))
            scored = sum(map(len, errors))
            table.append({"lookbacks": count, "rows": length, "mae": mae, "origins": scored})
    if not table:
        raise DataError(
            f"No series has {lookback} rows of look-back and {leads} leads after them to score: "
            "give rows that follow the fitted ones."
        )
    return pd.DataFrame(table)


def _spread(first: int, end: int) -> np.ndarray:
    """At most `SPREAD` rows of `first … end − 1`."""
    if end <= first:
        return np.empty(0, int)
    return np.unique(np.linspace(first, end - 1, min(SPREAD, end - first)).astype(int))
