from typing import Any

import keras
from keras import ops

from ...errors import flag, whole_number
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .product import ProductCell


@keras.saving.register_keras_serializable("rnnzoo")
class Elman(ProductCell):
    """Elman network: a context layer holds a copy of the hidden layer.

    ```
    c_t = h_{t−1}        copied
    h_t = φ(W x_t + U c_t + b)        output h_t
    ```

    In the classical network no gradient passes through the copy, so the error of a step trains
    only that step ("partially recurrent"). The outputs
    are those of `rnn` with the same weights; only the gradients differ.

    Args:
        units: width of the hidden and of the context layer.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        truncate: whether no gradient passes through the copy (the classical network). With
            `False` the whole past is trained, as in `rnn`.

    States: `[h_{t−1}]`, shape `(batch, units)`.

    Reference: Elman, J. L. (1990), Finding structure in time, Cognitive Science 14.
    """

    supports_recurrent_dropout = True

    def __init__(
        self,
        units: int,
        activation: ActivationLike = "tanh",
        truncate: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.activation = checks.activation("activation", activation)
        self.truncate = flag("truncate", truncate)
        self.state_size = [self.units]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        self.W = self.add_weight(shape=(input_shape[-1], self.units), name="W")
        self.U = self.add_weight(shape=(self.units, self.units), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def project(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.W) + self.b

    def multiply(self, h: Any) -> Any:
        c = ops.stop_gradient(h) if self.truncate else h
        return ops.matmul(c, self.U)

    def pointwise(self, drive: Any, product: Any, states: Any) -> Any:
        φ = function(self.activation)
        h = φ(drive + product)
        return h, [h]
