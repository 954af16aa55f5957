"""The closed-loop network: one step ahead, then fed its own forecasts."""

from dataclasses import dataclass

import keras

from ..cells.base import RecurrentCell
from ..layers import Recurrent


@dataclass(frozen=True)
class ClosedLoop:
    """Three models of one network: open loop for training and reading, closed loop for use.

    Attributes:
        network: model from `[x, *states]` to `[output, *states]`, open loop: the input is
            `concat(future_t, truth_t)`, and the truth is used from the next step on.
        reader: the same model with the states after every step instead of the last.
        roller: model from `[future, *states]` to `[output]`, closed loop: fed its own output.

    Shapes: `x` is `(batch, time, futures + outputs)`, `output`
    `(batch, time, outputs)`, a state `(batch, channels)`. The roller has its own weights in the
    same order: `roller.set_weights(network.get_weights())`.
    """

    network: keras.Model
    reader: keras.Model
    roller: keras.Model


def closed_loop(
    open_cell: RecurrentCell, closed_cell: RecurrentCell, futures: int, engine: str = "auto"
) -> ClosedLoop:
    """Builds the network from one cell in its two modes.

    Args:
        open_cell: fed with the truth, e.g. `NARX(…, feedback="truth")`.
        closed_cell: the same cell, fed with its prediction.
        futures: number of covariates known for the steps ahead.
        engine: engine of the loops over time, as for `Recurrent`.
    """
    width = futures + open_cell.output_size
    loop = Recurrent(open_cell, return_sequences=True, return_state=True, engine=engine)
    loop.build((None, None, width))
    x = keras.Input((None, width), name="x")
    states = _inputs(open_cell)
    network = keras.Model([x, *states], list(loop(x, initial_state=states)), name="closed_loop")

    every = _EveryState(loop, name="every_state")
    reader = keras.Model([x, *states], every([x, *states]), name="reader")

    rolling = Recurrent(closed_cell, return_sequences=True, engine=engine)
    rolling.build((None, None, futures))
    future = keras.Input((None, futures), name="future")
    states = _inputs(closed_cell)
    roller = keras.Model([future, *states], rolling(future, initial_state=states), name="roller")
    return ClosedLoop(network, reader, roller)


class _EveryState(keras.layers.Layer):
    """`[output, *states after every step]` of a loop, as a layer."""

    def __init__(self, loop: Recurrent, **kwargs: object):
        super().__init__(**kwargs)
        self.loop = loop

    def call(self, inputs: list) -> list:
        result = self.loop.run(inputs[0], inputs[1:], need="states")
        return [result.outputs, *(result.states or ())]

    def compute_output_shape(self, shapes: list) -> list:
        batch, time, _ = shapes[0]
        sizes = [self.loop.cell.output_size, *self.loop.cell.state_size]
        return [(batch, time, channels) for channels in sizes]


def _inputs(cell: RecurrentCell) -> list:
    return [keras.Input((n,), name=f"state_{i}") for i, n in enumerate(cell.state_size)]
