"""Sines of the calendar: where a time stands in its day, week and year."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ....datasets.timezones import in_zone
from ....errors import ArgumentError, ArgumentTypeError, one_of

DAY = pd.Timedelta(days=1)
#: Cycles by name, with their length and the harmonics that stand for them.
CYCLES = {"day": (DAY, 2), "week": (7 * DAY, 2), "year": (365.2425 * DAY, 1)}
SEEN = 2  # cycles that a training span has to hold before one is learned unasked


def check_calendar(calendar: Any) -> tuple[str, ...] | str:
    """The cycles that a user names: `"auto"`, or some of `CYCLES`; none for `None`.

    Raises:
        ArgumentTypeError, ArgumentError: another value, or a name twice.
    """
    if calendar is None:
        return ()
    if calendar == "auto":
        return "auto"
    if isinstance(calendar, str) or not isinstance(calendar, Sequence):
        raise ArgumentTypeError(
            '`calendar` must be "auto" or a list of cycles, such as ["day", "year"]. '
            f"Received: calendar={calendar!r}"
        )
    for cycle in calendar:
        one_of("calendar", cycle, CYCLES)
    if len(set(calendar)) < len(calendar):
        raise ArgumentError(f"`calendar` names a cycle twice. Received: calendar={calendar!r}")
    return tuple(calendar)


def chosen_cycles(calendar: Any, training: TimeSeriesPanel) -> tuple[str, ...]:
    """The cycles that are used: of `"auto"` those that the longest series can teach.

    A cycle is one if it holds four steps or more, and if the training span holds it twice; an
    hourly series of a year has a day and a week, and no year.
    """
    named = check_calendar(calendar)
    if named != "auto":
        return tuple(named)
    longest = max(training, key=len)
    if len(longest) < 2:
        return ()
    span = longest.times[-1] - longest.times[0]
    step = span / (len(longest) - 1)
    return tuple(
        name for name, (length, _) in CYCLES.items() if 4 * step <= length and SEEN * length <= span
    )


def columns(cycles: Sequence[str]) -> int:
    """How many columns stand for these cycles."""
    return sum(2 * CYCLES[name][1] for name in cycles)


def calendar_rows(times: pd.DatetimeIndex, cycles: Sequence[str], zone: str = "") -> np.ndarray:
    """`(times, columns)` in [−1, 1]: sine and cosine of each harmonic of each cycle.

    ```
    sin 2πk p, cos 2πk p        p the part of the cycle that is over, k = 1 … harmonics
    ```

    Args:
        times: without zone, UTC where there is one.
        cycles: names in `CYCLES`.
        zone: by whose clocks days begin.
    """
    local = pd.DatetimeIndex(in_zone(times, zone)).tz_localize(None)
    midnight = local.normalize()
    starts = {
        "day": midnight,
        "week": midnight - pd.to_timedelta(local.day_of_week, unit="D"),
        "year": midnight - pd.to_timedelta(local.day_of_year - 1, unit="D"),
    }
    found = [np.empty((len(times), 0))]
    for name in cycles:
        length, harmonics = CYCLES[name]
        part = ((local - starts[name]) / length).to_numpy("float64")
        angles = 2 * np.pi * part[:, None] * np.arange(1, harmonics + 1)
        found += [np.sin(angles), np.cos(angles)]
    return np.concatenate(found, axis=1)
