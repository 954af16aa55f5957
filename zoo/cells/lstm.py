from typing import Any

import keras
from keras import ops

from ...errors import flag, whole_number
from .base import RecurrentCell


@keras.saving.register_keras_serializable("rnnzoo")
class LSTM(RecurrentCell):
    """Long short-term memory.

    ```
    i = σ(W_i x_t + U_i h_{t−1} + p_i ⊙ c_{t−1} + b_i)        input gate
    f = σ(W_f x_t + U_f h_{t−1} + p_f ⊙ c_{t−1} + b_f)        forget gate
    g = tanh(W_g x_t + U_g h_{t−1} + b_g)                     new content
    c_t = f ⊙ c_{t−1} + i ⊙ g
    o = σ(W_o x_t + U_o h_{t−1} + p_o ⊙ c_t + b_o)            output gate
    h_t = o ⊙ tanh(c_t)        output h_t
    ```

    The four kernels stand side by side in the order i, f, g, o, as in Keras. The
    peepholes p let the gates see the memory; the output gate sees the new one, c_t,
    as in Gers and Schmidhuber and in ConvLSTM. b_f starts at 1, so that a new
    network remembers (Jozefowicz et al. 2015).

    Args:
        units: width of the state h and of the memory c.
        peepholes: connect c to the gates; without them the p are absent.

    States: `[h_{t−1}, c_{t−1}]`, each `(batch, units)`.

    References: Hochreiter and Schmidhuber (1997), Long short-term memory, Neural
    Computation 9; Gers, Schraudolph and Schmidhuber (2002), Learning precise timing
    with LSTM recurrent networks, JMLR 3, for the peepholes.
    """

    def __init__(self, units: int, peepholes: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.peepholes = flag("peepholes", peepholes)
        self.state_size = [self.units, self.units]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        n = self.units
        self.W = self.add_weight(shape=(input_shape[-1], 4 * n), name="W")
        self.U = self.add_weight(shape=(n, 4 * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(4 * n,), initializer=forget_bias_one, name="b")
        if self.peepholes:
            self.p = self.add_weight(shape=(3, n), initializer="glorot_uniform", name="p")

    def project(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.W) + self.b

    def step(self, drive: Any, states: Any) -> Any:
        h, c = states
        σ, tanh = ops.sigmoid, ops.tanh
        i, f, g, o = ops.split(drive + ops.matmul(h, self.U), 4, axis=-1)
        if self.peepholes:
            i = i + self.p[0] * c
            f = f + self.p[1] * c
        c = σ(f) * c + σ(i) * tanh(g)
        if self.peepholes:
            o = o + self.p[2] * c
        h = σ(o) * tanh(c)
        return h, [h, c]


def forget_bias_one(shape: Any, dtype: Any = None) -> Any:
    """Biases of the gates i, f, g, o: 1 for f, else 0."""
    n = shape[0] // 4
    return ops.concatenate([ops.zeros(n, dtype), ops.ones(n, dtype), ops.zeros(2 * n, dtype)])
