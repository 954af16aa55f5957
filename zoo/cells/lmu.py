from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from ...errors import ArgumentError, flag, positive, whole_number
from .base import RecurrentCell
from .linear import known_length

HIGHEST = 512  # order, whose matrix is made by a matrix exponential


@keras.saving.register_keras_serializable("rnnzoo")
class LMU(RecurrentCell):
    """Legendre memory unit: remembers a sliding window by its Legendre coefficients.

    ```
    u_t = tanh(E x_t + e)                         written value
    m_t = Ā m_{t−1} + B̄ u_t                       memory; Ā, B̄ fixed, not learned
    h_t = tanh(W x_t + M m_t + b)        output h_t
    ```

    Ā and B̄ are the zero-order hold, one step long, of the linear system whose state best
    approximates the last `window` steps of u by `order` Legendre polynomials: window ·
    ṁ = A m + B u, A_ij = (2i + 1) (−1 if i < j else (−1)^{i−j+1}), B_i = (2i + 1)(−1)^i.

    This is the parallel form of Chilkuri and Eliasmith. With `feedback` it is the original one:
    u_t = E x_t + H h_{t−1} + K m_{t−1}, without e and tanh, and U h_{t−1} enters h_t.

    Args:
        units: width of the output h.
        order: number of coefficients per window.
        window: number of remembered steps, θ in the paper.
        memories: number of parallel windows, the width of u.
        feedback: whether u_t depends on h_{t−1} and m_{t−1}, as in the original.

    States: `[h_{t−1}, m_{t−1}]`, shapes `(batch, units)` and `(batch, memories · order)`.

    Under half precision `Recurrent` carries the states in float32, as rounding errors would destroy
    the window. `keras.layers.RNN` and cells around this one do not: there, give it
    dtype="float32".

    References: Voelker, Kajić and Eliasmith (2019), Legendre memory units: continuous-time
    representation in recurrent neural networks, NeurIPS; Chilkuri and Eliasmith (2021),
    Parallelizing Legendre memory unit training, ICML.
    """

    float32_state = True
    roles: ClassVar = {
        **dict.fromkeys("EWM", "kernel"),
        **dict.fromkeys("HKU", "recurrent"),
        **dict.fromkeys("be", "bias"),
    }

    def __init__(
        self,
        units: int,
        order: int = 16,
        window: float = 64,
        memories: int = 1,
        feedback: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.order = whole_number("order", order)
        if order > HIGHEST:
            raise ArgumentError(
                f"`order` must be at most {HIGHEST}: its matrix has as many rows and columns. "
                f"Received: order={order}"
            )
        self.window = positive("window", window)
        self.memories = whole_number("memories", memories)
        self.feedback = flag("feedback", feedback)
        if not self.feedback:
            self._weight_options.refuse("recurrent", "Without feedback nothing is recurrent")
        self.A, self.B = _legendre(self.order, self.window)
        self.state_size = [self.units, self.memories * self.order]
        self.output_size = self.units

    @classmethod
    def memory_options(cls, reach: int) -> dict[str, Any]:
        return {"window": reach}

    @property
    def parallelizable(self) -> bool:
        return not self.feedback

    @property
    def hidden(self) -> Sequence[int]:
        return (0, 1) if self.feedback else (1,)  # else nothing reads h

    def build(self, input_shape: Any) -> None:
        x, n, u = input_shape[-1], self.units, self.memories
        self.E = self.add_weight(shape=(x, u), initializer="lecun_uniform", name="E")
        self.W = self.add_weight(shape=(x, n), name="W")
        self.M = self.add_weight(shape=(u * self.order, n), name="M")
        self.b = self.add_weight(shape=(n,), initializer="zeros", name="b")
        if self.feedback:
            self.H = self.add_weight(shape=(n, u), initializer="lecun_uniform", name="H")
            self.K = self.add_weight(shape=(u * self.order, u), initializer="zeros", name="K")
            self.U = self.add_weight(shape=(n, n), initializer="orthogonal", name="U")
        else:
            self.e = self.add_weight(shape=(u,), initializer="zeros", name="e")

    def project(self, inputs: Any) -> Any:
        written = ops.matmul(inputs, self.E)
        if not self.feedback:
            written = ops.tanh(written + self.e)
        return ops.concatenate([written, ops.matmul(inputs, self.W) + self.b], axis=-1)

    def step(self, drive: Any, states: Any) -> Any:
        h, m = states
        drive = ops.cast(drive, m.dtype)
        u, z = drive[..., : self.memories], drive[..., self.memories :]
        if self.feedback:
            u = u + ops.matmul(h, self.H) + ops.matmul(m, self.K)
            z = z + ops.matmul(h, self.U)
        windows = ops.reshape(m, (-1, self.memories, self.order))
        A, B = (ops.cast(constant, m.dtype) for constant in (self.A.T, self.B))
        written = ops.matmul(windows, A) + u[..., None] * B
        m = ops.reshape(written, (-1, self.memories * self.order))
        h = ops.tanh(z + ops.matmul(m, self.M))
        return h, [h, m]

    def every_step(self, drives: Any, states: Any) -> list[Any]:
        drives = ops.cast(drives, states[1].dtype)
        u, z = drives[..., : self.memories], drives[..., self.memories :]
        m = self._memory(u, states[1])
        return [ops.tanh(z + ops.matmul(m, self.M)), m]

    def _memory(self, u: Any, m: Any) -> Any:
        """m after every step: sums over 1, 2, 4, … steps, by powers of the constant Ā."""
        steps = known_length(u)
        batch = ops.shape(u)[0]
        A = self.A.T
        first = ops.matmul(ops.reshape(m, (-1, 1, self.memories, self.order)), ops.cast(A, m.dtype))
        sums = u[..., None] * ops.cast(self.B, u.dtype)  # (batch, time, memories, order)
        sums = ops.concatenate([sums[:, :1] + first, sums[:, 1:]], axis=1)
        reach = 1
        while reach < steps:
            earlier = ops.matmul(sums[:, :-reach], ops.cast(A, u.dtype))
            sums = ops.concatenate([sums[:, :reach], sums[:, reach:] + earlier], axis=1)
            A, reach = A @ A, 2 * reach
        return ops.reshape(sums, (batch, steps, self.memories * self.order))


def _legendre(order: int, window: float) -> tuple[np.ndarray, np.ndarray]:
    """Ā `(order, order)` and B̄ `(order,)`."""
    from scipy.signal import cont2discrete  # half of the import time of all cells

    i, j = np.meshgrid(np.arange(order), np.arange(order), indexing="ij")
    A = (2 * i + 1) * np.where(i < j, -1.0, (-1.0) ** (i - j + 1)) / window
    B = (2 * i[:, :1] + 1) * (-1.0) ** i[:, :1] / window
    A, B, *_ = cont2discrete((A, B, np.eye(order), np.zeros((order, 1))), 1.0, method="zoh")
    return A, B[:, 0]
