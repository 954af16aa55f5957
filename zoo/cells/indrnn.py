from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import whole_number
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .base import RecurrentCell
from .product import like


@keras.saving.register_keras_serializable("rnnzoo")
class IndRNN(RecurrentCell):
    """Independently recurrent network: each unit reads only its own past.

    ```
    h_t = φ(W x_t + u ⊙ h_{t−1} + b)        output h_t
    ```

    Over k steps an input is scaled by u^k, unit by unit, so that the memory can be read from u and
    bounded. Units are combined in the next layer: stack two or more.

    Args:
        units: width of the state.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        reach: T, the number of steps over which the memory should last without exploding: u
            starts in [½^{1/T}, 2^{1/T}], unless `recurrent_initializer` is given, and |u| is
            limited to 2^{1/T}. By default u starts in [0, 1], without a limit.

    States: `[h_{t−1}]`, shape `(batch, units)`.

    Reference: Li, Li, Cook, Zhu and Gao (2018), Independently recurrent neural network
    (IndRNN): building a longer and deeper RNN, CVPR.
    """

    supports_recurrent_dropout = True
    roles: ClassVar = {"W": "kernel", "u": "recurrent", "b": "bias"}

    def __init__(
        self,
        units: int,
        activation: ActivationLike = "relu",
        reach: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.activation = checks.activation("activation", activation)
        self.reach = None if reach is None else whole_number("reach", reach)
        self.state_size = [self.units]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        low, high = 0.0, 1.0
        if self.reach is not None:
            low, high = 0.5 ** (1 / self.reach), 2.0 ** (1 / self.reach)
        self.W = self.add_weight(shape=(input_shape[-1], self.units), name="W")
        self.u = self.add_weight(
            shape=(self.units,),
            initializer=keras.initializers.RandomUniform(low, high),
            constraint=None if self.reach is None else Bounded(high),
            name="u",
            autocast=not self.float32_state,  # in half precision all of them would be 1
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    @property
    def float32_state(self) -> bool:
        return self.reach is not None

    def project(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.W) + self.b

    def step(self, drive: Any, states: Any) -> Any:
        φ = function(self.activation)
        h = self.drop_recurrent(states[0])
        h = φ(like(drive, h) + ops.cast(self.u, h.dtype) * h)
        return h, [h]


@keras.saving.register_keras_serializable("rnnzoo")
class Bounded(keras.constraints.Constraint):
    """Clips every weight to ± `limit`."""

    def __init__(self, limit: float):
        self.limit = limit

    def __call__(self, w: Any) -> Any:
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self) -> dict[str, float]:
        return {"limit": self.limit}
