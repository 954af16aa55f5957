"""Rows of one or several series, put in order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ...messages import counted, stamp
from .options import Rules
from .table import Table, of_series


@dataclass(frozen=True)
class Rows:
    """Rows of several series, as they stand in a table or already in order.

    Attributes:
        table: where they come from.
        ids: of the series.
        codes: the number of the series of each row.
        times: `(rows,)` of `datetime64`.
        values: `(columns, rows)`: target, past and future covariates.
        rows: of the table, `(rows,)`.
        alone: whether the table holds one series, which messages need not name.
        labels: the columns as messages call them; the target's is `""` where each series
            has a column of its own.
        zone: in which messages show the times, where they are UTC.
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

    def __getitem__(self, chosen: np.ndarray) -> "Rows":
        return replace(
            self,
            codes=self.codes[chosen],
            times=self.times[chosen],
            values=self.values[:, chosen],
            rows=self.rows[chosen],
        )

    @cached_property
    def bounds(self) -> np.ndarray:
        """Where each series begins and ends, of rows in order."""
        return np.searchsorted(self.codes, np.arange(len(self.ids) + 1))

    def of(self, codes: Sequence[int] | np.ndarray) -> str:
        """Names series for a repair: ` (2 series: 'A', 'B')`; nothing where there is one."""
        chosen = [self.ids[c] for c in np.unique(codes)]
        return "" if self.alone else f" ({of_series(chosen)})"

    def notes(self, places: np.ndarray) -> list[str]:
        """The times of the first three of `places`, with their series."""
        stamps = [stamp(pd.Timestamp(self.times[p]), self.zone) for p in places[:3]]
        if self.alone:
            return stamps
        return [f"{self.ids[self.codes[p]]!r}, {s}" for p, s in zip(places, stamps, strict=False)]

    def table_of(self, code: int) -> Table:
        """The table, its messages about one series."""
        if self.alone:
            return self.table
        one, file = repr(self.ids[code]), self.table.file
        return replace(self.table, file=f"{file}, series {one}" if file else f"Series {one}")


def in_order(rows: Rows, repairs: list[str]) -> Rows:
    """The rows by series and time, in the order of the table where times are shared."""
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


def one_row_a_time(rows: Rows, rules: Rules, repairs: list[str]) -> Rows:
    """The rows in order with no time twice in a series.

    Raises:
        DataError: a time is repeated, and the mean is not asked for.
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
            f"{places}. Remove them, or ask for the mean: "
            'duplicates="mean" (--duplicates mean). If an hour is repeated because '
            'clocks went back, give the times with their zone, or say zone="…".'
        )
    shared = again | np.append(again[1:], False)
    repairs.append(
        f"{int(shared.sum())} rows shared their time with another and were replaced by the "
        f"mean{rows.of(rows.codes[again])}."
    )
    means = pd.DataFrame(rows.values.T).groupby(np.cumsum(~again)).mean().to_numpy()
    return replace(rows[~again], values=np.ascontiguousarray(means.T))


def long_enough(rows: Rows, rules: Rules, repairs: list[str]) -> tuple[Rows, np.ndarray]:
    """The rows without the series that are too short, or how many each lacks, `(series,)`.

    Raises:
        DataError: there are some, and neither is asked for; or no other.
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
            f'{", …" if len(short) > 3 else ""}. Leave them out, or ask for it: short="drop" '
            '(--short drop); or short="pad" (--short pad), which repeats the first value before it.'
        )
    told = f"{len(short)} series with fewer than {rules.fewest} rows"
    were = "was" if len(short) == 1 else "were"
    if rules.short == "pad":
        pads[short] = rules.fewest - lengths[short]
        repairs.append(
            f"{told} {were} begun earlier by {int(pads.sum())} rows of the first "
            f"value{rows.of(short)}."
        )
        return rows, pads
    if len(short) == len(rows.ids):
        raise rows.table.error(f"No series has {rules.fewest} rows.")
    repairs.append(f"{told} {were} left out{rows.of(short)}.")
    keep = lengths >= rules.fewest
    rows = rows[keep[rows.codes]]
    ids = tuple(one for one, kept in zip(rows.ids, keep, strict=True) if kept)
    return replace(rows, ids=ids, codes=(np.cumsum(keep) - 1)[rows.codes]), pads[keep]
