"""Refuses files that would not fit into the memory, before they are read."""

import psutil

from ...errors import DataError
from .table import names

NUMBER = 48  # bytes per number at the peak: pieces, columns, rows in order, the frame
TEXT = 80  # bytes per time or id, in addition to twice its letters
ROW = 72  # bytes per row, in addition to its columns: its line, its place, its series


def require_memory(
    file: str, size: int, rows: float, text: dict[str, float], numbers: list[str]
) -> None:
    """Compares the memory that reading takes at its peak with what is available.

    The estimate is 72 bytes per row, 48 for each number in it, and for each time or id 80
    and twice its letters.

    Args:
        file: file name.
        size: size of the file on the disk, in bytes.
        rows: number of rows, or an estimate from the part read so far.
        text: columns of times and ids to read, with their mean width in letters.
        numbers: columns of numbers to read.

    Raises:
        DataError: the columns would not fit; names the sizes.
    """
    row = ROW + NUMBER * len(numbers) + sum(TEXT + 2 * width for width in text.values())
    needed, free = rows * row, available()
    if needed > free:
        raise DataError(
            f"{file}: The file ({_sized(size)}) holds some {rows:,.0f} rows, and its columns "
            f"{names([*text, *numbers])} need about {_sized(needed)} of memory, where "
            f"{_sized(free)} are available. Read fewer columns, or cut the file in parts."
        )


def require_memory_unpacked(file: str, size: float) -> None:
    """Compares the memory that a packed file of text takes as objects with what is available.

    Args:
        file: file name.
        size: its size unpacked, in bytes; as objects it takes some five times as much.

    Raises:
        DataError: it would not fit; names the sizes.
    """
    if (needed := 5 * size) > (free := available()):
        raise DataError(
            f"{file}: The file unpacks to {_sized(size)}, which need about {_sized(needed)} of "
            f"memory, where {_sized(free)} are available. Save the sheet as CSV, which is read as "
            "a stream."
        )


def available() -> int:
    """Bytes of memory that are available without swapping."""
    return int(psutil.virtual_memory().available)


def _sized(size: float) -> str:
    units = ("bytes", "KiB", "MiB", "GiB", "TiB")
    place = 0
    while size >= 1024 and place < len(units) - 1:
        size, place = size / 1024, place + 1
    return f"{size:,.{1 if place else 0}f} {units[place]}"
