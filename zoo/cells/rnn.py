from typing import Any

import keras
from keras import ops

from ...errors import whole_number
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .product import ProductCell


@keras.saving.register_keras_serializable("rnnzoo")
class RNN(ProductCell):
    """The state-space model, or simple recurrent network.

    ```
    h_t = φ(W x_t + Σ_{k ∈ taps} U_k h_{t−k} + b)        output h_t
    ```

    `x_t` is the input `(batch, features)`, `h_t` the state `(batch, units)`. With
    the single tap 1 this is Keras's `SimpleRNN`; more taps let the state look
    further back without passing through every step between.

    Args:
        units: width of the state.
        taps: delays of the recurrence, e.g. `(1, 5)`.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        recurrent_initializer: initializer of each `U_k`, a Keras initializer or its name.

    States: `[h_{t−1}, …, h_{t−K}]`, K the largest tap, newest first.

    Reference: Elman, J. L. (1990), Finding structure in time, Cognitive Science 14;
    Rumelhart, Hinton and Williams (1986) for backpropagation through time.
    """

    supports_recurrent_dropout = True
    hidden = (0,)  # and taps

    def __init__(
        self,
        units: int,
        taps: Any = (1,),
        activation: ActivationLike = "tanh",
        recurrent_initializer: Any = "orthogonal",
        **kwargs: Any,
    ):
        super().__init__(recurrent_initializer=recurrent_initializer, **kwargs)
        self.units = whole_number("units", units)
        self.taps = checks.delays("taps", taps, at_least=1)
        self.activation = checks.activation("activation", activation)
        self.state_size = [self.units] * max(self.taps)
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        n = self.units
        self.W = self.add_weight(shape=(input_shape[-1], n), name="W")
        self.U = [
            self.add_weight(shape=(n, n), initializer="orthogonal", name=f"U_{k}")
            for k in self.taps
        ]
        self.b = self.add_weight(shape=(n,), initializer="zeros", name="b")

    @property
    def one_product(self) -> bool:
        return self.taps == [1]

    def project(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.W) + self.b

    def multiply(self, h: Any) -> Any:
        return ops.matmul(h, self.U[0])

    def pointwise(self, drive: Any, product: Any, states: Any) -> Any:
        φ = function(self.activation)
        h = φ(drive + product)
        return h, [h]

    def step(self, drive: Any, states: Any) -> Any:
        if self.one_product:
            return super().step(drive, states)
        φ = function(self.activation)
        z = drive
        for k, U in zip(self.taps, self.U, strict=True):
            z = z + ops.matmul(self.drop_recurrent(states[k - 1]), U)
        h = φ(z)
        return h, [h, *states[:-1]]
