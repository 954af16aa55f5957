"""Converts cells of a table to numbers; errors name column, row and remedy."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ...messages import counted

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMAS = re.compile(r"[+-]?[\d.]*,[\d.,]*")


def looks_like_number(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell.strip()))


@dataclass
class _Kind:
    """Cells with one kind of fault: their number, and the first three with their rows."""

    count: int = 0
    first: list[tuple[int, Any]] = field(default_factory=list)

    def add(self, rows: np.ndarray, cells: np.ndarray) -> None:
        self.count += len(rows)
        self.first += [(int(r), c) for r, c in zip(rows[:3], cells[:3], strict=True)]
        del self.first[3:]


@dataclass
class Numbers:
    """Converts a column to `float64`, whole or piece by piece, and counts the cells that fail."""

    rows: int = 0
    boolean: bool = False
    commas: bool = True
    words: _Kind = field(default_factory=_Kind)
    huge: _Kind = field(default_factory=_Kind)
    texts: _Kind = field(default_factory=_Kind)

    def take(self, values: pd.Series) -> np.ndarray:
        """Converts the next rows to `float64`, NaN where a value is missing or no number."""
        first, self.rows = self.rows, self.rows + len(values)
        if pd.api.types.is_bool_dtype(values.dtype):
            self.boolean = True
        elif pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind != "c":
            return values.to_numpy("float64", na_value=np.nan)
        cells, empty = values.to_numpy(object), values.isna().to_numpy()
        self.boolean |= any(isinstance(v, (bool, np.bool_)) for v in cells)
        bad = np.array(
            [not e and not _is_number(v) for v, e in zip(cells, empty, strict=True)], bool
        )
        if bad.any():
            self._sort_out(first, cells, np.flatnonzero(bad))
        good = ~(empty | bad)
        return np.array(
            [float(v) if g else np.nan for v, g in zip(cells, good, strict=True)], float
        )

    def complaint(self, name: str, where: Callable[[Sequence[tuple[int, Any]], int], str]) -> str:
        """What is wrong with the column `name`, and the remedy; `""` if nothing.

        Args:
            name: name of the column.
            where: wording of the first faulty cells with their rows, given their total number.
        """
        if self.boolean:
            return (
                f"Column {name!r} holds true/false values, not numbers. If 0 and 1 are meant, "
                f'write these: frame["{name}"] = frame["{name}"].astype(float).'
            )
        if self.words.count:
            kind, what = self.words, counted(self.words.count, "non-numeric value")
            remedy = 'Correct them, or leave them empty and say missing="mask" (--missing mask).'
            if self.commas:
                remedy = (
                    "If the commas are decimal, read the file with pd.read_csv(path, decimal=','); "
                    "if they group thousands, with thousands=','; and pass the frame."
                )
        elif self.huge.count:
            kind = self.huge
            what = f"{counted(kind.count, 'whole number')} too large for 64 bits"
            remedy = "Write them with a decimal point or rescale the column."
        elif self.texts.count:
            kind, what = self.texts, f"{counted(self.texts.count, 'number')} stored as text"
            remedy = f'Convert them: frame["{name}"] = pd.to_numeric(frame["{name}"]).'
        else:
            return ""
        return f"Column {name!r} has {what}: {where(kind.first, kind.count)}. {remedy}"

    def _sort_out(self, first: int, cells: np.ndarray, bad: np.ndarray) -> None:
        text = [str(cells[i]).strip() for i in bad]
        word = np.array([not _NUMBER.fullmatch(t) for t in text])
        huge = ~word & np.array([_beyond_64_bits(t) for t in text])
        self.commas &= all(_COMMAS.fullmatch(t) for t, w in zip(text, word, strict=True) if w)
        kinds = ((self.words, word), (self.huge, huge), (self.texts, ~word & ~huge))
        for kind, of_kind in kinds:
            kind.add(first + bad[of_kind], cells[bad[of_kind]])


def _is_number(value: Any) -> bool:
    return isinstance(value, (Real, Decimal)) and not _beyond_64_bits(value)


def _beyond_64_bits(value: Any) -> bool:
    text = str(value).strip()
    return bool(re.fullmatch(r"[+-]?\d{19,}", text)) and not -(2**63) <= int(text) < 2**64
