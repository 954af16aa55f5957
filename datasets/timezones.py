"""Time zones, and the single times that a user gives."""

import re
from contextlib import suppress
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ..errors import ArgumentError

YEAR_FIRST = r"\d{4}(?!\d)"


def zone_name(zone: tzinfo | None) -> str:
    """The name of a zone, e.g. `"Europe/Paris"`; `"UTC"` for a nameless one, `""` for `None`."""
    if zone is None:
        return ""
    name = str(getattr(zone, "key", None) or getattr(zone, "zone", None) or "UTC")
    return name if is_zone(name) else "UTC"


def is_zone(name: Any) -> bool:
    """Whether `name` is the name of a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError, AttributeError):
        return False
    return True


def instant(
    value: Any, zone: str, time_format: str, argument: str, clock: str = ""
) -> pd.Timestamp:
    """Reads one time given by a user: without a zone, in UTC where the series has one.

    Args:
        value: text in ISO 8601 or in `time_format`, a date or a time.
        zone: time zone of the series; a time given without one is a local time of it. May be
            `""`.
        time_format: format of the times in the table; may be `""`.
        argument: name of the value in messages.
        clock: time zone whose local times those of the series are; may be `""`.

    Raises:
        ArgumentError: no time; a time with a zone where the series has none; a time that clocks
            skip or repeat.
    """
    time = _one_time(value, time_format)
    received = f"Received: {argument}={str(value) if isinstance(value, date) else repr(value)}"
    if time is None:
        form = f" or {time_format}" if time_format else ""
        raise ArgumentError(
            f"`{argument}` must be a time, such as '2016-07-01 12:00'{form}. {received}"
        )
    if time.tz is not None and clock:
        return time.tz_convert(clock).tz_localize(None)
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


def as_local(utc: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """The local times of times in UTC; where clocks skip midnight, the first time of the day is it.

    Args:
        utc: without zone.
    """
    local = utc.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    first = local - local.normalize()
    if not ((first > pd.Timedelta(0)) & (first <= pd.Timedelta(hours=1))).any():
        return local
    skipped = (
        local.normalize()
        .tz_localize(zone, ambiguous=np.ones(len(local), bool), nonexistent="shift_forward")
        .tz_localize(None)
    )
    return local.where((skipped != local) | (first == pd.Timedelta(0)), local.normalize())


def in_zone(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """Converts UTC times to local times of `zone`; `""` leaves them as they are."""
    return times.tz_localize("UTC").tz_convert(zone) if zone else times


def _one_time(value: Any, time_format: str) -> pd.Timestamp | None:
    """A time, or `None`: numbers are no times, and the order of day and month is never guessed."""
    forms = [time_format, "ISO8601"] if time_format else ["ISO8601"]
    if isinstance(value, str):
        for form in forms:
            with suppress(ValueError):  # an invalid `time_format`, unused until now
                time = pd.to_datetime(value, format=form, errors="coerce")
                dated = form == time_format or re.match(YEAR_FIRST, value)  # "now" is no time
                if isinstance(time, pd.Timestamp) and dated:
                    return time
        return None
    if not isinstance(value, (date, np.datetime64)):
        return None
    time = pd.Timestamp(value)
    return time if isinstance(time, pd.Timestamp) else None  # NaT
