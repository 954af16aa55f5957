"""Checks that times have one step, and finds the gaps between them."""

import numpy as np
import pandas as pd

from ...errors import DataError
from ...messages import counted, stamp
from ..steps import OffsetSteps, Steps, steps_of
from .frequency import find_frequency, resampled
from .impute import Grid
from .options import Rules
from .order import Rows
from .table import Table

FEW = 0.02  # most missing times, as a share, that do not stop a first forecast
_HOUR = pd.Timedelta(hours=1)


def regular(times: np.ndarray, codes: np.ndarray, series: int, frequency: str) -> np.ndarray:
    """Which series step by `frequency` from first to last, `(series,)` of `bool`.

    A quick check of all series at once; a series that fails it may still pass `check_grid`.

    Args:
        times: in order of the series and of time, `datetime64`.
        codes: number of the series of each time.
    """
    steps = steps_of(frequency)
    ok = np.ones(series, bool)
    within = np.diff(codes) == 0
    if steps.fixed is not None:
        bad = within & (np.diff(times) != steps.fixed.to_timedelta64())
        ok[codes[1:][bad]] = False
        return ok
    every, places = np.unique(times, return_inverse=True)
    numbers, off, _ = steps.count(pd.DatetimeIndex(every))
    moved = np.diff(numbers[places])
    ok[codes[1:][within & ((moved < 1) | (moved > steps.pause + 1))]] = False
    ok[codes[off[places]]] = False
    return ok


def check_grid(rows: Rows, code: int, frequency: str, rules: Rules) -> tuple[np.ndarray, Grid]:
    """Counts the times of one series in steps.

    Args:
        rows: rows in order.
        code: number of the series.

    Returns:
        The step number of each time, and the function from step numbers back to times.

    Raises:
        DataError: times between steps, or gaps that may not be filled.
    """
    table, span = rows.table_of(code), slice(*rows.bounds[code : code + 2])
    times, places = pd.DatetimeIndex(rows.times[span]), rows.rows[span]
    steps = steps_of(frequency)
    numbers, off, at = steps.count(times)
    if off.any():
        raise _between_steps(table, rows, times, places, off, frequency)
    holes = _holes(numbers, steps)
    missing = int((np.diff(numbers)[holes] - 1).sum())
    few = rules.gaps == "auto" and missing <= max(1, FEW * len(times))
    if not missing or few or (rules.gaps == "fill" and missing <= len(times)):
        return numbers, at
    shown = "; ".join(
        f"{stamp(times[h], rows.zone)} ({table.place(int(places[h]))}) to "
        f"{stamp(times[h + 1], rows.zone)}, "
        f"{numbers[h + 1] - numbers[h] - 1} missing"
        for h in holes[:3]
    )
    remedy = rules.for_gaps("rnnzoo.read_series" if rows.alone else "rnnzoo.read_panel")
    if may_be_clocks({code: (numbers, at)}, steps) and not rows.zone:
        remedy += ' If they are local times and clocks went forward, say zone="…" (--zone …).'
    if missing > len(times):
        remedy = (
            "More rows are missing than there are: check the times, or, if each row is a step "
            'whatever its time, say calendar="rows" (--frequency rows).'
        )
    raise table.error(
        f"The times have {counted(len(holes), 'gap')} at a step of {frequency!r}: {shown}"
        f"{'; …' if len(holes) > 3 else ''}. {remedy}"
    )


def may_be_clocks(grids: dict[int, tuple[np.ndarray, Grid]], steps: Steps) -> bool:
    """Whether the gaps may be the hour that local clocks skip: one hour each, at most."""
    hourly = steps.fixed is not None and steps.fixed <= _HOUR  # longer steps skip no row
    return hourly and all((np.diff(numbers) <= 2).all() for numbers, _ in grids.values())


def _between_steps(
    table: Table,
    rows: Rows,
    times: pd.DatetimeIndex,
    places: np.ndarray,
    off: np.ndarray,
    frequency: str,
) -> DataError:
    """The complaint about times that fall between steps."""
    between = np.flatnonzero(off)
    where = table.first(places[between], (stamp(times[r], rows.zone) for r in between[:3]))
    remedy = f"Correct them, or bring the table to one step, e.g. {resampled(frequency)}."
    steps = steps_of(frequency)
    hours = pd.DatetimeIndex(times) - times.normalize()
    if steps.by_days and _move_with_clocks(hours[off].unique(), hours[~off].unique()):
        remedy = (
            "They move by an hour, as local times do that are written in UTC, when clocks change: "
            'say whose, zone="…" (--zone Europe/Paris); times without a zone first become UTC by '
            'frame["ds"].dt.tz_localize("UTC").'
        )
    elif not isinstance(steps, OffsetSteps):
        remedy = (
            'Correct them; or, if each row is a step whatever its time, say calendar="rows" '
            "(--frequency rows)."
        )
    elif not rows.alone:
        remedy = "Correct them, or bring the series to one step."
    return table.error(
        f"{counted(len(between), 'time', 'does', 'do')} not fall on a step of {frequency!r}, "
        f"first at {where}. {remedy}"
    )


def _move_with_clocks(off: pd.TimedeltaIndex, on: pd.TimedeltaIndex) -> bool:
    """Whether the times of day off the steps are those on them, moved as clocks are."""
    if len(off) != 1 or len(on) != 1:
        return False
    moved = abs(pd.Timedelta(off[0] - on[0]))
    return min(moved, 24 * _HOUR - moved) in (_HOUR / 2, _HOUR)


def other_step(table: Table, times: pd.DatetimeIndex, frequency: str) -> str:
    """The frequency of sorted times where it differs from `frequency`, else `""`."""
    if len(times) < 2:
        return ""
    try:
        found = find_frequency(table, times)
    except DataError:
        return ""
    same = np.array_equal(steps_of(found).count(times)[0], steps_of(frequency).count(times)[0])
    return "" if same else found


def absent(numbers: np.ndarray, frequency: str) -> np.ndarray:
    """The step numbers that are missing in the gaps."""
    holes = _holes(numbers, steps_of(frequency))
    spans = [np.arange(numbers[h] + 1, numbers[h + 1]) for h in holes]
    return np.concatenate([np.empty(0, int), *spans])


def _holes(numbers: np.ndarray, steps: Steps) -> np.ndarray:
    """Positions of the rows before a gap; holidays of a calendar do not count as gaps."""
    return np.flatnonzero(np.diff(numbers) - 1 > steps.pause)
