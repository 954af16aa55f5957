"""Reads tables that must mean the same as an earlier one: more history, or the future."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd

from ..errors import DataError, one_of
from .base import Schema, Series
from .checks import check_finite, checked, times_of
from .intake import Source, as_table
from .table import OURS, Table, names
from .times import stamp


def read_like(
    source: Source,
    schema: Schema,
    *,
    missing: str = "error",
    duplicates: str = "error",
    gaps: str = "error",
    time_format: str | None = None,
) -> Series:
    """Reads another table of the same meaning, as for predicting or a backtest.

    Columns are found by the names in `schema`, or by ours (`unique_id, ds, y`). One row
    is enough. Columns of numbers that the fitted table did not have are ignored with a
    warning.

    Args:
        source: as for `read`.
        schema: of the series that the model was fitted on; the result has the same.
        missing, duplicates, gaps, time_format: as for `read`.

    Raises:
        DataError: as `read`; a column of `schema` is missing; the step is another.
    """
    one_of("missing", missing, ("error", "interpolate"))
    one_of("duplicates", duplicates, ("error", "mean"))
    one_of("gaps", gaps, ("error", "fill"))
    table = as_table(source, (schema.time,))
    time, target = _our_names(table, schema)
    needed = (target, *schema.past, *schema.future)
    _check_present(table, needed)
    if not isinstance(source, Series):
        _warn_of_extra(table, {time, *needed, *schema.others, *OURS})
    series = checked(
        table,
        time,
        target,
        schema,
        fewest=1,
        missing=missing,
        duplicates=duplicates,
        gaps=gaps,
        time_format=time_format,
    )
    earlier = source.repairs if isinstance(source, Series) else ()
    return replace(series, repairs=earlier + series.repairs)


def future_rows(
    source: Source | None,
    schema: Schema,
    times: pd.DatetimeIndex,
    *,
    time_format: str | None = None,
) -> np.ndarray:
    """Known-future covariates for exactly `times`; other rows of the table do not matter.

    Args:
        source: as for `read`, or `None` where `schema.future` is empty.
        schema: of the series that is forecast.
        times: the steps ahead, without zone (UTC where the history had one).
        time_format: as for `read`.

    Returns:
        `(len(times), len(schema.future))`, `float64`.

    Raises:
        DataError: the table, a column, a time or a value is missing or not finite.
    """
    if not schema.future or not len(times):
        return np.empty((len(times), len(schema.future)))
    span = f"{stamp(times[0])} to {stamp(times[-1])}"
    if source is None:
        raise DataError(
            f"The forecast needs the known-future columns {names(schema.future)} for {span} "
            f"({len(times)} steps of {schema.frequency!r}). Give a table with these columns and "
            "times."
        )
    table = as_table(source, (schema.time,))
    time, _ = _our_names(table, schema)
    _check_present(table, schema.future)
    own, _ = times_of(table, time, time_format, schema.frequency)
    if (twice := own.duplicated() & own.isin(times)).any():
        rows = np.flatnonzero(twice)
        places = table.first(rows, (stamp(own[r]) for r in rows[:3]))
        raise table.error(f"A time of the future is repeated at {places}. Remove the row.")
    first = np.flatnonzero(~own.duplicated())
    found = own[first].get_indexer(times)
    absent = times[found < 0]
    if len(absent):
        raise table.error(
            f"The known-future columns {names(schema.future)} are needed for {span}, but "
            f"{len(absent)} of {len(times)} times are missing, the first {stamp(absent[0])}. "
            "Add the rows."
        )
    rows = first[found]
    values = [table.numbers(column)[rows] for column in schema.future]
    for column, cells in zip(schema.future, values, strict=True):
        check_finite(table, rows, times, column, cells, False, remedy="Fill them.")
    return np.column_stack(values)


def require_rows(series: Series, needed: int, why: str) -> None:
    """Refuses a series that is too short.

    Raises:
        DataError: fewer than `needed` rows; says `why` so many.
    """
    if len(series) < needed:
        raise DataError(
            f"Series {series.schema.name!r} needs at least {needed} rows ({why}), "
            f"has {len(series)}."
        )


def _our_names(table: Table, schema: Schema) -> tuple[str, str]:
    """The time and target as the table calls them: the user's names, or ours."""
    columns = table.frame.columns
    ours = {"unique_id", "ds"} <= set(columns)
    target = "y" if ours and schema.target not in columns and "y" in columns else schema.target
    if schema.time and schema.time in columns:
        return schema.time, target
    if ours or (not schema.time and "ds" in columns):
        return "ds", target
    if isinstance(table.frame.index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return "", target
    return schema.time or "ds", target


def _check_present(table: Table, needed: tuple[str, ...]) -> None:
    absent = [column for column in needed if column not in table.frame.columns]
    if absent:
        raise table.error(
            f"The model was fitted with columns that are not here: {names(absent)}. "
            f"The columns are {names(table.frame.columns)}. Add them, or rename the ones meant."
        )


def _warn_of_extra(table: Table, known: set[str]) -> None:
    extra = [
        column
        for column in table.frame.columns
        if column not in known
        and pd.api.types.is_numeric_dtype(table.frame[column].dtype)
        and not pd.api.types.is_bool_dtype(table.frame[column].dtype)
    ]
    if extra:
        text = f"Columns {names(extra)} were not used in fitting and are ignored."
        warnings.warn(f"{table.file}: {text}" if table.file else text, UserWarning, stacklevel=3)
