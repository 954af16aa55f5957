from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import whole_number
from ..initializers import Chrono
from . import checks
from .base import RecurrentCell
from .linear import linear_recurrence
from .lstm import forget_bias
from .product import like


@keras.saving.register_keras_serializable("rnnzoo")
class MinLSTM(RecurrentCell):
    """Minimal long short-term memory: the gates read only the input, and add up to one.

    ```
    f = σ(W_f x_t + b_f)        forget gate
    i = σ(W_i x_t + b_i)        input gate
    g = W_g x_t + b_g           new content
    h_t = f / (f + i) ⊙ h_{t−1} + i / (f + i) ⊙ g        output h_t
    ```

    The recurrence is linear in h, so all steps can be computed by a parallel scan; for the
    limits of that see `min_gru`. There is no memory besides h and no output
    gate. The three kernels are concatenated in the order f, i, g. b_f starts at 1.

    Args:
        units: width of the state.
        chrono: longest expected lag, T: b_f starts at log U(1, T − 1) and b_i at −b_f,
            so that the memory lasts up to T steps (Tallec and Ollivier 2018).

    States: `[h_{t−1}]`, shape `(batch, units)`.

    Reference: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi (2024), Were RNNs all we
    needed?
    """

    roles: ClassVar = {"W": "kernel", "b": "bias"}

    def __init__(self, units: int, chrono: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.chrono = checks.chrono(chrono, self)
        self.state_size = [self.units]
        self.output_size = self.units

    @property
    def parallelizable(self) -> bool:
        return True

    @property
    def float32_state(self) -> bool:
        return self.chrono is not None

    def build(self, input_shape: Any) -> None:
        n = self.units
        bias = Chrono(self.chrono, "fig") if self.chrono else forget_bias("fig")
        self.W = self.add_weight(shape=(input_shape[-1], 3 * n), name="W")
        full = {"autocast": not self.float32_state}
        self.b = self.add_weight(shape=(3 * n,), initializer=bias, name="b", **full)

    def project(self, inputs: Any) -> Any:
        f, i, g = ops.split(ops.add(ops.matmul(inputs, self.W), self.b), 3, axis=-1)
        a = ops.log_sigmoid(f) - ops.log_sigmoid(i)
        # σ(a) = f / (f + i), and i / (f + i) is not 1 − σ(a), which cancels where a is large
        return ops.concatenate([ops.sigmoid(a), ops.sigmoid(-a) * g], axis=-1)

    def step(self, drive: Any, states: Any) -> Any:
        decay, new = ops.split(like(drive, states[0]), 2, axis=-1)
        h = decay * states[0] + new
        return h, [h]

    def every_step(self, drives: Any, states: Any) -> list[Any]:
        decay, new = ops.split(like(drives, states[0]), 2, axis=-1)
        return [linear_recurrence(decay, new, states[0])]
