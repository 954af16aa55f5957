"""A table as given by the user, and the wording of messages about it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...errors import DataError, nearest
from ...messages import counted
from ..dialect import NO_DIALECT, Dialect
from .na import read_as_missing
from .numeric import Numbers

__all__ = ["OURS", "Table", "TableSource", "counted", "list_series", "names"]

OURS = ("unique_id", "ds", "y")


@dataclass(frozen=True)
class Table:
    """An unchecked table.

    Attributes:
        frame: the rows; never changed. For a file, only the requested columns.
        file: file name; `""` for a frame.
        lines: line of the file at which each row starts; `None` where the file has no lines.
        na: signs of missing values in columns of numbers.
        dialect: how a CSV file was written, as far as that is known.
        notes: what was found in reading the rows, one sentence each.
        choose: code that chooses one series of a frame, with `{}` for its id.
        words: words in the first rows of a file, by their line.
    """

    frame: pd.DataFrame
    file: str = ""
    lines: np.ndarray | None = None
    na: tuple[float | str, ...] = ()
    dialect: Dialect = NO_DIALECT
    notes: list[str] = field(default_factory=list)
    choose: str = 'frame[frame.unique_id == "{}"]'
    words: Mapping[str, int] = field(default_factory=dict)

    def place(self, row: int) -> str:
        """Where a row is: its line in the file (header = line 1), or its number from 0."""
        return f"row {row}" if self.lines is None else f"line {self.lines[row]}"

    def first(self, rows: Sequence[int] | np.ndarray, notes: Iterable[str] = ()) -> str:
        """The first three of `rows`, each with its note in parentheses if there is one."""
        notes = list(notes)[:3]
        return self._places(list(rows[:3]), [*notes, *[""] * (3 - len(notes))], len(rows))

    def error(self, text: str) -> DataError:
        return DataError(f"{self.file}: {text}" if self.file else text)

    def no_column(self, name: str) -> DataError:
        columns = list(map(str, self.frame.columns))
        near = nearest(name, columns)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        if above := self.words.get(name, 1) - 1:
            hint = (
                f" It is in line {above + 1}: if that is the header, say skip_rows={above} "
                f"(--skip-rows {above})."
            )
        return self.error(f"There is no column {name!r}.{hint} The columns are {names(columns)}.")

    def column(self, name: str) -> pd.Series:
        if name not in self.frame.columns:
            raise self.no_column(name)
        return self.frame[name]

    def numbers(self, name: str) -> np.ndarray:
        """A column as `float64`, NaN where a value is missing.

        Raises:
            DataError: no such column, or it holds anything but numbers.
        """
        reader = Numbers(self.na)
        values = reader.take(self.column(name))
        self.check_numbers(name, reader)
        self.notes.extend(read_as_missing({name: reader.found}))
        return values

    def check_numbers(self, name: str, reader: Numbers) -> None:
        """Checks that `reader` found only numbers in the column `name`.

        Raises:
            DataError: it found something else.
        """

        def where(first: Sequence[tuple[int, Any]], count: int) -> str:
            return self._places([r for r, _ in first], [repr(c) for _, c in first], count)

        if complaint := reader.complaint(name, where):
            raise self.error(complaint)

    def _places(self, rows: list[int], notes: list[str], count: int) -> str:
        places = [
            f"{self.place(int(r))} ({n})" if n else self.place(int(r))
            for r, n in zip(rows, notes, strict=False)
        ]
        return ", ".join(places) + (", …" if count > 3 else "")


@dataclass(frozen=True)
class TableSource:
    """A table whose columns are known and whose rows are loaded on request.

    Attributes:
        head: the columns without rows; a frame as a whole.
        numeric: columns that hold numbers, judged by the first rows of the file.
        load: function from the columns of times and ids, and those of numbers, to their rows.
        notes: how the file was read where nobody said it, one sentence each.
    """

    head: Table
    numeric: frozenset[str]
    load: Callable[[Sequence[str], Sequence[str]], Table]
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.head.frame.columns)

    def unused(self, used: Sequence[str]) -> pd.DataFrame:
        """Columns that are not `used`, as text; at most the first 50."""
        rest = [column for column in self.columns if column not in used][:50]
        return self.load(rest, ()).frame[rest]

    @property
    def indexed(self) -> bool:
        """Whether the index holds times."""
        return isinstance(self.head.frame.index, (pd.DatetimeIndex, pd.PeriodIndex))


def names(columns: Iterable[str]) -> str:
    """Column names for a message; at most the first 20."""
    listed = list(map(repr, columns))
    rest = f" and {len(listed) - 20} more" if len(listed) > 20 else ""
    return ", ".join(listed[:20]) + rest if listed else "(none)"


def list_series(ids: Sequence[str]) -> str:
    """Ids for a message, `3 series: 'A', 'B', 'C'`; at most the first three."""
    shown = ", ".join(map(repr, ids[:3])) + (", …" if len(ids) > 3 else "")
    return f"{len(ids)} series: {shown}"
