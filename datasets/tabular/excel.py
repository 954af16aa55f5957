"""Reads the table of an Excel workbook."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import DataError
from ...messages import counted
from .csv_file import EMPTY
from .memory_check import require_memory_unpacked
from .table import Table, TableSource, names

INSTALL = "pip install openpyxl"


def open_excel(path: Path, skip: int | None, na: tuple[float | str, ...]) -> TableSource:
    """Opens the only sheet of a `.xlsx` file that holds anything.

    Lines above the header, which fill one cell each, are left out.

    Args:
        path: the file.
        skip: number of lines above the header; by default found.
        na: signs of missing values.

    Raises:
        DataError: openpyxl is not installed, the file is too large for the memory, there are
            several sheets with data, or a header that cannot be used.
    """
    try:
        import openpyxl  # noqa: F401  (an extra)
    except ImportError as error:
        raise DataError(
            f"{path.name}: Excel workbooks are read by openpyxl, which is not installed: "
            f"{INSTALL}. Or save the sheet as CSV."
        ) from error
    with zipfile.ZipFile(path) as packed:
        require_memory_unpacked(path.name, sum(one.file_size for one in packed.infolist()))
    sheets = pd.read_excel(
        path, sheet_name=None, header=None, dtype=object, engine="openpyxl",
        keep_default_na=False, na_values=[""],
    )  # fmt: skip
    filled = {name: grid for name, grid in sheets.items() if grid.notna().to_numpy().any()}
    if not filled:
        raise DataError(f"{path.name}: The file is empty.")
    if len(filled) > 1:
        first = next(iter(filled))
        raise DataError(
            f"{path.name}: {counted(len(filled), 'sheet')} hold data: {names(map(str, filled))}. "
            f'Read one with pd.read_excel(path, sheet_name="{first}"), and pass the frame.'
        )
    (grid,) = filled.values()
    start, notes = _header_row(grid, skip, path.name)
    header = [
        f"Unnamed: {i}" if pd.isna(cell) else str(cell).strip()
        for i, cell in enumerate(grid.iloc[start])
    ]
    if len(set(header)) < len(header):
        twice = next(c for c in header if header.count(c) > 1)
        raise DataError(
            f"{path.name}: Column {twice!r} is named more than once in line {start + 1}. "
            "Rename one."
        )
    rows = grid.iloc[start + 1 :].set_axis(header, axis=1)
    rows = rows[rows.notna().any(axis=1)]
    lines = rows.index.to_numpy(np.int64) + 1
    frame = rows.reset_index(drop=True).infer_objects()
    table = Table(frame, path.name, lines, na=na)
    numeric = frame.columns[[pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]]

    def load(text: Sequence[str], numbers: Sequence[str]) -> Table:
        chosen = {c: _without_empty(frame[c]) for c in numbers if c in header and c not in text}
        return Table(frame.assign(**chosen), path.name, lines, na=na)

    return TableSource(table, frozenset(numeric), load, notes)


def _header_row(grid: pd.DataFrame, skip: int | None, name: str) -> tuple[int, tuple[str, ...]]:
    """The row of the header: the first with more than one cell, in a sheet of several columns."""
    counts = grid.notna().sum(axis=1).to_numpy()
    given = counts[skip or 0 :]
    if not given.any():
        raise DataError(f"{name}: There is nothing below the first {counted(skip or 0, 'line')}.")
    first = int(np.flatnonzero(given)[0]) + (skip or 0)
    if skip is not None or counts.max() < 2:
        return first, ()
    start = int(np.flatnonzero(counts > 1)[0])
    if start == first:
        return start, ()
    above = next(str(cell) for cell in grid.iloc[first] if not pd.isna(cell))
    if not all(isinstance(cell, str) for cell in grid.iloc[start].dropna()):
        raise DataError(
            f"{name}: It is not clear in which line the header is. Say how many lines are above "
            f"it: skip_rows={start} (--skip-rows {start})."
        )
    to = "and" if start == 2 else "to"
    were = "Line 1 was" if start == 1 else f"Lines 1 {to} {start} were"
    note = f"{were} left out as no part of the table, which begins in line {start + 1}: {above!r}."
    return start, (note,)


def _without_empty(column: pd.Series) -> pd.Series:
    """Words such as `NA` are missing values, as in CSV."""
    if not pd.api.types.is_object_dtype(column.dtype) and column.dtype != "str":
        return column
    gone = column.map(lambda cell: isinstance(cell, str) and cell.strip() in EMPTY).to_numpy(bool)
    return column.astype(object).where(~gone, None).infer_objects()
