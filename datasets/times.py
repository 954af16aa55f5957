"""Times: reading them, their step, and the places where one is missing."""

import re
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from .table import Table, counted

HOLIDAY = 10  # business days: a longer hole in a trading calendar counts as a gap
_DAY = pd.Timedelta(days=1)
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NUMERIC = r"[+-]?\d+(\.\d*)?"
_YEAR_FIRST = r"\d{4}(?!\d)"
_ZONE = r".*[T ]\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)"
_MIDNIGHT = r".*[T ]00(:?00){0,2}(\.0*)?(Z|[+-]\d{2}(:?\d{2})?)"


def parse(
    table: Table,
    values: pd.Series,
    label: str,
    time_format: str | None = None,
    frequency: str = "",
) -> tuple[pd.DatetimeIndex, list[str]]:
    """Reads a column of times.

    Text must be ISO 8601, year first, unless `time_format` says how to read it. Times
    with a zone are converted to UTC, but days keep their local date: where all times are
    midnights, and `frequency` is not finer than a day, the zone is dropped.

    Args:
        label: what messages call the column, e.g. `"Column 'date'"`.

    Returns:
        The times without zone, one a row, and a sentence for each repair.

    Raises:
        DataError: missing or unreadable times, numbers, unknown order of day and month,
            or only some of the times with a zone.
    """
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    empty = values.isna().to_numpy()
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        number = pd.api.types.is_numeric_dtype(values.dtype)
        text = values.astype(object).map(_text)
        empty = empty | (text == "").to_numpy()
        _check_complete(table, empty, label)
        days = _steps_by_days(frequency)
        values = _parse_text(table, text, label, time_format, number, days)
    _check_complete(table, empty, label)
    index = pd.DatetimeIndex(values)
    if (index.nanosecond != 0).any():
        raise table.error(f"{label} holds times finer than a microsecond. Round them.")
    if index.tz is None:
        return index.as_unit("us"), []
    zone = "" if str(index.tz) == "UTC" else f" ({index.tz})"
    local = index.tz_localize(None).as_unit("us")
    if _steps_by_days(frequency) and (local == local.normalize()).all():
        return local, [f"{label} carries a time zone{zone}; it was dropped, the days are local."]
    repair = f"{label} carries a time zone{zone}; the times were converted to UTC."
    return index.tz_convert("UTC").tz_localize(None).as_unit("us"), [repair]


def _steps_by_days(frequency: str) -> bool:
    fixed = _fixed(frequency) if frequency else None
    return fixed is None or fixed >= _DAY


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
            parsed = pd.to_datetime(
                text, format=time_format, errors="coerce", utc="%z" in time_format
            )
        except (ValueError, TypeError) as error:
            raise ArgumentError(
                f"`time_format` cannot be used: {error}. Received: time_format={time_format!r}"
            ) from error
        return _readable(table, text, parsed, label, f"time_format={time_format!r}")
    if number or text.str.fullmatch(_NUMERIC).all():
        raise table.error(
            f"{label} holds numbers such as {text.iloc[0]}, and numbers are not times. Say how to "
            'read them, e.g. time_format="%Y%m%d" or "%Y" (--time-format), or convert seconds '
            "since 1970 with pd.to_datetime(…, unit='s') and pass the frame."
        )
    year_first = text.str.match(_YEAR_FIRST).to_numpy()
    if year_first.mean() < 0.5:
        raise table.error(
            f"{label} holds times that do not begin with a 4-digit year, first at "
            f"{_shown(table, text, np.flatnonzero(~year_first))}. Day and month are not guessed: "
            'say which is which, e.g. time_format="%d/%m/%Y" (--time-format).'
        )
    zoned = text.str.fullmatch(_ZONE).to_numpy()
    if zoned.any() and not zoned.all():
        raise table.error(
            f"{label} mixes times with a zone, first at "
            f"{_shown(table, text, np.flatnonzero(zoned)[:1])}, and times without, first at "
            f"{_shown(table, text, np.flatnonzero(~zoned)[:1])}. Give all of them a zone, or none."
        )
    whole = days and bool(zoned.any()) and text.str.fullmatch(_MIDNIGHT).all()
    days_or_times = text.str.slice(0, 10) if whole else text  # else UTC moves local midnights
    parsed = pd.to_datetime(days_or_times, format="ISO8601", errors="coerce", utc=bool(zoned.any()))
    return _readable(table, text, parsed, label, "ISO 8601 times, as 2016-07-01 12:00")


def _readable(table: Table, text: pd.Series, parsed: pd.Series, label: str, how: str) -> pd.Series:
    bad = np.flatnonzero(parsed.isna())
    if len(bad):
        raise table.error(
            f"{label} has {counted(len(bad), 'value')} that cannot be read as {how}, first at "
            f"{_shown(table, text, bad)}. Correct them, or say time_format=… (--time-format)."
        )
    return parsed


def _shown(table: Table, text: pd.Series, rows: np.ndarray) -> str:
    return table.first(rows, (repr(text.iloc[r]) for r in rows[:3]))


def stamp(time: pd.Timestamp) -> str:
    """`2016-07-01`, `2016-07-01 12:00`, or with seconds where there are any."""
    return re.sub(r"( 00:00)?:00$", "", str(time))


