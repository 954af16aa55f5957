"""A table as it was given, and how messages about it are worded."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError

OURS = ("unique_id", "ds", "y")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMAS = re.compile(r"[+-]?[\d.]*,[\d.,]*")


@dataclass(frozen=True)
class Table:
    """An unchecked table.

    Attributes:
        frame: as given; never changed.
        file: name of the file it came from; `""` for a frame.
        lines: line of the file at which each row starts, where the file has lines.
    """

    frame: pd.DataFrame
    file: str = ""
    lines: np.ndarray | None = None

    def place(self, row: int) -> str:
        """Where a row is: its line in the file (header = line 1), or its number from 0."""
        return f"row {row}" if self.lines is None else f"line {self.lines[row]}"

    def first(self, rows: Sequence[int] | np.ndarray, notes: Iterable[str] = ()) -> str:
        """The first three of `rows`, each with its note in parentheses if there is one."""
        notes = list(notes)[:3]
        notes += [""] * (3 - len(notes))
        places = [
            f"{self.place(int(r))} ({n})" if n else self.place(int(r))
            for r, n in zip(rows[:3], notes, strict=False)
        ]
        return ", ".join(places) + (", …" if len(rows) > 3 else "")

    def error(self, text: str) -> DataError:
        return DataError(f"{self.file}: {text}" if self.file else text)

    def no_column(self, name: str) -> DataError:
        columns = list(map(str, self.frame.columns))
        near = difflib.get_close_matches(name, columns, n=3)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        return self.error(f"There is no column {name!r}.{hint} The columns are {names(columns)}.")

    def column(self, name: str) -> pd.Series:
        if name not in self.frame.columns:
            raise self.no_column(name)
        return self.frame[name]

    def numbers(self, name: str) -> np.ndarray:
        """A column as `float64`, NaN where a value is missing.

        Raises:
            DataError: no such column, or it holds something else than numbers.
        """
        values = self.column(name)
        if pd.api.types.is_bool_dtype(values.dtype):
            raise self._boolean(name)
        if pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind != "c":
            return values.to_numpy("float64", na_value=np.nan)
        cells = values.to_numpy(object)
        if any(isinstance(v, (bool, np.bool_)) for v in cells):
            raise self._boolean(name)
        empty = values.isna().to_numpy()
        bad = [i for i, v in enumerate(cells) if not empty[i] and not _is_number(v)]
        if bad:
            raise self._not_numbers(name, cells, bad)
        return np.array([np.nan if e else float(v) for v, e in zip(cells, empty, strict=True)])

    def _boolean(self, name: str) -> DataError:
        return self.error(
            f"Column {name!r} holds true/false values, not numbers. If 0 and 1 are meant, "
            f'write these: frame["{name}"] = frame["{name}"].astype(float).'
        )

    def _not_numbers(self, name: str, cells: np.ndarray, bad: list[int]) -> DataError:
        words = [i for i in bad if not _NUMBER.fullmatch(str(cells[i]).strip())]
        if words:
            what, rows = counted(len(words), "non-numeric value"), words
            remedy = (
                'Correct them, or leave them empty and ask for missing="interpolate" '
                "(--missing interpolate)."
            )
            if all(_COMMAS.fullmatch(str(cells[i]).strip()) for i in words):
                remedy = (
                    "If the commas are decimal, read the file with pd.read_csv(path, decimal=','); "
                    "if they group thousands, with thousands=','; and pass the frame."
                )
        elif huge := [i for i in bad if _beyond_64_bits(cells[i])]:
            what, rows = f"{counted(len(huge), 'whole number')} too large for 64 bits", huge
            remedy = "Write them with a decimal point or rescale the column."
        else:
            what, rows = f"{counted(len(bad), 'number')} stored as text", bad
            remedy = f'Convert them: frame["{name}"] = pd.to_numeric(frame["{name}"]).'
        where = self.first(rows, (repr(cells[i]) for i in rows[:3]))
        return self.error(f"Column {name!r} has {what}: {where}. {remedy}")


def names(columns: Iterable[str]) -> str:
    """Column names for a message; the first 20 of many."""
    listed = list(map(repr, columns))
    rest = f" and {len(listed) - 20} more" if len(listed) > 20 else ""
    return ", ".join(listed[:20]) + rest if listed else "(none)"


def counted(number: int, what: str, one: str = "", more: str = "") -> str:
    """`1 row was`, `2 rows were`; the verbs `one` and `more` may be left out."""
    return f"{number} {what} {one}".rstrip() if number == 1 else f"{number} {what}s {more}".rstrip()


def _is_number(value: Any) -> bool:
    return isinstance(value, (Real, Decimal)) and not _beyond_64_bits(value)


def _beyond_64_bits(value: Any) -> bool:
    text = str(value).strip()
    return bool(re.fullmatch(r"[+-]?\d{19,}", text)) and not -(2**63) <= int(text) < 2**64
