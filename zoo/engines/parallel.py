"""All steps at once, for cells that can compute them without a loop."""

from typing import Any

from keras import ops

from ...errors import ArgumentError


def parallel(cell: Any, sequences: Any, states: list[Any], mask: Any = None) -> tuple[list, list]:
    """Projects all steps, then runs `cell.every_step`.

    Raises:
        ArgumentError: the cell has to go step by step.
    """
    if not cell.loopless:
        raise ArgumentError(
            f"{type(cell).__name__}, as it is set, has to go step by step. "
            'Received: engine="parallel"; use "scan" or "auto"'
        )
    if mask is not None:
        # the steps that count first, in their order: the others then change nothing before
        steps = ops.cumsum(ops.ones_like(mask, dtype="int32"), axis=1)
        order = ops.argsort(ops.where(mask, 0, ops.shape(mask)[1]) + steps, axis=1)
        sequences = _at(sequences, order)
    every = cell.every_step(cell.project(sequences), states)
    every = [ops.cast(e, s.dtype) for e, s in zip(every, states, strict=True)]
    if mask is not None:
        read = ops.cumsum(ops.cast(mask, "int32"), axis=1)  # steps that count so far
        every = [
            _at(ops.concatenate([s[:, None], e], axis=1), read)
            for s, e in zip(states, every, strict=True)
        ]
    return every, [e[:, -1] for e in every]


def _at(sequences: Any, steps: Any) -> Any:
    """The entries of `(batch, time, …)` at `steps (batch, time)`."""
    index = ops.reshape(steps, (*ops.shape(steps), *[1] * (len(sequences.shape) - 2)))
    return ops.take_along_axis(sequences, index, axis=1)
