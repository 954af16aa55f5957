"""The origins of a backtest, and the rows that it scores."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel, require_rows
from ....errors import ArgumentError, DataError
from ....messages import stamp
from ...training.windows import origins_between
from ..past_errors import observed_target


@dataclass(frozen=True)
class TestSplit:
    """Where a backtest begins in each series. Lists hold one entry per series.

    Attributes:
        origins: increasing rows, the last one known to each forecast; none in a series without
            a whole horizon after the fitted rows.
        training: number of fitted rows, the first ones.
        known: last row that is known when the test begins.
    """

    origins: list[np.ndarray]
    training: list[int]
    known: list[int]


def test_origins(
    panel: TimeSeriesPanel,
    fitted_until: Sequence[pd.Timestamp],
    needed: int,
    horizon: int,
    start: Any,
    stride: int,
) -> TestSplit:
    """The origins of a backtest, from `start` on, or after the fitted rows, of which each series
    has at least `needed`.

    Raises:
        ArgumentError: `start` is no time, or within the fitted rows; or no rows are left to
            score.
        DataError: the fitted history is missing; or no target is known in the rows to score.
    """
    begins = None if start is None else panel.schema.instant(start, "start")
    until = stamp(max(fitted_until), panel.schema.zone)
    training = [int((s.times <= u).sum()) for s, u in zip(panel, fitted_until, strict=True)]
    if begins is not None and begins <= max(fitted_until):
        raise ArgumentError(
            f"A backtest scores rows that were not fitted: `fit` used rows up to {until}. "
            f"Received: start={start}"
        )
    firsts = training if begins is None else [int((s.times < begins).sum()) for s in panel]
    why = "look-back + horizon of the fitted rows: give the whole series, history included"
    for series, seen in zip(panel, training, strict=True):
        require_rows(series[:seen], needed, why)
    origins = [
        origins_between(first, len(series), horizon, stride)
        for series, first in zip(panel, firsts, strict=True)
    ]
    if not any(map(len, origins)):
        left = max(len(series) - first for series, first in zip(panel, firsts, strict=True))
        end = stamp(max(series.times[-1] for series in panel), panel.schema.zone)
        after = f"`fit` used rows up to {until}" if begins is None else f"start={start}"
        raise ArgumentError(
            f"There is nothing to score: {after}, the data end at {end}, and a forecast needs "
            f"{horizon} rows of which there are {max(0, left)}. Fit on an earlier part, e.g. "
            f"data[:-{horizon}]."
        )
    _require_truth(panel, firsts)
    _warn_of_later_rows(panel, origins, fitted_until)
    return TestSplit(origins, training, [first - 1 for first in firsts])


def warn_of_filled(panel: TimeSeriesPanel, origins: Sequence[np.ndarray], horizon: int) -> None:
    """Warns of interpolated values, which are not scored."""
    for series, own in zip(panel, origins, strict=True):
        if series.filled is None or not len(own):
            continue
        test = series.filled[own[0] + 1 : own[-1] + horizon + 1, 0]
        if test.any():
            warnings.warn(
                f"Series {series.unique_id!r}: {int(test.sum())} of the {len(test)} values that "
                "the backtest covers were interpolated. They are not scored, and those not yet "
                "known at its start are replaced by the last known value. "
                'With missing="mask" the network reads which values are missing.',
                UserWarning,
                stacklevel=4,
            )


def _require_truth(panel: TimeSeriesPanel, firsts: Sequence[int]) -> None:
    """Refuses rows to score of which no target is known.

    Raises:
        DataError: all of them are missing.
    """
    pairs = zip(panel, firsts, strict=True)
    if all(np.isnan(observed_target(series)[first:]).all() for series, first in pairs):
        rows = max(len(series) - first for series, first in zip(panel, firsts, strict=True))
        raise DataError(
            f"There is nothing to score: the target is missing in all {rows} rows after the fitted "
            "ones. To forecast them, call warm_up with the rows before them, then predict; to see "
            f"how well, fit on an earlier part, e.g. data[:-{2 * rows}]."
        )


def _warn_of_later_rows(
    panel: TimeSeriesPanel, origins: Sequence[np.ndarray], fitted_until: Sequence[pd.Timestamp]
) -> None:
    """Warns where the network was fitted on rows of other series later than a scored row."""
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
