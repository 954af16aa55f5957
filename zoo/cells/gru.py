from typing import Any

import keras
from keras import ops

from ...errors import one_of, whole_number
from ..initializers import Chrono
from . import checks
from .base import RecurrentCell


@keras.saving.register_keras_serializable("rnnzoo")
class GRU(RecurrentCell):
    """Gated recurrent unit.

    ```
    z = σ(W_z x_t + U_z h_{t−1} + b_z)        update gate
    r = σ(W_r x_t + U_r h_{t−1} + b_r)        reset gate
    g = tanh(W_g x_t + b_g + U_g (r ⊙ h_{t−1}))             reset="before"
    g = tanh(W_g x_t + b_g + r ⊙ (U_g h_{t−1} + b′))        reset="after"
    g = tanh(W_g x_t + b_g + U_g h_{t−1})                   reset="none": no r
    h_t = (1 − z) ⊙ h_{t−1} + z ⊙ g        output h_t
    ```

    z = 1 takes the new content, as in Chung et al. (2014); Keras and Cho et al. have
    z the other way round. The three kernels stand side by side in the order z, r, g.
    Resetting after the product is what Keras and torch compute (with the second bias
    b′), and needs one matrix product a step instead of two; resetting before it is
    the original. Without the reset gate it is the simplified unit of many lectures.

    Args:
        units: width of the state.
        reset: `"after"` or `"before"` the recurrent product, or `"none"`.
        chrono: the longest lag expected, T: b_z starts at −log U(1, T − 1), so that the
            memory lasts up to T steps (Tallec and Ollivier 2018); by default at 0.

    States: `[h_{t−1}]`, shape `(batch, units)`.

    References: Cho et al. (2014), Learning phrase representations using RNN
    encoder–decoder; Chung, Gulcehre, Cho and Bengio (2014), Empirical evaluation of
    gated recurrent neural networks on sequence modeling; Tallec and Ollivier (2018), Can
    recurrent neural networks warp time?
    """

    recalls = True

    def __init__(self, units: int, reset: str = "after", chrono: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.reset = one_of("reset", reset, ("after", "before", "none"))
        self.chrono = checks.chrono(chrono)
        self.state_size = [self.units]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        n, gates = self.units, 2 if self.reset == "none" else 3
        bias = Chrono(self.chrono, "irg"[:gates]) if self.chrono else "zeros"
        self.W = self.add_weight(shape=(input_shape[-1], gates * n), name="W")
        self.U = self.add_weight(shape=(n, gates * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(gates * n,), initializer=bias, name="b")
        if self.reset == "after":
            self.b2 = self.add_weight(shape=(n,), initializer="zeros", name="b2")

    def project(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.W) + self.b

    def step(self, drive: Any, states: Any) -> Any:
        h, n, σ = states[0], self.units, ops.sigmoid
        seen = self.recalled(h)
        if self.reset == "none":
            z, g = ops.split(drive + ops.matmul(seen, self.U), 2, axis=-1)
            h = (1 - σ(z)) * h + σ(z) * ops.tanh(g)
            return h, [h]
        x_z, x_r, x_g = ops.split(drive, 3, axis=-1)
        if self.reset == "after":
            h_z, h_r, h_g = ops.split(ops.matmul(seen, self.U), 3, axis=-1)
            z, r = σ(x_z + h_z), σ(x_r + h_r)
            g = ops.tanh(x_g + r * (h_g + self.b2))
        else:
            h_z, h_r = ops.split(ops.matmul(seen, self.U[:, : 2 * n]), 2, axis=-1)
            z, r = σ(x_z + h_z), σ(x_r + h_r)
            g = ops.tanh(x_g + ops.matmul(r * seen, self.U[:, 2 * n :]))
        h = (1 - z) * h + z * g
        return h, [h]
