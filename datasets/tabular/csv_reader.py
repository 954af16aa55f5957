"""Reads CSV as a stream: every row is checked, and only the requested columns are read."""

import csv
import io
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from ...errors import DataError
from .memory_check import require_memory
from .numeric import Numbers, looks_like_number
from .table import Table, TableSource, names

EMPTY = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A"]
BLOCK = 2**22  # bytes read at once
LONGEST = 2**26  # most bytes in a line: a file without line ends must not fill the memory
CELLS = 2**21  # cells parsed at once
EVERY = 2**16  # rows between two estimates of the memory that the file will need
HEAD = 100  # rows read to find the columns that hold numbers

#: Opens the unpacked file from its start; also returns a function for the share read, in [0, 1].
Opener = Callable[[], tuple[BinaryIO, Callable[[], float]]]


def open_csv(opener: Opener, name: str, size: int) -> TableSource:
    """Reads the head of a CSV file, and returns what can read the rest.

    Args:
        opener: opens the file.
        name: file name, for messages.
        size: size of the file on the disk, in bytes.

    Raises:
        DataError: the file is empty, in another encoding, or its header cannot be used.
    """
    header, cells = _head(opener, name)
    columns = [column or f"Unnamed: {i}" for i, column in enumerate(header)]
    numeric = {c for c, held in zip(columns, cells, strict=True) if looks_like_number(held)}

    def load(text: Sequence[str], numbers: Sequence[str]) -> Table:
        chosen = [column for column in dict.fromkeys((*text, *numbers)) if column in columns]
        texts = [column for column in chosen if column in text]
        file = _File(opener, name, size, columns, texts, [c for c in chosen if c not in text])
        lines = file.checked_lines()
        return file.parsed(lines)

    return TableSource(Table(pd.DataFrame(columns=columns), name), frozenset(numeric), load)


def _head(opener: Opener, name: str) -> tuple[list[str], list[str]]:
    """The header, and the first non-empty cell of each column."""
    stream, _ = opener()
    with stream:
        rows = csv.reader(_text(stream, name), skipinitialspace=True)
        filled = (row for row in rows if not _is_blank(row))
        try:
            header = [cell.strip() for cell in next(filled, [])]
        except csv.Error as error:
            raise _no_csv(name, 1, error) from error
        if not header:
            raise DataError(f"{name}: The file is empty.")
        _check_header(header, name)
        first = [""] * len(header)
        with suppress(csv.Error):  # raised, with its line, when the rows are read
            for row in islice(filled, HEAD):
                cells = [*row, *[""] * len(first)]
                first = [f or c * (c not in EMPTY) for f, c in zip(first, cells, strict=False)]
    return header, first


