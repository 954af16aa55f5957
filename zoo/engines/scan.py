"""The loop over time by `keras.ops.scan`, on every backend."""

from collections.abc import Callable
from typing import Any

from keras import ops


def scan(cell: Any, sequences: Any, states: list[Any], mask: Any = None) -> tuple[list, list]:
    """Runs `cell.call` step by step."""
    return _scan(cell.call, sequences, states, mask)


def hoisted(cell: Any, sequences: Any, states: list[Any], mask: Any = None) -> tuple[list, list]:
    """Projects all steps at once before the loop, then runs `cell.step`.

    One large product instead of many small ones, for the memory of all drives.
    """
    return _scan(cell.step, cell.project(sequences), states, mask)


def _scan(advance: Callable, sequences: Any, states: list[Any], mask: Any) -> tuple[list, list]:
    steps = ops.moveaxis(sequences, 1, 0)  # (time, batch, …)
    if mask is not None:
        mask = ops.moveaxis(mask, 1, 0)

    def body(carry: list, inputs: Any) -> tuple[list, list]:
        t, *old = carry
        _, new = advance(inputs, old)
        # ops.scan wants a carry that never changes its type: float16 stays float16
        new = [ops.cast(n, o.dtype) for n, o in zip(new, old, strict=True)]
        if mask is not None:
            keep = ops.take(mask, t, axis=0)
            new = [
                ops.where(ops.reshape(keep, (-1,) + (1,) * (len(n.shape) - 1)), n, o)
                for n, o in zip(new, old, strict=True)
            ]
        return [t + 1, *new], [t, *new]

    # t finds the mask of a step: on TensorFlow, ops.scan fails over two sequences at once
    # whose length is not known beforehand
    (_, *last), (_, *every) = ops.scan(body, [ops.zeros((), "int32"), *states], steps)
    return [ops.moveaxis(s, 0, 1) for s in every], last
