"""Initializers that set how long a new network remembers."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ..errors import ArgumentError, ArgumentTypeError, positive, seed_number, whole_number


@keras.saving.register_keras_serializable("rnnzoo")
class SpectralRadius(keras.initializers.Initializer):
    """A random square kernel whose largest eigenvalue has a given absolute value.

    ```
    A_{ij} ~ N(0, 1),    U = radius · A / max |λ(A)|
    ```

    In the linear recurrence h_t = U h_{t−1} an input decays or grows as radius^t: below 1 it is
    forgotten, at 1 it stays, above 1 it explodes.

    Args:
        radius: largest |eigenvalue| of the kernel, above 0.
        seed: whole number for the same kernel at every call; by default each call uses Keras's
            global seed.

    Reference: Jaeger (2001), The "echo state" approach to analysing and training
    recurrent neural networks, GMD Report 148.
    """

    def __init__(self, radius: float, seed: int | None = None):
        self.radius = positive("radius", radius)
        self.seed = None if seed is None else seed_number(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ArgumentError(
                "Only a square kernel has a spectral radius. "
                f"Received: a weight of shape={tuple(shape)}"
            )
        A = ops.convert_to_numpy(keras.random.normal(shape, dtype="float32", seed=self.seed))
        largest = np.abs(np.linalg.eigvals(A.astype("float64"))).max()
        return ops.convert_to_tensor(
            A * (self.radius / largest), dtype=dtype or keras.config.floatx()
        )

    def get_config(self) -> dict[str, Any]:
        return {"radius": self.radius, "seed": self.seed}


@keras.saving.register_keras_serializable("rnnzoo")
class Chrono(keras.initializers.Initializer):
    """Gate biases with which a new network remembers for up to a given number of steps.

    ```
    b_f ~ log U(1, steps − 1),    b_i = −b_f
    ```

    A forget gate with bias b preserves the memory for about 1 + e^b steps; so the units cover all
    time scales up to `steps`.

    Args:
        steps: longest lag to remember, at least 3.
        gates: one letter per gate, in their order in the bias: `f` for a forget gate, `i` for an
            input gate; the others start at 0. `"ifgo"` fits an LSTM in Keras's order, `"frg"`
            Keras's GRU, whose update gate preserves the state at 1, `"irg"` our GRU, whose
            update gate takes new content at 1.
        seed: whole number for the same biases at every call; by default each call uses Keras's
            global seed.

    Reference: Tallec and Ollivier (2018), Can recurrent neural networks warp time?, ICLR.
    """

    def __init__(self, steps: int, gates: str = "ifgo", seed: int | None = None):
        self.steps = whole_number("steps", steps, at_least=3)
        self.gates = _checked_gates(gates)
        self.seed = None if seed is None else seed_number(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        if len(shape) != 1 or shape[0] % len(self.gates):
            raise ArgumentError(
                f"The bias of the gates {self.gates} must be a vector of {len(self.gates)} equal "
                f"parts. Received: a weight of shape={tuple(shape)}"
            )
        b_f = chrono(shape[0] // len(self.gates), self.steps, self.seed)
        parts = {"f": b_f, "i": -b_f}
        bias = ops.concatenate([parts.get(gate, ops.zeros_like(b_f)) for gate in self.gates])
        return ops.cast(bias, dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        return {"steps": self.steps, "gates": self.gates, "seed": self.seed}


def chrono(size: int, steps: int, seed: int | None = None) -> Any:
    """`size` biases of forget gates, log U(1, steps − 1). See `Chrono`."""
    return ops.log(keras.random.uniform((size,), 1.0, steps - 1.0, dtype="float32", seed=seed))


def _checked_gates(gates: Any) -> str:
    if not isinstance(gates, str):
        raise ArgumentTypeError(
            f"`gates` must be one letter a gate, e.g. 'ifgo'. Received: gates={gates!r}"
        )
    if not set(gates) & set("fi"):
        raise ArgumentError(
            "`gates` must hold f, a forget gate, or i, an input gate, e.g. 'ifgo'. "
            f"Received: gates={gates!r}"
        )
    return gates
