"""What a table must hold to be a `Series`, and the repairs that can be asked for."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from .base import Schema, Series
from .steps import HOLIDAY, default_season, find_frequency, on_grid
from .table import OURS, Table, counted
from .times import parse, stamp


def check_columns(table: Table, time: str, target: str, covariates: tuple[str, ...]) -> None:
    """Each column exists, has one role, and does not bear the name of another of ours.

    Raises:
        DataError: names the column, and how to rename it where that helps.
    """
    roles = [c for c in (time, target, *covariates) if c]
    for column in roles:
        table.column(column)
        if roles.count(column) > 1:
            raise table.error(
                f"Column {column!r} is given {roles.count(column)} roles among time, target, past "
                "and future. Give it one."
            )
    taken = {target: ("unique_id", "ds"), time: ("unique_id", "y")} | dict.fromkeys(
        covariates, OURS
    )
    for column, reserved in taken.items():
        if column in reserved:
            raise table.error(
                f"Column {column!r} cannot keep its name, which stands for something else here "
                "(unique_id: the series, ds: its times, y: the target). Rename it: "
                f'frame.rename(columns={{"{column}": "{column}_"}}).'
            )


def checked(
    table: Table,
    time: str,
    target: str,
    schema: Schema,
    *,
    fewest: int,
    missing: str = "error",
    duplicates: str = "error",
    gaps: str = "error",
    time_format: str | None = None,
) -> Series:
    """Checks and repairs a table.

    Args:
        time: the time column as the table calls it, `""` for its index.
        target: the target as the table calls it.
        schema: what the result says; an empty frequency and season 0 are found here.
        fewest: rows the table must have.

    Raises:
        DataError: as `read`.
    """
    if len(table.frame) < fewest:
        have = counted(len(table.frame), "row").replace("0 rows", "no rows")
        raise table.error(f"The table has {have}; it needs at least {fewest}.")
    series_id = _one_id(table) or schema.name
    times, repairs = times_of(table, time, time_format, schema.frequency)
    columns = (target, *schema.past, *schema.future)
    values = np.column_stack([table.numbers(column) for column in columns])
    every_row = np.arange(len(times))
    for column, cells in zip(columns, values.T, strict=True):
        check_finite(table, every_row, times, column, cells, missing == "interpolate")

    rows = np.argsort(times, kind="stable")
    late = int((times.to_numpy() < np.maximum.accumulate(times.to_numpy())).sum())
    if late:
        repairs.append(f"{counted(late, 'row', 'was', 'were')} out of time order and sorted.")
    times, values, rows = _one_row_a_time(
        table, times[rows], values[rows], rows, duplicates, repairs
    )

    if len(times) < fewest:
        raise table.error(f"All rows are of {stamp(times[0])}; at least {fewest} times are needed.")
    frequency = schema.frequency or find_frequency(table, times)
    numbers, at = _checked_grid(table, times, rows, frequency, gaps, given=bool(schema.frequency))
    for column, cells in zip(columns, values.T, strict=True):
        if count := int(np.isnan(cells).sum()):
            were = counted(count, "missing value", "was", "were")
            repairs.append(f"Column {column!r}: {were} interpolated.")
    if len(absent := _absent(numbers, frequency)):
        were = counted(len(absent), "missing time", "was", "were")
        repairs.append(f"{were} inserted and interpolated.")
        every = np.sort(np.concatenate([numbers, absent]))
        wider = np.full((len(every), len(columns)), np.nan)
        wider[np.searchsorted(every, numbers)] = values
        times, values = at(every).as_unit("us"), wider
    _interpolate(times, values)

    data = dict(zip(("y", *columns[1:]), values.T, strict=True))
    frame = pd.DataFrame({"unique_id": series_id, "ds": times, **data})
    season = schema.season or default_season(frequency)
    return Series(replace(schema, frequency=frequency, season=season), frame, tuple(repairs))


def times_of(
    table: Table, time: str, time_format: str | None, frequency: str
) -> tuple[pd.DatetimeIndex, list[str]]:
    """The times of all rows, and the repairs they needed; `time=""` is the index."""
    if time:
        return parse(table, table.column(time), f"Column {time!r}", time_format, frequency)
    return parse(table, table.frame.index.to_series(), "The index", time_format, frequency)


def check_finite(
    table: Table,
    rows: np.ndarray,
    times: pd.DatetimeIndex,
    column: str,
    cells: np.ndarray,
    allow_missing: bool,
    remedy: str = 'Fill them, or ask for it: rnnzoo.read(…, missing="interpolate"), on the '
    "command line --missing interpolate.",
) -> None:
    """Refuses infinite values, a column without any value, and, unless allowed, missing ones.

    Raises:
        DataError: names the column and the `rows` of the table, to which `cells` belong.
    """

    def where(cells: np.ndarray) -> str:
        return table.first(rows[cells], (stamp(times[c]) for c in cells[:3]))

    infinite = np.flatnonzero(np.isinf(cells))
    if len(infinite):
        raise table.error(
            f"Column {column!r} has {counted(len(infinite), 'infinite value')} (or too large for "
            f"64-bit floating point), first at {where(infinite)}. Correct them."
        )
    empty = np.flatnonzero(np.isnan(cells))
    if len(empty) == len(cells):
        raise table.error(
            f"Column {column!r} has no value at all: all {counted(len(cells), 'row')} of it are "
            "missing. Leave the column out, or fill it."
        )
    if len(empty) and not allow_missing:
        raise table.error(
            f"Column {column!r} has {counted(len(empty), 'missing value')}, first at "
            f"{where(empty)}. {remedy}"
        )


def _one_id(table: Table) -> str:
    if "unique_id" not in table.frame.columns:
        return ""
    ids = table.frame["unique_id"].unique()
    if len(ids) > 1:
        shown = ", ".join(map(repr, map(str, ids[:3]))) + (", …" if len(ids) > 3 else "")
        raise table.error(
            f"Column 'unique_id' holds {len(ids)} series ({shown}), and one series at a time is "
            f'read. Choose one: frame[frame.unique_id == "{ids[0]}"].'
        )
    return "" if pd.isna(ids[0]) else str(ids[0])


def _one_row_a_time(
    table: Table,
    times: pd.DatetimeIndex,
    values: np.ndarray,
    rows: np.ndarray,
    duplicates: str,
    repairs: list[str],
) -> tuple[pd.DatetimeIndex, np.ndarray, np.ndarray]:
    again = times.duplicated(keep="first")
    if not again.any():
        return times, values, rows
    if duplicates == "error":
        repeated = np.flatnonzero(again)
        places = table.first(rows[repeated], (stamp(times[r]) for r in repeated[:3]))
        raise table.error(
            f"{counted(len(repeated), 'row', 'repeats', 'repeat')} an earlier time, first at "
            f"{places}. Remove them, or ask for the mean: "
            'duplicates="mean" (--duplicates mean). If an hour is repeated because '
            "clocks went back, give the times with their zone."
        )
    shared = int(times.duplicated(keep=False).sum())
    repairs.append(f"{shared} rows shared their time with another and were replaced by the mean.")
    means = pd.DataFrame(values).groupby(times).mean().to_numpy()
    return times[~again], means, rows[~again]


def _checked_grid(
    table: Table,
    times: pd.DatetimeIndex,
    rows: np.ndarray,
    frequency: str,
    gaps: str,
    given: bool,
) -> tuple[np.ndarray, Callable[[np.ndarray], pd.DatetimeIndex]]:
    numbers, off, at = on_grid(times, frequency)
    holes = np.empty(0, int) if off.any() else _holes(numbers, frequency)
    absent = int((np.diff(numbers)[holes] - 1).sum())
    if not (off.any() or absent > len(times) or (absent and gaps == "error")):
        return numbers, at
    if given and len(times) > 1:
        found = find_frequency(table, times)
        if not np.array_equal(on_grid(times, found)[0], numbers):
            raise table.error(
                f"The times step by {found!r}, where {frequency!r} is expected. Give a table with "
                f'that step, e.g. frame.resample("{frequency}").mean().'
            )
    if off.any():
        between = np.flatnonzero(off)
        places = table.first(rows[between], (stamp(times[r]) for r in between[:3]))
        raise table.error(
            f"{counted(len(between), 'time', 'does', 'do')} not fall on a step of {frequency!r}, "
            f"first at {places}. Correct them, or bring the table to one step, e.g. "
            f'frame.resample("{frequency}").mean().'
        )
    shown = "; ".join(
        f"{stamp(times[h])} ({table.place(int(rows[h]))}) to {stamp(times[h + 1])}, "
        f"{numbers[h + 1] - numbers[h] - 1} missing"
        for h in holes[:3]
    )
    remedy = 'Add the rows, or ask for it: rnnzoo.read(…, gaps="fill"), or --gaps fill.'
    if absent > len(times):
        remedy = "More rows are missing than there are: check the times, or read a part of them."
    raise table.error(
        f"The times have {counted(len(holes), 'gap')} at a step of {frequency!r}: {shown}"
        f"{'; …' if len(holes) > 3 else ''}. {remedy}"
    )


def _holes(numbers: np.ndarray, frequency: str) -> np.ndarray:
    """Positions of the rows before a gap; holidays of a trading calendar are none."""
    return np.flatnonzero(np.diff(numbers) - 1 > (HOLIDAY if frequency == "B" else 0))


def _absent(numbers: np.ndarray, frequency: str) -> np.ndarray:
    """The step numbers missing in the gaps."""
    spans = [np.arange(numbers[h] + 1, numbers[h + 1]) for h in _holes(numbers, frequency)]
    return np.concatenate([np.empty(0, int), *spans])


def _interpolate(times: pd.DatetimeIndex, values: np.ndarray) -> None:
    """Fills NaN in place: linear in time, the nearest value at the ends."""
    clock = times.to_numpy().astype("int64").astype("float64")
    for cells in values.T:
        if (empty := np.isnan(cells)).any():
            cells[empty] = np.interp(clock[empty], clock[~empty], cells[~empty])
