"""Reads a user's table into a `Series`; what cannot be used is refused by name."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from ..errors import ArgumentTypeError, one_of, whole_number
from .base import Schema, Series
from .checks import check_columns, checked
from .fetch import open_table
from .steps import check_frequency
from .table import Table, names

Source: TypeAlias = str | Path | pd.DataFrame | pd.Series | Series


def read(
    source: Source,
    *,
    time: str | None = None,
    target: str | None = None,
    past: Sequence[str] = (),
    future: Sequence[str] = (),
    name: str | None = None,
    missing: str = "error",
    duplicates: str = "error",
    gaps: str = "error",
    time_format: str | None = None,
    frequency: str | None = None,
    season: int | None = None,
    unit: str = "",
) -> Series:
    """Reads and checks one series. The caller's frame is never changed.

    Rows out of time order are sorted and times with a zone become UTC; both are told in
    `repairs`, as is every repair that is asked for.

    Args:
        source: path of a `.csv`, `.csv.gz` or `.parquet` file, a frame, a pandas Series
            with a `DatetimeIndex`, or a `Series`, which is returned as it is if nothing
            else is asked for.
        time: the time column; by default `ds`, else the `DatetimeIndex`.
        target: the column to forecast; by default `y`, else the pandas Series itself.
        past: covariates known up to the origin only.
        future: covariates known for the steps ahead as well.
        name: of the series; by default its `unique_id`, else the file, else the target.
        missing: `"error"`, or `"interpolate"`: linear in time inside a gap, the nearest
            value at the ends. It looks at the value after the gap.
        duplicates: `"error"`, or `"mean"` of the rows that share a time.
        gaps: `"error"`, or `"fill"`: rows for the missing times, interpolated as above.
            In a trading calendar (`"B"`) only holes of more than 10 business days count.
        time_format: how to read times that are not ISO 8601, as for `strptime`.
        frequency: the step as a pandas alias; by default the most common step.
        season: steps in a season; by default a day for minutes and hours, a week for
            days, a year for weeks, months and quarters, else 1.
        unit: of the target, for axes.

    Raises:
        DataError: the table cannot be used; names the column, the rows and the remedy.
        ArgumentError, ArgumentTypeError: another argument cannot be used.
    """
    options: dict[str, Any] = {
        "missing": one_of("missing", missing, ("error", "interpolate")),
        "duplicates": one_of("duplicates", duplicates, ("error", "mean")),
        "gaps": one_of("gaps", gaps, ("error", "fill")),
        "time_format": time_format,
    }
    repairs: tuple[str, ...] = ()
    if isinstance(source, Series):
        asked = (time, target, name, time_format, frequency, past, future, unit)
        if season is None and not any(asked):
            return source
        old, repairs = source.schema, source.repairs
        time, target = time or old.time or "ds", target or old.target
        if not (past or future):
            past = [c for c in old.past if c != target]
            future = [c for c in old.future if c != target]
        name, frequency, unit = name or old.name, frequency or old.frequency, unit or old.unit
        season = old.season if season is None else season
        source = source.frame.rename(columns={"ds": old.time or "ds", "y": old.target})
    table = as_table(source, (time,) if time else ())
    time = _time_column(table) if time is None else time
    target = _target_column(table, source) if target is None else target
    past, future = _covariates("past", past), _covariates("future", future)
    check_columns(table, time, target, (*past, *future))
    schema = Schema(
        name=name or _name(table, target),
        time=time,
        target=target,
        past=past,
        future=future,
        frequency="" if frequency is None else check_frequency(frequency),
        season=0 if season is None else whole_number("season", season),
        unit=unit,
        others=tuple(
            str(c) for c in table.frame.columns if c not in (time, target, *past, *future)
        ),
    )
    series = checked(table, time, target, schema, fewest=2, **options)
    return replace(series, repairs=repairs + series.repairs)


def as_table(source: Any, text: Sequence[str] = ()) -> Table:
    """An unchecked table from a path, a frame, a pandas Series or a `Series`.

    Raises:
        ArgumentTypeError: something else.
        DataError: the file cannot be read, or two columns have one name.
    """
    if isinstance(source, (str, Path)):
        return open_table(source, {*text, "ds", "unique_id"})
    if isinstance(source, Series):
        source = source.frame
    elif isinstance(source, pd.Series):
        source = source.to_frame("y" if source.name is None else source.name)
    if not isinstance(source, pd.DataFrame):
        raise ArgumentTypeError(
            "`source` must be a path, a pandas DataFrame or Series, or an rnnzoo Series. "
            f"Received: {type(source).__name__}"
        )
    table = Table(source.rename(columns=str))
    columns = table.frame.columns
    if columns.has_duplicates:
        twice = columns[columns.duplicated()][0]
        raise table.error(f"There are several columns named {twice!r}. Rename all but one.")
    return table


def _time_column(table: Table) -> str:
    if "ds" in table.frame.columns:
        return "ds"
    if isinstance(table.frame.index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return ""
    raise table.error(
        "Say which column holds the times: time=… (--time). "
        f"The columns are {names(table.frame.columns)}. If none does, add one, e.g. "
        'frame.insert(0, "ds", pd.date_range("2000-01-01", periods=len(frame), freq="D")).'
    )


def _target_column(table: Table, source: Any) -> str:
    if isinstance(source, pd.Series):
        return str(table.frame.columns[0])
    if "y" in table.frame.columns:
        return "y"
    raise table.error(
        "Say which column to forecast: target=… (--target). "
        f"The columns are {names(table.frame.columns)}."
    )


def _covariates(argument: str, columns: Sequence[str]) -> tuple[str, ...]:
    if isinstance(columns, str) or not all(isinstance(c, str) for c in columns):
        raise ArgumentTypeError(
            f"`{argument}` must be a list of column names. Received: {argument}={columns!r}"
        )
    return tuple(columns)


def _name(table: Table, target: str) -> str:
    if "unique_id" in table.frame.columns:
        ids = table.frame["unique_id"].dropna().unique()
        if len(ids) == 1:
            return str(ids[0])
    return table.file.split(".")[0] or target
