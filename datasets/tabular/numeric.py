"""Converts cells of a table to numbers, and counts those that are none."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ...messages import counted
from .marks import OTHER, Marks
from .words import Words, Written

PLAIN = Marks(groups="")


def looks_like_number(cell: str) -> bool:
    text = cell.strip()
    return any(Marks.of(decimal, None).number(text) is not None for decimal in OTHER)


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
    """Converts a column to `float64`, whole or piece by piece, and counts the cells that fail.

    Attributes:
        na: signs of missing values; numbers are compared as numbers, texts without the spaces
            around them.
        marks: how text is read as numbers; `None`: it is refused, unless it stands with a text
            of `na`.
        file: how the file of text is written that the column is of; `None` for a frame.
        found: how many of each sign were found.
        groups: marks that were found between thousands.
    """

    na: tuple[float | str, ...] = ()
    marks: Marks | None = None
    file: Written | None = None
    rows: int = 0
    boolean: bool = False
    words: Words = field(default_factory=Words)
    huge: _Kind = field(default_factory=_Kind)
    texts: _Kind = field(default_factory=_Kind)
    found: Counter = field(default_factory=Counter)
    groups: dict[str, str] = field(default_factory=dict)

    def take(self, values: pd.Series) -> np.ndarray:
        """Converts the next rows to `float64`, NaN where a value is missing or no number."""
        first, self.rows = self.rows, self.rows + len(values)
        if pd.api.types.is_bool_dtype(values.dtype):
            self.boolean = True
        elif pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind != "c":
            return self._without_signs(values.to_numpy("float64", na_value=np.nan))
        if self.marks is not None and isinstance(values.dtype, pd.StringDtype):
            return self._take_text(first, values.str.strip(), self.marks)
        return self._take_cells(np.arange(first, self.rows), values)

    def _take_text(self, first: int, cells: pd.Series, marks: Marks) -> np.ndarray:
        numbers, groups = marks.numbers(cells)
        numbers[cells.isin([sign for sign in self.na if isinstance(sign, str)])] = np.nan
        self.groups = groups | self.groups
        rest = np.flatnonzero(np.isnan(numbers) & cells.notna().to_numpy())
        numbers = self._without_signs(numbers)
        if len(rest):
            numbers[rest] = self._take_cells(first + rest, cells.iloc[rest])
        return numbers

    def _take_cells(self, rows: np.ndarray, values: pd.Series) -> np.ndarray:
        """Converts cells of any type, with the numbers of their rows."""
        cells = values.to_numpy(object)
        try:
            codes, unique = pd.factorize(cells)
        except TypeError:  # lists and the like
            codes, unique = pd.factorize(np.array([str(c) for c in cells], object))
        self.boolean |= any(isinstance(v, (bool, np.bool_)) for v in cells)
        counts = np.bincount(codes[codes >= 0], minlength=len(unique))
        marks = self._marks(unique)
        read = np.full(len(unique) + 1, np.nan)  # the last one is for missing cells
        bad = np.zeros(len(unique) + 1, bool)
        for place, value in enumerate(unique):
            number = self._number(value, marks, int(counts[place]))
            bad[place] = number is None
            read[place] = np.nan if number is None else number
        faults = np.flatnonzero(bad[codes])
        if len(faults):
            self._sort_out(rows[faults], cells[faults])
        return self._without_signs(read[codes])

    def complaint(self, name: str, where: Callable[[Sequence[tuple[int, Any]], int], str]) -> str:
        """What is wrong with the column `name`, and the remedy; `""` if nothing.

        Args:
            name: name of the column.
            where: wording of the first faulty cells with their rows, given their total number.
        """
        if self.boolean:
            read = f"frame = {self.file.code()}; " if self.file else ""
            return (
                f"Column {name!r} holds true/false values, not numbers. If 0 and 1 are meant, "
                f'write these: {read}frame["{name}"] = frame["{name}"].astype(float).'
            )
        kind: Any = self.words
        if self.words.count:
            what = counted(self.words.count, "non-numeric value")
            remedy = self.words.remedy(name, self.rows, self.file)
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

    def _marks(self, unique: np.ndarray) -> Marks | None:
        """How text is read: next to a sign of missing, a column of a frame is text as a whole."""
        if self.marks is None and any(isinstance(v, str) and v.strip() in self.na for v in unique):
            self.marks = Marks()
        return self.marks

    def _number(self, value: Any, marks: Marks | None, count: int) -> float | None:
        """The number that a cell holds, NaN where it is a sign of missing, `None` if neither."""
        if not isinstance(value, str) and _is_number(value):
            return float(value)
        text = str(value).strip()
        sign = _number_beyond(text) or text
        if sign in self.na and (isinstance(sign, float) or isinstance(value, str)):
            self.found[sign] += count
            return np.nan
        if marks is None or not isinstance(value, str):
            return None
        if isinstance(sign, float):
            return sign if np.isinf(sign) else None
        if (number := marks.number(text)) is None:
            return None
        if group := marks.grouping(text):
            self.groups.setdefault(group, text)
        return number

    def _without_signs(self, numbers: np.ndarray) -> np.ndarray:
        for sign in self.na:
            if isinstance(sign, float) and len(at := np.flatnonzero(numbers == sign)):
                numbers = numbers.copy()
                numbers[at] = np.nan
                self.found[sign] += len(at)
        return numbers

    def _sort_out(self, rows: np.ndarray, cells: np.ndarray) -> None:
        text = [str(cell).strip() for cell in cells]
        # a number of a file that was not read as one has another decimal mark
        word = np.array([self.file is not None or PLAIN.number(t) is None for t in text])
        word &= ~np.array([_beyond_64_bits(t) for t in text])
        huge = ~word & np.array([_beyond_64_bits(t) for t in text])
        self.words.add(rows[word], cells[word])
        for kind, of_kind in ((self.huge, huge), (self.texts, ~word & ~huge)):
            kind.add(rows[of_kind], cells[of_kind])


def _number_beyond(text: str) -> float | None:
    """Infinity, or a whole number beyond 64 bits: refused by name if it is no sign of missing."""
    infinite = re.fullmatch(r"[+-]?inf(inity)?", text, re.IGNORECASE)
    return float(text) if infinite or _beyond_64_bits(text) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (Real, Decimal)) and not _beyond_64_bits(value)


def _beyond_64_bits(value: Any) -> bool:
    text = str(value).strip()
    return bool(re.fullmatch(r"[+-]?\d{19,}", text)) and not -(2**63) <= int(text) < 2**64
