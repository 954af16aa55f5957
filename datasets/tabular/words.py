"""Text in a column of numbers: what it is, and what to do about it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .marks import Marks, decimal_mark
from .na import remedy

KEPT = 50  # different texts that are remembered
SIGNS = 5  # different texts that may be signs of missing values
TITLES = 5  # rows below the header that may be notes on the columns
_NUMBER = r"[+-]?(?:\d[\d.,' ]*|\.\d+)(?:[eE][+-]?\d+)?"
#: A currency in front, or a unit behind; no letter that multiplies, as in 3k, and no sign behind.
_SIGN = r"[^\d.,+\-()'\"<>]"
_UNIT = re.compile(rf"{_SIGN}{{1,4}}{_NUMBER}|{_NUMBER}{_SIGN}+")
_MULTIPLIES = re.compile(r"\d\s*([kKmMbB]|Mio|Mrd|bn|million|thousand|billion)\.?$")
_OTHERWISE = re.compile(rf"\({_NUMBER}\)|{_NUMBER}\s*-|[\u2212\u2013]\s*{_NUMBER}")


@dataclass
class Words:
    """Cells that are no numbers: how many, the first three with their rows, and which there are.

    Attributes:
        count: number of cells.
        first: row and value of the first three.
        last: row of the last one.
        texts: how often each text occurs, of the first 50 different ones.
        more: whether there are more.
    """

    count: int = 0
    first: list[tuple[int, Any]] = field(default_factory=list)
    last: int = -1
    texts: Counter = field(default_factory=Counter)
    more: bool = False

    def add(self, rows: np.ndarray, cells: np.ndarray) -> None:
        if not len(rows):
            return
        self.count += len(rows)
        self.first += [(int(r), c) for r, c in zip(rows[:3], cells[:3], strict=True)]
        del self.first[3:]
        self.last = int(rows[-1])
        for text, count in Counter(str(cell).strip() for cell in cells).items():
            if text in self.texts or len(self.texts) < KEPT:
                self.texts[text] += count
            else:
                self.more = True

    def remedy(self, column: str, rows: int, marks: Marks | None) -> str:
        """What to do about them.

        Args:
            column: name of the column.
            rows: number of rows of the table.
            marks: how the numbers of a file are written; `None` for a frame.
        """
        texts, file = list(self.texts), marks is not None
        if self.last == self.count - 1 < min(TITLES, rows - 1) and not self._alike(texts):
            return self._titles(column, file)
        if all(decimal_mark(text)[0] for text in texts):
            return _commas(column, texts, marks)
        if all(Marks().number(text) is not None for text in texts):
            return (
                f'Take the marks between thousands off: frame["{column}"] = frame["{column}"]'
                """.astype(str).str.replace(r"[^0-9.+-]", "", regex=True).astype(float)."""
            )
        if all(map(_OTHERWISE.fullmatch, texts)) or any(map(_MULTIPLIES.search, texts)):
            return "Write them as plain numbers: -12 for (12) or 12-, 3000 for 3k."
        if all(map(_UNIT.fullmatch, texts)):
            return _units(column, texts, file)
        if self.count == rows or self.more or len(texts) > SIGNS:
            return (
                "If the column is text, leave it out or choose another; if a few cells are faulty, "
                "correct them."
            )
        return (
            "If they mean missing, say so where the table is read: "
            f"{remedy(texts, 'missing')}; else correct them."
        )

    def _alike(self, texts: list[str]) -> bool:
        """Whether the first rows hold one sign again and again, or what is nearly a number."""
        return bool(self.count > len(texts) or any(_nearly_number(text) for text in texts))

    def _titles(self, column: str, file: bool) -> str:
        many = self.count
        if not file:
            return (
                f"If the first {many} rows are no values, such as units, leave them out: "
                f'frame.iloc[{many}:].astype({{"{column}": float}}). '
                f"If they are missing, {remedy(list(self.texts), 'missing')}."
            )
        rows = list(range(1, many + 1))
        return (
            f"If the header is further down, say skip_rows={many} (--skip-rows {many}); if these "
            "lines are notes below it, such as units, leave them out: "
            f"pd.read_csv(path, skiprows={rows}), and pass the frame. If these values are missing, "
            f"{remedy(list(self.texts), 'missing')}."
        )


def _nearly_number(text: str) -> bool:
    return len(text) < 3 or any(c.isdigit() for c in text)


def _commas(column: str, texts: list[str], marks: Marks | None) -> str:
    """The remedy for commas in numbers: in a frame how to read them, in a file what disagrees."""
    if marks is not None:
        here = "point" if marks.decimal == "." else "comma"
        return f"The decimal mark of the file is a {here}. Write all its numbers in one way."
    signs = {decimal_mark(text) for text in texts}
    if any("." in text for text in texts) or {(",", True), (".", True)} <= signs:
        return "Write all numbers of the column in one way, with a decimal point."
    cells = f'frame["{column}"] = frame["{column}"].astype(str).str'
    point = f'{cells}.replace(",", ".").astype(float)'
    none = f'{cells}.replace(",", "").astype(float)'
    if (",", True) in signs:
        return f"Their comma is decimal: {point}."
    if (".", True) in signs:
        return f"Their commas group thousands: {none}."
    text = texts[0]
    return (
        f"If the comma is decimal ({text} is {text.replace(',', '.')}), {point}; "
        f"if it groups thousands ({text} is {text.replace(',', '')}), {none}."
    )


def _units(column: str, texts: list[str], file: bool) -> str:
    plain = f"Take the unit or currency off, so that {texts[0]!r} is a plain number"
    if any("," in text or " " in re.sub(r"^\D+|\D+$", "", text) for text in texts):
        return f"{plain}."
    read = "frame = pd.read_csv(path); " if file else ""
    return (
        f'{plain}: {read}frame["{column}"] = pd.to_numeric(frame["{column}"].astype(str)'
        f'.str.replace(r"[^0-9.+-]", "", regex=True)), and pass the frame.'
    )