def find_frequency(table: Table, times: pd.DatetimeIndex) -> str:
    """The step of sorted, distinct times as a pandas alias: the most common one.

    Months, quarters and years count as steps. Days without weekends are `"B"`.

    Raises:
        DataError: no step fits most of the times.
    """
    steps = pd.Series(np.diff(times.to_numpy()))
    step = steps.mode().min()
    if calendar := _calendar_step(table, times, steps):
        return calendar
    if step == _DAY and not (times.day_of_week >= 5).any() and steps.max() > _DAY:
        weeks = (times - pd.to_timedelta(times.day_of_week, unit="D")).normalize()
        if len(weeks.unique()) > 1:
            return "B"
    if (steps == step).mean() < 0.5:
        raise table.error(
            f"The times have no regular step: the most common one, {step}, fits "
            f"{(steps == step).sum()} of {len(steps)}. Bring them to one, e.g. "
            'frame.resample("D").mean(), or say frequency=… .'
        )
    if step == 7 * _DAY:
        return f"W-{_WEEKDAYS[times[0].day_of_week]}"
    for unit in ("D", "h", "min", "s", "ms", "us"):
        number, rest = divmod(step, pd.Timedelta(1, unit))
        if not rest:
            return f"{number if number > 1 else ''}{unit}"
    raise table.error(f"The times step by {step}, which is too fine.")


def _calendar_step(table: Table, times: pd.DatetimeIndex, steps: pd.Series) -> str | None:
    months = np.diff(times.year * 12 + times.month)
    if months.min() < 1 or steps.min() < 27 * _DAY:
        return None
    count = int(pd.Series(months).mode().min())
    if (times.day == 1).all():
        kind = "S"
    elif times.is_month_end.all():
        kind = "E"
    elif all(map(pd.offsets.BMonthEnd().is_on_offset, times)):
        return f"{count if count > 1 else ''}BME"
    elif steps.nunique() > 1 and (months == count).mean() >= 0.5:
        raise table.error(
            f"The times step by {counted(count, 'month')} but fall on neither the first nor the "
            "last day of one. Move them to the first: "
            'times = times.dt.to_period("M").dt.to_timestamp().'
        )
    else:
        return None
    month = f"-{_MONTHS[times[0].month - 1]}"
    for size, letter, anchor in ((12, "Y", month), (3, "Q", month), (1, "M", "")):
        if count % size == 0:
            number = count // size
            return f"{number if number > 1 else ''}{letter}{kind}{anchor}"
    return None


def on_grid(
    times: pd.DatetimeIndex, frequency: str
) -> tuple[np.ndarray, np.ndarray, Callable[[np.ndarray], pd.DatetimeIndex]]:
    """Counts sorted times in steps of `frequency`.

    Returns:
        The step number of each time; whether it lies between steps, which makes its number
        void; and the function from step numbers back to times.
    """
    fixed = _fixed(frequency)
    if fixed is None:
        grid = pd.date_range(times[0], times[-1], freq=frequency)
        numbers = grid.get_indexer(times)
        return numbers, numbers < 0, lambda steps: grid[steps]
    since = times - times[0]
    start = (since % fixed).to_series().mode().min()  # one stray first time must not set the grid
    numbers = ((since - start) // fixed).to_numpy()
    origin, step = times[0] + start, fixed.to_timedelta64()
    return numbers, (since % fixed != start), lambda steps: origin + pd.TimedeltaIndex(steps * step)


def default_season(frequency: str) -> int:
    """Steps in the natural season: a day, a week or a year; 1 where there is none."""
    fixed, offset = _fixed(frequency), pd.tseries.frequencies.to_offset(frequency)
    kind = offset.rule_code.split("-")[0]
    if fixed is not None and pd.Timedelta(minutes=1) <= fixed < _DAY:
        return int(_DAY // fixed) if _DAY % fixed == pd.Timedelta(0) else 1
    whole = {"D": 7, "B": 5, "W": 52, "MS": 12, "ME": 12, "BMS": 12, "BME": 12, "QS": 4, "QE": 4}
    season = whole.get(kind, 1)
    return season // offset.n if season % offset.n == 0 else 1


def check_frequency(frequency: str) -> str:
    """Returns `frequency` if it is a pandas offset alias.

    Raises:
        ArgumentError: it is none, or does not go forward.
    """
    try:
        offset = pd.tseries.frequencies.to_offset(frequency)
    except (ValueError, TypeError) as error:
        raise ArgumentError(
            "`frequency` must be a pandas offset alias such as 'h', '15min', 'D', 'B', 'W-SUN' or "
            f"'MS'. Received: frequency={frequency!r}"
        ) from error
    if offset is None or offset.n < 1:
        raise ArgumentError(f"`frequency` must go forward. Received: frequency={frequency!r}")
    return str(offset.freqstr)


def _fixed(frequency: str) -> pd.Timedelta | None:
    offset = pd.tseries.frequencies.to_offset(frequency)
    if isinstance(offset, pd.offsets.Day):
        return offset.n * _DAY
    return pd.Timedelta(offset) if isinstance(offset, pd.offsets.Tick) else None
