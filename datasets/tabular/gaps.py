"""Checks that times have one step, and finds the gaps between them."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ...errors import DataError
from ...messages import counted, stamp
from .frequency import HOLIDAY, find_frequency, fixed_step, on_grid
from .options import Rules
from .order import Rows
from .table import Table


def regular(times: np.ndarray, codes: np.ndarray, series: int, frequency: str) -> np.ndarray:
    """Which series step by `frequency` from first to last, `(series,)` of `bool`.

    A quick check of all series at once; a series that fails it may still pass `check_grid`.

    Args:
        times: in order of the series and of time, `datetime64`.
        codes: number of the series of each time.
    """
    fixed = fixed_step(frequency)
    ok = np.ones(series, bool)
    within = np.diff(codes) == 0
    if fixed is not None:
        bad = within & (np.diff(times) != fixed.to_timedelta64())
        ok[codes[1:][bad]] = False
        return ok
    offset = pd.tseries.frequencies.to_offset(frequency)
    every, places = np.unique(times, return_inverse=True)
    grid = pd.date_range(every[0], every[-1], freq=offset.base)
    numbers = grid.get_indexer(pd.DatetimeIndex(every))[places]
    most = HOLIDAY + 1 if frequency == "B" else offset.n
    steps = np.diff(numbers)
    ok[codes[1:][within & ((steps < offset.n) | (steps > most))]] = False
    ok[codes[numbers < 0]] = False
    return ok


def check_grid(
    rows: Rows, code: int, frequency: str, rules: Rules
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
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
    numbers, off, at = on_grid(times, frequency)
    holes = np.empty(0, int) if off.any() else _holes(numbers, frequency)
    missing = int((np.diff(numbers)[holes] - 1).sum())
    if not (off.any() or missing > len(times) or (missing and rules.gaps == "error")):
        return numbers, at
    if off.any():
        between = np.flatnonzero(off)
        where = table.first(places[between], (stamp(times[r], rows.zone) for r in between[:3]))
        raise table.error(
            f"{counted(len(between), 'time', 'does', 'do')} not fall on a step of {frequency!r}, "
            f"first at {where}. Correct them, or bring the table to one step, e.g. "
            f'frame.resample("{frequency}").mean().'
        )
    shown = "; ".join(
        f"{stamp(times[h], rows.zone)} ({table.place(int(places[h]))}) to "
        f"{stamp(times[h + 1], rows.zone)}, "
        f"{numbers[h + 1] - numbers[h] - 1} missing"
        for h in holes[:3]
    )
    remedy = rules.for_gaps("rnnzoo.read_series" if rows.alone else "rnnzoo.read_panel")
    step = fixed_step(frequency)
    hourly = step is not None and step <= pd.Timedelta(hours=1)  # longer steps skip no row
    if hourly and not rows.zone and missing == len(holes):
        remedy += ' If they are local times and clocks went forward, say zone="…".'
    if missing > len(times):
        remedy = "More rows are missing than there are: check the times, or read a part of them."
    raise table.error(
        f"The times have {counted(len(holes), 'gap')} at a step of {frequency!r}: {shown}"
        f"{'; …' if len(holes) > 3 else ''}. {remedy}"
    )


def other_step(table: Table, times: pd.DatetimeIndex, frequency: str) -> str:
    """The frequency of sorted times where it differs from `frequency`, else `""`."""
    if len(times) < 2:
        return ""
    try:
        found = find_frequency(table, times)
    except DataError:
        return ""
    same = np.array_equal(on_grid(times, found)[0], on_grid(times, frequency)[0])
    return "" if same else found


def absent(numbers: np.ndarray, frequency: str) -> np.ndarray:
    """The step numbers that are missing in the gaps."""
    spans = [np.arange(numbers[h] + 1, numbers[h + 1]) for h in _holes(numbers, frequency)]
    return np.concatenate([np.empty(0, int), *spans])


def _holes(numbers: np.ndarray, frequency: str) -> np.ndarray:
    """Positions of the rows before a gap; holidays of a trading calendar do not count as gaps."""
    return np.flatnonzero(np.diff(numbers) - 1 > (HOLIDAY if frequency == "B" else 0))
