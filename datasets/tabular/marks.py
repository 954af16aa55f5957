"""Decimal and thousands marks of numbers that are text: read where certain, never guessed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

SPACES = " \u00a0\u202f\u2009"  # plain, no-break, narrow no-break and thin space
QUOTES = "'\u2019"
OTHER = {",": ".", ".": ","}
_EXPONENT = re.compile(r"[eE][+-]?\d+$")
_DIGITS = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")


@dataclass(frozen=True)
class Marks:
    """How numbers are written.

    Attributes:
        decimal: `"."` or `","`.
        groups: signs that may group digits in threes, one of them in a number; by default those
            that are never decimal, as in `12 345` and `12'345`.
    """

    decimal: str = "."
    groups: str = SPACES + QUOTES

    @classmethod
    def of(cls, decimal: str, thousands: str | None) -> "Marks":
        """Marks where the decimal one is certain: by default whatever else is there groups."""
        if thousands is None:
            return cls(decimal, OTHER[decimal] + SPACES + QUOTES)
        return cls(decimal, {" ": SPACES, "'": QUOTES}.get(thousands, thousands))

    @cached_property
    def _plain(self) -> re.Pattern:
        d = re.escape(self.decimal)
        return re.compile(rf"[+-]?(?:\d+{d}?\d*|{d}\d+)(?:[eE][+-]?\d+)?")

    @cached_property
    def _grouped(self) -> dict[str, re.Pattern]:
        d = re.escape(self.decimal)
        return {
            mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+(?:{d}\d*)?")
            for mark in self.groups
        }

    def numbers(self, cells: pd.Series) -> tuple[np.ndarray, dict[str, str]]:
        """The numbers that texts are, NaN where one is missing, too long or no number.

        Returns:
            The numbers, and the marks that group digits, each with the first text that has it.
        """
        found = np.full(len(cells), np.nan)
        groups: dict[str, str] = {}
        for mark, pattern in {"": self._plain, **self._grouped}.items():
            if not mark or cells.str.contains(mark, regex=False, na=False).any():
                # whole numbers of 19 digits and more may be beyond those that a computer has
                match = cells.str.fullmatch(pattern.pattern, na=False) & (cells.str.len() < 19)
                at = np.flatnonzero(match.to_numpy(bool, na_value=False))
                if len(at):
                    own = cells.iloc[at]
                    plain = own.str.replace(mark, "", regex=False) if mark else own
                    plain = plain.str.replace(self.decimal, ".", regex=False)
                    found[at] = plain.to_numpy(object).astype("float64")
                    groups |= {mark: str(own.iloc[0])} if mark else {}
        return found, groups

    def number(self, text: str) -> float | None:
        """The number that a text is, or `None`."""
        if self._plain.fullmatch(text):
            return float(text.replace(self.decimal, "."))
        if mark := self.grouping(text):
            return float(text.replace(mark, "").replace(self.decimal, "."))
        return None

    def grouping(self, text: str) -> str:
        """The mark that groups the digits of a number; `""` where none does."""
        return next((mark for mark, p in self._grouped.items() if p.fullmatch(text)), "")


@dataclass
class Evidence:
    """What cells say about the decimal mark of their file.

    Attributes:
        decimals: the marks that cells prove to be decimal.
        unclear: the marks that may be decimal or group thousands, as in `1,234`, each with column,
            row and text of the first such cell.
    """

    decimals: set[str] = field(default_factory=set)
    unclear: dict[str, tuple[str, int, str]] = field(default_factory=dict)

    def add(self, column: str, cells: Iterable[tuple[int, str]]) -> None:
        for row, cell in cells:
            if self._repeats(cell):
                continue
            mark, certain = decimal_mark(cell)
            if certain:
                self.decimals.add(mark)
            elif mark:
                self.unclear.setdefault(mark, (column, row, cell))

    @property
    def decimal(self) -> str:
        """The decimal mark; `""` where none or both are."""
        return next(iter(self.decimals)) if len(self.decimals) == 1 else ""

    def _repeats(self, cell: str) -> bool:
        """Whether a cell can prove nothing but what is known; a quick look."""
        if not (mark := self.decimal):
            return False
        return cell.rfind(OTHER[mark]) <= cell.rfind(mark) and cell.count(mark) < 2


def decimal_mark(cell: str) -> tuple[str, bool]:
    """The decimal mark of one cell, and whether it is certain; `""` where there is no mark.

    `1.234,5` and `12,5` and `0,125` have a decimal comma, `1,234,567` a decimal point; of
    `1,234` nothing is known.
    """
    text = re.sub(rf"(?<=\d)[{SPACES}{QUOTES}](?=\d)", "", cell.strip())
    whole = _EXPONENT.sub("", text)
    if not _DIGITS.fullmatch(whole):
        return "", False
    digits = whole.lstrip("+-")
    last = max(digits.rfind(","), digits.rfind("."))
    if last < 0:
        return "", False
    mark, before, after = digits[last], digits[:last], digits[last + 1 :]
    other = OTHER[mark]
    if mark in before:  # a mark that is repeated groups
        grouped = other not in before and re.fullmatch(rf"[1-9]\d{{0,2}}(\{mark}\d{{3}})+", digits)
        return (other, True) if grouped else ("", False)
    if other in before:
        grouped = re.fullmatch(rf"[1-9]\d{{0,2}}(\{other}\d{{3}})+", before)
        return (mark, True) if grouped else ("", False)
    threes = len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0"
    return mark, not threes or whole != text
