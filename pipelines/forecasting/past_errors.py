"""The past errors of a fitted forecaster: of the held-out rows at first, then of each new row."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ...datasets import Schema, TimeSeries, TimeSeriesPanel, steps_of
from ..evaluation.conformal import ErrorMemory
from ..evaluation.conformal_runs import Track, follow
from ..evaluation.distributions import LEVELS
from .head_forecasts import from_head
from .preprocessing.state import State
from .preprocessing.transform import Transform
from .strategies.base import Strategy

MOST_ROWS = 2000  # most held-out rows of a series whose errors are used
REPLAYED = 200  # most new rows whose forecasts are made one by one


def observed_target(series: TimeSeries) -> np.ndarray:
    """The target, `(rows,)`, NaN where it is missing or was filled."""
    y = series.values(["y"])[:, 0]
    return y if series.filled is None else np.where(series.filled[:, 0], np.nan, y)


def held_out_origins(rows: int, training: int, horizon: int, partial: bool = True) -> np.ndarray:
    """The origins of the held-out rows whose errors are used: all before the last row.

    Args:
        rows: number of rows of the series.
        training: number of training rows, the first ones.
        horizon: number of leads.
        partial: whether to include origins whose last leads pass the end.
    """
    end = rows - 1 if partial else rows - horizon
    return np.arange(max(training - 1, end - MOST_ROWS), end)


def errors_of(
    panel: TimeSeriesPanel,
    origins: list[np.ndarray],
    forecasts: list[np.ndarray],
    horizon: int,
    distributions: list[np.ndarray] | None = None,
    whole: bool = False,
) -> ErrorMemory:
    """The memory of the errors of forecasts from some rows of each series, after its last row.

    Args:
        panel: series.
        origins: rows of each series that forecasts were made from, increasing.
        forecasts: forecasts of each series from them, `(origins, horizon)`, in its unit; leads
            after its end are not used.
        horizon: number of leads.
        distributions: their quantiles, `(origins, horizon, levels)`, where intervals come from a
            head.
        whole: whether they are of counts.
    """
    levels = 0 if distributions is None else distributions[0].shape[-1]
    memory = ErrorMemory.empty(len(panel), horizon, panel.schema.season, levels, whole)
    memory.start[:] = _starts(panel)
    tracks = []
    for s, (series, here, made) in enumerate(zip(panel, origins, forecasts, strict=True)):
        first = int(here[0]) if len(here) else len(series) - 1
        memory.rows[s] = first
        inside = here[:, None] + np.arange(1, horizon + 1) < len(series)
        tracks.append(
            Track(
                series.times.to_numpy()[first:],
                observed_target(series)[first:],
                here - first,
                np.where(inside, made, np.nan),
                distributions=None
                if distributions is None
                else np.where(inside[..., None], distributions[s], np.nan),
            )
        )
    return follow(memory, tracks)[0]


def _starts(panel: TimeSeriesPanel) -> np.ndarray:
    """The row of a calendar that all series share at which each of them begins, `(series,)`."""
    firsts = [series.times[0] for series in panel]
    earliest = min(firsts)
    if steps_of(panel.schema.frequency).pause:  # rows of a calendar leave out holidays
        calendar = np.unique(np.concatenate([series.times.to_numpy() for series in panel]))
        return np.searchsorted(calendar, np.array(firsts, calendar.dtype))
    rows = {first: rows_between(panel.schema, earliest, first) for first in set(firsts)}
    return np.array([rows[first] for first in firsts])


def errors_of_held_out(
    forecast: Callable[[TimeSeriesPanel, list[np.ndarray]], list[np.ndarray]],
    panel: TimeSeriesPanel,
    training: Sequence[int],
    horizon: int,
    partial: bool = True,
    of_head: Callable[[TimeSeriesPanel, list[np.ndarray]], list[np.ndarray] | None] | None = None,
    whole: bool = False,
) -> ErrorMemory:
    """The errors in the held-out rows, which trained nothing but chose the weights.

    Args:
        forecast: function from series, and rows of each, to forecasts from these rows,
            `(origins, horizon)` in the unit of each series. The series are as known at the first
            of these rows: no value in them was interpolated from later ones.
        panel: fitted series.
        training: number of training rows of each, the first ones.
        horizon: number of leads.
        partial: whether to use forecasts whose last leads pass the end of a series.
        of_head: the same to the quantiles of a head, `None` where there is none.
        whole: whether they are of counts.
    """
    pairs = zip(panel, training, strict=True)
    origins = [held_out_origins(len(s), count, horizon, partial) for s, count in pairs]
    begins = [own[0] if len(own) else len(s) - 1 for s, own in zip(panel, origins, strict=True)]
    read = panel.as_known(begins)
    distributions = None if of_head is None else of_head(read, origins)
    return errors_of(panel, origins, forecast(read, origins), horizon, distributions, whole)


def rows_between(schema: Schema, first: pd.Timestamp, last: pd.Timestamp) -> int:
    """The number of rows from one time to another, below zero if that is earlier."""
    if last < first:
        return -rows_between(schema, last, first)
    return steps_of(schema.frequency).between(first, last)


def replay(
    strategy: Strategy,
    transform: Transform,
    panel: TimeSeriesPanel,
    state: State,
    last_times: Sequence[pd.Timestamp],
    horizon: int,
) -> tuple[list[np.ndarray], list[np.ndarray] | None, State]:
    """Reads new rows of series one by one, and forecasts before each of them.

    Of more than `REPLAYED` new rows, forecasts are made before the last ones alone.

    Args:
        strategy: trained network.
        transform: fitted transform.
        panel: new rows of some series.
        state: state of the network before them.
        last_times: time of the row before them, of each series.
        horizon: number of leads.

    Returns:
        For each series forecasts from the row before each new row, `(rows, horizon)` in its unit,
        fewer for many rows; their quantiles, `(rows, horizon, levels)`, where intervals come from a
        head, else `None`; and the state after them. Leads whose known-future covariates are not in
        the new rows are NaN.
    """
    rows, ids = transform.rows(panel, state), list(panel.ids)
    lengths = np.array([len(one) for one in rows])
    skipped = np.maximum(0, lengths - REPLAYED)
    if skipped.any():
        which = np.flatnonzero(skipped)
        read = strategy.read([rows[i][: skipped[i]] for i in which], state.select(which))
        state = state.replace(which, read)
    forecasts: list[list[np.ndarray]] = [[] for _ in rows]
    quantiles: list[list[np.ndarray]] = [[] for _ in rows]
    for step in range(int((lengths - skipped).max())):
        which = np.flatnonzero(lengths - skipped > step)
        at = [int(skipped[i]) + step for i in which]
        here = state if len(which) == len(rows) else state.select(which)
        known = _known(strategy, transform, panel, last_times, which, at, horizon)
        scaled = strategy.forecast(here, known)[:, :horizon]
        for i, one in zip(which, scaled, strict=True):
            forecasts[i].append(transform.inverse(ids[i], one))
        if from_head(strategy):
            spread = np.moveaxis(strategy.quantiles(here, known, LEVELS, 0), 0, -1)[:, :horizon]
            for i, one in zip(which, spread, strict=True):
                quantiles[i].append(transform.inverse(ids[i], one))
        read = strategy.read([rows[i][k : k + 1] for i, k in zip(which, at, strict=True)], here)
        state = read if len(which) == len(rows) else state.replace(which, read)
    distributions = [np.stack(one) for one in quantiles] if from_head(strategy) else None
    return [np.stack(one) for one in forecasts], distributions, state


def _known(
    strategy: Strategy,
    transform: Transform,
    panel: TimeSeriesPanel,
    last_times: Sequence[pd.Timestamp],
    which: np.ndarray,
    at: Sequence[int],
    horizon: int,
) -> np.ndarray:
    """The covariates ahead of the rows before the new rows `at` of some series, NaN where they
    are not in the new rows, `(series, leads, ahead)`."""
    schema, ahead = panel.schema, max(horizon, strategy.read_ahead)
    times, future = [], []
    for i, k in zip(which, at, strict=True):
        series = panel.series[i]
        before = last_times[i] if k == 0 else series.times[k - 1]
        times.append(schema.times_after(before, ahead))
        values = series.values(schema.future)[k : k + ahead]
        missing = np.full((ahead - len(values), values.shape[1]), np.nan)
        future.append(np.concatenate([values, missing]))
    return transform.scale_ahead([panel.ids[i] for i in which], times, np.stack(future))


def errors_after(
    memory: ErrorMemory,
    which: np.ndarray,
    panel: TimeSeriesPanel,
    last_times: Sequence[pd.Timestamp],
    forecasts: Sequence[np.ndarray],
    distributions: Sequence[np.ndarray] | None = None,
) -> ErrorMemory:
    """The memory after new rows of some series, with the forecasts that `replay` made.

    Args:
        memory: memory of all series, before the new rows.
        which: numbers of the series in `panel`.
        panel: new rows.
        last_times: time of the row before them, of each series in `panel`.
        forecasts: forecasts before the last new rows, `(rows, horizon)` each.
        distributions: their quantiles, `(rows, horizon, levels)`, where intervals come from a head.
    """
    no_times, none, shape = np.empty(0, "datetime64[ns]"), np.empty(0, int), (0, memory.horizon)
    empty = None if distributions is None else np.empty((*shape, memory.quantiles.shape[-1]))
    nothing = Track(no_times, np.empty(0), none, np.empty(shape), distributions=empty)
    tracks = [nothing] * len(memory)
    for k, (i, series, before, made) in enumerate(
        zip(which, panel, last_times, forecasts, strict=True)
    ):
        times = np.concatenate([[np.datetime64(before)], series.times.to_numpy()])
        origins = np.arange(len(series) - len(made), len(series))
        values = np.concatenate([[np.nan], observed_target(series)])
        own = None if distributions is None else distributions[k]
        tracks[i] = Track(times.astype("datetime64[ns]"), values, origins, made, distributions=own)
    return follow(memory, tracks, continued=True)[0]
