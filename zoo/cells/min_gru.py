from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import whole_number
from ..initializers import Chrono
from . import checks
from .base import RecurrentCell
from .linear import linear_recurrence
from .product import like


@keras.saving.register_keras_serializable("rnnzoo")
class MinGRU(RecurrentCell):
    """Minimal gated recurrent unit: the gate reads only the input.

    ```
    z = σ(W_z x_t + b_z)        update gate
    g = W_g x_t + b_g           new content
    h_t = (1 − z) ⊙ h_{t−1} + z ⊙ g        output h_t
    ```

    Without h_{t−1} in the gate the recurrence is linear in h, so all steps can be
    computed by a parallel scan. In exchange, the memory of one layer cannot control its gate
    (0 < 1 − z < 1 only decays: it cannot count parity); stack two or more. The content is linear,
    as in the paper's plain form; its logarithmic form, which needs positive content, is not used.

    Args:
        units: width of the state.
        chrono: longest expected lag, T: b_z starts at −log U(1, T − 1), so that the
            memory lasts up to T steps (Tallec and Ollivier 2018); by default at 0.

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
        bias = Chrono(self.chrono, "ig") if self.chrono else "zeros"
        self.W = self.add_weight(shape=(input_shape[-1], 2 * n), name="W")  # z, g
        full = {"autocast": not self.float32_state}
        self.b = self.add_weight(shape=(2 * n,), initializer=bias, name="b", **full)

    def project(self, inputs: Any) -> Any:
        z, g = ops.split(ops.add(ops.matmul(inputs, self.W), self.b), 2, axis=-1)
        z = ops.sigmoid(z)
        return ops.concatenate([1 - z, z * g], axis=-1)

    def step(self, drive: Any, states: Any) -> Any:
        decay, new = ops.split(like(drive, states[0]), 2, axis=-1)
        h = decay * states[0] + new
        return h, [h]

    def every_step(self, drives: Any, states: Any) -> list[Any]:
        decay, new = ops.split(like(drives, states[0]), 2, axis=-1)
        return [linear_recurrence(decay, new, states[0])]
