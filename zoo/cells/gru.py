from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import one_of, whole_number
from ..initializers import Chrono
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .product import ProductCell, like, matmul


@keras.saving.register_keras_serializable("rnnzoo")
class GRU(ProductCell):
    """Gated recurrent unit.

    ```
    z = σ(W_z x_t + U_z h_{t−1} + b_z)        update gate
    r = σ(W_r x_t + U_r h_{t−1} + b_r)        reset gate
    g = φ(W_g x_t + b_g + U_g (r ⊙ h_{t−1}))             reset="before"
    g = φ(W_g x_t + b_g + r ⊙ (U_g h_{t−1} + b′))        reset="after"
    g = φ(W_g x_t + b_g + U_g h_{t−1})                   reset="none": no r
    h_t = (1 − z) ⊙ h_{t−1} + z ⊙ g        output h_t
    ```

    z = 1 takes the new content, as in Chung et al. (2014); Keras and Cho et al. have
    z with the opposite meaning. The three kernels are concatenated in the order z, r, g.
    Resetting after the product is what Keras and torch compute (with the second bias
    b′), and needs one matrix product a step instead of two; resetting before it is
    the original. Without the reset gate it is the simplified unit of many lectures.

    Args:
        units: width of the state.
        reset: `"after"` or `"before"` the recurrent product, or `"none"`.
        chrono: longest expected lag, T: b_z starts at −log U(1, T − 1), so that the
            memory lasts up to T steps (Tallec and Ollivier 2018); by default at 0.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        recurrent_activation: σ, the activation of the gates, likewise.

    States: `[h_{t−1}]`, shape `(batch, units)`.

    References: Cho et al. (2014), Learning phrase representations using RNN
    encoder–decoder; Chung, Gulcehre, Cho and Bengio (2014), Empirical evaluation of
    gated recurrent neural networks on sequence modeling; Tallec and Ollivier (2018), Can
    recurrent neural networks warp time?
    """

    supports_recurrent_dropout = True
    roles: ClassVar = ProductCell.roles | {"b2": "bias"}

    def __init__(
        self,
        units: int,
        reset: str = "after",
        chrono: int | None = None,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.reset = one_of("reset", reset, ("after", "before", "none"))
        self.chrono = checks.chrono(chrono, self)
        self.activation = checks.activation("activation", activation)
        self.recurrent_activation = checks.activation("recurrent_activation", recurrent_activation)
        self.state_size = [self.units]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        n, gates = self.units, 2 if self.reset == "none" else 3
        bias = Chrono(self.chrono, "irg"[:gates]) if self.chrono else "zeros"
        full = {"autocast": not self.float32_state}
        self.W = self.add_weight(shape=(input_shape[-1], gates * n), name="W")
        self.U = self.add_weight(shape=(n, gates * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(gates * n,), initializer=bias, name="b", **full)
        if self.reset == "after":
            self.b2 = self.add_weight(shape=(n,), initializer="zeros", name="b2")

    @property
    def float32_state(self) -> bool:
        return self.chrono is not None

    @property
    def one_product(self) -> bool:
        return self.reset != "before"

    def project(self, inputs: Any) -> Any:
        return ops.add(ops.matmul(inputs, self.W), self.b)

    def multiply(self, h: Any) -> Any:
        return ops.matmul(h, self.U)

    def pointwise(self, drive: Any, product: Any, states: Any) -> Any:
        h = states[0]
        φ, σ = function(self.activation), function(self.recurrent_activation)
        if self.reset == "none":
            z, g = ops.split(drive + product, 2, axis=-1)
            h = (1 - σ(z)) * h + σ(z) * φ(g)
            return h, [h]
        x_z, x_r, x_g = ops.split(drive, 3, axis=-1)
        h_z, h_r, h_g = ops.split(product, 3, axis=-1)
        z, r = σ(x_z + h_z), σ(x_r + h_r)
        g = φ(x_g + r * (h_g + ops.cast(self.b2, h.dtype)))
        h = (1 - z) * h + z * g
        return h, [h]

    def step(self, drive: Any, states: Any) -> Any:
        if self.one_product:
            return super().step(drive, states)
        h, n = states[0], self.units
        φ, σ = function(self.activation), function(self.recurrent_activation)
        seen = self.drop_recurrent(h)
        x_z, x_r, x_g = ops.split(like(drive, h), 3, axis=-1)
        h_z, h_r = ops.split(matmul(seen, self.U[:, : 2 * n], self), 2, axis=-1)
        z, r = σ(x_z + h_z), σ(x_r + h_r)
        g = φ(x_g + matmul(r * seen, self.U[:, 2 * n :], self))
        h = (1 - z) * h + z * g
        return h, [h]
