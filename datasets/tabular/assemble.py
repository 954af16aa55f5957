"""Makes series in time order from the columns of a table, checks them and lists the repairs."""

import warnings
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from ...errors import DataError
from ...messages import counted
from ..series import Schema, TimeSeries, TimeSeriesPanel
from ..steps import Sessions, steps_of
from .frequency import find_frequency, find_local, resampled
from .gaps import absent, check_grid, may_be_clocks, other_step, regular
from .impute import Grid, carry_forward, interpolate, pad_short, with_gaps
from .options import Rules
from .order import Rows, drop_or_pad_short, in_order, merge_duplicates
from .table import TableSource, list_series
from .validate import rows_of, weight_of

PRECISION = 1e-12  # share of the size of a column; float64 resolves steps of 2e-16 of it


def panel_of(
    unread: TableSource,
    time: str,
    targets: tuple[str, ...],
    schema: Schema,
    rules: Rules,
    *,
    one: bool = False,
    wide: bool = False,
    name: str | None = None,
) -> TimeSeriesPanel:
    """Reads the columns that are needed of a table, and makes series of them.

    Args:
        unread: the table.
        time: the time column as the table calls it, `""` for its index.
        targets: the target column as the table calls it; for a wide table, the column of each
            series.
        schema: schema of the result; an empty frequency and season 0 are found from the data.
        one: whether the table may hold only one series.
        wide: whether each series has a column of its own.
        name: name of the series where `one` is set; by default its id, else `schema.name`.

    Raises:
        DataError: as for `read_panel`.
    """
    numbers = (*targets, *schema.past, *schema.future, *schema.static, *weight_of(schema))
    table = unread.load(("unique_id", time), numbers)
    if not rules.again:
        schema = replace(schema, na=rules.na, dialect=table.dialect)
    rows, statics, form = rows_of(table, time, targets, schema, rules, one=one, wide=wide)
    rows = replace(rows, time=time, unused=lambda: unread.unused(("unique_id", time, *numbers)))
    schema = replace(schema, time_format=schema.time_format or form)
    if one and name:
        statics = dict.fromkeys([name], *statics.values()) if statics else {}
        rows = replace(rows, ids=(name,))
    series, schema, repairs = _arrange(rows, schema, rules)
    if statics:
        series = [replace(s, static=statics[s.unique_id]) for s in series]
    return TimeSeriesPanel(schema, tuple(series), (*unread.notes, *table.notes, *repairs))


def _arrange(
    given: Rows, schema: Schema, rules: Rules
) -> tuple[list[TimeSeries], Schema, list[str]]:
    """Checks and repairs the rows; returns series in time order, their full schema, the repairs."""
    arranging: list[str] = []
    rows = merge_duplicates(in_order(given, arranging), rules, arranging)
    rows, pads = drop_or_pad_short(rows, rules, arranging)
    rows, frequency = _in_steps(rows, schema, rules)
    repairs = [*filter(None, (rows.noted, rows.converted)), *arranging]
    _check_values(rows, schema, rules, repairs)
    season = schema.season or steps_of(frequency).season
    zone = rows.zone or schema.zone
    schema = replace(
        schema, frequency=frequency, season=season, zone=zone, clock=rows.clock or schema.clock
    )
    series = _series(rows, pads, schema, rules, repairs)
    return series, replace(schema, masked=series[0].schema.masked), repairs


def _in_steps(rows: Rows, schema: Schema, rules: Rules) -> tuple[Rows, str]:
    """The rows, in local time where their steps follow it, and the frequency: that of the series
    with the most rows."""
    frequency, local = schema.frequency, False
    if frequency:
        local = bool(rows.zone) and not rules.again and steps_of(frequency).by_days
    else:
        bounds = rows.bounds
        longest = int(np.argmax(np.diff(bounds)))
        times = pd.DatetimeIndex(rows.times[bounds[longest] : bounds[longest + 1]])
        if len(times) < 2:
            raise rows.table.error(
                "No series has 2 rows, so no step can be found. Say frequency=… (--frequency D)."
            )
        if rows.zone:
            frequency, local = find_local(rows.table, times, rows.zone, rules.rows)
        else:
            frequency = find_frequency(rows.table, times, rules.rows)
    if local and rows.zone != "UTC":
        said = f"The times are local ones of {rows.zone}, in which days and sessions are counted."
        rows = replace(rows.in_local_time(), noted=" ".join(filter(None, (rows.noted, said))))
    steps = steps_of(frequency)
    if isinstance(steps, Sessions) and steps.closed:
        span = pd.DatetimeIndex(rows.times)
        frequency = str(steps.without_far_days_off(span.min(), span.max()))
    return rows, frequency


