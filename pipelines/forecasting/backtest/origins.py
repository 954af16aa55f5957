"""Which rows of each series a backtest scores."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import TimeSeries, TimeSeriesPanel, require_rows
from ....errors import ArgumentError
from ....messages import stamp
from ...training.windows import origins_between


@dataclass(frozen=True)
class TestSplit:
    """Where a backtest begins in each of several series; lists hold an entry a series.

    Attributes:
        origins: rising rows, the last that each forecast knows; none in a series that has
            no whole horizon after what was fitted.
        training: how many rows `fit` saw, the first ones.
        known: the last row that is known when the test begins.
    """

    origins: list[np.ndarray]
    training: list[int]
    known: list[int]


def test_origins(
    panel: TimeSeriesPanel,
    fitted_until: Sequence[pd.Timestamp],
    lookback: int,
    horizon: int,
    start: Any,
    stride: int,
) -> TestSplit:
    """The origins of a backtest, from `start` on or after what `fit` saw.

    Raises:
        ArgumentError: `start` is no time, lies in what `fit` saw, or nothing is left to score.
        DataError: the history that `fit` saw is not there.
    """
    begins = None if start is None else panel.schema.instant(start, "start")
    until = stamp(max(fitted_until), panel.schema.zone)
    training = [int((s.times <= u).sum()) for s, u in zip(panel, fitted_until, strict=True)]
    if begins is not None and begins <= max(fitted_until):
        raise ArgumentError(
            f"A backtest scores what `fit` did not see: it saw rows up to {until}. "
            f"Received: start={start}"
        )
    firsts = training if begins is None else [int((s.times < begins).sum()) for s in panel]
    why = "look-back + horizon of what `fit` saw: give the whole series, history included"
    for series, seen in zip(panel, training, strict=True):
        require_rows(series[:seen], lookback + horizon, why)
    origins = [
        origins_between(first, len(series), horizon, stride)
        for series, first in zip(panel, firsts, strict=True)
    ]
    if not any(map(len, origins)):
        left = max(len(series) - first for series, first in zip(panel, firsts, strict=True))
        end = stamp(max(series.times[-1] for series in panel), panel.schema.zone)
        after = f"`fit` saw rows up to {until}" if begins is None else f"start={start}"
        raise ArgumentError(
            f"There is nothing to score: {after}, the data end at {end}, and a forecast needs "
            f"{horizon} rows of which there are {max(0, left)}. Fit on an earlier part, e.g. "
            f"data[:-{horizon}]."
        )
    _warn_of_later_rows(panel, origins, fitted_until)
    return TestSplit(origins, training, [first - 1 for first in firsts])


def observed(series: TimeSeries) -> np.ndarray:
    """The target `(rows,)`, NaN where it is missing or was made from other values."""
    y = series.values(["y"])[:, 0]
    return y if series.filled is None else np.where(series.filled[:, 0], np.nan, y)


def warn_of_filled(panel: TimeSeriesPanel, origins: Sequence[np.ndarray], horizon: int) -> None:
    """Warns of values that will not be scored, since they were interpolated."""
    for series, own in zip(panel, origins, strict=True):
        if series.filled is None or not len(own):
            continue
        test = series.filled[own[0] + 1 : own[-1] + horizon + 1, 0]
        if test.any():
            warnings.warn(
                f"Series {series.unique_id!r}: {int(test.sum())} of the {len(test)} values that "
                "the backtest reaches were interpolated. They are not scored, and in place of "
                "those not yet known at its start the last known value is read. "
                'missing="mask" tells the network what is missing.',
                UserWarning,
                stacklevel=4,
            )


def _warn_of_later_rows(
    panel: TimeSeriesPanel, origins: Sequence[np.ndarray], fitted_until: Sequence[pd.Timestamp]
) -> None:
    """One network over all series knows what happened elsewhere up to its last training row."""
    latest, zone = max(range(len(panel)), key=fitted_until.__getitem__), panel.schema.zone
    until = stamp(fitted_until[latest], zone)
    for series, own in zip(panel, origins, strict=True):
        if len(own) and series.times[own[0] + 1] <= fitted_until[latest]:
            first = stamp(series.times[own[0] + 1], zone)
            warnings.warn(
                f"Series {series.unique_id!r} is scored from {first} on, but the network was "
                f"fitted on rows of {panel.ids[latest]!r} up to {until}: it may know what came "
                "later. Where times of different series mean the same, fit on "
                "panel.before(time), or say start=….",
                UserWarning,
                stacklevel=4,
            )
            return
