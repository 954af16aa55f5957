from typing import Any

import keras
from keras import ops

from ...errors import flag, whole_number
from ..initializers import Chrono
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .product import ProductCell, like


@keras.saving.register_keras_serializable("rnnzoo")
class LSTM(ProductCell):
    """Long short-term memory.

    ```
    i = σ(W_i x_t + U_i h_{t−1} + p_i ⊙ c_{t−1} + b_i)        input gate
    f = σ(W_f x_t + U_f h_{t−1} + p_f ⊙ c_{t−1} + b_f)        forget gate
    f = 1 − i                                                 coupled=True
    g = φ(W_g x_t + U_g h_{t−1} + b_g)                        new content
    c_t = f ⊙ c_{t−1} + i ⊙ g
    o = σ(W_o x_t + U_o h_{t−1} + p_o ⊙ c_t + b_o)            output gate
    h_t = o ⊙ φ(c_t)        output h_t
    ```

    The four kernels are concatenated in the order i, f, g, o, as in Keras; coupled gates
    have none for f. The peepholes p let the gates read the memory; the output gate
    reads the new one, c_t, as in Gers and Schmidhuber and in ConvLSTM, not c_{t−1}. b_f
    starts at 1, so that a new network remembers (Jozefowicz et al. 2015); coupled, b_i
    starts at −1.

    Args:
        units: width of the state h and of the memory c.
        peepholes: connect c to the gates; without them the p are absent.
        coupled: couple the forget gate to the input gate, f = 1 − i.
        chrono: longest expected lag, T: b_f starts at log U(1, T − 1) and b_i at
            −b_f, so that the memory lasts up to T steps (Tallec and Ollivier 2018).
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        recurrent_activation: σ, the activation of the gates, likewise.

    States: `[h_{t−1}, c_{t−1}]`, each `(batch, units)`.

    References: Hochreiter and Schmidhuber (1997), Long short-term memory, Neural
    Computation 9; Gers, Schraudolph and Schmidhuber (2002), Learning precise timing
    with LSTM recurrent networks, JMLR 3, for the peepholes; Greff et al. (2017), LSTM: a
    search space odyssey, for coupled gates.
    """

    supports_recurrent_dropout = True

    def __init__(
        self,
        units: int,
        peepholes: bool = False,
        coupled: bool = False,
        chrono: int | None = None,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.peepholes = flag("peepholes", peepholes)
        self.coupled = flag("coupled", coupled)
        self.chrono = checks.chrono(chrono, self)
        self.activation = checks.activation("activation", activation)
        self.recurrent_activation = checks.activation("recurrent_activation", recurrent_activation)
        self.state_size = [self.units, self.units]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        n, gates = self.units, "igo" if self.coupled else "ifgo"
        bias = Chrono(self.chrono, gates) if self.chrono else forget_bias(gates)
        full = {"autocast": not self.float32_state}
        self.W = self.add_weight(shape=(input_shape[-1], len(gates) * n), name="W")
        self.U = self.add_weight(shape=(n, len(gates) * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(len(gates) * n,), initializer=bias, name="b", **full)
        if self.peepholes:
            shape = (len(gates) - 1, n)  # every gate but g
            self.p = self.add_weight(shape=shape, initializer="glorot_uniform", name="p")

    @property
    def float32_state(self) -> bool:
        return self.chrono is not None

    def project(self, inputs: Any) -> Any:
        return ops.add(ops.matmul(inputs, self.W), self.b)

    def multiply(self, h: Any) -> Any:
        return ops.matmul(h, self.U)

    def pointwise(self, drive: Any, product: Any, states: Any) -> Any:
        c, z = states[1], drive + product
        φ, σ = function(self.activation), function(self.recurrent_activation)
        if self.coupled:
            i, g, o = ops.split(z, 3, axis=-1)
            i = σ(i + like(self.p[0], c) * c if self.peepholes else i)
            c = (1 - i) * c + i * φ(g)
        else:
            i, f, g, o = ops.split(z, 4, axis=-1)
            if self.peepholes:
                i = i + like(self.p[0], c) * c
                f = f + like(self.p[1], c) * c
            c = σ(f) * c + σ(i) * φ(g)
        if self.peepholes:
            o = o + like(self.p[-1], c) * c
        h = σ(o) * φ(c)
        return h, [h, c]


def forget_bias(gates: str) -> Any:
    """An initializer of gate biases: 1 for the gate f, or −1 for i where there is no f; else 0."""
    starts = {"f": 1.0} if "f" in gates else {"i": -1.0}

    def bias(shape: Any, dtype: Any = None) -> Any:
        ones = ops.ones(shape[0] // len(gates), dtype)
        return ops.concatenate([starts.get(gate, 0.0) * ones for gate in gates])

    return bias
