"""How much history a network that carries its state needs before it forecasts well."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ....errors import ArgumentError, DataError, whole_number
from ..strategies.state import ahead_of

if TYPE_CHECKING:
    from ..forecaster import Forecaster

SPREAD = 64  # origins of each series, evenly spread


def error_by_history(
    forecaster: "Forecaster", panel: TimeSeriesPanel, starts: Sequence[int], chunks: Sequence[int]
) -> pd.DataFrame:
    """Mean absolute errors from a state of zero that has read so many look-backs.

    Args:
        forecaster: fitted.
        panel: the whole of each series.
        starts: the first row of each that is scored.
        chunks: look-backs to read. A series that is too short for some is left out of them.

    Returns:
        Columns `chunks, rows, mae, origins`: the error over all leads, in the unit of the
        target, of several series each in units of its own deviation.

    Raises:
        ArgumentError: the network carries no state.
        DataError: no origin has a look-back before it and the leads after it.
    """
    strategy, leads = forecaster.strategy_, forecaster.horizon_
    if strategy.name == "segment":
        raise ArgumentError(
            "A segment network carries nothing: it reads its look-back and no more. Fit with "
            'strategy="stateful" or "closed_loop".'
        )
    known, lookback = forecaster.transform_.rows(panel), forecaster.lookback_
    found = []
    for count in sorted({whole_number("chunks", one) for one in chunks}):
        length, errors = count * lookback, []
        for series, one, start in zip(panel, known, starts, strict=True):
            back = partial(forecaster.transform_.inverse, series.unique_id)
            level = back(one.level)
            origins = _spread(max(start - 1, length - 1), len(one) - leads)
            if not len(origins):
                continue
            histories = [one[o - length + 1 : o + 1] for o in origins]
            ahead = ahead_of(one, origins, leads)
            forecast = strategy.forecast(strategy.read(histories, None), ahead)
            truth = level[origins[:, None] + np.arange(1, leads + 1)]
            scale = np.nanstd(level) if len(known) > 1 else 1.0
            errors.append(np.abs(back(forecast) - truth) / scale)
        if errors:
            mae = float(np.nanmean(np.concatenate(errors)))
            told = {"chunks": count, "rows": length, "mae": mae, "origins": sum(map(len, errors))}
            found.append(told)
    if not found:
        raise DataError(
            f"No series has {lookback} rows of look-back and {leads} leads after them to score: "
            "give rows that follow what `fit` saw."
        )
    return pd.DataFrame(found)


def _spread(first: int, end: int) -> np.ndarray:
    """At most `SPREAD` rows of `first … end − 1`."""
    if end <= first:
        return np.empty(0, int)
    return np.unique(np.linspace(first, end - 1, min(SPREAD, end - first)).astype(int))
