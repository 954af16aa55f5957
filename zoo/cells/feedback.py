from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import keras
from keras import ops

from ...errors import ArgumentError, ArgumentTypeError, flag, one_of, whole_number
from . import checks
from .adapter import checked_cell
from .base import RecurrentCell
from .wrapper import Wrapper, build_once


@keras.saving.register_keras_serializable("rnnzoo")
class Feedback(Wrapper):
    """Feeds the output of a network of cells back to it: any cell in a closed loop.

    ```
    u_t = concat(f_{t−1}, x_t)
    s_t = cells(u_t, s_{t−1})        each fed by the one before
    y_t = O s_t + d                  output y_t; s_t if the last cell has an output layer
    y_t = f_{t−1} + O s_t + d        residual=True: the network computes the change
    ```

    The feedback f is the past prediction y (`"prediction"`: closed loop) or the past
    truth (`"truth"`: open loop, teacher forcing), as in `narx`: with the truth, the
    input is `concat(x_t, truth_t)`, and truth_t is fed back from the next step on.
    Weights and state shapes do not depend on the mode.

    Args:
        cells: recurrent cells, each fed by the one before.
        outputs: width of the output y.
        feedback: `"prediction"` or `"truth"`.
        residual: whether to add the fed-back value to the output.

    States: `[y_{t−1}, f_{t−1}, states of the first cell, …]`.

    Reference: Williams and Zipser (1989), A learning algorithm for continually
    running fully recurrent neural networks, Neural Computation 1 (teacher forcing).
    """

    def __init__(
        self,
        cells: list[RecurrentCell],
        outputs: int,
        feedback: str = "prediction",
        residual: bool = False,
        **kwargs: Any,
    ):
        cells = _checked(cells)
        super().__init__(**checks.of_one_dtype(kwargs, *cells))
        self.cells = cells
        self.outputs = whole_number("outputs", outputs)
        self.feedback = one_of("feedback", feedback, ("prediction", "truth"))
        self.residual = flag("residual", residual)
        last = self.cells[-1]
        if last.has_output_layer and last.output_size != self.outputs:
            raise ArgumentError(
                f"The last cell must put out `outputs` channels. Received: outputs={outputs}, "
                f"a cell with {last.output_size}"
            )
        self.readout = None
        if not last.has_output_layer:
            self.readout = keras.layers.Dense(self.outputs, name="readout", dtype=self.dtype_policy)
        sizes = [n for cell in self.cells for n in cell.state_size]
        self.state_size = [self.outputs, self.outputs, *sizes]
        self.output_size = self.outputs
        self._widths: list[int] = []  # input widths of the cells, once built

    @property
    def reads_images(self) -> bool:
        return self.cells[0].reads_images

    def check_item(self, item: Sequence[int | None]) -> None:
        self.cells[0].check_item(item)

    @property
    def hidden(self) -> list[int]:
        return self._places("hidden")

    @property
    def phases(self) -> list[int]:
        return self._places("phases")

    def states_for(self, channels: int) -> list[int]:
        read = zip(self.cells, self._read_by(channels), strict=True)
        inner = [n for cell, width in read for n in cell.states_for(width)]
        return [self.outputs, self.outputs, *inner]

    @property
    def states_known(self) -> bool:
        return all(cell.states_known for cell in self.cells)

    def build(self, input_shape: Any) -> None:
        *item, channels = input_shape  # (batch, *spatial)
        self._widths = self._read_by(channels)
        for cell, width in zip(self.cells, self._widths, strict=True):
            build_once(cell, (*item, width))
        if self.readout is not None:
            self.readout.build((*item, self.cells[-1].output_size))
        self.state_size = self.states_for(channels)

    def step(self, drive: Any, states: Any) -> Any:
        f, inner = states[1], list(states[2:])
        split = drive.shape[-1] - (self.outputs if self.feedback == "truth" else 0)
        s = ops.concatenate([f, drive[..., :split]], axis=-1)
        after = []
        for cell in self.cells:
            s, moved = cell.call(s, inner[: len(cell.state_size)])
            inner = inner[len(cell.state_size) :]
            after += moved
        y = s if self.readout is None else self.readout(s)
        if self.residual:
            y = y + f
        f = drive[..., split:] if self.feedback == "truth" else y
        return y, [y, f, *after]

    def inner(self) -> list[tuple[RecurrentCell, int]]:
        return list(zip(self.cells, self._widths, strict=True))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "cells": [keras.saving.serialize_keras_object(cell) for cell in self.cells],
            "outputs": self.outputs,
            "feedback": self.feedback,
            "residual": self.residual,
        }

    def _places(self, kind: str) -> list[int]:
        firsts = accumulate((len(cell.state_size) for cell in self.cells), initial=2)  # y, f
        pairs = zip(firsts, self.cells, strict=False)
        return [first + k for first, cell in pairs for k in getattr(cell, kind)]

    def _read_by(self, channels: int) -> list[int]:
        """The number of input channels of each cell, from that of the network."""
        first = channels + (self.outputs if self.feedback == "prediction" else 0)
        return [first, *[cell.output_size for cell in self.cells[:-1]]]


def _checked(cells: Any) -> list[RecurrentCell]:
    if not isinstance(cells, (list, tuple)):
        raise ArgumentTypeError(f"`cells` must be a list of cells. Received: cells={cells!r}")
    if not cells:
        raise ArgumentError("`cells` must hold at least one cell. Received: cells=[]")
    return [checked_cell("cells", cell) for cell in cells]
