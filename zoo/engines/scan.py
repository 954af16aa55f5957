"""The loop over time, on every backend."""

from collections.abc import Callable
from typing import Any

from keras import ops

from ...errors import ArgumentError
from ..backend.loop import loop, unrolled
from .base import Engine, Result


class Scan(Engine):
    """Runs `cell.call` step by step."""

    def supports(self, cell: Any, steps: int | None) -> str | None:
        return None

    def is_default(self, cell: Any, steps: int | None, batch: int | None = None) -> bool:
        return True

    def run(
        self, cell: Any, sequences: Any, states: list[Any], mask: Any = None, need: str = "last"
    ) -> Result:
        return _run(loop, cell.call, sequences, states, mask, need)


class ProjectFirst(Scan):
    """Projects all steps at once before the loop, then runs `cell.step`.

    One large product instead of many small ones, at the cost of memory for all drives.
    """

    def is_default(self, cell: Any, steps: int | None, batch: int | None = None) -> bool:
        return False

    def run(
        self, cell: Any, sequences: Any, states: list[Any], mask: Any = None, need: str = "last"
    ) -> Result:
        drives = cell.project(cell.seen(sequences))
        return _run(loop, cell.step, drives, states, mask, need)


class Unrolled(Scan):
    """Unrolls the loop: fast for few steps, slow to build for many."""

    def supports(self, cell: Any, steps: int | None) -> str | None:
        return "An unrolled loop needs a fixed number of steps" if steps is None else None

    def is_default(self, cell: Any, steps: int | None, batch: int | None = None) -> bool:
        return False

    def run(
        self, cell: Any, sequences: Any, states: list[Any], mask: Any = None, need: str = "last"
    ) -> Result:
        return _run(unrolled, cell.call, sequences, states, mask, need)


def _run(
    over: Callable, advance: Callable, sequences: Any, states: list[Any], mask: Any, need: str
) -> Result:
    steps = [ops.moveaxis(each, 1, 0) for each in (sequences, mask) if each is not None]

    def step(entries: list[Any], before: list[Any]) -> list[Any]:
        output, after = advance(entries[0], before)
        if output is not after[0]:
            raise ArgumentError(
                f"`{advance.__qualname__}` must return its output as the first of the new states, "
                "or a masked step could not hold it: add it there and to `state_size`, or wrap "
                "the cell in rnnzoo.cells.KerasCell, which does. "
                "Received: an output that is not the first state"
            )
        # a carry never changes its type: float16 stays float16
        after = [ops.cast(new, old.dtype) for new, old in zip(after, before, strict=True)]
        if mask is None:
            return after
        unmasked = entries[1]
        return [
            ops.where(ops.reshape(unmasked, (-1,) + (1,) * (len(new.shape) - 1)), new, old)
            for new, old in zip(after, before, strict=True)
        ]

    collected = {"last": 0, "outputs": 1, "states": len(states)}[need]
    every, last = over(step, list(states), steps, collected)
    every = [ops.moveaxis(column, 0, 1) for column in every]
    return Result(last, every[0] if every else None, every if need == "states" else None)
