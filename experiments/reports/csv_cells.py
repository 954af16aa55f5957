"""Tables as CSV whose text no spreadsheet takes for a formula.

A cell that begins with `=`, `+`, `-`, `@`, a tab or the end of a line is a formula to a
spreadsheet, and names of series come from outside. Such text gets an apostrophe in front, which a
spreadsheet takes for the beginning of text; numbers get none. A carriage return is written out.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import JournalError

MARK = "'"
_FORMULA = ("=", "+", "-", "@", "\t", "\n")


def for_csv(frame: pd.DataFrame) -> pd.DataFrame:
    """A table whose text may be written to a CSV file."""
    return _changed(frame, _marked)


def from_csv(path: Path, **how: Any) -> pd.DataFrame:
    """The table in a CSV file that was written `for_csv`.

    Args:
        path: the file.
        how: as `pandas.read_csv` takes it.

    Raises:
        JournalError: it cannot be read.
    """
    try:
        return _changed(pd.read_csv(path, **how), _unmarked)
    except (OSError, ValueError) as error:
        raise JournalError(f"{path} cannot be read: {error}. Delete it, and run again.") from error


def _changed(frame: pd.DataFrame, change: Any) -> pd.DataFrame:
    changed = frame.rename(columns=lambda name: change(name) if isinstance(name, str) else name)
    for place, kind in enumerate(frame.dtypes):
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            cells = [change(one) if isinstance(one, str) else one for one in frame.iloc[:, place]]
            changed.isetitem(place, pd.array(cells, dtype=object))
    return changed


def _marked(text: str) -> str:
    text = text.replace("\r", r"\r")  # unquoted it would end the line, and =… begin the next one
    if not text.lstrip(MARK).startswith(_FORMULA) or _is_number(text):
        return text
    return f"{MARK}{text}"


def _unmarked(text: str) -> str:
    inside = text[len(MARK) :]
    return inside if text.startswith(MARK) and _marked(inside) == text else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
