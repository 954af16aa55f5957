"""Numbers and times as text, for messages."""

import re

import pandas as pd


def stamp(time: pd.Timestamp, zone: str = "") -> str:
    """A time as text: `2016-07-01`, `2016-07-01 12:00`, or with seconds where there are any.

    Args:
        time: time without zone.
        zone: time zone to which a UTC time is converted, as `2016-07-01 14:00+02:00`.
    """
    if zone:
        local = time.tz_localize("UTC").tz_convert(zone)
        return re.sub(r":00([+-]\d\d:\d\d)$", r"\1", str(local))
    return re.sub(r"( 00:00)?:00$", "", str(time))


def counted(number: int, what: str, one: str = "", more: str = "") -> str:
    """A number with its noun and verb: `1 row was`, `2 rows were`; the verbs are optional."""
    return f"{number} {what} {one}".rstrip() if number == 1 else f"{number} {what}s {more}".rstrip()
