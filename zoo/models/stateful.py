"""The stateful network: reads step by step, forecasts all leads from its state."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from ...errors import fraction
from ..cells.base import RecurrentCell
from ..heads import Head
from ..heads.layers import HeadParameters, HeadScale
from ..layers import stack


@dataclass(frozen=True)
class StatefulNetwork:
    """Three models of one network, sharing all weights.

    Attributes:
        network: model from `[x, (ahead,) *states]` to `[forecast, *states]`, for training.
        reader: model from `[x, *states]` to `[output, *states]`, to read without forecasting.
        head: model from `[output, (ahead)]` to `forecast`, to forecast from the last output.
        size: σ of the leads, `(horizon,)`, initially 1; it is set, not trained.

    Shapes: `x` is `(batch, time, inputs)`; `ahead`, the known-future rows of each
    lead, `(batch, time, horizon, futures)`, absent without futures; `output`
    `(batch, time, units)`; `forecast` `(batch, time, horizon)`, with a head its parameters
    `(batch, time, horizon, outputs)`; a state `(batch, channels)`.
    """

    network: keras.Model
    reader: keras.Model
    head: keras.Model
    size: keras.Variable


def stateful_network(
    cells: list[RecurrentCell],
    inputs: int,
    horizon: int,
    futures: int = 0,
    dropout: float = 0.0,
    engine: str = "auto",
    head: Head | None = None,
) -> StatefulNetwork:
    """Builds a network that forecasts `horizon` leads from its state at every step.

    ```
    s_t = cells(x_t, s_{t−1})
    ŷ_{t,k} = σ_k ((A s_t + a)_k + v · tanh(P s_t + Q f_{t+k} + q))
    ```

    The second term exists only with known-future covariates f: the forecast of lead k reads only
    the row of lead k. In training a share `dropout` of s is dropped before the head; the carried
    state is not. `engine` runs the loops, as for `Recurrent`. With a `head`, ŷ_{t,k} are its raw
    outputs, from which its parameters follow; σ_k scales the value that they are of.
    """
    outputs = 1 if head is None else head.outputs
    loop = stack(cells, return_sequences=True, return_state=True, engine=engine)
    loop.build((None, None, inputs))  # so that delay lines know their width
    x = keras.Input((None, inputs), name="x")
    states = [
        keras.Input((channels,), name=f"state_{i}") for i, channels in enumerate(loop.state_size)
    ]
    output, *after = loop(x, initial_state=states)
    reader = keras.Model([x, *states], [output, *after], name="reader")

    s = keras.Input((None, output.shape[-1]), name="output")
    seen = keras.layers.Dropout(fraction("dropout", dropout), name="dropout")(s)
    forecast = keras.layers.Dense(horizon * outputs, name="leads")(seen)
    if head is not None:
        forecast = keras.layers.Reshape((-1, horizon, outputs), name="raw")(forecast)
    known: list[Any] = []
    if futures:
        ahead = keras.Input((None, horizon, futures), name="ahead")
        known = [ahead]
        here = keras.layers.Dense(16, use_bias=False, name="present")(seen)
        there = keras.layers.Dense(16, name="future")(ahead)
        joint = ops.tanh(ops.expand_dims(here, 2) + there)  # (batch, time, horizon, 16)
        effect = keras.layers.Dense(outputs, use_bias=False, name="effect")(joint)
        forecast = forecast + (ops.squeeze(effect, -1) if head is None else effect)
    sizes: Any = _Size(name="size")
    if head is not None:
        forecast = HeadParameters(head.name, name="parameters")(forecast)
        sizes = HeadScale(head.name, name="size")
    leads = keras.Model([s, *known], sizes(forecast), name="head")
    network = keras.Model([x, *known, *states], [leads([output, *known]), *after], name="stateful")
    return StatefulNetwork(network, reader, leads, sizes.size)


@keras.saving.register_keras_serializable("rnnzoo")
class _Size(keras.layers.Layer):
    """Multiplies each channel by a number that is not trained."""

    def build(self, input_shape: Any) -> None:
        self.size = self.add_weight(
            shape=(input_shape[-1],), initializer="ones", trainable=False, name="size"
        )

    def call(self, inputs: Any) -> Any:
        return inputs * self.size
