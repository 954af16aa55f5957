"""Reads times; the order of day and month is never guessed."""

import re
from contextlib import suppress
from datetime import date

import numpy as np
import pandas as pd

from ...errors import ArgumentError, DataError
from ...messages import counted
from ..timezones import YEAR_FIRST, zone_name
from .frequency import steps_by_days
from .local_times import to_utc
from .options import Rules
from .table import Table

PIECE = 2**18  # times read at once
_NUMERIC = r"[+-]?\d+(\.\d*)?"
_ZONE = r".*[T ]\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)"
_MIDNIGHT = r".*[T ]00(:?00){0,2}(\.0*)?(Z|[+-]\d{2}(:?\d{2})?)"


def parse(
    table: Table,
    values: pd.Series,
    label: str,
    rules: Rules,
    frequency: str = "",
    series: np.ndarray | None = None,
) -> tuple[pd.DatetimeIndex, list[str], str]:
    """Reads a column of times.

    Text must be ISO 8601, year first, unless `rules.time_format` says how to read it. Times
    with a zone are converted to UTC, but days keep their local date: where all times are
    midnights, and `frequency` is not finer than a day, the zone is dropped.

    Args:
        label: name of the column in messages, e.g. `"Column 'date'"`.
        rules: its `zone` is the time zone of times that are given without one.
        frequency: step of the series; `""` where it is not known.
        series: number of the series of each row; by default all rows are of one series.

    Returns:
        The times without zone, one per row; a sentence for each repair; the zone in which
        users see the times if they are UTC now, else `""`.

    Raises:
        DataError: missing or unreadable times; numbers; an unknown order of day and month; a zone
            in only some of the times; times that `zone` does not have; or a zone where the model
            was fitted on times without one.
    """
    zone = rules.zone
    index, repairs, own = _parse_once(table, values, label, rules.time_format, frequency)
    if own and rules.again and zone is None:
        raise table.error(
            f"{label} carries a time zone{_bracketed(own)}, but the model was fitted on times "
            "without one, whose zone is not known. Give these as local times of the same "
            'clocks: times.dt.tz_convert("…").dt.tz_localize(None), or fit on times with a zone.'
        )
    if own:
        return index, repairs, zone or own
    days = steps_by_days(frequency) and (index == index.normalize()).all()
    if zone is None or repairs or days:
        return index, repairs, ""
    index = to_utc(table, index, label, zone, series)
    return index, [f"{label} holds local times of {zone}; they were converted to UTC."], zone


def _parse_once(
    table: Table, values: pd.Series, label: str, time_format: str | None, frequency: str
) -> tuple[pd.DatetimeIndex, list[str], str]:
    """As `_parse`, but reads each text once: series often share their times."""
    if isinstance(values.dtype, pd.StringDtype):
        codes, texts = pd.factorize(values)
        if len(texts) < len(values) // 2 and (codes >= 0).all():
            # the call below reports what is wrong, and in which rows
            with suppress(DataError):
                each = pd.Series(texts, dtype=values.dtype)
                index, repairs, zone = _parse(table, each, label, time_format, frequency)
                return index[codes], repairs, zone
    return _parse(table, values, label, time_format, frequency)


def _parse(
    table: Table, values: pd.Series, label: str, time_format: str | None, frequency: str
) -> tuple[pd.DatetimeIndex, list[str], str]:
    """As `parse`, but returns the zone that the times themselves have."""
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    empty = values.isna().to_numpy()
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        number = pd.api.types.is_numeric_dtype(values.dtype)
        written = isinstance(values.dtype, pd.StringDtype)
        text = values.str.strip() if written else values.astype(object).map(_text)
        empty = empty | (text == "").to_numpy(bool, na_value=True)
        _check_complete(table, empty, label)
        days = steps_by_days(frequency)
        values = _parse_text(table, text, label, time_format, number, days)
    _check_complete(table, empty, label)
    index = pd.DatetimeIndex(values)
    if (index.nanosecond != 0).any():
        raise table.error(f"{label} holds times finer than a microsecond. Round them.")
    if index.tz is None:
        return index.as_unit("us"), [], ""
    zone, own = _bracketed(str(index.tz)), zone_name(index.tz)
    local = index.tz_localize(None).as_unit("us")
    if steps_by_days(frequency) and (local == local.normalize()).all():
        return (
            local,
            [f"{label} carries a time zone{zone}; it was dropped, the days are local."],
            "",
        )
    repair = f"{label} carries a time zone{zone}; the times were converted to UTC."
    return index.tz_convert("UTC").tz_localize(None).as_unit("us"), [repair], own


