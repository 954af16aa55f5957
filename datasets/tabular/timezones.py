"""Local times, which clocks skip in spring and repeat in autumn, as UTC; and single times."""

import re
from contextlib import suppress
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from .table import Table, counted

YEAR_FIRST = r"\d{4}(?!\d)"


def to_utc(
    table: Table, local: pd.DatetimeIndex, label: str, zone: str, series: np.ndarray | None
) -> pd.DatetimeIndex:
    """Local times of `zone`, one a row of the table, as UTC without zone.

    Of an hour that clocks repeat, the order of the rows tells which is the first.

    Args:
        label: what messages call the column.
        series: the number of the series that each row belongs to; by default all to one.

    Raises:
        DataError: a time that clocks skip; a repeated one of which it cannot be told which.
    """
    utc, skipped = _utc(local.tz_localize(zone, ambiguous=_all(local), nonexistent="NaT"))
    if skipped.any():
        rows = np.flatnonzero(skipped)
        places = table.first(rows, (stamp(local[r]) for r in rows[:3]))
        raise table.error(
            f"{label} has {counted(len(rows), 'time')} that clocks skip in {zone}, first at "
            f"{places}. Correct them, or give the times with their offset from UTC."
        )
    _, twice = _utc(local.tz_localize(zone, ambiguous="NaT"))
    if not twice.any():
        return utc
    told = utc.to_numpy().copy()
    rows = np.flatnonzero(twice)
    groups = [np.arange(len(local))]
    if series is not None:
        chosen = np.unique(series[rows])
        order = np.argsort(series, kind="stable")
        first = np.searchsorted(series[order], [chosen, chosen + 1])
        groups = [order[a:b] for a, b in first.T]
    for group in groups:
        told[group] = _told_by_order(table, local, group, twice, label, zone)
    return pd.DatetimeIndex(told)


def zone_name(zone: tzinfo | None) -> str:
    """The name of a zone that has one, e.g. `"Europe/Paris"`, else `"UTC"`; `""` for none."""
    if zone is None:
        return ""
    name = str(getattr(zone, "key", None) or getattr(zone, "zone", None) or "UTC")
    return name if is_zone(name) else "UTC"


def is_zone(name: Any) -> bool:
    """Whether `name` is that of a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError, AttributeError):
        return False
    return True


def instant(value: Any, zone: str, time_format: str, argument: str) -> pd.Timestamp:
    """One time that a user gives, as times of a series are held: without zone, UTC if it has one.

    Args:
        value: a text in ISO 8601 or in `time_format`, a date or a time.
        zone: of the series, of which a time without one is a local time; may be `""`.
        time_format: how the times of the table were written; may be `""`.
        argument: what messages call the value.

    Raises:
        ArgumentError: no time; one with a zone where the series has none; one that clocks
            skip or repeat.
    """
    time = _one_time(value, time_format)
    received = f"Received: {argument}={str(value) if isinstance(value, date) else repr(value)}"
    if time is None:
        form = f" or {time_format}" if time_format else ""
        raise ArgumentError(
            f"`{argument}` must be a time, such as '2016-07-01 12:00'{form}. {received}"
        )
    if time.tz is not None and not zone:
        raise ArgumentError(
            f"`{argument}` must be a time without a zone, as those of the series are. {received}"
        )
    if time.tz is None and zone:
        local = time.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        if not isinstance(local, pd.Timestamp):  # NaT
            raise ArgumentError(
                f"`{argument}` is a time that clocks skip or repeat in {zone}. Give it with its "
                f"offset from UTC. {received}"
            )
        time = local
    return time.tz_convert("UTC").tz_localize(None) if zone else time


def in_zone(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """Times without zone as users see them: UTC as local times of `zone`, unless it is `""`."""
    return times.tz_localize("UTC").tz_convert(zone) if zone else times


def stamp(time: pd.Timestamp, zone: str = "") -> str:
    """`2016-07-01`, `2016-07-01 12:00`, or with seconds where there are any.

    Args:
        time: without zone.
        zone: in which UTC is shown, with its offset: `2016-07-01 14:00+02:00`.
    """
    if zone:
        local = time.tz_localize("UTC").tz_convert(zone)
        return re.sub(r":00([+-]\d\d:\d\d)$", r"\1", str(local))
    return re.sub(r"( 00:00)?:00$", "", str(time))


def _told_by_order(
    table: Table,
    local: pd.DatetimeIndex,
    group: np.ndarray,
    twice: np.ndarray,
    label: str,
    zone: str,
) -> pd.DatetimeIndex:
    """The times of one series, in the order of its rows."""
    try:
        utc, _ = _utc(local[group].tz_localize(zone, ambiguous="infer"))
    except ValueError:
        utc = None
    # rows that run backwards would name the second hour first
    if utc is None or not utc.is_monotonic_increasing:
        rows = group[twice[group]]
        places = table.first(rows, (stamp(local[r]) for r in rows[:3]))
        raise table.error(
            f"{label} has {counted(len(rows), 'time')} that clocks repeat in {zone}, first at "
            f"{places}, and the rows do not tell which is the first of the two. Put the rows in "
            "the order of time with both hours complete, or give the times with their offset from "
            "UTC."
        )
    return utc


def _one_time(value: Any, time_format: str) -> pd.Timestamp | None:
    """Numbers are not times, and the order of day and month is not guessed."""
    forms = [time_format, "ISO8601"] if time_format else ["ISO8601"]
    if isinstance(value, str):
        for form in forms:
            with suppress(ValueError):  # a form that is none, which no text needed so far
                found = pd.to_datetime(value, format=form, errors="coerce")
                told = form == time_format or re.match(YEAR_FIRST, value)  # "now" is no time
                if isinstance(found, pd.Timestamp) and told:
                    return found
        return None
    if not isinstance(value, (date, np.datetime64)):
        return None
    found = pd.Timestamp(value)
    return found if isinstance(found, pd.Timestamp) else None  # NaT


def _utc(zoned: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, np.ndarray]:
    utc = zoned.tz_convert("UTC").tz_localize(None)
    return utc, np.asarray(utc.isna())


def _all(local: pd.DatetimeIndex) -> np.ndarray:
    return np.ones(len(local), bool)
