"""The closed-loop network: one step ahead, then fed its own forecasts."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from ..cells import GRU
from ..cells.base import RecurrentCell
from ..heads import Head
from ..heads.layers import HeadParameters
from ..layers import Recurrent

SPREAD_UNITS = 8  # width of the recurrence that follows the size of past errors


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

    With a head, `output` is the parameters of each output, `(batch, time, outputs, head.outputs)`;
    the roller is as without a head, and shares the weights of the cell alone.
    """

    network: keras.Model
    reader: keras.Model
    roller: keras.Model


def closed_loop(
    open_cell: RecurrentCell,
    closed_cell: RecurrentCell,
    futures: int,
    engine: str = "auto",
    head: Head | None = None,
) -> ClosedLoop:
    """Builds the network from one cell in its two modes.

    ```
    y_t = cell(future_t, truth_{t−1} …)                        the first raw output of the head
    e_t = truth_t − y_t
    r_t = GRU([e_{t−1} ; |e_{t−1}| ; truth_{t−1} ; future_t], r_{t−1})
    raw_t = [y_t ; A r_t + a]                                  its other raw outputs
    ```

    The last three lines exist only with a head: its spread follows the size of past errors, as in
    a GARCH model.

    Args:
        open_cell: fed with the truth, e.g. `NARX(…, feedback="truth")`.
        closed_cell: the same cell, fed with its prediction.
        futures: number of covariates known for the steps ahead.
        engine: engine of the loops over time, as for `Recurrent`.
        head: head of every output, in place of one number.

    Reference: Bollerslev (1986), Generalized autoregressive conditional heteroskedasticity,
    Journal of Econometrics 31.
    """
    width = futures + open_cell.output_size
    loop = Recurrent(open_cell, return_sequences=True, return_state=True, engine=engine)
    loop.build((None, None, width))
    x = keras.Input((None, width), name="x")
    states = _inputs(open_cell)
    y, *after = loop(x, initial_state=states)
    every = _EveryState(loop, name="every_state")
    z, *passed = every([x, *states])
    if head is not None:
        spread = _Spread(head.name, open_cell.output_size, name="spread")
        last = [keras.Input((n,), name=f"spread_{i}") for i, n in enumerate(spread.state_size)]
        y, *ends = spread([x, y, *last])
        z, *between = spread([x, z, *last])
        states = [*states, *last]
        after, passed = [*after, *(end[:, -1] for end in ends)], [*passed, *between]
    network = keras.Model([x, *states], [y, *after], name="closed_loop")
    reader = keras.Model([x, *states], [z, *passed], name="reader")

    rolling = Recurrent(closed_cell, return_sequences=True, engine=engine)
    rolling.build((None, None, futures))
    future = keras.Input((None, futures), name="future")
    states = _inputs(closed_cell)
    roller = keras.Model([future, *states], rolling(future, initial_state=states), name="roller")
    return ClosedLoop(network, reader, roller)


@keras.saving.register_keras_serializable("rnnzoo")
class _Spread(keras.layers.Layer):
    """From `[x, y, last, r]` to `[parameters, *states after every step]`.

    Args:
        head: name of the head.
        outputs: width of y.
    """

    def __init__(self, head: str, outputs: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.head, self.outputs = head, outputs
        self.to_parameters = HeadParameters(head)
        self.raw = self.to_parameters.outputs
        self.state_size = [3 * outputs, SPREAD_UNITS]
        self.loop = Recurrent(GRU(SPREAD_UNITS), return_sequences=True)
        self.dense = keras.layers.Dense(outputs * (self.raw - 1))

    def build(self, shapes: list) -> None:
        width = shapes[0][-1] + 2 * self.outputs
        self.loop.build((*shapes[0][:2], width))
        self.dense.build((*shapes[0][:2], SPREAD_UNITS))

    def call(self, inputs: list) -> list:
        x, y, last, r = inputs
        future, truth = x[..., : -self.outputs], x[..., -self.outputs :]
        error = truth - ops.stop_gradient(y)
        read = ops.concatenate([error, ops.abs(error), truth], axis=-1)
        before = ops.concatenate([last[:, None], read[:, :-1]], axis=1)
        states = self.loop(ops.concatenate([before, future], axis=-1), initial_state=[r])
        batch, time = ops.shape(y)[:2]
        others = ops.reshape(self.dense(states), (batch, time, self.outputs, self.raw - 1))
        raw = ops.concatenate([y[..., None], others], axis=-1)
        return [self.to_parameters(raw), read, states]

    def compute_output_shape(self, shapes: list) -> list:
        batch, time, _ = shapes[1]
        after = [(batch, time, n) for n in self.state_size]
        return [(batch, time, self.outputs, self.raw), *after]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"head": self.head, "outputs": self.outputs}


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
