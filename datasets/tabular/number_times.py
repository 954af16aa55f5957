"""Times that are numbers: years, digits of a date, days of a spreadsheet, seconds since 1970."""

from typing import Any

import pandas as pd

from .table import Table

#: Names of `time_format` for numbers that count from a fixed time, with their unit.
NAMED = {"excel": "D", "unix s": "s", "unix ms": "ms", "unix us": "us", "unix ns": "ns"}
EXCEL_ZERO = pd.Timestamp("1899-12-30")  # day 0, so that days from March 1900 on are right
YEARS = (1800, 2200)  # of dates that are written as digits

LONGEST = 1e11  # seconds from day 0 of a spreadsheet

#: Digits of a date, by their number.
_DIGITS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
#: Ranges in which numbers can be nothing else: 1973 to 2100, days of a spreadsheet 1990 to 2050.
_RANGES = {
    "unix s": (1e8, 4.2e9),
    "unix ms": (1e11, 4.2e12),
    "unix us": (1e14, 4.2e15),
    "unix ns": (1e17, 4.2e18),
    "excel": (32874, 54789),
}


def read_numbers(table: Table, text: pd.Series, label: str) -> tuple[pd.Series, str]:
    """Reads a column of numbers as times, where they can be nothing else.

    Returns:
        The times, and the `time_format` that reads them.

    Raises:
        DataError: they can be several things, or none.
    """
    text = text.str.replace(r"\.0*$", "", regex=True)
    lengths = text.str.len()
    form = _DIGITS.get(int(lengths.iloc[0]), "") if lengths.nunique() == 1 else ""
    if form and text.str.fullmatch(r"\d+").all():
        parsed = pd.to_datetime(text, format=form, errors="coerce")
        if parsed.notna().all() and parsed.dt.year.between(*YEARS).all():
            return parsed, form
    values = pd.to_numeric(text, errors="coerce").to_numpy("float64")
    for name, (low, high) in _RANGES.items():
        if ((values >= low) & (values <= high)).all():
            return from_name(text, name), name
    raise table.error(
        f"{label} holds numbers such as {text.iloc[0]}, and numbers are not times. Say how to "
        'read them: time_format="%Y%m%d" or "%Y" for digits of a date, "excel" for days of a '
        'spreadsheet, "unix s", "unix ms" for time since 1970 (--time-format). If they only count '
        'the rows, give real times: frame["ds"] = pd.date_range("2000-01-01", '
        'periods=len(frame), freq="D").'
    )


def from_name(text: pd.Series, name: str) -> pd.Series:
    """Numbers as times, counted as `name` in `NAMED` says; NaT where there is none.

    Those since 1970 are UTC. Days of a spreadsheet are rounded to the second.
    """
    unit: Any = NAMED[name]
    if name == "excel":
        seconds = (pd.to_numeric(text, errors="coerce") * 86400).round()
        there = seconds.abs() < LONGEST
        return EXCEL_ZERO + pd.to_timedelta(seconds.where(there), unit="s")
    numbers = pd.to_numeric(text.str.strip(), errors="coerce")  # whole ones stay exact
    return pd.Series(pd.to_datetime(numbers, unit=unit, utc=True, errors="coerce"), text.index)


def counts_otherwise(text: pd.Series, name: str) -> str:
    """The name of another unit since 1970 in which numbers are times of today, where in the named
    one they are of the first years after 1970; else `""`."""
    values = pd.to_numeric(text, errors="coerce").to_numpy("float64")
    if not name.startswith("unix") or not (values < _RANGES[name][0]).all():
        return ""
    for other, (low, high) in _RANGES.items():
        if other.startswith("unix") and ((values >= low) & (values <= high)).all():
            return other
    return ""
