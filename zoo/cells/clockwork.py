import math
from typing import Any

import keras
from keras import ops

from ...errors import ArgumentError, whole_number
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .base import RecurrentCell

COUNTS = {"bfloat16": 256, "float16": 2048}  # largest exact counts


@keras.saving.register_keras_serializable("rnnzoo")
class Clockwork(RecurrentCell):
    """Clockwork network: modules that are updated with different periods.

    ```
    h_t[g] = φ(W_g x_t + Σ_{j: T_j ≥ T_g} U_{gj} h_{t−1}[j] + b_g)    where t mod T_g = 0
    h_t[g] = h_{t−1}[g]                                               elsewhere
    ```

    The units are divided into one module per period. A module reads itself and slower ones, and
    does not change between its updates. At the first step, t = 0, all modules are updated. The
    state holds t mod T_g rather than a growing count, so that long series can be read in half
    precision too.

    Args:
        units: width of the state, a multiple of the number of periods.
        periods: T_g, distinct whole numbers from 1.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.

    States: `[h_{t−1}, t mod T_g]`, shapes `(batch, units)` and `(batch, modules)`.

    Raises:
        ArgumentError: `units` cannot be divided among the modules, or a period is longer than
            half precision can count: 256 steps in bfloat16, 2,048 in float16.

    Reference: Koutník, Greff, Gomez and Schmidhuber (2014), A clockwork RNN, ICML.
    """

    supports_recurrent_dropout = True
    hidden, phases = (0,), (1,)

    def __init__(
        self,
        units: int,
        periods: Any = (1, 2, 4, 8),
        activation: ActivationLike = "tanh",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.periods = checks.delays("periods", periods, at_least=1)
        self.activation = checks.activation("activation", activation)
        if self.units % len(self.periods):
            raise ArgumentError(
                f"`units` must be a multiple of the number of periods, {len(self.periods)}. "
                f"Received: units={units}"
            )
        self.state_size = [self.units, len(self.periods)]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        exact = COUNTS.get(self.compute_dtype, math.inf)
        if self.periods[-1] > exact:
            raise ArgumentError(
                f"In {self.compute_dtype} steps are counted to {exact}: give the cell "
                f'dtype="float32" or shorter `periods`. Received: periods={self.periods}'
            )
        n, module = self.units, self.units // len(self.periods)
        self.W = self.add_weight(shape=(input_shape[-1], n), name="W")
        self.U = [  # from the module itself and the slower ones, which come after it
            self.add_weight(shape=(n - first, module), initializer="orthogonal", name=f"U_{T}")
            for first, T in zip(range(0, n, module), self.periods, strict=True)
        ]
        self.b = self.add_weight(shape=(n,), initializer="zeros", name="b")

    def project(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.W) + self.b

    def step(self, drive: Any, states: Any) -> Any:
        φ = function(self.activation)
        h, phases = states
        seen, module = self.drop_recurrent(h), self.units // len(self.periods)
        recurrent = [ops.matmul(seen[:, k * module :], U) for k, U in enumerate(self.U)]
        moved = φ(drive + ops.concatenate(recurrent, axis=-1))
        h = ops.where(ops.repeat(phases < 0.5, module, axis=-1), moved, h)
        # only whole numbers: T − 0.5 would be rounded in half precision
        last = ops.convert_to_tensor([float(T - 1) for T in self.periods], dtype=phases.dtype)
        phases = ops.where(phases >= last, ops.zeros_like(phases), phases + 1)
        return h, [h, phases]
