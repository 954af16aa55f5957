"""Reads CSV as a stream: every row is checked, and only the requested columns are read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from ...errors import DataError
from ..dialect import NO_DIALECT, Dialect
from .csv_file import EMPTY, CsvFile
from .marks import OTHER, SPACES, Evidence, Marks, decimal_mark
from .na import read_as_missing
from .numeric import Numbers, looks_like_number
from .sniff import Head, read_head
from .table import Table, TableSource
from .text_file import Opener, TextFile, open_text
from .words import Written

HEAD = 200  # lines read to find the header, and the columns that hold numbers


def open_csv(
    opener: Opener,
    name: str,
    size: int,
    dialect: Dialect = NO_DIALECT,
    na: tuple[float | str, ...] = (),
    hint: Dialect = NO_DIALECT,
) -> TableSource:
    """Reads the head of a CSV file, and returns what can read the rest.

    Args:
        opener: opens the file.
        name: file name, for messages.
        size: size of the file on the disk, in bytes.
        dialect: how it is written; what is `None` is found where that is certain.
        na: signs of missing values.
        hint: how an earlier table was written, for what is not certain.

    Raises:
        DataError: the file is empty, in another encoding, or its header cannot be used.
    """
    text = open_text(opener, name, dialect.encoding, hint.encoding)
    skip = hint.skip_rows if dialect.skip_rows is None else dialect.skip_rows
    head = _head(text, dialect.separator, skip, hint.separator)
    _check_header(head, name)
    columns = [column or f"Unnamed: {i}" for i, column in enumerate(head.columns)]
    first = dict(zip(columns, _first_cells(head), strict=True))
    numeric = {column for column, cell in first.items() if looks_like_number(cell)}

    def load(text_columns: Sequence[str], numbers: Sequence[str]) -> Table:
        chosen = [c for c in dict.fromkeys((*text_columns, *numbers)) if c in columns]
        texts = [column for column in chosen if column in text_columns]
        file = CsvFile(text, size, columns, head, texts, [c for c in chosen if c not in texts])
        lines = file.checked_lines()
        marks = _marks_of_head(file, dialect)
        decided = marks is not None or not len(lines)
        if not decided and head.separator == ";":
            marks, decided = _marks_of_all(file, lines, dialect, hint), True
        try:
            table, notes = _parsed(file, lines, marks, na, decided)
        except _Undecided:
            marks = _marks_of_all(file, lines, dialect, hint)
            table, notes = _parsed(file, lines, marks, na)
        if dialect.decimal is None and dialect.thousands is None:
            table.notes[:0] = notes
        decimal = dialect.decimal if marks is None else marks.decimal
        return replace(table, dialect=replace(dialect, decimal=decimal))

    table = Table(pd.DataFrame(columns=columns), name, words=head.words)
    return TableSource(table, frozenset(numeric), load, head.notes)


def _head(text: TextFile, separator: str | None, skip: int | None, hint: str | None) -> Head:
    stream, _ = text.opened(skip or 0)
    with stream:
        lines = list(islice(text.lines(stream, skip or 0), HEAD + 1))
    whole, lines = len(lines) <= HEAD, lines[:HEAD]
    try:
        return read_head(lines, text.name, separator, skip, whole)
    except DataError:
        if separator is not None or hint is None:
            raise
        return read_head(lines, text.name, hint, skip, whole)


def _first_cells(head: Head) -> list[str]:
    """The first non-empty cell of each column."""
    first = [""] * len(head.columns)
    for row in head.rows:
        cells = [*row, *[""] * len(first)]
        first = [f or c * (c not in EMPTY) for f, c in zip(first, cells, strict=False)]
    return first


def _check_header(head: Head, name: str) -> None:
    twice = [column for column, count in Counter(head.columns).items() if column and count > 1]
    if twice:
        raise DataError(
            f"{name}: Column {twice[0]!r} is named more than once in line {head.line}. Rename one."
        )


class _Undecided(Exception):
    """Cells may be numbers with a comma, and it is not decided what it means."""


def _marks_of_head(file: CsvFile, dialect: Dialect) -> Marks | None:
    """The marks of the numbers if they are given, or the head of a file with `;` proves them."""
    if dialect.decimal:
        return Marks.of(dialect.decimal, dialect.thousands)
    if dialect.thousands in OTHER:
        return Marks.of(OTHER[str(dialect.thousands)], dialect.thousands)
    evidence = Evidence()
    if file.head.separator == ";":
        for column in file.numbers:
            place = file.place[column]
            cells = [row[place] for row in file.head.rows if len(row) > place]
            evidence.add(column, enumerate(cells))
    return Marks.of(evidence.decimal, dialect.thousands) if evidence.decimal else None


def _marks_of_all(
    file: CsvFile, lines: np.ndarray, dialect: Dialect, hint: Dialect
) -> Marks | None:
    """The marks of the numbers by all cells; `None` if no number has a comma, or
    if cells prove both.

    Raises:
        DataError: no cell decides whether a comma, or the point of a file with `;`, is decimal.
    """
    evidence = Evidence()
    with file.pieces(file.numbers, []) as pieces:
        for piece in pieces:
            for column in file.numbers:
                unique = piece[file.place[column]].dropna().drop_duplicates()
                evidence.add(column, zip(unique.index.tolist(), unique, strict=True))
    if evidence.decimal:
        return Marks.of(evidence.decimal, dialect.thousands)
    signs = [",", "."] if file.head.separator == ";" else [","]
    unclear = next((evidence.unclear[sign] for sign in signs if sign in evidence.unclear), None)
    if evidence.decimals or unclear is None:
        return None
    if hint.decimal is not None:
        return Marks.of(hint.decimal, dialect.thousands or hint.thousands)
    raise _unclear(Table(pd.DataFrame(), file.name, lines), *unclear)


def _unclear(table: Table, column: str, row: int, cell: str) -> DataError:
    mark = "," if "," in cell else "."
    fraction, whole = cell.strip().replace(",", "."), cell.strip().replace(mark, "")
    return table.error(
        f"Column {column!r}: {cell.strip()!r} in {table.place(row)} may be {fraction} or {whole}, "
        "and no other cell decides it. Where the table is read, say "
        f'decimal="{mark}" (--decimal {mark}) for {fraction}, or '
        f'thousands="{mark}" (--thousands {mark}) for {whole}.'
    )


def _parsed(
    file: CsvFile,
    lines: np.ndarray,
    marks: Marks | None,
    na: tuple[float | str, ...],
    decided: bool = True,
) -> tuple[Table, list[str]]:
    """Reads the requested columns: times and ids as text, numbers as `float64`.

    Args:
        lines: the line at which each row starts.
        marks: marks of the numbers; `None`: a decimal point, and no commas.
        na: signs of missing values.
        decided: whether a comma in a number is a fault; else it has to be decided what it means.

    Returns:
        The table, and how its numbers were read.

    Raises:
        _Undecided: there is a comma in a number.
        DataError: a column holds something else.
    """
    marks = marks or Marks()
    written = Written(marks, lines, file.head.line, file.pandas_arguments(marks))
    readers = {column: Numbers(na, marks, written) for column in file.numbers}
    parts: dict[str, list] = {column: [] for column in file.place}
    count = 0
    # a decimal point is read by pandas; with a comma it would take 1.234 for a fraction
    kinds = (file.text, file.numbers) if marks.decimal == "." else ([*file.place], [])
    if len(lines):
        with file.pieces(*kinds) as pieces:
            for piece in pieces:
                count += len(piece)
                for column in file.text:
                    parts[column].append(piece[file.place[column]])
                for column, reader in readers.items():
                    parts[column].append(reader.take(piece[file.place[column]]))
                    if not decided and any(decimal_mark(t)[0] for t in reader.words.texts):
                        raise _Undecided
    if count != len(lines):
        raise DataError(
            f"{file.name}: The file cannot be read as CSV: it has stray line ends or quotes."
        )
    table = Table(pd.DataFrame(), file.name, lines)
    for column, reader in readers.items():
        table.check_numbers(column, reader)
    data: dict[str, Any] = {}
    for column in [c for c in file.columns if c in file.place]:
        own = parts.pop(column)
        if column in readers:
            data[column] = np.concatenate(own or [np.empty(0)])
        else:
            data[column] = pd.concat(own, ignore_index=True) if own else pd.Series(dtype=str)
    notes = read_as_missing({column: reader.found for column, reader in readers.items()})
    frame = pd.DataFrame(data, index=range(count))
    return Table(frame, file.name, lines, notes=notes), _told_marks(marks, readers)


def _told_marks(marks: Marks, readers: dict[str, Numbers]) -> list[str]:
    """One sentence on commas and thousands, where there are any."""
    words = {",": "commas", ".": "points", **dict.fromkeys(SPACES, "spaces")}
    groups = {
        words.get(mark, "quotes"): cell
        for reader in readers.values()
        for mark, cell in reader.groups.items()
    }
    grouped = [f"{word} between thousands ({cell})" for word, cell in groups.items()]
    if marks.decimal == ",":
        grouped.insert(0, "a decimal comma")
    return [f"Numbers were read with {' and '.join(grouped)}."] if grouped else []
