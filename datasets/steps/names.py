"""Frequencies: the names of steps."""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from .base import Steps
from .offsets import OffsetSteps
from .rows import PREFIX, RowSteps
from .sessions import WEEKDAYS, Sessions

__all__ = ["canonical", "steps_of"]

#: What pandas called these before version 3, and what it calls them now.
OLD = {
    "M": ("ME", "MS"), "Q": ("QE", "QS"), "A": ("YE", "YS"), "Y": ("YE", "YS"), "BM": ("BME",),
    "BQ": ("BQE",), "BA": ("BYE",), "BY": ("BYE",), "AS": ("YS",), "BAS": ("BYS",), "SM": ("SME",),
    "H": ("h",), "T": ("min",), "S": ("s",), "L": ("ms",), "U": ("us",), "N": ("ns",),
    "BH": ("bh",), "CBH": ("cbh",),
}  # fmt: skip
_CUSTOM = (
    pd.offsets.CustomBusinessHour,
    pd.offsets.CustomBusinessMonthBegin,
    pd.offsets.CustomBusinessMonthEnd,
)


@lru_cache(maxsize=256)
def steps_of(frequency: str) -> Steps:
    """The steps that a frequency names.

    Args:
        frequency: a pandas alias; the days of a week that have rows, `"Mon Tue Wed Thu Fri Sun"`,
            with hours `"Mon Tue Wed Thu Fri 09:30-16:00/5min"` and days off `"… except
            2024-12-24"`; `"rows/5min"`.

    Raises:
        ValueError: it names none.
    """
    if frequency == "B" or frequency[:3] in WEEKDAYS:
        return Sessions.parse(frequency)
    if frequency.startswith(PREFIX):
        return RowSteps(frequency.removeprefix(PREFIX))
    return OffsetSteps(frequency)


def canonical(frequency: Any) -> str:
    """The name of steps that a user gave.

    Args:
        frequency: a text as `steps_of` takes it, or a pandas offset.

    Raises:
        ArgumentError: it names no steps, does not go forward, or has a name with which a part of
            it would be lost.
    """
    if isinstance(frequency, pd.offsets.CustomBusinessDay):
        return _custom_days(frequency)
    if isinstance(frequency, _CUSTOM):
        raise ArgumentError(
            "`frequency` has days of a custom calendar, which months and hours are not counted "
            'by. Say calendar="rows": steps are then the rows that are there. Received: '
            f"frequency={frequency!r}"
        )
    received = f"Received: frequency={frequency!r}"
    try:
        if isinstance(frequency, str) and frequency.strip()[:3] in WEEKDAYS:
            return str(Sessions.parse(frequency.strip()))
        if isinstance(frequency, str) and frequency.startswith(PREFIX):
            steps_of(frequency)
            return frequency
        offset = pd.tseries.frequencies.to_offset(frequency)
    except (ValueError, TypeError) as error:
        if new := _renamed(frequency):
            ends = " (ends or starts)" if " or " in new else ""
            raise ArgumentError(
                f"pandas calls this frequency {new}{ends} now. {received}"
            ) from error
        raise ArgumentError(
            "`frequency` must be a pandas offset alias such as 'h', '15min', 'D', 'B', 'W-SUN' or "
            f"'MS', or days of a week such as 'Mon Tue Wed Thu Fri Sun'. {received}"
        ) from error
    if offset is None or offset.n < 1:
        raise ArgumentError(f"`frequency` must go forward. {received}")
    name = str(offset.freqstr)
    return "B" if name == "C" else name  # a custom calendar without customs


def _custom_days(offset: pd.offsets.CustomBusinessDay) -> str:
    given: Any = offset  # whose stubs lack its own attributes
    if offset.n != 1 or given.offset:
        raise ArgumentError(
            "`frequency` must step by one day of a custom calendar, without an offset. Received: "
            f"frequency={offset!r}, n={offset.n}"
        )
    mask = np.busdaycalendar(given.weekmask).weekmask  # of any form
    week = tuple(() if there else None for there in mask)
    days = frozenset(np.array(given.holidays, "datetime64[D]"))
    return str(Sessions(week, days))


def _renamed(frequency: Any) -> str:
    """What an old pandas alias is called now, with its number and month; `""` if it is none."""
    if not isinstance(frequency, str):
        return ""
    name, dash, anchor = frequency.strip().partition("-")
    letters = name.lstrip("0123456789")
    number = name.removesuffix(letters)
    return " or ".join(repr(f"{number}{new}{dash}{anchor}") for new in OLD.get(letters, ()))
