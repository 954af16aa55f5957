"""The stateful network: reads step by step, forecasts all leads from its state."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from ...errors import fraction
from ..cells.base import RecurrentCell
from ..cells.taps import delay
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
        linear: layer of the linear path, from the last `lags` rows, the newest first, to the
            leads; `None` without one.

    Shapes: `x` is `(batch, time, inputs)`; `ahead`, the known-future rows of each
    lead, `(batch, time, horizon, futures)`, absent without futures; `output`
    `(batch, time, units)`; `forecast` `(batch, time, horizon)`, with a head its parameters
    `(batch, time, horizon, outputs)`; a state `(batch, channels)`.
    """

    network: keras.Model
    reader: keras.Model
    head: keras.Model
    size: keras.Variable
    linear: keras.layers.Dense | None = None


def stateful_network(
    cells: list[RecurrentCell],
    inputs: int,
    horizon: int,
    futures: int = 0,
    dropout: float = 0.0,
    engine: str = "auto",
    lags: int = 0,
    observed: int = 1,
    head: Head | None = None,
) -> StatefulNetwork:
    """Builds a network that forecasts `horizon` leads from its state at every step.

    ```
    s_t = cells(x_t, s_{t−1})
    ŷ_{t,k} = σ_k ((A s_t + L [z_t, …, z_{t−lags+1}] + a)_k + v · tanh(P s_t + Q f_{t+k} + q))
    ```

    The linear path L exists only with `lags`. It reads z, the first `observed` columns of x, of
    the last rows, which are part of the state. A then starts at zero, so that the network starts
    as the linear forecast to which L is set.

    The last term exists only with known-future covariates f: the forecast of lead k reads only
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
    units = output.shape[-1]
    if lags:
        before = keras.Input((lags * observed,), name="lags")
        window, last = _Lags(lags, name="window")([x[..., :observed], before])
        output = ops.concatenate([output, window], axis=-1)
        states, after = [*states, before], [*after, last]
    reader = keras.Model([x, *states], [output, *after], name="reader")

    s = keras.Input((None, output.shape[-1]), name="output")
    seen = keras.layers.Dropout(fraction("dropout", dropout), name="dropout")(s[..., :units])
    start = "zeros" if lags else "glorot_uniform"
    leads = keras.layers.Dense(horizon * outputs, kernel_initializer=start, name="leads")
    forecast = leads(seen)
    if head is not None:
        forecast = keras.layers.Reshape((-1, horizon, outputs), name="raw")(forecast)
    linear = keras.layers.Dense(horizon, name="linear") if lags else None
    if linear is not None:
        location = linear(s[..., units:])
        if head is not None:  # the first raw output sets the location
            location = ops.pad(location[..., None], [[0, 0]] * 3 + [[0, outputs - 1]])
        forecast = forecast + location
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
    whole = keras.Model([s, *known], sizes(forecast), name="head")
    network = keras.Model([x, *known, *states], [whole([output, *known]), *after], name="stateful")
    return StatefulNetwork(network, reader, whole, sizes.size, linear)


@keras.saving.register_keras_serializable("rnnzoo")
class _Lags(keras.layers.Layer):
    """The last rows at every step, the newest first, `(batch, time, lags · columns)`.

    Args:
        lags: number of rows, the current one included.
    """

    def __init__(self, lags: int, **options: Any):
        super().__init__(**options)
        self.lags = lags

    def call(self, read: Any) -> Any:
        x, before = read
        taps = ops.split(before, self.lags, axis=-1)
        window = ops.concatenate(delay(x, taps)[:-1], axis=-1)
        return window, window[:, -1]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"lags": self.lags}


@keras.saving.register_keras_serializable("rnnzoo")
class _Size(keras.layers.Layer):
    """Multiplies each channel by a number that is not trained."""

    def build(self, input_shape: Any) -> None:
        self.size = self.add_weight(
            shape=(input_shape[-1],), initializer="ones", trainable=False, name="size"
        )

    def call(self, inputs: Any) -> Any:
        return inputs * self.size
