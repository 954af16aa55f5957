"""Columns that are made of several: a time of a date and an hour, an id of a shop and an item."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ..series import Schema
from .table import Table, TableSource, names

ID_SIGN = "/"


def joined(unread: TableSource, schema: Schema) -> TableSource:
    """The table with the time and the ids that `schema` makes of several columns.

    Raises:
        DataError: columns of the time are missing.
    """
    if schema.id_parts and set(schema.id_parts) <= set(unread.columns):
        unread = with_ids(unread, schema.id_parts)
    if schema.time_parts and not (schema.time in unread.columns or "ds" in unread.columns):
        unread = with_time(unread, schema.time_parts)[0]
    return unread


def with_time(unread: TableSource, parts: Sequence[str]) -> tuple[TableSource, str]:
    """The table with one time made of several columns, and the name of that column.

    Args:
        parts: a date and a time of day; or numbers: year, month, day, hour, minute.

    Raises:
        DataError: one of them is missing.
    """
    name = " ".join(parts)
    return _with(unread, name, parts, _times), name


def with_ids(unread: TableSource, parts: Sequence[str]) -> TableSource:
    """The table with ids made of the text in several columns, with a slash between.

    Raises:
        DataError: one of them is missing, or there is a column `unique_id` as well.
    """
    if tuple(parts) == ("unique_id",):
        unread.head.column("unique_id")
        return unread
    if "unique_id" in unread.columns:
        raise unread.head.error(
            f"The columns {names(parts)} are to name the series, and the table has a column "
            "'unique_id' as well. Leave one of them out, or rename it."
        )
    return _with(unread, "unique_id", parts, _ids)


def _with(
    unread: TableSource,
    name: str,
    parts: Sequence[str],
    join: Callable[[pd.DataFrame], pd.Series],
) -> TableSource:
    """The table with the column `name`, which `join` makes of `parts`."""
    for part in parts:
        unread.head.column(part)

    def load(text: Sequence[str], numbers: Sequence[str]) -> Table:
        if name not in text:
            return unread.load(text, numbers)
        table = unread.load([*(one for one in text if one != name), *parts], numbers)
        cells = table.frame[list(parts)]
        return replace(table, frame=table.frame.assign(**{name: join(cells)}))

    head = unread.head.frame
    head = head.assign(**{name: pd.Series(index=head.index, dtype="str")})
    return replace(unread, head=replace(unread.head, frame=head), load=load)


def _ids(cells: pd.DataFrame) -> pd.Series:
    texts = [_text(cells[part]) for part in cells.columns]
    return _together(texts, ID_SIGN)


def _times(cells: pd.DataFrame) -> pd.Series:
    texts = [_text(cells[part]) for part in cells.columns]
    if all(text.dropna().str.fullmatch(r"\d{1,4}").all() for text in texts) and len(texts) > 1:
        date = _together([text.str.zfill(2) for text in texts[:3]], "-")
        if len(texts) < 4:
            return date
        clock = [text.str.zfill(2) for text in texts[3:]]
        return _together([date, _together([*clock, *[_minutes(clock[0])] * (len(clock) < 2)], ":")])
    whole_hours = texts[-1].dropna().str.fullmatch(r"\d{1,2}").all()
    if whole_hours:  # hours of a day
        texts[-1] = texts[-1].str.zfill(2) + ":00"
    return _together(texts)


def _minutes(like: pd.Series) -> pd.Series:
    return pd.Series("00", like.index, dtype="str")


def _together(texts: Sequence[pd.Series], sign: str = " ") -> pd.Series:
    """Texts with a sign between; missing where one of them is."""
    rest: Any = list(texts[1:])
    return texts[0].str.cat(rest, sep=sign)


def _text(cells: pd.Series) -> pd.Series:
    """Cells as text: dates without a time of day, times of day without a date, whole numbers."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        whole = (cells.dropna() == cells.dropna().dt.normalize()).all()
        return cells.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S").astype("str")
    if pd.api.types.is_timedelta64_dtype(cells.dtype):
        return (pd.Timestamp(0) + cells).dt.strftime("%H:%M:%S").astype("str")
    if pd.api.types.is_float_dtype(cells.dtype) and (cells.dropna() % 1 == 0).all():
        cells = cells.astype("Int64")
    return cells.astype("str").where(cells.notna()).str.strip()
