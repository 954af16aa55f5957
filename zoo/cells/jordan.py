from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import flag, fraction, whole_number
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .base import RecurrentCell
from .product import like, matmul


@keras.saving.register_keras_serializable("rnnzoo")
class Jordan(RecurrentCell):
    """Jordan network: the memory is a running average of past outputs.

    ```
    m_t = μ m_{t−1} + (1 − μ) y_{t−1}
    h_t = φ(W x_t + V m_t + b)
    y_t = γ(O h_t + d)        output y_t
    ```

    The memory has a fixed structure: μ is set, not learned. In the classical network no gradient
    passes through the copy of the output.

    Args:
        units: width of the hidden layer h.
        outputs: width of the output y; by default `units`.
        mu: μ in [0, 1), the weight of the old memory.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        output_activation: γ, likewise.
        truncate: whether no gradient passes through y_{t−1} and m_{t−1} (the classical network).

    States: `[y_{t−1}, m_{t−1}]`, each `(batch, outputs)`.

    Reference: Jordan, M. I. (1986), Serial order: a parallel distributed processing
    approach, ICS report 8604, UC San Diego.
    """

    serves = ("closed_loop", "stateful")
    has_output_layer = True
    supports_recurrent_dropout = True
    roles: ClassVar = {
        **{"W": "kernel", "O": "kernel", "V": "recurrent"},
        **{"b": "bias", "d": "bias"},
    }

    def __init__(
        self,
        units: int,
        outputs: int | None = None,
        mu: float = 0.5,
        activation: ActivationLike = "tanh",
        output_activation: ActivationLike = "linear",
        truncate: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.outputs = self.units if outputs is None else whole_number("outputs", outputs)
        self.mu = fraction("mu", mu)
        self.activation = checks.activation("activation", activation)
        self.output_activation = checks.activation("output_activation", output_activation)
        self.truncate = flag("truncate", truncate)
        self.state_size = [self.outputs, self.outputs]
        self.output_size = self.outputs

    def build(self, input_shape: Any) -> None:
        self.W = self.add_weight(shape=(input_shape[-1], self.units), name="W")
        self.V = self.add_weight(shape=(self.outputs, self.units), name="V")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")
        self.O = self.add_weight(shape=(self.units, self.outputs), name="O")
        self.d = self.add_weight(shape=(self.outputs,), initializer="zeros", name="d")

    @property
    def float32_state(self) -> bool:
        return self.mu > 0.95

    def project(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.W) + self.b

    def step(self, drive: Any, states: Any) -> Any:
        φ = function(self.activation)
        γ = function(self.output_activation)
        y, m = [ops.stop_gradient(s) for s in states] if self.truncate else states
        m = self.mu * m + (1 - self.mu) * y
        h = φ(like(drive, m) + matmul(self.drop_recurrent(m), self.V, self))
        y = γ(ops.add(matmul(h, self.O, self), self.d))
        return y, [y, m]
