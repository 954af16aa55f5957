"""The rows of a CSV file whose columns are known, in pieces."""

import csv
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from ...errors import DataError
from .marks import Marks
from .memory_check import require_memory
from .sniff import Head, is_blank, no_csv
from .table import names
from .text_file import TextFile

EMPTY = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A"]
CELLS = 2**21  # cells parsed at once
EVERY = 2**16  # rows between two estimates of the memory that the file will need


class CsvFile:
    """A CSV file of which some columns are read.

    Args:
        file: the text.
        size: size of the file on the disk, in bytes.
        columns: names of all columns.
        head: its first lines.
        text: columns to read as text.
        numbers: columns to read as numbers.
    """

    def __init__(
        self,
        file: TextFile,
        size: int,
        columns: list[str],
        head: Head,
        text: list[str],
        numbers: list[str],
    ):
        self.file, self.name, self.size, self.head = file, file.name, size, head
        self.columns, self.text, self.numbers = columns, text, numbers
        self.place = {column: columns.index(column) for column in (*text, *numbers)}

    def pandas_arguments(self, marks: Marks) -> dict[str, Any]:
        """What `pd.read_csv` has to know of the file, besides its path."""
        sign, encoding = self.head.separator, self.file.encoding
        known = {
            "sep": None if sign == "," else sign,
            "decimal": None if marks.decimal == "." else marks.decimal,
            "encoding": None if encoding == "utf-8" else encoding,
        }
        return {name: value for name, value in known.items() if value is not None}

    def checked_lines(self) -> np.ndarray:
        """Checks the width of every row, and returns the line at which each row starts.

        Raises:
            DataError: a row of another width, a line that is no CSV, or too many rows for the
                memory.
        """
        width, done = len(self.columns), self.head.first
        places = [self.place[column] for column in self.text]
        lines, wrong, widths = array("q"), 0, set()
        first_wrong = (0, 0)
        letters = np.zeros(len(places))
        stream, share = self.file.opened(done)
        with stream:
            rows = csv.reader(
                self.file.lines(stream, done),
                delimiter=self.head.separator,
                skipinitialspace=True,
                strict=True,
            )
            start = done + 1
            try:
                for row in rows:
                    if not is_blank(row):
                        lines.append(start)
                        if len(row) != width:
                            first_wrong = first_wrong if wrong else (start, len(row))
                            wrong += 1
                            widths.add(len(row))
                        elif not len(lines) % 1024:
                            letters += [len(row[place]) for place in places]
                            if not len(lines) % EVERY:
                                self._check_memory(len(lines), share(), letters)
                    start = done + rows.line_num + 1
            except csv.Error as error:
                raise no_csv(self.name, start, error) from error
            self._check_memory(len(lines), 1.0, letters)
        if wrong:
            line, have = first_wrong
            raise self._wrong_width(line, have, wrong, wrong == len(lines) and len(widths) == 1)
        return np.array(lines, np.int64)

    @contextmanager
    def pieces(self, text: list[str], numbers: list[str]) -> Iterator[Iterator[pd.DataFrame]]:
        """The rows of some columns, by their places, in pieces of some million cells.

        Args:
            text: columns to read as text, as it is but for empty cells of numbers.
            numbers: columns to read as numbers where pandas can, else as text.

        Raises:
            DataError: pandas cannot read them.
        """
        places = sorted(self.place[column] for column in (*text, *numbers))
        missing: dict[Any, list[str]] = {self.place[column]: EMPTY for column in self.numbers}
        stream, _ = self.file.opened(self.head.first)
        try:
            with (
                stream,
                pd.read_csv(
                    stream,
                    sep=self.head.separator,
                    encoding="utf-8",
                    header=None,
                    names=range(len(self.columns)),
                    usecols=places or [0],
                    index_col=False,
                    skipinitialspace=True,
                    keep_default_na=False,
                    na_values=missing,
                    dtype=dict.fromkeys((self.place[column] for column in text), "str"),
                    low_memory=False,
                    chunksize=max(1, CELLS // len(self.columns)),
                ) as chunks,
            ):
                yield chunks
        except DataError:
            raise
        except (pd.errors.ParserError, ValueError) as error:
            raise DataError(f"{self.name}: The file cannot be read as CSV: {error}") from error

    def _check_memory(self, rows: int, share: float, letters: np.ndarray) -> None:
        means = letters / max(1, rows // 1024)
        text = dict(zip(self.text, means.tolist(), strict=True))
        require_memory(self.name, self.size, rows / max(share, 1e-9), text, self.numbers)

    def _wrong_width(self, line: int, have: int, wrong: int, every: bool) -> DataError:
        width = len(self.columns)
        if every and have > width:
            return DataError(
                f"{self.name}: Every row has {have} fields, but the header names {width} columns "
                f"({names(self.columns)}). Name every column in line {self.head.line}, or remove a "
                "trailing separator."
            )
        sign = "commas" if self.head.separator == "," else repr(self.head.separator)
        return DataError(
            f"{self.name}: Line {line} has {have} fields where the header has {width} ({wrong} "
            f"such rows in all). Complete or remove them; put text that contains {sign} in double "
            "quotes."
        )
