"""The base of cells around other cells."""

from typing import Any, ClassVar

from keras import ops

from .base import RecurrentCell


class Wrapper(RecurrentCell):
    """Base of cells around others; dropout is applied in the inner cells.

    A subclass defines `inner`.
    """

    roles: ClassVar[dict[str, str]] = {}
    no_dropout = "give it to the inner cell, or put a Dropout layer before"

    def inner(self) -> list[tuple[RecurrentCell, int]]:
        """The inner cells, each with the number of its input channels."""
        raise NotImplementedError(f"{type(self).__name__} must define `inner`.")

    def get_dropout_mask(self, step_input: Any) -> None:
        for cell, channels in self.inner():
            cell.get_dropout_mask(self._ones_like(step_input, channels))

    def get_recurrent_dropout_mask(self, step_input: Any) -> None:
        for cell, _ in self.inner():
            cell.get_recurrent_dropout_mask(self._ones_like(step_input, cell.state_size[0]))

    def reset_dropout_mask(self) -> None:
        for cell, _ in self.inner():
            cell.reset_dropout_mask()

    def reset_recurrent_dropout_mask(self) -> None:
        for cell, _ in self.inner():
            cell.reset_recurrent_dropout_mask()

    def set_dropping(self, value: bool) -> None:
        super().set_dropping(value)
        for cell, _ in self.inner():
            cell.set_dropping(value)

    def _ones_like(self, step: Any, channels: int) -> Any:
        return ops.ones((*ops.shape(step)[:-1], channels), self.compute_dtype)


def build_once(cell: RecurrentCell, input_shape: Any) -> None:
    """Builds a cell for `(batch, *spatial, channels)` unless it has been built."""
    if not cell.built:
        cell.build(input_shape)
        cell.built = True
