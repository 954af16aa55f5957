"""Reads times; the order of day and month is never guessed."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ...errors import DataError
from ...messages import counted
from ..steps import steps_of
from ..timezones import as_local, zone_name
from .local_times import to_utc
from .options import Rules
from .table import Table
from .written_times import Read, Written, read_text


@dataclass(frozen=True)
class Times:
    """Times of all rows of a table, without zone.

    Attributes:
        index: the times, one per row.
        form: the `time_format` that reads later tables likewise; `""` if none is needed.
        zone: time zone in which users see the times, if these are UTC now; else `""`.
        clock: time zone whose local times these are, where it is known; else `""`.
        converted: what to say of them if they stay UTC.
        noted: what to say of how they were read.
    """

    index: pd.DatetimeIndex
    form: str = ""
    zone: str = ""
    clock: str = ""
    converted: str = ""
    noted: str = ""


def parse(
    table: Table,
    values: pd.Series,
    label: str,
    rules: Rules,
    frequency: str = "",
    series: np.ndarray | None = None,
) -> Times:
    """Reads a column of times.

    Text must be in a form that can be read in one way only, or `rules.time_format` says how to
    read it. Times with a zone are converted to UTC, but days keep their local date: where all
    times are midnights, and `frequency` is not finer than a day, the zone is dropped.

    Args:
        label: name of the column in messages, e.g. `"Column 'date'"`.
        rules: its `zone` is the time zone of times that are given without one; its `clock` that to
            which all times are converted.
        frequency: step of the series; `""` where it is not known.
        series: number of the series of each row; by default all rows are of one series.

    Raises:
        DataError: missing or unreadable times; numbers; an unknown order of day and month; a zone
            in only some of the times; times that `zone` does not have; or a zone where the model
            was fitted on times without one.
    """
    days = not frequency or steps_of(frequency).by_days
    how = Written(table, label, rules.time_format, days, offsets=bool(rules.clock))
    index, read = _read_once(how, values)
    form = read.form
    noted = f"{label} was read as {form}." if form else ""
    if (index.nanosecond != 0).any():
        raise table.error(f"{label} holds times finer than a microsecond. Round them.")
    index = index.as_unit("us")
    own, zone = zone_name(index.tz), rules.zone
    if index.tz is None:
        if read.dropped:
            said = f"{label} carries a time zone; it was dropped, the days are local."
            return Times(index, form, clock=zone or "", noted=said)
        if rules.clock or zone is None or (days and (index == index.normalize()).all()):
            return Times(index, form, clock=rules.clock or zone or "", noted=noted)
        index = to_utc(table, index, label, zone, series)
        said = f"{label} holds local times of {zone}; they were converted to UTC."
        return Times(index, form, zone, converted=said)
    utc = index.tz_convert("UTC").tz_localize(None)
    local = index.tz_localize(None) if own == "UTC" else as_local(utc, own)
    dates = days and bool((local == local.normalize()).all())
    if rules.clock:
        there = as_local(utc, rules.clock)
        if dates and (there != there.normalize()).all():  # midnights elsewhere are dates
            there = local
        return Times(there, form, clock=rules.clock)
    bracketed = "" if own == "UTC" else f" ({index.tz})"
    if dates:
        said = f"{label} carries a time zone{bracketed}; it was dropped, the days are local."
        said = " ".join(filter(None, (noted, said)))
        return Times(local, form, clock="" if own == "UTC" else own, noted=said)
    if rules.again and zone is None:
        raise table.error(
            f"{label} carries a time zone{bracketed}, but the model was fitted on times "
            "without one, whose zone is not known. Give these as local times of the same "
            'clocks: times.dt.tz_convert("…").dt.tz_localize(None), or fit on times with a zone.'
        )
    said = f"{label} carries a time zone{bracketed}; the times were converted to UTC."
    return Times(utc, form, zone or own, converted=said, noted=noted)


def _read_once(how: Written, values: pd.Series) -> tuple[pd.DatetimeIndex, Read]:
    """As `_read`, but reads each text once: series often share their times."""
    if isinstance(values.dtype, pd.StringDtype):
        codes, texts = pd.factorize(values)
        if len(texts) < len(values) // 2 and (codes >= 0).all():
            # the call below reports what is wrong, and in which rows
            with suppress(DataError):
                index, read = _read(how, pd.Series(texts, dtype=values.dtype))
                return index[codes], read
    return _read(how, values)


def _read(how: Written, values: pd.Series) -> tuple[pd.DatetimeIndex, Read]:
    """The times as they are written, with the zone that they have."""
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    elif isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if isinstance(values.dtype, pd.ArrowDtype):
        values = _from_arrow(values)
    empty, read = values.isna().to_numpy(), Read(values)
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        number = pd.api.types.is_numeric_dtype(values.dtype)
        written = isinstance(values.dtype, pd.StringDtype)
        text = values.str.strip() if written else values.astype(object).map(_text)
        empty = empty | (text == "").to_numpy(bool, na_value=True)
        _check_complete(how, empty)
        read = read_text(how, text, number)
    _check_complete(how, empty)
    return pd.DatetimeIndex(read.times), read


def _from_arrow(values: pd.Series) -> pd.Series:
    """Times and texts of Arrow as pandas' own."""
    dtype: Any = values.dtype
    kind = dtype.pyarrow_dtype
    from pyarrow import types  # a frame of such columns has imported it

    if types.is_timestamp(kind) or types.is_date(kind):
        return pd.Series(pd.to_datetime(values.to_numpy(object)), values.index)
    return values.astype("str") if types.is_string(kind) or types.is_large_string(kind) else values


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _check_complete(how: Written, empty: np.ndarray) -> None:
    if empty.any():
        rows = np.flatnonzero(empty)
        raise how.table.error(
            f"{how.label} has {counted(len(rows), 'missing time')}, first at "
            f"{how.table.first(rows)}. "
            "Fill the times in, or remove the rows."
        )
