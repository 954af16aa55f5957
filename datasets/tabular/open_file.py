"""Opens the files that tables are read from."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import DataError
from ..dialect import NO_DIALECT, Dialect
from ..files import existing_path, open_unpacked, reading
from .csv_reader import open_csv
from .excel import open_excel
from .memory_check import require_memory
from .table import Table, TableSource

TEXTS = (".csv", ".tsv", ".txt")
TEXT_WIDTH = 20  # assumed letters of a time or id in Parquet, whose metadata have no widths


def open_table(
    path: str | Path,
    dialect: Dialect = NO_DIALECT,
    na: tuple[float | str, ...] = (),
    hint: Dialect = NO_DIALECT,
) -> TableSource:
    """Opens a `.csv`, `.tsv`, `.txt` (each also `.gz`), `.parquet` or `.xlsx` file; rows are read
    once the columns are chosen.

    Empty cells and `NA`, `NaN`, `null` and the like are missing values, except in times and ids,
    which stay text.

    Args:
        path: the file.
        dialect: how a CSV file is written; what is `None` is found where that is certain.
        na: further signs of missing values in columns of numbers.
        hint: how an earlier table was written, for what is not certain.

    Raises:
        ArgumentError: `dialect` says something of a file that is no CSV.
        DataError: the file is missing, empty, damaged, too large for the memory, in another
            encoding, or has rows that do not fit the header. Names the line.
    """
    path = existing_path(path)
    name = path.name.lower()
    is_text = name.removesuffix(".gz").endswith(TEXTS)
    if not is_text and not name.endswith((".parquet", ".xlsx")):
        raise DataError(
            f"{path.name}: Only .csv, .tsv and .txt files, each also packed as .gz, .parquet and "
            ".xlsx files are read. Read other kinds with pandas and pass the frame."
        )
    if not is_text:
        is_excel = name.endswith(".xlsx")
        allowed = ("skip_rows",) if is_excel else ()
        dialect.require_none("an Excel workbook" if is_excel else "a Parquet file", *allowed)
    with reading(path):
        size = path.stat().st_size
        if size == 0:
            raise DataError(f"{path.name}: The file is empty.")
        if name.endswith(".parquet"):
            unread = _open_parquet(path, na)
        elif name.endswith(".xlsx"):
            unread = open_excel(path, dialect.skip_rows, na)
        else:
            unread = open_csv(partial(open_unpacked, path), path.name, size, dialect, na, hint)

    def load(text: Sequence[str], numbers: Sequence[str]) -> Table:
        with reading(path):
            return unread.load(text, numbers)

    return replace(unread, load=load)


def table_columns(path: str | Path, **written: Any) -> tuple[str, ...]:
    """The names of the columns of a file.

    Args:
        path: the file.
        written: how a CSV file is written, as in `Dialect`.

    Raises:
        DataError: as `open_table`.
    """
    return open_table(path, Dialect(**written)).columns


def _open_parquet(path: Path, na: tuple[float | str, ...]) -> TableSource:
    from pyarrow import parquet  # slow to import

    with parquet.ParquetFile(path) as file:
        rows, head = file.metadata.num_rows, file.schema_arrow.empty_table().to_pandas()
    head = head.rename(columns=str)
    numeric = head.columns[[pd.api.types.is_numeric_dtype(kind) for kind in head.dtypes]]

    def load(text: Sequence[str], numbers: Sequence[str]) -> Table:
        chosen = [c for c in dict.fromkeys((*text, *numbers)) if c in head.columns]
        widths = {c: float(TEXT_WIDTH) for c in chosen if c in text}
        rest = [c for c in chosen if c not in text]
        require_memory(path.name, path.stat().st_size, rows, widths, rest)
        frame = pd.read_parquet(path, columns=chosen)
        return Table(frame.rename(columns=str), path.name, na=na)

    return TableSource(Table(head, path.name), frozenset(numeric), load)
