"""Values of a series before they are scaled: positive, without gaps, in windows."""

import warnings
from collections.abc import Sequence
from functools import partial

import numpy as np

from ....datasets import TimeSeries, TimeSeriesPanel
from ....errors import DataError
from ....messages import counted, stamp
from .power import require_positive


def windows(values: np.ndarray, length: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(values, length)


def positive_values(series: TimeSeries) -> np.ndarray:
    y = series.values(["y"])[:, 0]
    require_positive(y, partial(which_values, series))
    return y


def require_counts(panel: TimeSeriesPanel, head: str) -> None:
    """Checks that the targets are whole numbers, 0 or above; those filled into gaps need not be.

    Raises:
        DataError: a target is negative or fractional.
    """
    for series in panel:
        y = series.values(["y"])[:, 0]
        own = ~np.isnan(y) if series.filled is None else ~(np.isnan(y) | series.filled[:, 0])
        wrong = np.flatnonzero(own & ((y < 0) | (y != np.floor(y))))
        if len(wrong):
            raise DataError(
                f"{which_values(series, wrong)} no count: row {wrong[0]} is {y[wrong[0]]:g}, and "
                f'head="{head}" needs whole numbers, 0 or above. Give counts, or another head, '
                'such as "quantiles".'
            )


def which_values(series: TimeSeries, rows: np.ndarray) -> str:
    first = stamp(series.times[rows[0]], series.schema.zone)
    return (
        f"Series {series.unique_id!r}: {counted(len(rows), 'value')} of {series.schema.target!r}, "
        f"first at {first}, {'is' if len(rows) == 1 else 'are'}"
    )


def carried_forward(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Replaces missing values of `(rows, columns)` by the last observed one, first by `start`."""
    there = ~np.isnan(values)
    if there.all():
        return values
    rows = np.maximum.accumulate(np.where(there, np.arange(len(values))[:, None], -1), axis=0)
    known = values[np.maximum(rows, 0), np.arange(values.shape[1])]
    return np.where(rows >= 0, known, start)


def check_training_span(series: TimeSeries, names: Sequence[str], values: np.ndarray) -> None:
    """Checks that there is something to learn in each of the columns `values (rows, columns)`.

    Raises:
        DataError: a column has no value; one that is constant is warned of.
    """
    for name, column in zip(names, values.T, strict=True):
        if np.isnan(column).all():
            raise DataError(
                f"Series {series.unique_id!r}: column {name!r} has no value in its first "
                f"{len(series)} rows, the training span. Begin later, or leave it out."
            )
        if np.nanmin(column) == np.nanmax(column):
            warnings.warn(
                f"Series {series.unique_id!r}: column {name!r} is {column[0]:g} throughout its "
                "first rows, the training span: nothing can be learned from it.",
                UserWarning,
                stacklevel=6,
            )
