"""Further arguments of a cell, given by name to a pipeline."""

from collections.abc import Collection
from typing import Any

from ..errors import ArgumentError, ArgumentTypeError
from ..zoo.cells import CELLS


def check_options(cell: str, units: int, options: Any, ours: Collection[str]) -> None:
    """Tries a cell's further arguments.

    Args:
        cell: its name in `CELLS`.
        units: its width.
        options: what the user gave.
        ours: arguments that the pipeline sets itself.

    Raises:
        ArgumentTypeError: not a dictionary.
        ArgumentError: the cell does not take them, or the pipeline sets them itself.
    """
    if options is not None and not isinstance(options, dict):
        raise ArgumentTypeError(
            "`cell_options` must be a dictionary of arguments of the cell. "
            f"Received: cell_options={options!r}"
        )
    if own := sorted(set(ours) & set(options or {})):
        raise ArgumentError(
            f"`cell_options` must not hold {', '.join(own)}: the pipeline sets them. "
            f"Received: cell_options={options!r}"
        )
    try:
        CELLS[cell](units, **options or {})
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"`cell_options` do not fit the cell {cell}: {error}") from error
