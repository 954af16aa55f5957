"""Refuses what would not fit into the memory, before it is read."""

import psutil

from ...errors import DataError
from .table import names

NUMBER = 48  # bytes at the peak for one number: pieces, columns, rows in order, the frame
TEXT = 80  # and for one time or id, beside its letters twice
ROW = 72  # and for a row whatever its columns: its line, its place, its series


def require_memory(
    file: str, size: int, rows: float, text: dict[str, float], numbers: list[str]
) -> None:
    """Compares the memory that reading takes at its peak with what is available.

    The estimate is 72 bytes a row, 48 for each number in it, and for each time or id 80
    and its letters twice.

    Args:
        file: its name.
        size: its bytes on the disk.
        rows: how many it holds, or will hold if it goes on as it began.
        text: the columns of times and ids that are read, and their mean width in letters.
        numbers: the columns of numbers that are read.

    Raises:
        DataError: it would not fit; names the sizes.
    """
    row = ROW + NUMBER * len(numbers) + sum(TEXT + 2 * width for width in text.values())
    needed, free = rows * row, available()
    if needed > free:
        raise DataError(
            f"{file}: The file ({_sized(size)}) holds some {rows:,.0f} rows, and its columns "
            f"{names([*text, *numbers])} need about {_sized(needed)} of memory, where "
            f"{_sized(free)} are available. Read fewer columns, or cut the file in parts."
        )


def available() -> int:
    """Bytes of memory that can be had without driving others out of it."""
    return int(psutil.virtual_memory().available)


def _sized(size: float) -> str:
    units = ("bytes", "KiB", "MiB", "GiB", "TiB")
    place = 0
    while size >= 1024 and place < len(units) - 1:
        size, place = size / 1024, place + 1
    return f"{size:,.{1 if place else 0}f} {units[place]}"
