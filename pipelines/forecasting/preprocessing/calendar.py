"""Calendar features: sines and cosines of the time of day, week and year."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ....datasets.timezones import in_zone
from ....errors import ArgumentError, ArgumentTypeError, one_of

DAY = pd.Timedelta(days=1)
#: Cycles by name, with their length and their number of harmonics.
CYCLES = {"day": (DAY, 2), "week": (7 * DAY, 2), "year": (365.2425 * DAY, 1)}
SEEN = 2  # cycles that a training span must hold for `"auto"` to use one


def check_calendar(calendar: Any) -> tuple[str, ...] | str:
    """Checks the setting `calendar`: `"auto"`, or names in `CYCLES`; `None` means no cycles.

    Raises:
        ArgumentTypeError, ArgumentError: another value, or a repeated name.
    """
    if calendar is None:
        return ()
    if isinstance(calendar, str) and calendar == "auto":
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


def choose_cycles(calendar: Any, training: TimeSeriesPanel) -> tuple[str, ...]:
    """The cycles to use: for `"auto"` those that can be learned from the longest series.

    These have four steps or more and occur twice in the training span: for an hourly series of
    one year the day and the week, but not the year.
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
    """The number of columns for some cycles."""
    return sum(2 * CYCLES[name][1] for name in cycles)


def calendar_rows(times: pd.DatetimeIndex, cycles: Sequence[str], zone: str = "") -> np.ndarray:
    """Sine and cosine of each harmonic of each cycle, `(times, columns)` in [−1, 1].

    ```
    sin 2πk p, cos 2πk p        p the elapsed share of the cycle, k = 1 … harmonics
    ```

    Args:
        times: times without zone; UTC where `zone` is given.
        cycles: names in `CYCLES`.
        zone: time zone of the days.
    """
    local = pd.DatetimeIndex(in_zone(times, zone)).tz_localize(None)
    midnight = local.normalize()
    starts = {
        "day": midnight,
        "week": midnight - pd.to_timedelta(local.day_of_week, unit="D"),
        "year": midnight - pd.to_timedelta(local.day_of_year - 1, unit="D"),
    }
    waves = [np.empty((len(times), 0))]
    for name in cycles:
        length, harmonics = CYCLES[name]
        part = ((local - starts[name]) / length).to_numpy("float64")
        angles = 2 * np.pi * part[:, None] * np.arange(1, harmonics + 1)
        waves += [np.sin(angles), np.cos(angles)]
    return np.concatenate(waves, axis=1)
