"""Inserts missing rows, interpolates missing values, and marks what was filled."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ..series import TimeSeries, TimeSeriesPanel
from ..steps import steps_of
from .order import Rows

#: From step numbers to times.
Grid = Callable[[np.ndarray], np.ndarray]


def with_gaps(
    rows: Rows, grids: dict[int, tuple[np.ndarray, Grid]], inserted: dict[int, np.ndarray]
) -> Rows:
    """Inserts rows without values at the missing times.

    Args:
        grids: for each series with gaps, the step number of each row and the function from step
            numbers back to times.
        inserted: missing step numbers of each series.
    """
    times, values = [], []
    for code in range(len(rows.ids)):
        span = slice(*rows.bounds[code : code + 2])
        own, cells = rows.times[span], rows.values[:, span]
        if len(inserted.get(code, ())):
            numbers, at = grids[code]
            every = np.sort(np.concatenate([numbers, inserted[code]]))
            wider = np.full((len(cells), len(every)), np.nan)
            wider[:, np.searchsorted(every, numbers)] = cells
            own, cells = at(every), wider
        times.append(own)
        values.append(cells)
    return _concatenate(rows, times, values)


def carry_forward(rows: Rows, first: int) -> np.ndarray:
    """As `interpolate`, but with the last value before, which looks at nothing later."""
    filled = np.zeros(rows.values.shape, bool)
    for cells, empty in zip(rows.values[first:], filled[first:], strict=True):
        np.isnan(cells, out=empty)
        if empty.any():
            of_series = pd.Series(cells).groupby(rows.codes)
            cells[:] = of_series.ffill().groupby(rows.codes).bfill().to_numpy()
    return filled


def interpolate(rows: Rows, first: int) -> np.ndarray:
    """Fills NaN in place: linear in time, the nearest value at the ends of a series.

    Args:
        rows: rows in order; each series has at least one value in every filled column.
        first: first column to fill; those before it are not changed.

    Returns:
        Where values were filled, `(columns, rows)` of `bool`.
    """
    filled = np.zeros(rows.values.shape, bool)
    for cells, empty in zip(rows.values[first:], filled[first:], strict=True):
        np.isnan(cells, out=empty)
        for code in np.unique(rows.codes[empty]):
            span = slice(*rows.bounds[code : code + 2])
            clock, own, gone = rows.times[span].astype("int64"), cells[span], empty[span]
            own[gone] = np.interp(clock[gone], clock[~gone], own[~gone])
    return filled


def pad_short(
    rows: Rows, pads: np.ndarray, frequency: str, filled: np.ndarray
) -> tuple[Rows, np.ndarray]:
    """Begins series earlier, with rows of their first values, which count as filled.

    Args:
        rows: rows in order.
        pads: number of rows to add before each series, `(series,)`.
        frequency: step of the series.
        filled: as `interpolate` returns it.
    """
    times, values, marks = [], [], []
    for code, pad in enumerate(pads):
        span = slice(*rows.bounds[code : code + 2])
        own, cells, marked = rows.times[span], rows.values[:, span], filled[:, span]
        if pad:
            earlier = steps_of(frequency).before(pd.Timestamp(own[0]), int(pad))
            own = np.concatenate([earlier.to_numpy(), own])
            cells = np.concatenate([np.repeat(cells[:, :1], pad, axis=1), cells], axis=1)
            there = ~np.isnan(cells[: len(filled), :pad])
            marked = np.concatenate([there, marked], axis=1)
        times.append(own)
        values.append(cells)
        marks.append(marked)
    return _concatenate(rows, times, values), np.concatenate(marks, axis=1)


def copy_filled_marks(series: Sequence[TimeSeries], source: object) -> tuple[TimeSeries, ...]:
    """Copies the marks of filled values from the series that these were read from.

    Args:
        series: series just read.
        source: what they were read from; only a `TimeSeries` or `TimeSeriesPanel` has marks.
    """
    if not isinstance(source, (TimeSeries, TimeSeriesPanel)):
        return tuple(series)
    earlier = TimeSeriesPanel.of(source)
    if len(earlier) == 1 and len(series) == 1:  # its id may have changed
        return (_with_marks(series[0], earlier.series[0]),)
    by_id = {one.unique_id: one for one in earlier}
    return tuple(_with_marks(one, by_id[one.unique_id]) for one in series)


def _with_marks(found: TimeSeries, earlier: TimeSeries) -> TimeSeries:
    if earlier.filled is None:
        return found
    old = ("y", *earlier.schema.past)
    target = found.schema.target
    names = (target if target in earlier.frame.columns else "y", *found.schema.past)
    marks = np.zeros((len(found), len(names)), bool)
    rows = found.times.get_indexer(earlier.times)
    for place, name in enumerate(names):
        name = "y" if name == earlier.schema.target else name
        if name in old:
            marks[rows, place] = earlier.filled[:, old.index(name)]
    marks &= ~np.isnan(found.values(("y", *found.schema.past)))
    if found.filled is not None:
        marks |= found.filled
    return replace(found, filled=marks if marks.any() else None)


def _concatenate(rows: Rows, times: list[np.ndarray], values: list[np.ndarray]) -> Rows:
    return replace(
        rows,
        codes=np.repeat(np.arange(len(times)), [len(own) for own in times]),
        times=np.concatenate(times).astype("datetime64[us]"),
        values=np.concatenate(values, axis=1),
        rows=np.empty(0, int),  # no longer those of the table
    )
