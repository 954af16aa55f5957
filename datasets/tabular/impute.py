"""Rows and values that a table has not got: inserted, interpolated, and marked as such."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ..series import TimeSeries, TimeSeriesPanel
from .order import Rows

#: From step numbers to times.
Grid = Callable[[np.ndarray], np.ndarray]


def with_gaps(
    rows: Rows, grids: dict[int, tuple[np.ndarray, Grid]], inserted: dict[int, np.ndarray]
) -> Rows:
    """Rows without values for the missing times.

    Args:
        grids: of a series with gaps, the step number of each row and the way back to times.
        inserted: the step numbers that are missing.
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
    return _joined(rows, times, values)


def interpolate(rows: Rows, first: int) -> np.ndarray:
    """Fills NaN in place: linear in time, the nearest value at the ends of a series.

    Args:
        rows: in order; a series has a value in every column.
        first: the columns before it are left as they are.

    Returns:
        What was filled, `(columns, rows)` of `bool`.
    """
    filled = np.zeros(rows.values.shape, bool)
    for cells, empty in zip(rows.values[first:], filled[first:], strict=True):
        np.isnan(cells, out=empty)
        for code in np.unique(rows.codes[empty]):
            span = slice(*rows.bounds[code : code + 2])
            clock, own, gone = rows.times[span].astype("int64"), cells[span], empty[span]
            own[gone] = np.interp(clock[gone], clock[~gone], own[~gone])
    return filled


def padded(
    rows: Rows, pads: np.ndarray, frequency: str, filled: np.ndarray
) -> tuple[Rows, np.ndarray]:
    """Series begun earlier, by rows of their first values, which count as filled.

    Args:
        pads: how many rows earlier, `(series,)`.
        filled: as `interpolate` gives it.
    """
    times, values, marks = [], [], []
    for code, pad in enumerate(pads):
        span = slice(*rows.bounds[code : code + 2])
        own, cells, marked = rows.times[span], rows.values[:, span], filled[:, span]
        if pad:
            earlier = pd.date_range(end=own[0], periods=pad + 1, freq=frequency)[:-1]
            own = np.concatenate([earlier.to_numpy(), own])
            cells = np.concatenate([np.repeat(cells[:, :1], pad, axis=1), cells], axis=1)
            there = ~np.isnan(cells[: len(filled), :pad])
            marked = np.concatenate([there, marked], axis=1)
        times.append(own)
        values.append(cells)
        marks.append(marked)
    return _joined(rows, times, values), np.concatenate(marks, axis=1)


def carry_forward(found: Sequence[TimeSeries], source: object) -> tuple[TimeSeries, ...]:
    """Series with what was filled in those that they were read from, if they were.

    Args:
        found: as read.
        source: a `TimeSeries` or a `TimeSeriesPanel`; nothing is known of another.
    """
    if not isinstance(source, (TimeSeries, TimeSeriesPanel)):
        return tuple(found)
    earlier = TimeSeriesPanel.of(source)
    if len(earlier) == 1 and len(found) == 1:  # its id may be another now
        return (_marked(found[0], earlier.series[0]),)
    known = {one.unique_id: one for one in earlier}
    return tuple(_marked(one, known[one.unique_id]) for one in found)


def _marked(found: TimeSeries, earlier: TimeSeries) -> TimeSeries:
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


def _joined(rows: Rows, times: list[np.ndarray], values: list[np.ndarray]) -> Rows:
    return replace(
        rows,
        codes=np.repeat(np.arange(len(times)), [len(own) for own in times]),
        times=np.concatenate(times).astype("datetime64[us]"),
        values=np.concatenate(values, axis=1),
        rows=np.empty(0, int),  # no longer those of the table
    )
