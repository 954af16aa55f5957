"""Whatever a user may hand in as a table, opened; and which of its columns mean what."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from ...errors import ArgumentTypeError, DataError
from ..series import Schema, TimeSeries, TimeSeriesPanel
from .open_file import open_table
from .table import Table, TableSource, names

Source: TypeAlias = str | Path | pd.DataFrame | pd.Series | TimeSeries | TimeSeriesPanel


def opened(source: Any) -> TableSource:
    """A table of which it can be asked what columns it has, then for some of them.

    Args:
        source: a path, a frame, a pandas Series, a `TimeSeries` or a `TimeSeriesPanel`.

    Raises:
        ArgumentTypeError: something else.
        DataError: the file cannot be read, or two columns have one name.
    """
    if isinstance(source, (str, Path)):
        return open_table(source)
    if isinstance(source, (TimeSeries, TimeSeriesPanel)):
        source = frame_of(source)
    elif isinstance(source, pd.Series):
        source = source.to_frame("y" if source.name is None else source.name)
    if not isinstance(source, pd.DataFrame):
        raise ArgumentTypeError(
            "`source` must be a path, a pandas DataFrame or Series, or an rnnzoo Series or Panel. "
            f"Received: {type(source).__name__}"
        )
    table = Table(source.rename(columns=str))
    columns = table.frame.columns
    if columns.has_duplicates:
        twice = columns[columns.duplicated()][0]
        raise table.error(f"There are several columns named {twice!r}. Rename all but one.")
    numeric = columns[[pd.api.types.is_numeric_dtype(kind) for kind in table.frame.dtypes]]
    boolean = columns[[pd.api.types.is_bool_dtype(kind) for kind in table.frame.dtypes]]
    return TableSource(table, frozenset(numeric) - frozenset(boolean), lambda text, numbers: table)


def frame_of(data: TimeSeries | TimeSeriesPanel) -> pd.DataFrame:
    """The rows of all series below one another, with the static covariates as columns."""
    frames = [
        one.frame.assign(**dict(zip(one.schema.static, one.static, strict=False)))
        for one in TimeSeriesPanel.of(data)
    ]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def time_column(unread: TableSource) -> str:
    """The column of times where none is named: `ds`, else the index, `""`."""
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
    """The column to forecast where none is named: `y`, else that of a pandas Series."""
    if isinstance(source, pd.Series):
        return unread.columns[0]
    if "y" in unread.columns:
        return "y"
    raise unread.head.error(
        "Say which column to forecast: target=… (--target). "
        f"The columns are {names(unread.columns)}."
    )


def column_names(argument: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Returns a list of columns as a tuple.

    Raises:
        ArgumentTypeError: a single text, or something else than texts.
    """
    if isinstance(columns, str) or not all(isinstance(c, str) for c in columns):
        raise ArgumentTypeError(
            f"`{argument}` must be a list of column names. Received: {argument}={columns!r}"
        )
    return tuple(columns)


def our_names(unread: TableSource, schema: Schema) -> tuple[str, str]:
    """The time and target as the table calls them: the user's names, or ours."""
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


def clock_of(
    source: Any, schema: Schema, time_format: str | None, zone: str | None
) -> tuple[str | None, str | None]:
    """How a table reads its times where a model knows others by `schema`: format and zone.

    Those of the schema, unless others are given. Times that are read
    already, of a `TimeSeries` or `TimeSeriesPanel`, stay: no zone is theirs any more.

    Raises:
        DataError: the series is in UTC and the model's times are not, or otherwise.
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


def check_present(unread: TableSource, needed: tuple[str, ...]) -> None:
    """Refuses a table without columns that the model was fitted with.

    Raises:
        DataError: names those that are missing.
    """
    absent = [column for column in needed if column not in unread.columns]
    if absent:
        raise unread.head.error(
            f"The model was fitted with columns that are not here: {names(absent)}. "
            f"The columns are {names(unread.columns)}. Add them, or rename the ones meant."
        )
