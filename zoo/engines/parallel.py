"""All steps at once, for cells that can compute them without a loop."""

from typing import Any

from keras import ops

from .base import Engine, Result

LONG, FEW = 64, 256  # steps, and numbers in each, from and up to which a scan is the default


class Parallel(Engine):
    """Projects all steps, then runs `cell.every_step`."""

    def supports(self, cell: Any, steps: int | None) -> str | None:
        if not cell.parallelizable:
            return f"{type(cell).__name__}, as it is set, has to run step by step"
        if steps is None and not cell.dynamic_length:
            return (
                "A parallel scan needs to know the number of steps beforehand: give the network a "
                "fixed one"
            )
        return None

    def is_default(self, cell: Any, steps: int | None, batch: int | None = None) -> bool:
        if not cell.parallelizable or steps is None or cell.dynamic_length:
            return cell.parallelizable and cell.dynamic_length
        # a scan of many numbers a step is slower than the loop: benchmarks/engines.py
        return steps >= LONG and batch is not None and batch * cell.output_size <= FEW

    def run(
        self, cell: Any, sequences: Any, states: list[Any], mask: Any = None, need: str = "last"
    ) -> Result:
        if mask is not None:
            # unmasked steps first, in their order: the others then cannot affect them
            steps = ops.cumsum(ops.ones_like(mask, dtype="int32"), axis=1)
            order = ops.argsort(ops.where(mask, 0, ops.shape(mask)[1]) + steps, axis=1)
            sequences = _at(sequences, order)
        every = cell.every_step(cell.project(cell.seen(sequences)), states)
        every = [ops.cast(e, s.dtype) for e, s in zip(every, states, strict=True)]
        if mask is not None:
            read = ops.cumsum(ops.cast(mask, "int32"), axis=1)  # number of unmasked steps so far
            every = [
                _at(ops.concatenate([s[:, None], e], axis=1), read)
                for s, e in zip(states, every, strict=True)
            ]
        last = [e[:, -1] for e in every]
        return Result(last, every[0], every if need == "states" else None)


def _at(sequences: Any, steps: Any) -> Any:
    """The entries of `(batch, time, …)` at `steps (batch, time)`."""
    index = ops.reshape(steps, (*ops.shape(steps), *[1] * (len(sequences.shape) - 2)))
    return ops.take_along_axis(sequences, index, axis=1)
