from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import fraction, whole_number
from .base import RecurrentCell
from .product import like, matmul


@keras.saving.register_keras_serializable("rnnzoo")
class SCRN(RecurrentCell):
    """Structurally constrained recurrent network: a slow context and a fast state.

    ```
    s_t = (1 − α) B x_t + α s_{t−1}                  slow context
    h_t = σ(P s_t + A x_t + R h_{t−1})               fast state
    y_t = concat(h_t, s_t)        output y_t
    ```

    The context is a leaky integrator without activation: it decays by α per step, whatever is
    read. As in the paper, P reads the new context s_t, there are no biases, and the output holds
    both parts.

    Args:
        units: width of the fast state h.
        context: width of the slow context s; by default half of `units`, at least 1.
        alpha: α in [0, 1), the share of the context that remains after each step.

    States: `[y_{t−1}]`, shape `(batch, units + context)`.

    Reference: Mikolov, Joulin, Chopra, Mathieu and Ranzato (2015), Learning longer memory
    in recurrent neural networks, ICLR workshop.
    """

    supports_recurrent_dropout = True
    roles: ClassVar = {"A": "kernel", "B": "kernel", "P": "kernel", "R": "recurrent"}

    def __init__(self, units: int, context: int | None = None, alpha: float = 0.95, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.context = max(1, units // 2) if context is None else whole_number("context", context)
        self.alpha = fraction("alpha", alpha)
        self.state_size = [self.units + self.context]
        self.output_size = self.units + self.context

    def build(self, input_shape: Any) -> None:
        x, h, s = input_shape[-1], self.units, self.context
        self.A = self.add_weight(shape=(x, h), name="A")
        self.B = self.add_weight(shape=(x, s), name="B")
        self.P = self.add_weight(shape=(s, h), name="P")
        self.R = self.add_weight(shape=(h, h), initializer="orthogonal", name="R")

    @property
    def float32_state(self) -> bool:
        return self.alpha > 0.95

    def project(self, inputs: Any) -> Any:
        return ops.concatenate([ops.matmul(inputs, self.A), ops.matmul(inputs, self.B)], axis=-1)

    def step(self, drive: Any, states: Any) -> Any:
        n = self.units
        h, s = self.drop_recurrent(states[0])[:, :n], states[0][:, n:]
        drive = like(drive, s)
        s = (1 - self.alpha) * drive[:, n:] + self.alpha * s
        h = ops.sigmoid(matmul(s, self.P, self) + drive[:, :n] + matmul(h, self.R, self))
        y = ops.concatenate([h, s], axis=-1)
        return y, [y]