def _check_values(rows: Rows, schema: Schema, rules: Rules, repairs: list[str]) -> None:
    """Refuses columns without any value in a series, lists missing values, warns of huge ones."""
    starts, lengths = rows.bounds[:-1], np.diff(rows.bounds)
    for place, (label, cells) in enumerate(zip(rows.labels, rows.values, strict=True)):
        label = f"Column {label!r}" if label else "The target"
        gone = np.isnan(cells)
        if gone.any():
            count = np.add.reduceat(gone, starts, dtype=int)
            void = np.flatnonzero(count == lengths)
            if len(void) and not rules.empty:
                raise rows.table.error(
                    f"{label} has no value at all in {list_series([rows.ids[c] for c in void])}. "
                    "Leave these series out, or fill them."
                )
            masked = rules.missing == "mask" and place <= len(schema.past)
            were = counted(int(gone.sum()), "missing value", "was", "were")
            done = "left missing" if masked else "interpolated"
            repairs.append(f"{label}: {were} {done}{rows.of(np.flatnonzero(count))}.")
        low, high = np.fmin.reduceat(cells, starts), np.fmax.reduceat(cells, starts)
        size = np.maximum(abs(low), abs(high))
        blurred = np.flatnonzero((high > low) & (high - low < PRECISION * size))
        if len(blurred):
            warnings.warn(
                f"{label} moves by less than {PRECISION:g} of its size, which 64-bit floating "
                f"point blurs{rows.of(blurred)}. Subtract its first value before reading.",
                UserWarning,
                stacklevel=5,
            )


def _series(
    rows: Rows, pads: np.ndarray, schema: Schema, rules: Rules, repairs: list[str]
) -> list[TimeSeries]:
    frequency = schema.frequency
    is_regular = regular(rows.times, rows.codes, len(rows.ids), frequency)
    grids = _grids(rows, is_regular, frequency, rules)
    if inserted := {c: absent(numbers, frequency) for c, (numbers, _) in grids.items()}:
        rows = with_gaps(rows, grids, inserted)
    own = 1 + len(schema.past)  # target and past covariates, which a mask covers
    count = sum(map(len, inserted.values()))
    unasked = bool(count) and rules.gaps == "auto" and rules.missing == "error"
    masked = rules.missing == "mask" or (unasked and not rules.again)
    fill = carry_forward if unasked or (rules.gaps == "auto" and masked) else interpolate
    filled = fill(rows, own if masked else 0)[:own]
    if count:
        were = counted(count, "missing time", "was", "were")
        done = "without values" if masked else "with the values of the rows before"
        done = "and interpolated" if fill is interpolate and not masked else done
        if masked and fill is carry_forward and (schema.future or schema.weight):
            done += ", but with the known-future columns and weights of the rows before"
        codes = [code for code, numbers in inserted.items() if len(numbers)]
        said = f"{were} inserted {done}{rows.of(codes)}."
        if unasked and masked:
            said += ' gaps="error" (--gaps error) refuses them.'
        elif unasked:  # the network was fitted on complete series
            warnings.warn(said, UserWarning, stacklevel=5)
        if unasked and may_be_clocks(grids, steps_of(frequency)) and not rows.zone:
            said += ' If they are local times and clocks went forward, say zone="…" (--zone …).'
        repairs.append(said)
    steps = steps_of(frequency)
    if isinstance(steps, Sessions) and not steps.daily and not rules.again:
        ends = zip(rows.bounds[:-1], rows.bounds[1:], strict=True)
        there = [pd.DatetimeIndex(rows.times[[a, b - 1]]) for a, b in ends]
        lacking = sum(steps.between(*both) + 1 for both in there) - len(rows.times)
        if lacking > 0:
            repairs.append(
                f"{lacking} times of the calendar {frequency!r} have no row, and are no steps."
            )
    if masked and not schema.masked:
        schema = replace(schema, masked=True)
    if pads.any():
        rows, filled = pad_short(rows, pads, frequency, filled)
    ids = pd.Series(rows.ids, dtype="str").repeat(np.diff(rows.bounds).tolist())
    columns = ("y", *schema.past, *schema.future, *weight_of(schema))
    values = dict(zip(columns, rows.values, strict=True))
    whole = pd.DataFrame({"unique_id": ids.array, "ds": pd.DatetimeIndex(rows.times), **values})
    return [
        TimeSeries(
            replace(schema, name=one),
            whole.iloc[a:b].reset_index(drop=True),  # a view
            filled=filled[:, a:b].T if filled[:, a:b].any() else None,
        )
        for one, (a, b) in zip(rows.ids, pairwise(rows.bounds), strict=True)
    ]


def _grids(
    rows: Rows, good: np.ndarray, frequency: str, rules: Rules
) -> dict[int, tuple[np.ndarray, Grid]]:
    """The step numbers of the series that are not `regular`, as `check_grid` returns them.

    Raises:
        DataError: a series has another step, or gaps that may not be filled.
    """
    grids = {}
    failed: DataError | None = None
    other: dict[str, str] = {}
    for code in np.flatnonzero(~good).tolist():
        try:
            grids[code] = check_grid(rows, code, frequency, rules)
        except DataError as error:
            failed = failed or error
            times = pd.DatetimeIndex(rows.times[slice(*rows.bounds[code : code + 2])])
            if step := other_step(rows.table, times, frequency):
                other[rows.ids[code]] = step
    if failed and not other:
        raise failed
    if other and rows.alone:
        (step,) = other.values()
        example = resampled(frequency)
        raise rows.table.error(
            f"The times step by {step!r}, where {frequency!r} is expected. Give a table with that "
            f"step{f', e.g. {example}' if example else ''}."
        )
    if other:
        first = ", ".join(f"{one!r} by {step!r}" for one, step in list(other.items())[:3])
        raise rows.table.error(
            f"All series must step by {frequency!r}, but {len(other)} of {len(rows.ids)} do not: "
            f"{first}{', …' if len(other) > 3 else ''}. Bring them to one step, or read them apart."
        )
    return grids
