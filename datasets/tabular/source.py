"""Opens whatever a user may pass as a table, and finds its time and target columns."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from ...errors import ArgumentTypeError, DataError
from ..dialect import NO_DIALECT, Dialect
from ..series import Schema, TimeSeries, TimeSeriesPanel
from .frames import plain_frame
from .open_file import open_table
from .options import Rules
from .table import Table, TableSource, names

Source: TypeAlias = str | Path | pd.DataFrame | pd.Series | TimeSeries | TimeSeriesPanel


def open_source(
    source: Any, rules: Rules, hint: Dialect = NO_DIALECT, wanted: Collection[str] = ()
) -> TableSource:
    """Opens a table: its columns are known, and their rows are loaded on request.

    Args:
        source: a path, a frame, a pandas Series, a `TimeSeries` or a `TimeSeriesPanel`.
        rules: of these, how a file is written and which signs mean missing.
        hint: how an earlier table was written, for what is not certain.
        wanted: names of columns that the user gave; they tell levels of a frame apart.

    Raises:
        ArgumentError: `rules` say how a CSV file is written, and the source is none.
        ArgumentTypeError: something else.
        DataError: the file cannot be read, or two columns have one name.
    """
    if isinstance(source, (str, Path)):
        return open_table(source, rules.dialect, rules.na, hint)
    if isinstance(source, (TimeSeries, TimeSeriesPanel)):
        source = frame_of(source)
    source, choose = plain_frame(source, wanted)
    rules.dialect.require_none("none: it is in memory")
    table = Table(source.rename(columns=str), na=rules.na, choose=choose)
    columns = table.frame.columns
    if columns.has_duplicates:
        twice = columns[columns.duplicated()][0]
        raise table.error(f"There are several columns named {twice!r}. Rename all but one.")
    numeric = columns[[pd.api.types.is_numeric_dtype(kind) for kind in table.frame.dtypes]]
    boolean = columns[[pd.api.types.is_bool_dtype(kind) for kind in table.frame.dtypes]]
    return TableSource(table, frozenset(numeric) - frozenset(boolean), lambda text, numbers: table)


def frame_of(data: TimeSeries | TimeSeriesPanel) -> pd.DataFrame:
    """The rows of all series in one frame, with the static covariates as columns."""
    frames = [
        one.frame.assign(**dict(zip(one.schema.static, one.static, strict=False)))
        for one in TimeSeriesPanel.of(data)
    ]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def time_column(unread: TableSource) -> str:
    """The default column of times: `ds`, else the index, `""`."""
    if "ds" in unread.columns:
        return "ds"
    if unread.indexed:
        return ""
    raise unread.head.error(
        "Say which column holds the times: time=… (--time). "
        f"The columns are {names(unread.columns)}. If none does, add one, e.g. "
        'frame.insert(0, "ds", pd.date_range("2000-01-01", periods=len(frame), freq="D")).'
    )


def target_column(unread: TableSource, source: Any) -> str:
    """The default column to forecast: `y`, or the values of a pandas Series."""
    if isinstance(source, pd.Series):
        return "y" if source.name is None else str(source.name)
    if "y" in unread.columns:
        return "y"
    raise unread.head.error(
        "Say which column to forecast: target=… (--target). "
        f"The columns are {names(unread.columns)}."
    )


def column_names(argument: str, columns: str | Sequence[str]) -> tuple[str, ...]:
    """Returns the name of a column, or a list of them, as a tuple.

    Raises:
        ArgumentTypeError: anything but texts.
    """
    if isinstance(columns, str):
        columns = [columns]
    listed = hasattr(columns, "__iter__") and not isinstance(columns, (bytes, Mapping))
    if not listed or not all(isinstance(c, str) for c in columns):
        raise ArgumentTypeError(
            f"`{argument}` must be the name of a column, or a list of names. "
            f"Received: {argument}={columns!r:.200}"
        )
    return tuple(columns)


def our_names(unread: TableSource, schema: Schema) -> tuple[str, str]:
    """The names of the time and target columns in a table: the user's, or `ds` and `y`."""
    columns = unread.columns
    ours = {"unique_id", "ds"} <= set(columns)
    target = "y" if ours and schema.target not in columns and "y" in columns else schema.target
    if schema.time and schema.time in columns:
        return schema.time, target
    if ours or (not schema.time and "ds" in columns):
        return "ds", target
    if unread.indexed:
        return "", target
    return schema.time or "ds", target


def time_format_and_zone(
    source: Any, schema: Schema, time_format: str | None, zone: str | None
) -> tuple[str | None, str | None]:
    """The format and time zone with which to read the times of a later table.

    By default those of `schema`. The times of a `TimeSeries` or `TimeSeriesPanel` have been
    read, so that neither applies.

    Raises:
        DataError: the times of the series are UTC and those of the model are not, or the
            reverse.
    """
    if not isinstance(source, (TimeSeries, TimeSeriesPanel)):
        return time_format or schema.time_format or None, zone or schema.zone or None
    own = source.schema.zone
    if zone is None and bool(own) != bool(schema.zone):
        remedy = (
            "Give the table with local times in place of it, or fit on times with a zone."
            if own
            else f'Read the table with rnnzoo.read_series(…, zone="{schema.zone}").'
        )
        raise DataError(
            f"The times of {source.schema.name!r} were read with {own or 'no zone'}, those that "
            f"the model was fitted on with {schema.zone or 'none'}. {remedy}"
        )
    return None, None if own else zone


def check_present(
    unread: TableSource, needed: tuple[str, ...], what: str = "The model was fitted with columns"
) -> None:
    """Refuses a table that lacks columns the model was fitted with, or `what` else.

    Raises:
        DataError: columns are missing; names them.
    """
    absent = [column for column in needed if column not in unread.columns]
    if absent:
        raise unread.head.error(
            f"{what} that are not here: {names(absent)}. "
            f"The columns are {names(unread.columns)}. Add them, or rename the ones meant."
        )
