"""Finds the weekly pattern of rows: on which days, at which hours."""

import numpy as np
import pandas as pd

from .base import DAY
from .rows import PREFIX
from .sessions import ODD, Sessions

REGULAR = 0.6  # least share of the weeks in which a weekday with rows has some
ABSENT = 0.15  # most rows of a pattern, as a share, that may be absent: holidays
FEWER = 0.9  # a pattern has at most this share of the rows without pauses
WEEKS = 3  # least number of weeks that show which days have no rows


def pattern_of(times: pd.DatetimeIndex) -> Sessions | None:
    """The calendar of sorted, distinct local times, where it is plain that they have one.

    Plain are days of which some weekdays never, or hardly ever, have a row; and rows of less than
    a day that pause at the same hours.

    Returns:
        `None` where rows come without pauses, or without a pattern.
    """
    days = times.normalize()
    steps = np.diff(times.to_numpy())
    if len(times) < 3 or (steps == steps[0]).all():
        return None
    pattern = _daily(days) if days.is_unique else _hourly(times, days)
    if pattern is None:
        return None
    numbers, odd, _ = pattern.count(times)
    if odd.any():
        return None
    absent = (numbers[-1] + 1 - len(times)) / (numbers[-1] + 1)
    return None if absent > ABSENT else pattern


def rows_pattern(times: pd.DatetimeIndex) -> str:
    """The frequency of rows that are steps whatever their times: with the weekly pattern that they
    follow, or with their usual distance where there is none.

    Args:
        times: sorted, distinct local times, at least two.
    """
    days = times.normalize()
    pattern = _daily(days, 0) if days.is_unique else _hourly(times, days, least=2)
    if pattern is not None and not pattern.count(times)[1].any():
        return str(pattern)
    usual = pd.Series(np.diff(times.to_numpy())).mode().min()
    for unit in ("D", "h", "min", "s", "ms", "us"):
        number, rest = divmod(usual, pd.Timedelta(1, unit))
        if not rest:
            return f"{PREFIX}{number}{unit}"
    raise AssertionError("times are in microseconds")


def _daily(days: pd.DatetimeIndex, weeks: int = WEEKS) -> Sessions | None:
    """The weekdays that have rows, where each day has one at most."""
    nearest = np.diff(days.to_numpy()).min()
    if days[-1] - days[0] < weeks * 7 * DAY or nearest >= 7 * DAY:
        return None
    share = _shares(days)
    week = tuple(() if s >= REGULAR else None for s in share)
    between = (share > 2 * ODD) & (share < REGULAR)
    there = sum(one is not None for one in week)
    return Sessions(week) if 1 < there < 7 and not between.any() else None


def _hourly(times: pd.DatetimeIndex, days: pd.DatetimeIndex, least: int = WEEKS) -> Sessions | None:
    """The hours at which the weekdays have rows, of which `least` are needed."""
    step = pd.Series(np.diff(times.to_numpy())).mode().min()
    seen = days.unique()
    if step >= DAY or len(seen) < least:
        return None
    hours = pd.Series(times - days)
    if (seen[-1] - seen[0]) >= WEEKS * 7 * DAY:
        regular = _shares(seen) >= REGULAR
        of_day = [_usual(hours, days, seen, [weekday]) for weekday in range(7)]
    else:  # too few weeks to tell the days apart
        regular = np.isin(np.arange(7), seen.day_of_week)
        if not regular[5:].any():
            regular[:5] = True
        of_day = [_usual(hours, days, seen, list(range(7)))] * 7
        if len(of_day[0]) > FEWER * (DAY / step):
            return None
    week = tuple(h if there and h else None for h, there in zip(of_day, regular, strict=True))
    slots = sum(len(h) for h in week if h is not None)
    if not slots or slots > FEWER * 7 * (DAY / step):
        return None
    return Sessions(week)


def _usual(
    hours: pd.Series, days: pd.DatetimeIndex, seen: pd.DatetimeIndex, weekdays: list[int]
) -> tuple[pd.Timedelta, ...]:
    """The hours at which most of the days of these weekdays that have rows have one."""
    of_these = np.isin(days.day_of_week, weekdays)
    many = int(np.isin(seen.day_of_week, weekdays).sum())
    counts = hours[of_these].value_counts()
    return tuple(sorted(counts.index[counts >= REGULAR * max(many, 1)]))


def _shares(days: pd.DatetimeIndex) -> np.ndarray:
    """Of each weekday between the first and the last of `days`, the share that is among them."""
    every = pd.date_range(days[0], days[-1], freq="D")
    there = np.bincount(days.day_of_week, minlength=7)
    return there / np.maximum(np.bincount(every.day_of_week, minlength=7), 1)
