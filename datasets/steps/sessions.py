"""Calendars: steps are the rows that are there, and those ahead follow a weekly pattern."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from .base import DAY, HOLIDAY, Count, Steps
from .offsets import MOST_STEPS

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FAR = pd.Timedelta(days=3653)  # after the last row: days off beyond it are forgotten
MOST_CLOSED = 20_000  # days off
MOST_WEEKS = 5000  # searched for the next session
ODD = 0.1  # most rows, as a share, outside the pattern of a calendar
_RANGE = re.compile(r"(\d{2}:\d{2}(?::\d{2})?)(?:-(\d{2}:\d{2}(?::\d{2})?)/(\w+))?")


@dataclass(frozen=True)
class Sessions(Steps):
    """The days of a week that have rows, and the hours in them.

    A row outside the pattern, such as a Saturday session, is a step of its own; a day of the
    pattern without rows, such as a holiday, has none.

    Attributes:
        week: for each weekday from Monday on, the times of its rows since midnight; `None` for a
            day without rows, `()` for one whose single row may come at any hour.
        closed: days without rows in spite of the pattern.
    """

    week: tuple[tuple[pd.Timedelta, ...] | None, ...]
    closed: frozenset[np.datetime64] = frozenset()

    @cached_property
    def daily(self) -> bool:
        """Whether a day has one row, at any hour."""
        return all(not hours for hours in self.week)

    @cached_property
    def dated(self) -> bool:  # type: ignore[override]
        return self.daily

    @cached_property
    def by_days(self) -> bool:  # type: ignore[override]
        return True  # patterns are of local clocks

    @cached_property
    def per_day(self) -> int:
        """Rows of the fullest day."""
        return max(max(len(hours), 1) for hours in self.week if hours is not None)

    @cached_property
    def season(self) -> int:  # type: ignore[override]
        """Rows of a week of daily sessions, of a day where a day has many."""
        return sum(h is not None for h in self.week) if self.daily else self.per_day

    @cached_property
    def horizon(self) -> int:  # type: ignore[override]
        return self.season if self.daily else min(MOST_STEPS, self.per_day)

    @cached_property
    def pause(self) -> int:  # type: ignore[override]
        return HOLIDAY * self.per_day

    def count(self, times: pd.DatetimeIndex) -> Count:
        days = times.normalize()
        keys = days if self.daily else times
        pattern = self._days(days[0], days[-1]) if self.daily else self._times(days[0], days[-1])
        pattern = pattern[(pattern >= keys[0]) & (pattern <= keys[-1])]
        odd = ~keys.isin(pattern)
        again = keys.duplicated()
        if odd.sum() <= max(1, ODD * len(odd)):  # a few are sessions of their own
            pattern, odd = pattern.union(keys.unique()), np.zeros(len(keys), bool)
        usual = pd.Series(times - days).mode().min() if self.daily else pd.Timedelta(0)
        at = (pattern + usual).to_numpy()
        return pattern.get_indexer(keys), odd | again, lambda steps: at[steps]

    def after(self, last: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        days = self._first_days(last.normalize(), steps, 1)
        if self.daily:
            return days[days > last.normalize()][:steps] + (last - last.normalize())
        times = self._times(days[0], days[-1])
        return times[times > last][:steps]

    def before(self, first: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        days = self._first_days(first.normalize(), steps, -1)
        if self.daily:
            return days[days < first.normalize()][-steps:] + (first - first.normalize())
        times = self._times(days[0], days[-1])
        return times[times < first][-steps:]

    def between(self, first: pd.Timestamp, last: pd.Timestamp) -> int:
        if self.daily:
            days = self._days(first.normalize(), last.normalize())
            return int((days > first.normalize()).sum())
        times = self._times(first.normalize(), last.normalize())
        return int(((times > first) & (times <= last)).sum())

    def continues(self, last: pd.Timestamp, first: pd.Timestamp) -> bool:
        later = first.normalize() > last.normalize() if self.daily else first > last
        return later and self.between(last, first) - 1 <= self.pause

    def _first_days(self, day: pd.Timestamp, steps: int, way: int) -> pd.DatetimeIndex:
        """Days of the pattern from `day` on, or up to it, with at least `steps` rows beyond it."""
        weeks = steps // sum(max(len(h), 1) for h in self.week if h is not None) + 3
        while weeks <= MOST_WEEKS + steps:
            far = day + way * 7 * weeks * DAY
            days = self._days(min(day, far), max(day, far))
            rows = sum(max(len(self.week[d] or ()), 1) for d in days[days != day].day_of_week)
            if rows >= steps:
                return days
            weeks *= 2  # years may be closed
        raise ValueError(f"no {steps} sessions within {weeks} weeks of {day}")

    def _days(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
        days = pd.date_range(first, last, freq="D")
        days = days[[self.week[d] is not None for d in days.day_of_week]]
        if not self.closed:
            return days
        return days[~days.isin(self._off)]

    @cached_property
    def _off(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(np.sort(np.array(list(self.closed), "datetime64[D]")))

    def _times(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
        days = self._days(first, last)
        of_days = [
            days[days.day_of_week == weekday].to_numpy()[:, None]
            + np.array(hours, "timedelta64[us]")
            for weekday, hours in enumerate(self.week)
            if hours
        ]
        return pd.DatetimeIndex(np.sort(np.concatenate([rows.ravel() for rows in of_days])))

    def times_of(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
        """The times of the pattern on the days from `first` to `last`; none where a day has one
        row at any hour."""
        return pd.DatetimeIndex([]) if self.daily else self._times(first.normalize(), last)

    def without_far_days_off(self, first: pd.Timestamp, last: pd.Timestamp) -> "Sessions":
        """The same calendar, knowing only the days off that rows of this span, and forecasts some
        years after it, can meet."""
        early, late = first.to_datetime64(), (last + FAR).to_datetime64()
        return replace(self, closed=frozenset(d for d in self.closed if early <= d <= late))

    def __str__(self) -> str:
        """`B`, `Mon Tue Wed Thu Fri 09:30-15:55/5min`, `Mon Tue except 2024-01-01`."""
        groups: dict[tuple[pd.Timedelta, ...], list[str]] = {}
        for name, hours in zip(WEEKDAYS, self.week, strict=True):
            if hours is not None:
                groups.setdefault(hours, []).append(name)
        texts = [" ".join([*days, *_ranges(hours)]) for hours, days in groups.items()]
        if not self.closed:
            return "B" if texts == ["Mon Tue Wed Thu Fri"] else "; ".join(texts)
        return f"{'; '.join(texts)} except {' '.join(map(str, sorted(self.closed)))}"

    @classmethod
    def parse(cls, text: str) -> "Sessions":
        """The calendar that `str` wrote so.

        Raises:
            ValueError: it is none.
        """
        if text == "B":
            text = "Mon Tue Wed Thu Fri"
        pattern, _, closed = text.partition(" except ")
        week: list[tuple[pd.Timedelta, ...] | None] = [None] * 7
        for group in pattern.split(";"):
            words = group.split()
            days = [word for word in words if word in WEEKDAYS]
            hours = [hour for word in words[len(days) :] for hour in _hours(word)]
            if not days or hours != sorted(set(hours)) or bool(hours) != (len(words) > len(days)):
                raise ValueError(f"no days of a week, or hours out of order: {group!r}")
            for day in days:
                if week[WEEKDAYS.index(day)] is not None:
                    raise ValueError(f"a day comes twice: {day!r}")
                week[WEEKDAYS.index(day)] = tuple(hours)
        if len({not hours for hours in week if hours is not None}) > 1:
            raise ValueError("some days have hours and some have none")
        if len(closed.split()) > MOST_CLOSED:
            raise ValueError(f"more than {MOST_CLOSED} days off")
        off = frozenset(np.datetime64(day, "D") for day in closed.split())
        if any(map(np.isnat, off)):
            raise ValueError("a day off is no day")
        return cls(tuple(week), off)


def _hours(text: str) -> list[pd.Timedelta]:
    """The times of `09:30`, or of `09:30-16:00/30min`."""
    parts = _RANGE.fullmatch(text)
    if parts is None:
        raise ValueError(f"no hours: {text!r}")
    first, last, step = parts.groups()
    start = _since_midnight(first)
    if last is None:
        return [start]
    offset: Any = pd.tseries.frequencies.to_offset(step)
    every = pd.Timedelta(offset)
    if not pd.Timedelta(seconds=1) <= every < DAY or _since_midnight(last) < start:
        raise ValueError(f"too fine a step, or an end before the start: {text!r}")
    return list(pd.timedelta_range(start, _since_midnight(last), freq=every))


def _since_midnight(clock: str) -> pd.Timedelta:
    since = pd.Timedelta(clock if clock.count(":") == 2 else f"{clock}:00")
    if since >= DAY or max(map(int, clock.split(":")[1:])) > 59:
        raise ValueError(f"no time of day: {clock!r}")
    return since


def _ranges(hours: Sequence[pd.Timedelta]) -> list[str]:
    """Times of a day as few words: runs of equal steps, `09:30-11:25/5min`."""
    words: list[str] = []
    rest = list(hours)
    while rest:
        run = 1
        while run + 1 < len(rest) and rest[run + 1] - rest[run] == rest[1] - rest[0]:
            run += 1
        if run > 1:
            step = (rest[1] - rest[0]).to_pytimedelta().total_seconds()
            every = f"{step / 60:g}min" if step % 60 == 0 else f"{step:g}s"
            words.append(f"{_clock(rest[0])}-{_clock(rest[run])}/{every}")
            rest = rest[run + 1 :]
        else:
            words.append(_clock(rest.pop(0)))
    return words


def _clock(since: pd.Timedelta) -> str:
    text = str((pd.Timestamp(0) + since).time())
    return text.removesuffix(":00") if text.count(":") == 2 else text
