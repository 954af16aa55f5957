from typing import Any

import keras
from keras import ops

from ...errors import whole_number
from ..initializers import Chrono
from . import checks
from .product import ProductCell


@keras.saving.register_keras_serializable("rnnzoo")
class SLSTM(ProductCell):
    """The scalar cell of xLSTM: exponential gates, and a normalizer that they share.

    ```
    i = exp(ĩ),  ĩ = W_i x_t + U_i h_{t−1} + b_i          input gate
    f = σ(f̃),   f̃ = W_f x_t + U_f h_{t−1} + b_f          forget gate
    g = tanh(W_g x_t + U_g h_{t−1} + b_g)                 new content
    o = σ(W_o x_t + U_o h_{t−1} + b_o)                    output gate
    c_t = f c_{t−1} + i g,    n_t = f n_{t−1} + i
    h_t = o ⊙ c_t / n_t        output h_t
    ```

    An input gate without an upper limit can override the memory. c and n are stored divided by
    exp(m), so that nothing overflows: m_t = max(log f + m_{t−1}, ĩ), or ĩ while
    n is 0, and i and f above become exp(ĩ − m_t) and exp(log f + m_{t−1} − m_t); h is the
    same. Of the two forget gates of the paper, exp and σ, this is σ, with a single
    head. b_f starts evenly spaced from 3 to 6, for memories of 20 to 400 steps, and U orthogonal;
    the authors' code starts with 4 independent heads, U = 0 and b_f by a power law.

    Args:
        units: width of h, c, n and m.
        chrono: longest expected lag, T: b_f starts at log U(1, T − 1) and b_i at
            −b_f (Tallec and Ollivier 2018).

    States: `[h_{t−1}, c_{t−1}, n_{t−1}, m_{t−1}]`, each `(batch, units)`. The kernels are
    concatenated in the order i, f, g, o.

    Reference: Beck et al. (2024), xLSTM: extended long short-term memory, NeurIPS,
    equations 8 to 17.
    """

    supports_recurrent_dropout = float32_state = True
    hidden = (0, 1)  # n and m are the scale of c: with them |c| ≤ n, so |h| < 1, would be lost

    def __init__(self, units: int, chrono: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.chrono = checks.chrono(chrono, self)
        self.state_size = [self.units] * 4
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        n = self.units
        bias = Chrono(self.chrono, "ifgo") if self.chrono else _long_memory
        self.W = self.add_weight(shape=(input_shape[-1], 4 * n), name="W")
        self.U = self.add_weight(shape=(n, 4 * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(4 * n,), initializer=bias, name="b", autocast=False)

    def project(self, inputs: Any) -> Any:
        return ops.add(ops.matmul(inputs, self.W), self.b)

    def multiply(self, h: Any) -> Any:
        return ops.matmul(h, self.U)

    def pointwise(self, drive: Any, product: Any, states: Any) -> Any:
        _, c, n, m = states
        i, f, g, o = ops.split(drive + product, 4, axis=-1)
        # at n = 0 the memory is empty: m = 0 would hide an input gate that is nearly closed
        decayed = ops.where(n == 0, i, ops.log_sigmoid(f) + m)
        m = ops.maximum(decayed, i)
        i, f = ops.exp(i - m), ops.exp(decayed - m)
        c = f * c + i * ops.tanh(g)
        n = f * n + i
        h = ops.sigmoid(o) * c / n
        return h, [h, c, n, m]


def _long_memory(shape: Any, dtype: Any = None) -> Any:
    n = shape[0] // 4
    b_f = ops.linspace(3.0, 6.0, n, dtype=dtype)
    return ops.concatenate([ops.zeros(n, dtype), b_f, ops.zeros(2 * n, dtype)])
