"""Cells whose step is one product and what is done to it unit by unit."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from .base import RecurrentCell


class ProductCell(RecurrentCell):
    """A cell with one product a step, with its first state, apart from what is done to it.

    ```
    multiply(h)                          the product: h U, or U ∗ H
    pointwise(drive, product, states)    all else, place by place -> output, [new states]
    step(drive, states)                  pointwise(drive, multiply(drop_recurrent(h)), states)
    ```

    What computes the product in a faster way then serves all of these cells. The drive and the
    product are handed over apart, for a reset gate acts on the product alone.

    A cell of which only some variants have one product says so in `one_product` and has a
    `step` of its own for the others.
    """

    @property
    def one_product(self) -> bool:
        """Whether the cell, as it is set, steps in this way."""
        return True

    def multiply(self, h: Any) -> Any:
        """The product of the first state with the recurrent weights."""
        raise NotImplementedError(f"{type(self).__name__} must define `multiply`.")

    def pointwise(self, drive: Any, product: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The rest of the step, in the type of the states.

        Args:
            drive: what `project` gives.
            product: what `multiply` gives.
            states: before the step.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `pointwise`.")

    def step(self, drive: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        h = self.drop_recurrent(states[0])
        if self.state_dtype != self.compute_dtype:  # the product alone is quick in half precision
            h = ops.cast(h, self.compute_dtype)
        product = self.multiply(h)
        return self.pointwise(like(drive, states[0]), like(product, states[0]), states)


def matmul(h: Any, U: Any, cell: RecurrentCell) -> Any:
    """h U, computed as the cell computes, which in half precision is quick, in the type of h."""
    return like(ops.matmul(ops.cast(h, cell.compute_dtype), U), h)


def like(value: Any, state: Any) -> Any:
    """A value in the type of a state; a bias that is left out is the number 0."""
    same = isinstance(value, float) or value.dtype == state.dtype
    return value if same else ops.cast(value, state.dtype)