def _bracketed(zone: str) -> str:
    return "" if zone == "UTC" else f" ({zone})"


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _check_complete(table: Table, empty: np.ndarray, label: str) -> None:
    if empty.any():
        rows = np.flatnonzero(empty)
        raise table.error(
            f"{label} has {counted(len(rows), 'missing time')}, first at {table.first(rows)}. "
            "Fill the times in, or remove the rows."
        )


def _parse_text(
    table: Table,
    text: pd.Series,
    label: str,
    time_format: str | None,
    number: bool,
    days: bool,
) -> pd.Series:
    if time_format is not None:
        try:
            parsed = _in_pieces(text, time_format, utc="%z" in time_format)
        except (ValueError, TypeError) as error:
            raise ArgumentError(
                f"`time_format` cannot be used: {error}. Received: time_format={time_format!r}"
            ) from error
        return _readable(table, text, parsed, label, f"time_format={time_format!r}")
    if number or (re.fullmatch(_NUMERIC, text.iloc[0]) and text.str.fullmatch(_NUMERIC).all()):
        raise table.error(
            f"{label} holds numbers such as {text.iloc[0]}, and numbers are not times. Say how to "
            'read them, e.g. time_format="%Y%m%d" or "%Y" (--time-format), or convert seconds '
            "since 1970 with pd.to_datetime(…, unit='s') and pass the frame."
        )
    year_first = text.str.match(YEAR_FIRST).to_numpy()
    if year_first.mean() < 0.5:
        raise table.error(
            f"{label} holds times that do not begin with a 4-digit year, first at "
            f"{_places(table, text, np.flatnonzero(~year_first))}. Day and month are not guessed: "
            'say which is which, e.g. time_format="%d/%m/%Y" (--time-format).'
        )
    zoned = text.str.fullmatch(_ZONE).to_numpy()
    if zoned.any() and not zoned.all():
        raise table.error(
            f"{label} mixes times with a zone, first at "
            f"{_places(table, text, np.flatnonzero(zoned)[:1])}, and times without, first at "
            f"{_places(table, text, np.flatnonzero(~zoned)[:1])}. Give all of them a zone, or none."
        )
    whole = days and bool(zoned.any()) and text.str.fullmatch(_MIDNIGHT).all()
    days_or_times = text.str.slice(0, 10) if whole else text  # else UTC moves local midnights
    parsed = _in_pieces(days_or_times, "ISO8601", utc=bool(zoned.any()))
    parsed = parsed.where(year_first)  # pandas takes "now" for a time
    return _readable(table, text, parsed, label, "ISO 8601 times, as 2016-07-01 12:00")


def _in_pieces(text: pd.Series, form: str, utc: bool) -> pd.Series:
    """Reads times in pieces, because pandas makes an object of each text; NaT for no time."""
    pieces = [text.iloc[i : i + PIECE] for i in range(0, len(text), PIECE)]
    return pd.concat(
        [pd.to_datetime(piece, format=form, errors="coerce", utc=utc) for piece in pieces]
    )


def _readable(table: Table, text: pd.Series, parsed: pd.Series, label: str, how: str) -> pd.Series:
    bad = np.flatnonzero(parsed.isna())
    if len(bad):
        raise table.error(
            f"{label} has {counted(len(bad), 'value')} that cannot be read as {how}, first at "
            f"{_places(table, text, bad)}. Correct them, or say time_format=… (--time-format)."
        )
    return parsed


def _places(table: Table, text: pd.Series, rows: np.ndarray) -> str:
    return table.first(rows, (repr(text.iloc[r]) for r in rows[:3]))
