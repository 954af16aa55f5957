"""Switches off the truncation of gradients in cells with a copy of the past."""

from collections.abc import Iterator
from contextlib import contextmanager

from .base import RecurrentCell


@contextmanager
def without_truncation(cell: RecurrentCell) -> Iterator[None]:
    """Passes gradients through copies of the past inside the context, also in inner cells.

    Outputs do not change.
    """
    inside = [layer for layer in cell._flatten_layers() if isinstance(layer, RecurrentCell)]
    cut = [each for each in inside if getattr(each, "truncate", False)]
    for each in cut:
        each.truncate = False
    try:
        yield
    finally:
        for each in cut:
            each.truncate = True
