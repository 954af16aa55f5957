"""Frames of every shape as plain ones: one level of names, times in a column or as the index."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any

import pandas as pd

from ...errors import ArgumentTypeError, DataError
from .table import Table


def plain_frame(source: Any, wanted: Collection[str]) -> tuple[pd.DataFrame, str]:
    """A frame with one level of columns and rows.

    Of columns in two levels, as price downloads have, the level that holds the `wanted` names
    stays; the other one names series, in a column `unique_id`, if it names several. Of rows in two
    levels, the one without times names series.

    Args:
        source: a frame or series of pandas, or a table of another library that hands over Arrow
            data, such as polars.
        wanted: names of columns that the user gave.

    Returns:
        The frame, and the code that chooses one series of the source, with `{}` for its id.

    Raises:
        ArgumentTypeError: something else.
        DataError: levels whose meaning is not clear.
    """
    if isinstance(source, pd.Series):
        source = source.to_frame("y" if source.name is None else source.name)
    elif not isinstance(source, pd.DataFrame) and hasattr(source, "__arrow_c_stream__"):
        import pyarrow  # slow to import

        with suppress(pyarrow.ArrowInvalid):  # one column is no table
            source = pyarrow.table(source).to_pandas()
    if not isinstance(source, pd.DataFrame):
        raise ArgumentTypeError(
            "`source` must be a path, a pandas DataFrame or Series, a table of polars or Arrow, a "
            f"TimeSeries or a TimeSeriesPanel. Received: {type(source).__name__}"
        )
    choose = Table.choose
    if isinstance(source.index, pd.MultiIndex):
        source, choose = _one_row_level(source)
    if isinstance(source.columns, pd.MultiIndex):
        source, choose = _one_column_level(source, wanted)
    index = source.index
    times = isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex))
    named = index.name is not None and str(index.name) not in map(str, source.columns)
    if named and (str(index.name) in wanted or not (times or isinstance(index, pd.RangeIndex))):
        source = source.reset_index()
    return source, choose


def _one_row_level(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The levels of rows as columns."""
    index: Any = frame.index
    levels = index.levels
    times = [isinstance(level, (pd.DatetimeIndex, pd.PeriodIndex)) for level in levels]
    names = list(frame.index.names)
    if len(levels) == 2 and sum(times) == 1:
        time, other = times.index(True), times.index(False)
        names[time] = "ds" if names[time] is None else names[time]
        if "unique_id" not in frame.columns:
            names[other] = "unique_id"
    if None in names or len({*names, *frame.columns}) < len(names) + len(frame.columns):
        raise DataError(
            f"The rows have {len(levels)} levels, named {', '.join(map(repr, names))}, whose "
            "meaning is not clear. Make columns of them: "
            'frame.rename_axis(["unique_id", "ds"]).reset_index().'
        )
    plain = frame.rename_axis(names).reset_index()
    if len(levels) == 2 and sum(times) == 1 and names[times.index(True)] != "ds":
        ds = names[times.index(True)]
        plain = plain.set_index(ds)  # times as the index need no argument
    return plain, f'frame.xs("{{}}", level={times.index(False) if False in times else 0})'


def _one_column_level(frame: pd.DataFrame, wanted: Collection[str]) -> tuple[pd.DataFrame, str]:
    """Columns by the level of values; several names in the other level are series."""
    columns = frame.columns
    places = [[str(one) for one in columns.get_level_values(i)] for i in range(columns.nlevels)]
    shown = "; ".join(
        f"level {i} ({columns.names[i]}): {', '.join(map(repr, list(dict.fromkeys(one))[:5]))}"
        for i, one in enumerate(places)
    )
    remedy = (
        "Keep one level: frame.columns = frame.columns.get_level_values(0), or choose a part: "
        f"frame[{columns[0][0]!r}]."
    )
    if columns.nlevels != 2:
        raise DataError(f"The columns have {columns.nlevels} levels, {shown}. {remedy}")
    keys = [list(dict.fromkeys(k for k in one if k)) for one in places]
    held = [sum(name in one for name in wanted) for one in places]
    value = int(held[1] > held[0])
    if held[0] == held[1]:
        single = [len(one) == 1 for one in keys]
        if not any(single):
            raise DataError(
                f"The columns have two levels, {shown}, and none of them holds "
                f"{', '.join(map(repr, wanted)) or 'a target that was named'}. Name the column to "
                f"forecast, e.g. target={keys[0][0]!r}, or choose a part: frame[{columns[0][0]!r}]."
            )
        value = single.index(True) ^ 1
    other = 1 - value
    shared = [i for i, key in enumerate(places[other]) if not key]
    if len(keys[other]) < 2:
        return frame.set_axis(places[value], axis=1), Table.choose
    parts = []
    for key in keys[other]:
        own = [i for i, one in enumerate(places[other]) if one == key]
        part = frame.iloc[:, [*shared, *own]].set_axis(
            [places[value][i] or places[other][i] for i in (*shared, *own)], axis=1
        )
        there = frame.iloc[:, own].notna().any(axis=1)  # others may trade on other days
        parts.append(part[there.to_numpy()].assign(unique_id=key))
    return pd.concat(parts), f'frame.xs("{{}}", axis=1, level={other})'
