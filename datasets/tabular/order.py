"""Puts the rows of one or several series in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from ...messages import counted, stamp
from ..timezones import as_local
from .options import Rules
from .table import Table, list_series

CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"  # a time of day
MOST_COLUMNS = 8  # columns that are tried, alone and in pairs
MOST_NAMES = 0.5  # a column that names series has at most this share of different values


@dataclass(frozen=True)
class Rows:
    """Rows of several series, in the order of the table or sorted.

    Attributes:
        table: table they come from.
        ids: ids of the series.
        codes: number of the series of each row, `(rows,)`.
        times: `(rows,)` of `datetime64`.
        values: `(columns, rows)`: target, past and future covariates.
        rows: row numbers in the table, `(rows,)`.
        alone: whether the table holds one series, which messages need not name.
        labels: names of the columns in messages; `""` for the target where each series has a
            column of its own.
        zone: time zone in which messages show times that are UTC.
        clock: time zone whose local times these are, where it is known.
        time: the column of the times, as the table calls it; `""` for its index.
        unused: function that loads the other columns of the table, as text.
        converted, noted: what to say of the times, as `Times` has it.
    """

    table: Table
    ids: tuple[str, ...]
    codes: np.ndarray
    times: np.ndarray
    values: np.ndarray
    rows: np.ndarray
    alone: bool
    labels: tuple[str, ...]
    zone: str = ""
    clock: str = ""
    converted: str = ""
    noted: str = ""
    time: str = ""
    unused: Callable[[], pd.DataFrame] = pd.DataFrame

    def __getitem__(self, index: np.ndarray) -> "Rows":
        return replace(
            self,
            codes=self.codes[index],
            times=self.times[index],
            values=self.values[:, index],
            rows=self.rows[index],
        )

    @cached_property
    def bounds(self) -> np.ndarray:
        """Where each series begins and ends in sorted rows, `(series + 1,)`."""
        return np.searchsorted(self.codes, np.arange(len(self.ids) + 1))

    def in_local_time(self) -> "Rows":
        """The rows with the local times of their zone in place of UTC; in order, if they were."""
        local = as_local(pd.DatetimeIndex(self.times), self.zone).to_numpy()
        return replace(self, times=local, zone="", clock=self.zone, converted="")

    def of(self, codes: Sequence[int] | np.ndarray) -> str:
        """Names series for a repair: ` (2 series: 'A', 'B')`; nothing where there is one."""
        chosen = [self.ids[c] for c in np.unique(codes)]
        return "" if self.alone else f" ({list_series(chosen)})"

    def notes(self, places: np.ndarray) -> list[str]:
        """The times of the first three of `places`, with their series."""
        stamps = [stamp(pd.Timestamp(self.times[p]), self.zone) for p in places[:3]]
        if self.alone:
            return stamps
        return [f"{self.ids[self.codes[p]]!r}, {s}" for p, s in zip(places, stamps, strict=False)]

    def table_of(self, code: int) -> Table:
        """The table, with one series named in its messages."""
        if self.alone:
            return self.table
        one, file = repr(self.ids[code]), self.table.file
        return replace(self.table, file=f"{file}, series {one}" if file else f"Series {one}")


def in_order(rows: Rows, repairs: list[str]) -> Rows:
    """Sorts the rows by series and time; rows that share a time stay in the order of the table."""
    every, ranks = np.unique(rows.times, return_inverse=True)
    keys = rows.codes * len(every) + ranks
    if (np.diff(keys) >= 0).all():
        return rows
    grouped = np.argsort(rows.codes, kind="stable")
    key = keys[grouped]
    late = key < np.maximum.accumulate(key)
    if late.any():
        were = counted(int(late.sum()), "row", "was", "were")
        where = rows.of(rows.codes[grouped][late])
        repairs.append(f"{were} out of time order and sorted{where}.")
    return rows[np.argsort(keys, kind="stable")]


def merge_duplicates(rows: Rows, rules: Rules, repairs: list[str]) -> Rows:
    """Makes one row of those of a series that share a time: their mean.

    Raises:
        DataError: a time is repeated, and `rules.duplicates` is `"error"`.
    """
    again = np.zeros(len(rows.codes), bool)
    again[1:] = (np.diff(rows.codes) == 0) & (rows.times[1:] == rows.times[:-1])
    if not again.any():
        return rows
    if rules.duplicates == "error":
        repeated = np.flatnonzero(again)
        places = rows.table.first(rows.rows[repeated], rows.notes(repeated))
        raise rows.table.error(
            f"{counted(len(repeated), 'row', 'repeats', 'repeat')} an earlier time, first at "
            f"{places}. {_remedy(rows, repeated)}"
        )
    shared = again | np.append(again[1:], False)
    telling = _tells_apart(rows, np.flatnonzero(again))
    columns = " and ".join(map(repr, telling))
    warning = f" {columns} would tell them apart: was that meant?" if telling else ""
    repairs.append(
        f"{int(shared.sum())} rows shared their time with another and were replaced by the "
        f"mean{rows.of(rows.codes[again])}.{warning}"
    )
    means = pd.DataFrame(rows.values.T).groupby(np.cumsum(~again)).mean().to_numpy()
    return replace(rows[~again], values=np.ascontiguousarray(means.T))


def _remedy(rows: Rows, repeated: np.ndarray) -> str:
    """What to do about repeated times; `repeated` are positions in sorted rows."""
    columns = _tells_apart(rows, repeated)
    if columns and rows.time and rows.unused()[columns[0]].astype("str").str.fullmatch(CLOCK).all():
        return (
            f"Column {columns[0]!r} holds the hour: join the two, "
            f'time=["{rows.time}", "{columns[0]}"] (--time "{rows.time},{columns[0]}").'
        )
    if columns:
        several = f'"{columns[0]}"' if len(columns) == 1 else str(list(columns)).replace("'", '"')
        return (
            f"{' and '.join(map(repr, columns))} would tell the rows apart. If that names series: "
            f"rnnzoo.read_panel(…, id={several}) (--id {','.join(columns)}); else choose the rows "
            "of one."
        )
    return (
        'Remove them, or take their mean: duplicates="mean" (--duplicates mean). If an hour is '
        "repeated because clocks went back, give the times with their zone, or say "
        'zone="…" (--zone …).'
    )


def _tells_apart(rows: Rows, repeated: np.ndarray) -> tuple[str, ...]:
    """One or two columns that are not used and differ within each repeated time, `()` if none do:
    hours of a day, or names of series."""
    frame = rows.unused()
    if frame.empty:
        return ()
    cells = frame.astype("str").iloc[rows.rows].reset_index(drop=True)
    few = [
        column
        for column, own in cells.items()
        if own.str.fullmatch(CLOCK).all() or 1 < own.nunique() <= MOST_NAMES * len(own)
    ][:MOST_COLUMNS]
    group = pd.Series(np.cumsum(~np.isin(np.arange(len(rows.times)), repeated)), name="")
    for columns in (*((one,) for one in few), *combinations(few, 2)):
        keys = pd.concat([group, cells[list(columns)]], axis=1)
        if not keys.duplicated().any():
            return tuple(map(str, columns))
    return ()


def drop_or_pad_short(rows: Rows, rules: Rules, repairs: list[str]) -> tuple[Rows, np.ndarray]:
    """Drops short series, or counts the rows that each lacks, as `rules.short` says.

    Returns:
        The rows, and the number of rows to add before each series, `(series,)`.

    Raises:
        DataError: there are short series, and `rules.short` is `"error"`; or all are short.
    """
    lengths = np.diff(rows.bounds)
    short = np.flatnonzero(lengths < rules.fewest)
    pads = np.zeros(len(rows.ids), int)
    if not len(short):
        return rows, pads
    if rows.alone and rules.short == "error":
        raise rows.table.error(
            f"All rows are of {stamp(pd.Timestamp(rows.times[0]), rows.zone)}; at least "
            f"{rules.fewest} times are needed."
            if len(rows.times) == 1
            else f"The series has {len(rows.times)} rows; it needs at least {rules.fewest}."
        )
    if rules.short == "error":
        first = ", ".join(f"{rows.ids[c]!r} ({lengths[c]})" for c in short[:3])
        raise rows.table.error(
            f"{len(short)} of {len(rows.ids)} series have fewer than {rules.fewest} rows: {first}"
            f'{", …" if len(short) > 3 else ""}. Leave them out, or say short="drop" '
            '(--short drop); or short="pad" (--short pad), which repeats the first value before it.'
        )
    series = f"{len(short)} series with fewer than {rules.fewest} rows"
    were = "was" if len(short) == 1 else "were"
    if rules.short == "pad":
        pads[short] = rules.fewest - lengths[short]
        repairs.append(
            f"{series} {were} begun earlier by {int(pads.sum())} rows of the first "
            f"value{rows.of(short)}."
        )
        return rows, pads
    if len(short) == len(rows.ids):
        raise rows.table.error(f"No series has {rules.fewest} rows.")
    repairs.append(f"{series} {were} left out{rows.of(short)}.")
    enough = lengths >= rules.fewest
    rows = rows[enough[rows.codes]]
    ids = tuple(one for one, stays in zip(rows.ids, enough, strict=True) if stays)
    return replace(rows, ids=ids, codes=(np.cumsum(enough) - 1)[rows.codes]), pads[enough]
