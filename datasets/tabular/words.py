"""Text in a column of numbers: what it is, and what to do about it."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .marks import Marks, decimal_mark
from .na import remedy

KEPT = 50  # different texts that are remembered
SIGNS = 5  # different texts that may be signs of missing values
LONG = 20  # letters of a sign of missing values, at most
TITLES = 5  # rows below the header that may be notes on the columns
_NUMBER = r"[+-]?(?:\d[\d.,' ]*|\.\d+)(?:[eE][+-]?\d+)?"
#: A currency in front, or a unit behind; no letter that multiplies, as in 3k, and no sign behind.
_SIGN = r"[^\d.,+\-()'\"<>]"
_UNIT = re.compile(rf"{_SIGN}{{1,4}}{_NUMBER}|{_NUMBER}{_SIGN}+")
_MULTIPLIES = re.compile(r"\d\s*([kKmMbB]|Mio|Mrd|bn|million|thousand|billion)\.?$")
_OTHERWISE = re.compile(rf"\({_NUMBER}\)|{_NUMBER}\s*-|[\u2212\u2013]\s*{_NUMBER}")


@dataclass(frozen=True)
class Written:
    """How the file of a column is written.

    Attributes:
        marks: marks of its numbers.
        lines: line of each row.
        header: line of the header.
        arguments: what `pd.read_csv` has to know.
    """

    marks: Marks
    lines: np.ndarray
    header: int
    arguments: dict[str, Any]

    def code(self, left_out: Iterable[int] = ()) -> str:
        """The code that reads the file with pandas, without some lines."""
        lines = [*range(self.header - 1), *(int(line) - 1 for line in left_out)]
        arguments = self.arguments | ({"skiprows": lines} if lines else {})
        return f"pd.read_csv({', '.join(['path', *(f'{k}={v!r}' for k, v in arguments.items())])})"


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

    def remedy(self, column: str, rows: int, file: Written | None) -> str:
        """What to do about them.

        Args:
            column: name of the column.
            rows: number of rows of the table.
            file: how the file is written; `None` for a frame.
        """
        texts = list(self.texts)
        first = self.last == self.count - 1 < min(TITLES, rows - 1)
        if first and (column in texts or not self._alike(texts)):
            return self._titles(column, file)
        if all(decimal_mark(text)[0] for text in texts):
            return _commas(column, texts, file)
        if all(Marks().number(text) is not None for text in texts):
            return (
                f'Take the marks between thousands off: frame["{column}"] = frame["{column}"]'
                """.astype(str).str.replace(r"[^0-9.+-]", "", regex=True).astype(float)."""
            )
        if all(map(_OTHERWISE.fullmatch, texts)) or any(map(_MULTIPLIES.search, texts)):
            return "Write them as plain numbers: -12 for (12) or 12-, 3000 for 3k."
        if all(map(_UNIT.fullmatch, texts)):
            return _units(column, texts, file)
        if self.count == rows or self.more or len(texts) > SIGNS or max(map(len, texts)) > LONG:
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

    def _titles(self, column: str, file: Written | None) -> str:
        many, missing = self.count, remedy(list(self.texts), "missing")
        if file is None:
            return (
                f"If the first {many} rows are no values, such as units, leave them out: "
                f'frame.iloc[{many}:].astype({{"{column}": float}}). '
                f"If they mean missing, {missing}."
            )
        last = int(file.lines[many - 1])
        return (
            f"If line {last} is the header, say skip_rows={last - 1} (--skip-rows {last - 1}); if "
            "it is a note below it, such as units, leave it out: "
            f"{file.code(file.lines[:many])}, and pass the frame. If these values mean missing, "
            f"{missing}."
        )


def _nearly_number(text: str) -> bool:
    return len(text) < 3 or any(c.isdigit() for c in text)


def _commas(column: str, texts: list[str], file: Written | None) -> str:
    """The remedy for commas in numbers: in a frame how to read them, in a file what disagrees."""
    if file is not None:
        here, other = ("point", ",") if file.marks.decimal == "." else ("comma", ".")
        return (
            f"Numbers of this file are read with a decimal {here}, which is given or stands in "
            f'other cells. If {other!r} is the decimal mark of all, say decimal="{other}" '
            f"(--decimal {other}); else write all in one way."
        )
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


def _units(column: str, texts: list[str], file: Written | None) -> str:
    plain = f"Take the unit or currency off, so that {texts[0]!r} is a plain number"
    if any("," in text or " " in re.sub(r"^\D+|\D+$", "", text) for text in texts):
        return f"{plain}."
    read = f"frame = {file.code()}; " if file else ""
    return (
        f'{plain}: {read}frame["{column}"] = pd.to_numeric(frame["{column}"].astype(str)'
        f'.str.replace(r"[^0-9.+-]", "", regex=True)), and pass the frame.'
    )