class _File:
    """A CSV file whose columns are known."""

    def __init__(
        self,
        opener: Opener,
        name: str,
        size: int,
        columns: list[str],
        text: list[str],
        numbers: list[str],
    ):
        self.opener, self.name, self.size = opener, name, size
        self.columns, self.text, self.numbers = columns, text, numbers

    def checked_lines(self) -> np.ndarray:
        """Checks the width of every row, and returns the line at which each row starts."""
        width = len(self.columns)
        places = [self.columns.index(column) for column in self.text]
        lines, wrong, widths = array("q"), 0, set()
        first_wrong = (0, 0)
        letters = np.zeros(len(places))
        stream, share = self.opener()
        with stream:
            rows = csv.reader(_text(stream, self.name), skipinitialspace=True, strict=True)
            start = 1
            try:
                for row in rows:
                    if not _is_blank(row):
                        lines.append(start)
                        if len(row) != width:
                            first_wrong = first_wrong if wrong else (start, len(row))
                            wrong += 1
                            widths.add(len(row))
                        elif not len(lines) % 1024:
                            letters += [len(row[place]) for place in places]
                            if not len(lines) % EVERY:
                                self._check_memory(len(lines), share(), letters)
                    start = rows.line_num + 1
            except csv.Error as error:
                raise _no_csv(self.name, start, error) from error
            self._check_memory(len(lines), 1.0, letters)
        count = len(lines) - 1
        if wrong:
            line, have = first_wrong
            raise self._wrong_width(line, have, wrong, wrong == count and len(widths) == 1)
        return np.frombuffer(lines, np.int64)[1:] if count > 0 else np.empty(0, np.int64)

    def parsed(self, lines: np.ndarray) -> Table:
        """Reads the requested columns: times and ids as text, numbers as `float64`."""
        place = {column: self.columns.index(column) for column in (*self.text, *self.numbers)}
        readers = {column: Numbers() for column in self.numbers}
        pieces: dict[str, list] = {column: [] for column in place}
        missing: dict[Any, list[str]] = {place[column]: EMPTY for column in self.numbers}
        count = 0
        stream, _ = self.opener()
        try:
            with (
                stream,
                pd.read_csv(
                    stream,
                    encoding="utf-8-sig",
                    header=0,
                    names=range(len(self.columns)),
                    usecols=sorted(place.values()) or [0],
                    index_col=False,
                    skipinitialspace=True,
                    keep_default_na=False,
                    na_values=missing,
                    dtype=dict.fromkeys((place[column] for column in self.text), "str"),
                    low_memory=False,
                    chunksize=max(1, CELLS // len(self.columns)),
                ) as chunks,
            ):
                for chunk in chunks:
                    count += len(chunk)
                    for column in self.text:
                        pieces[column].append(chunk[place[column]])
                    for column, reader in readers.items():
                        pieces[column].append(reader.take(chunk[place[column]]))
        except (pd.errors.ParserError, ValueError) as error:
            raise DataError(f"{self.name}: The file cannot be read as CSV: {error}") from error
        if count != len(lines):
            raise DataError(
                f"{self.name}: The file cannot be read as CSV: it has stray line ends or quotes."
            )
        table = Table(pd.DataFrame(), self.name, lines)
        for column, reader in readers.items():
            table.check_numbers(column, reader)
        data: dict[str, Any] = {}
        for column in [c for c in self.columns if c in place]:
            parts = pieces.pop(column)
            if column in readers:
                data[column] = np.concatenate(parts or [np.empty(0)])
            else:
                data[column] = (
                    pd.concat(parts, ignore_index=True) if parts else pd.Series(dtype=str)
                )
        return Table(pd.DataFrame(data, index=range(count)), self.name, lines)

    def _check_memory(self, rows: int, share: float, letters: np.ndarray) -> None:
        means = letters / max(1, rows // 1024)
        text = dict(zip(self.text, means.tolist(), strict=True))
        require_memory(self.name, self.size, rows / max(share, 1e-9), text, self.numbers)

    def _wrong_width(self, line: int, have: int, wrong: int, every: bool) -> DataError:
        width = len(self.columns)
        if every and have > width:
            return DataError(
                f"{self.name}: Every row has {have} fields, but the header names {width} columns "
                f"({names(self.columns)}). Name every column in line 1, or remove a trailing comma."
            )
        return DataError(
            f"{self.name}: Line {line} has {have} fields where the header has {width} ({wrong} "
            "such rows in all). Complete or remove them; put text that contains commas in double "
            "quotes."
        )


def _is_blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())


def _text(stream: BinaryIO, name: str) -> Iterator[str]:
    """The lines of a stream of UTF-8."""
    done, rest = 0, b""
    while block := stream.read(BLOCK):
        if not done and not rest and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise DataError(
                f"{name}: The file is UTF-16, not UTF-8. Convert it: iconv -f UTF-16 -t UTF-8 "
                f'{name} > converted.csv; or pass pd.read_csv(path, encoding="utf-16").'
            )
        cut = block.rfind(b"\n") + 1
        if not cut:
            rest += block
            if len(rest) > LONGEST:
                raise DataError(
                    f"{name}: Line {done + 1} is longer than {LONGEST >> 20} MiB. The file is no "
                    "CSV, or it is damaged."
                )
            continue
        whole, rest = rest + block[:cut], block[cut:]
        yield from _lines(whole, name, done)
        done += whole.count(b"\n")
    yield from _lines(rest, name, done)


def _lines(block: bytes, name: str, done: int) -> Iterator[str]:
    """The lines of a block that comes after `done` lines."""
    if (zero := block.find(b"\0")) >= 0:
        line = done + block.count(b"\n", 0, zero) + 1
        raise DataError(
            f"{name}: Line {line} holds a NUL byte; the file is binary or damaged. If it is text, "
            f"remove them: tr -d '\\000' < {name} > cleaned.csv"
        )
    try:
        return io.StringIO(block.decode("utf-8" if done else "utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        byte, before = error.object[error.start], error.object.count(b"\n", 0, error.start)
        raise DataError(
            f"{name}: The file is not UTF-8 text: byte 0x{byte:02X} in line {done + before + 1}. "
            "If it is Latin-1 (Western European), convert it: iconv -f LATIN1 -t UTF-8 "
            f'{name} > converted.csv; or pass pd.read_csv(path, encoding="latin-1").'
        ) from error


def _no_csv(name: str, line: int, error: csv.Error) -> DataError:
    return DataError(f"{name}: Line {line} cannot be read as CSV: {error}.")


def _check_header(header: list[str], name: str) -> None:
    twice = [column for column, count in Counter(header).items() if column and count > 1]
    if twice:
        raise DataError(
            f"{name}: Column {twice[0]!r} is named more than once in line 1. Rename one."
        )
    for sign, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and sign in header[0]:
            raise DataError(
                f"{name}: The columns are separated by {word}, not commas. Read the file with "
                f"pd.read_csv(path, sep={sign!r}), with decimal=',' if need be; pass the frame."
            )
