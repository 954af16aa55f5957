"""Finds the step between times."""

from contextlib import suppress

import numpy as np
import pandas as pd

from ...errors import DataError
from ...messages import counted
from ..steps import OffsetSteps, Sessions, pattern_of, rows_pattern, steps_of
from ..timezones import as_local
from .table import Table

MOVED = 3  # rows, at least, that show that sessions move with a clock
_DAY = pd.Timedelta(days=1)
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def find_frequency(table: Table, times: pd.DatetimeIndex, rows: bool = False) -> str:
    """The most common step of sorted, distinct times, as `steps_of` reads it.

    Months, quarters and years count as steps. Days of which some weekdays have no rows, such as
    trading days, and hours that pause, are calendars.

    Args:
        rows: whether the rows are the steps, whatever their times.

    Raises:
        DataError: no step fits most of the times.
    """
    steps = pd.Series(np.diff(times.to_numpy()))
    step = steps.mode().min()
    if rows:
        with suppress(DataError):  # days of months that no calendar has
            return _calendar_step(table, times, steps) or rows_pattern(times)
        return rows_pattern(times)
    if calendar := _calendar_step(table, times, steps):
        return calendar
    if pattern := pattern_of(times):
        _refuse_moving(table, pattern, times)
        return str(pattern)
    if step == _DAY and not (times.day_of_week >= 5).any() and steps.max() > _DAY:
        weeks = (times - pd.to_timedelta(times.day_of_week, unit="D")).normalize()
        if len(weeks.unique()) > 1:
            return "B"
    if (steps == step).mean() < 0.5:
        raise table.error(
            f"The times have no regular step: the most common one, {step}, fits "
            f"{(steps == step).sum()} of {len(steps)}. If each row is a step, whatever its time, "
            'say calendar="rows" (--frequency rows); else bring them to one step, e.g. '
            f"{resampled('D')}, or say frequency=… (--frequency D)."
        )
    if step == 7 * _DAY:
        return f"W-{_WEEKDAYS[times[0].day_of_week]}"
    for unit in ("D", "h", "min", "s", "ms", "us"):
        number, rest = divmod(step, pd.Timedelta(1, unit))
        if not rest:
            return f"{number if number > 1 else ''}{unit}"
    raise table.error(f"The times step by {step}, which is too fine.")


def _refuse_moving(table: Table, pattern: Sessions, times: pd.DatetimeIndex) -> None:
    """Refuses sessions that are given in another clock than theirs.

    Raises:
        DataError: rows outside the pattern are in it once they are moved by an hour.
    """
    slots = pattern.times_of(times[0], times[-1])
    odd = times[~times.isin(slots)] if len(slots) else times[:0]
    if len(odd) < MOVED:
        return
    hour = pd.Timedelta(hours=1)
    if max((odd + hour).isin(slots).mean(), (odd - hour).isin(slots).mean()) > 0.5:
        raise table.error(
            f"The sessions move by an hour, as those of a local clock do that are written in UTC, "
            f"when clocks change: {len(odd)} rows, first {odd[0]}. Say whose clock, "
            'zone="…" (--zone America/New_York); times without a zone first become UTC by '
            'frame["ds"].dt.tz_localize("UTC").'
        )


def find_local(
    table: Table, utc: pd.DatetimeIndex, zone: str, rows: bool = False
) -> tuple[str, bool]:
    """As `find_frequency`, for times in UTC of which the local time is known.

    Returns:
        The frequency; whether it is one of local times, as days, months and sessions are.
    """
    local = as_local(utc, zone)
    local = local[np.append(True, np.diff(local.to_numpy()) > np.timedelta64(0))]  # clocks go back
    steps = pd.Series(np.diff(local.to_numpy()))
    if len(steps) and (steps.mode().min() >= _DAY or pattern_of(local) is not None or rows):
        found = find_frequency(table, local, rows)
        if steps_of(found).by_days:
            return found, True
    return find_frequency(table, utc, rows), False


def resampled(frequency: str, time: str = "ds") -> str:
    """How to bring a frame of one series to a step, as pandas code; `""` to a calendar.

    Args:
        frequency: a pandas alias.
        time: name of the column of times, which need not be read yet.
    """
    if not isinstance(steps_of(frequency), OffsetSteps):
        return ""
    times = f'pd.to_datetime(frame["{time}"])'
    return f'frame.set_index({times}).resample("{frequency}").mean(numeric_only=True)'


def _calendar_step(table: Table, times: pd.DatetimeIndex, steps: pd.Series) -> str | None:
    months = np.diff(times.year * 12 + times.month)
    if months.min() < 1 or steps.min() < 27 * _DAY:
        return None
    count = int(pd.Series(months).mode().min())
    if count == 13:
        raise table.error(
            "The times step by 13 months, as fiscal years do, written as 2001/02, that are read as "
            "months. Give their first year: times = times.str[:4]."
        )
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
