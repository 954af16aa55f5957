"""Finds separator and header in the first lines of a CSV file, where they leave no doubt."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import DataError
from ...messages import counted

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SHOWN = 60  # letters of a line in a message
FEWEST = 3  # rows, the header among them, that tell a table from the lines above it
_DIGIT = re.compile(r"\s*[+\-<>]?[\d.,]*\d")
_SAID = re.compile(r'"?sep=([^\w"])"?', re.IGNORECASE)  # Excel's word to itself

#: The line of the head at which a row starts, from 0, and its fields.
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Head:
    """The first lines of a CSV file, read.

    Attributes:
        separator: sign between the columns.
        columns: names of the columns, some may be empty.
        rows: the first rows of values.
        words: words in them, by their line in the file.
        line: line of the header in the file.
        first: number of lines before the first row of values.
        notes: what was found and not given, one sentence each.
    """

    separator: str
    columns: list[str]
    rows: list[list[str]]
    words: dict[str, int]
    line: int
    first: int
    notes: tuple[str, ...]


def read_head(
    lines: Sequence[str], name: str, separator: str | None, skipped: int | None, whole: bool
) -> Head:
    """Reads the head of a file.

    Args:
        lines: its first lines, without those that the user skips.
        name: file name, for messages.
        separator: given one.
        skipped: number of lines that the user skips; `None` if that is not given.
        whole: whether the file has no more lines.

    Raises:
        DataError: the file is empty, or its header is not certain; says how to name it.
    """
    offset = skipped or 0
    if skipped is None and lines and (said := _SAID.fullmatch(lines[0].strip())):
        rest = read_head(lines[1:], name, separator or said[1], 1, whole)
        return replace(rest, notes=(f"The separator {said[1]!r} is that of line 1.", *rest.notes))
    signs = [separator] if separator else list(SEPARATORS)
    tables = {sign: rows for sign in signs if (rows := _rows(lines, sign, whole))}
    if not tables:
        _raise_unreadable(lines, name, signs[0], offset)
    found = {sign: _header_at(rows, skipped is None) for sign, rows in tables.items()}
    starts = {sign: k for sign, k in found.items() if k is not None}
    notes = []
    if starts:
        least = min(starts.values())
        best = [sign for sign, k in starts.items() if k == least]
        if len(best) > 1:
            listed = " or ".join(SEPARATORS.get(sign, repr(sign)) for sign in best)
            raise DataError(
                f"{name}: The columns may be separated by {listed}. Say which: "
                f"{_say_separator(best[0])}, or {_say_separator(best[1])}."
            )
        sign, start = best[0], least
    else:
        sign, start = _fallback(tables, name, separator, skipped), 0
    rows = tables[sign]
    if start:
        above = _shown(lines[rows[0][0]])
        line = offset + rows[start][0] + 1
        to = "and" if line == 3 else "to"
        were = "Line 1 was" if line == 2 else f"Lines 1 {to} {line - 1} were"
        notes.append(f"{were} left out as no part of the table, which begins in line {line}: "
                     f"{above}.")  # fmt: skip
    expected = "\t" if name.lower().removesuffix(".gz").endswith(".tsv") else ","
    if separator is None and sign not in (",", expected):
        notes.append(f"The columns were read as separated by {SEPARATORS[sign]}.")
    header, below = [cell.strip() for cell in rows[start][1]], 1
    if one := _one_header_of_three(rows[start : start + 4], header, name):
        first = offset + rows[start][0] + 1
        notes.append(f"Lines {first} to {first + 2} were read as one header, of {one[1]}.")
        header, below = one[0], 3
    after = rows[start + below :]
    end = after[0][0] if after else len(lines)
    line = offset + rows[start][0] + 1
    words = {
        cell.strip(): offset + at + 1
        for at, row in reversed(after)
        for cell in row
        if cell.strip() and not _DIGIT.match(cell)
    }
    values = [row for _, row in after]
    return Head(sign, header, values, words, line, offset + end, tuple(notes))


def _rows(lines: Sequence[str], sign: str, whole: bool) -> list[Row]:
    """The rows that are not blank; nothing where they cannot be read.

    The last one may be cut where the file continues.
    """
    reader = csv.reader(lines, delimiter=sign, skipinitialspace=True)
    rows: list[Row] = []
    start = 0
    try:
        for row in reader:
            if not is_blank(row):
                rows.append((start, row))
            start = reader.line_num
    except csv.Error:  # raised, with its line, when the rows are read
        pass
    return rows if whole or len(rows) < 2 else rows[:-1]


def is_blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())


def _header_at(rows: list[Row], search: bool) -> int | None:
    """The number of the row that is the header of a table of two columns or more, if certain.

    All rows from it on have as many fields; those above, which count only where `search`, have
    one each, and then the header has no numbers while the row below it has.
    """
    counts = [len(row) for _, row in rows]
    start = next((k for k, count in enumerate(counts) if count > 1), None)
    if start is None or len(set(counts[start:])) > 1:
        return None
    if not start:
        return 0
    return start if search and _begins_table(rows[start:]) else None


def _begins_table(rows: list[Row]) -> bool:
    header = [cell.strip() for cell in rows[0][1]]
    named = [cell for cell in header if cell]
    words = len(named) > 1 and len(set(named)) == len(named) and not any(map(_DIGIT.match, named))
    return len(rows) >= FEWEST and words and any(map(_DIGIT.match, rows[1][1]))


def _fallback(
    tables: dict[str, list[Row]], name: str, separator: str | None, skipped: int | None
) -> str:
    """The separator where rows differ in length; their own check then says which.

    Raises:
        DataError: it may be another one, or the header may be in a later line.
    """
    for sign, rows in tables.items():
        counts = [len(row) for _, row in rows]
        start = next(
            (
                k
                for k, n in enumerate(counts)
                if n > counts[0] and set(counts[k:]) == {n} and _begins_table(rows[k:])
            ),
            None,
        )
        if start is None:
            continue
        at, header = rows[start][0], _shown(sign.join(rows[start][1]))
        many = (skipped or 0) + at
        raise DataError(
            f"{name}: The table seems to begin in line {many + 1}, where {counts[start]} columns "
            f"do, below {counted(at, 'line')} of something else: {header}. If that is its header, "
            f"say skip_rows={many} (--skip-rows {many})."
        )
    sign = separator or ","
    if separator is None and len(tables.get(sign, [(0, [""])])[0][1]) == 1:
        for other, rows in tables.items():
            if len(rows[0][1]) > 1:
                raise DataError(
                    f"{name}: The header seems to be separated by {SEPARATORS[other]}, but not all "
                    f"lines have as many fields. If so, say {_say_separator(other)}."
                )
    return sign if sign in tables else next(iter(tables))


def _one_header_of_three(
    rows: list[Row], header: list[str], name: str
) -> tuple[list[str], str] | None:
    """The header and ticker of a table of prices whose columns have two levels, and an index name.

    ```
    Price,Close,Volume
    Ticker,ACME,ACME
    Date,,
    2024-01-01,100.3,1000
    ```

    Raises:
        DataError: several tickers.
    """
    if len(rows) < 4 or len(header) < 2:
        return None
    (_, _), (_, second), (_, third), (_, fourth) = rows
    second, third = [c.strip() for c in second], [c.strip() for c in third]
    index = bool(third[0]) and not any(third[1:]) and not _DIGIT.match(third[0])
    if not index or _DIGIT.match(second[0]) or not _DIGIT.match(fourth[0]):
        return None
    if any(not cell for cell in (*header[1:], *second[1:])):
        return None
    upper = header[0] == "Ticker" or (second[0] != "Ticker" and len(set(header[1:])) == 1)
    tickers, fields = (header[1:], second[1:]) if upper else (second[1:], header[1:])
    if len(set(tickers)) > 1:
        listed = ", ".join(map(repr, dict.fromkeys(tickers)))
        raise DataError(
            f"{name}: Three lines are its header, and the columns are those of several: {listed}. "
            "Read it with pd.read_csv(path, header=[0, 1], index_col=0), and pass the frame."
        )
    return [third[0], *fields], tickers[0]


def _raise_unreadable(lines: Sequence[str], name: str, sign: str, offset: int) -> None:
    """Raises what is wrong with the first row.

    Raises:
        DataError: always.
    """
    reader = csv.reader(lines, delimiter=sign, skipinitialspace=True)
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        raise no_csv(name, offset + 1, error) from error
    if offset:
        raise DataError(
            f"{name}: There is nothing below the first {counted(offset, 'line')}. Say a smaller "
            f"skip_rows (--skip-rows). Received: skip_rows={offset}"
        )
    raise DataError(f"{name}: The file is empty.")


def no_csv(name: str, line: int, error: csv.Error) -> DataError:
    return DataError(f"{name}: Line {line} cannot be read as CSV: {error}.")


def _say_separator(sign: str) -> str:
    python, command = ("\\t", "tab") if sign == "\t" else (sign, f"'{sign}'")
    return f'separator="{python}" (--separator {command})'


def _shown(line: str) -> str:
    text = line.strip()
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
