"""A limit to the weights that are allocated while a network is rebuilt from a file."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

COPIES = 4  # times that the cells of a network may be built, as for each way to read them
_left: ContextVar[int | None] = ContextVar("weights left", default=None)


@contextmanager
def at_most_weights(count: int) -> Iterator[None]:
    """Inside the context, cells may allocate `COPIES` times `count` numbers as weights."""
    token = _left.set(COPIES * count)
    try:
        yield
    finally:
        _left.reset(token)


def spend(shape: Sequence[int] | None) -> None:
    """Counts a weight that is about to be allocated.

    Raises:
        ValueError: there are more than the limit allows.
    """
    left = _left.get()
    if left is None:
        return
    left -= math.prod(shape or ())
    if left < 0:
        raise ValueError("its settings make a larger network than its weights are of")
    _left.set(left)
