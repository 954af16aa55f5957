"""The base of cells whose step is one product, followed by element-wise operations."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from .base import RecurrentCell


class ProductCell(RecurrentCell):
    """A cell with one product per step, that of its first state, and element-wise operations.

    ```
    multiply(h)                          the product: h U, or U ∗ H
    pointwise(drive, product, states)    the rest, element-wise -> output, [new states]
    step(drive, states)                  pointwise(drive, multiply(drop_recurrent(h)), states)
    ```

    A faster way to compute the product then works for all of these cells. Drive and product are
    separate arguments, because a reset gate acts only on the product.

    A cell of which only some variants have one product overrides `one_product`, and has its own
    `step` for the others.
    """

    @property
    def one_product(self) -> bool:
        """Whether the cell, as it is set, has one product per step."""
        return True

    def multiply(self, h: Any) -> Any:
        """The product of the first state with the recurrent weights."""
        raise NotImplementedError(f"{type(self).__name__} must define `multiply`.")

    def pointwise(self, drive: Any, product: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The rest of the step, in the type of the states.

        Args:
            drive: result of `project`.
            product: result of `multiply`.
            states: states before the step.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `pointwise`.")

    def step(self, drive: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        h = self.drop_recurrent(states[0])
        if self.state_dtype != self.compute_dtype:  # only the product is faster in half precision
            h = ops.cast(h, self.compute_dtype)
        product = self.multiply(h)
        return self.pointwise(like(drive, states[0]), like(product, states[0]), states)


def matmul(h: Any, U: Any, cell: RecurrentCell) -> Any:
    """h U, computed in the compute dtype of the cell, and returned in the type of h."""
    return like(ops.matmul(ops.cast(h, cell.compute_dtype), U), h)


def like(value: Any, state: Any) -> Any:
    """Casts a value to the type of a state; an omitted bias is the number 0."""
    same = isinstance(value, float) or value.dtype == state.dtype
    return value if same else ops.cast(value, state.dtype)
