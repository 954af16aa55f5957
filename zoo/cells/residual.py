from collections.abc import Sequence
from typing import Any

import keras

from ...errors import ArgumentError
from . import checks
from .adapter import checked_cell
from .base import RecurrentCell
from .wrapper import Wrapper, build_once


@keras.saving.register_keras_serializable("rnnzoo")
class Residual(Wrapper):
    """Adds a cell's input to its output: the cell computes the change.

    ```
    h_t, s_t = cell(x_t, s_{t−1})
    y_t = x_t + h_t        output y_t
    ```

    In a stack the gradient then reaches the lower layers undiminished.

    Args:
        cell: cell with as many output channels as input channels.

    States: `[y_{t−1}, states of the cell]`.

    Raises:
        ArgumentError: the cell's output is not as wide as its input.

    Reference: He, Zhang, Ren and Sun (2016), Deep residual learning for image
    recognition, CVPR; Prakash et al. (2016), Neural paraphrase generation with stacked
    residual LSTM networks, for recurrent ones.
    """

    def __init__(self, cell: RecurrentCell, **kwargs: Any):
        cell = checked_cell("cell", cell)
        super().__init__(**checks.of_one_dtype(kwargs, cell))
        self.cell = cell
        self.output_size = self.cell.output_size
        self.state_size = [self.output_size, *self.cell.state_size]

    @property
    def hidden(self) -> Sequence[int]:
        return [1 + k for k in self.cell.hidden]  # nothing reads y

    @property
    def phases(self) -> Sequence[int]:
        return [1 + k for k in self.cell.phases]

    @property
    def reads_images(self) -> bool:
        return self.cell.reads_images

    def check_item(self, item: Sequence[int | None]) -> None:
        self.cell.check_item(item)

    def states_for(self, channels: int) -> list[int]:
        return [self.output_size, *self.cell.states_for(channels)]

    @property
    def states_known(self) -> bool:
        return self.cell.states_known

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] != self.output_size:
            raise ArgumentError(
                f"A residual cell puts out as many channels as it reads, {self.output_size}. "
                f"Received: an input {input_shape[-1]} wide"
            )
        build_once(self.cell, input_shape)
        self.state_size = self.states_for(input_shape[-1])

    def step(self, drive: Any, states: Any) -> Any:
        h, after = self.cell.call(drive, states[1:])
        y = drive + h
        return y, [y, *after]

    def inner(self) -> list[tuple[RecurrentCell, int]]:
        return [(self.cell, self.output_size)]

    def get_config(self) -> dict[str, Any]:
        cell = keras.saving.serialize_keras_object(self.cell)
        return super().get_config() | {"cell": cell}
