"""The switch of cells whose copy of the past lets no gradient through."""

from collections.abc import Iterator
from contextlib import contextmanager

from .base import RecurrentCell


@contextmanager
def untruncated(cell: RecurrentCell) -> Iterator[None]:
    """Lets the gradient through the copies of the past for a while, in cells within cells too.

    What is computed stays the same.
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
