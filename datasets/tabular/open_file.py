"""Opens the files that tables are read from."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from ...errors import DataError
from ..files import existing_path, open_unpacked, reading
from .csv_reader import open_csv
from .memory_check import require_memory
from .table import Table, TableSource

TEXT_WIDTH = 20  # assumed letters of a time or id in Parquet, whose metadata have no widths


def open_table(path: str | Path) -> TableSource:
    """Opens a `.csv`, `.csv.gz` or `.parquet` file; rows are read once the columns are chosen.

    CSV is UTF-8 with commas and a header; empty cells and `NA`, `NaN`, `null` and the like
    are missing values, except in times and ids, which stay text.

    Raises:
        DataError: the file is missing, empty, damaged, too large for the memory, in another
            encoding, or has rows that do not fit the header. Names the line.
    """
    path = existing_path(path)
    name = path.name.lower()
    if not name.endswith((".csv", ".csv.gz", ".parquet")):
        raise DataError(
            f"{path.name}: Only .csv, .csv.gz and .parquet files are read. "
            "Read other kinds with pandas and pass the frame."
        )
    with reading(path):
        size = path.stat().st_size
        if size == 0:
            raise DataError(f"{path.name}: The file is empty.")
        if name.endswith(".parquet"):
            unread = _open_parquet(path)
        else:
            unread = open_csv(partial(open_unpacked, path), path.name, size)

    def load(text: Sequence[str], numbers: Sequence[str]) -> Table:
        with reading(path):
            return unread.load(text, numbers)

    return replace(unread, load=load)


def _open_parquet(path: Path) -> TableSource:
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
        return Table(frame.rename(columns=str), path.name)

    return TableSource(Table(head, path.name), frozenset(numeric), load)
