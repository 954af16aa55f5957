"""Checks of the columns of a table."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ...messages import counted
from ..series import Schema
from .options import Rules
from .order import Rows
from .table import OURS, Table
from .timestamps import Times, parse

LARGEST, SMALLEST = 1e100, 1e-100  # of the values of a series, so that squares are numbers


def check_columns(table: Table, time: str, targets: tuple[str, ...], schema: Schema) -> None:
    """Checks that each column exists, has one role, and does not have a reserved name.

    Raises:
        DataError: a column fails; names it, and how to rename it where that helps.
    """
    covariates = (*schema.past, *schema.future, *schema.static, *weight_of(schema))
    roles = [c for c in (time, *targets, *covariates) if c]
    for column in roles:
        table.column(column)
        if roles.count(column) > 1:
            raise table.error(
                f"Column {column!r} is given {roles.count(column)} roles among time, target, past, "
                "future, static and weight. Give it one."
            )
    taken = (
        dict.fromkeys(targets, ("unique_id", "ds"))
        | {time: ("unique_id", "y")}
        | dict.fromkeys(covariates, OURS)
    )
    for column, reserved in taken.items():
        if column in reserved:
            raise table.error(
                f"Column {column!r} needs another name: this one is reserved for something else "
                "(unique_id: the series, ds: its times, y: the target). Rename it: "
                f'frame.rename(columns={{"{column}": "{column}_"}}).'
            )


def rows_of(
    table: Table,
    time: str,
    targets: tuple[str, ...],
    schema: Schema,
    rules: Rules,
    *,
    one: bool = False,
    wide: bool = False,
) -> tuple[Rows, dict[str, tuple[float, ...]], str]:
    """Checks the values of a table, and returns its rows in the order of the table.

    Args:
        time: the time column as the table calls it, `""` for its index.
        targets: the target column; for a wide table, the column of each series.
        one: whether the table may hold only one series.
        wide: whether each series has a column of its own.

    Returns:
        The rows, the static covariates of each series by its id, and the format of their times,
        as `Times` has it.

    Raises:
        DataError: as for `read_panel`.
    """
    frame = table.frame
    fewest = rules.fewest if one or "unique_id" not in frame.columns else 1
    if len(frame) < fewest and not (len(frame) and rules.short == "pad"):
        have = counted(len(frame), "row") if len(frame) else "no rows"
        raise table.error(f"The table has {have}; it needs at least {fewest}.")
    codes, ids = _series_of(table, schema.name, one)
    alone = len(ids) == 1
    times = times_of(table, time, rules, schema.frequency, codes)
    count = len(times.index)
    place = Rows(
        table, ids, codes, times.index.to_numpy(), np.empty((0, count)), np.arange(count), alone,
        (), times.zone, times.clock, times.converted, times.noted,
    )  # fmt: skip
    reader = "rnnzoo.read_series" if alone and not wide else "rnnzoo.read_panel"
    columns = (*targets, *schema.past, *schema.future, *weight_of(schema))
    for column, cells in (values := {c: table.numbers(c) for c in columns}).items():
        if column == schema.weight:
            _check_weights(place, column, cells)
            continue
        ahead = column in schema.future
        allowed = rules.missing == "interpolate" or (rules.missing == "mask" and not ahead)
        remedy = rules.for_missing(reader, ahead)
        check_finite(place, column, cells, allowed, rules.empty, remedy, rules.again)
    statics = _statics(place, schema.static)
    shared = [values[c] for c in columns[len(targets) :]]
    if wide:
        place, shared = _melt(place, targets), [np.tile(c, len(targets)) for c in shared]
    target = np.concatenate([values.pop(c) for c in targets])
    labels = ("" if wide else targets[0], *columns[len(targets) :])
    filled = replace(place, values=np.stack([target, *shared]), labels=labels)
    return filled, statics, times.form


def weight_of(schema: Schema) -> tuple[str, ...]:
    """The column of weights, if there is one."""
    return (schema.weight,) if schema.weight else ()


def _check_weights(rows: Rows, column: str, cells: np.ndarray) -> None:
    """Refuses weights that are missing, infinite or below 0."""
    remedy = "Give every row a weight: 0 for one that is not to count."
    check_finite(rows, column, cells, remedy=remedy)
    below = np.flatnonzero(cells < 0)
    if len(below):
        raise rows.table.error(
            f"Column {column!r} has {counted(len(below), 'weight')} below 0, first at "
            f"{rows.table.first(rows.rows[below], rows.notes(below))}. {remedy}"
        )


def times_of(
    table: Table, time: str, rules: Rules, frequency: str, codes: np.ndarray | None = None
) -> Times:
    """The times of all rows; `time=""` is the index."""
    values = table.column(time) if time else table.frame.index.to_series()
    label = f"Column {time!r}" if time else "The index"
    return parse(table, values, label, rules, frequency, codes)


def check_finite(
    rows: Rows,
    column: str,
    cells: np.ndarray,
    allow_missing: bool = False,
    allow_empty: bool = False,
    remedy: str = "Fill them.",
    again: bool = False,
) -> None:
    """Refuses infinite values, a column without any value, and, unless allowed, missing ones.

    Args:
        again: whether a model was fitted with the column, so that it cannot be left out.

    Raises:
        DataError: names the column and the rows of the table.
    """

    def where(bad: np.ndarray) -> str:
        return rows.table.first(rows.rows[bad], rows.notes(bad))

    infinite = np.flatnonzero(np.isinf(cells))
    if len(infinite):
        raise rows.table.error(
            f"Column {column!r} has {counted(len(infinite), 'infinite value')} (or too large for "
            f"64-bit floating point), first at {where(infinite)}. Correct them, or, if they mean "
            "missing, leave the cells empty."
        )
    _check_size(rows, column, cells, where)
    empty = np.flatnonzero(np.isnan(cells))
    if len(empty) == len(cells) and not (allow_missing and allow_empty):
        raise rows.table.error(
            f"Column {column!r} has no value at all: all {counted(len(cells), 'row')} of it are "
            f"missing. {'Fill it' if again else 'Leave the column out, or fill it'}."
        )
    if len(empty) and not allow_missing:
        raise rows.table.error(
            f"Column {column!r} has {counted(len(empty), 'missing value')}, first at "
            f"{where(empty)}. {remedy}"
        )


def _check_size(
    rows: Rows, column: str, cells: np.ndarray, where: Callable[[np.ndarray], str]
) -> None:
    """Refuses numbers whose squares are beyond those that a computer has.

    Raises:
        DataError: a value that is too large, or a series without one that is large enough.
    """
    size = np.nan_to_num(np.abs(cells))
    huge = np.flatnonzero(size > LARGEST)
    if len(huge):
        raise rows.table.error(
            f"Column {column!r} has {counted(len(huge), 'value')} beyond {LARGEST:g}, first at "
            f"{where(huge)}: their squares are too large to compute with. If they mark missing "
            "values, leave these cells empty; else divide the column by a constant."
        )
    peaks = np.zeros(len(rows.ids))
    np.maximum.at(peaks, rows.codes, size[: len(rows.codes)])
    tiny = np.flatnonzero((peaks > 0) & (peaks < SMALLEST))
    if len(tiny):
        raise rows.table.error(
            f"Column {column!r} has no value of at least {SMALLEST:g} in series "
            f"{rows.ids[tiny[0]]!r}: their squares are too small to compute with. Multiply the "
            "column by a constant."
        )


def ids_of(table: Table) -> tuple[np.ndarray, tuple[str, ...]]:
    """The number of the series of each row, and the ids as text, in order of appearance.

    Raises:
        DataError: some ids are missing.
    """
    codes, found = pd.factorize(table.frame["unique_id"])
    if (codes < 0).any() and len(found):
        rows = np.flatnonzero(codes < 0)
        raise table.error(
            f"Column 'unique_id' has {counted(len(rows), 'missing id')}, first at "
            f"{table.first(rows)}. Name the series of every row."
        )
    text = [_id(one) for one in found]
    if len(set(text)) < len(text):  # 1 and "1" are one series
        again, unique = pd.factorize(np.array(text, object))
        codes, text = again[codes], list(unique)
    return codes, tuple(text)


def _id(name: Any) -> str:
    """An id as text; whole numbers without a point, which missing cells of a column give them."""
    return str(int(name)) if isinstance(name, (float, np.floating)) and name % 1 == 0 else str(name)


def _series_of(table: Table, name: str, one: bool) -> tuple[np.ndarray, tuple[str, ...]]:
    if "unique_id" in table.frame.columns:
        codes, ids = ids_of(table)
        if one and len(ids) > 1:
            shown = ", ".join(map(repr, ids[:3])) + (", …" if len(ids) > 3 else "")
            raise table.error(
                f"Column 'unique_id' holds {len(ids)} series ({shown}), and one series is read "
                f"here. Choose one: {table.choose.format(ids[0])}; or read all of them for "
                "one network with rnnzoo.read_panel(…), or fit the frame as a whole."
            )
        if ids:
            return codes, ids
    return np.zeros(len(table.frame), int), (name,)


def _melt(place: Rows, targets: tuple[str, ...]) -> Rows:
    """The rows of a wide table in long form: one series after the other."""
    many, n = len(targets), len(place.times)
    return replace(
        place,
        ids=targets,
        codes=np.repeat(np.arange(many), n),
        times=np.tile(place.times, many),
        rows=np.tile(place.rows, many),
        alone=many == 1,
    )


def _statics(rows: Rows, columns: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    """The static covariates of each series, by its id."""
    if not columns:
        return {}
    values = np.empty((len(rows.ids), len(columns)))
    _, first = np.unique(rows.codes, return_index=True)
    for place, column in enumerate(columns):
        cells = rows.table.numbers(column)
        check_finite(rows, column, cells, remedy="Fill them: every series needs a value.")
        values[:, place] = cells[first]
        if (differ := np.flatnonzero(cells != cells[first][rows.codes])).size:
            one = rows.codes[differ[0]]
            bad = differ[rows.codes[differ] == one]
            places = [first[one], *bad[:2]]
            shown = rows.table.first(places, (f"{cells[p]:g}" for p in places))
            raise rows.table.error(
                f"Column {column!r} is static, one number for each series, but series "
                f"{rows.ids[one]!r} has several: {shown}. Correct them, or name the column in past "
                "or future."
            )
    return {one: tuple(row.tolist()) for one, row in zip(rows.ids, values, strict=True)}
