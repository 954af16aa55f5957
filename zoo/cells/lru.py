import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import ArgumentError, ArgumentTypeError, flag, whole_number
from .base import RecurrentCell
from .linear import complex_recurrence, known_length, linear_recurrence

NEAREST = 0.9999999  # above it |λ| is rounded to 1, and γ = log √(1 − |λ|²) is −∞


@keras.saving.register_keras_serializable("rnnzoo")
class LRU(RecurrentCell):
    """Linear recurrent unit: a diagonal linear recurrence, stable by construction.

    ```
    λ = exp(−exp(ν) + i θ)                     one per unit; |λ| < 1 for any ν
    s_t = λ ⊙ s_{t−1} + exp(γ) ⊙ (B x_t)       complex
    y_t = Re(C s_t) + D x_t        output y_t
    ```

    There is no activation: all steps can be computed by a parallel scan, and a deep network needs
    dense layers with an activation between. Complex numbers are stored as two real ones; θ is
    trained itself, not its logarithm.

    As in the paper's code λ is uniform over a ring of the complex plane, γ at
    log √(1 − |λ|²), and both parts of B at N(0, 1/2m), m the width of x; so white input of
    variance 1 gives every unit the power |s|² = 1, whatever the widths. If real, B starts at
    N(0, 1/m), to the same end. C starts at N(0, 1/n), n = `units`. D is one number per
    channel, N(0, 1), where x and y have the same width, as always in the paper; else it is a
    dense kernel, N(0, 1/m), which gives D x the same power.

    Args:
        units: width of the state s.
        outputs: width of the output y; by default `units`.
        radius: (least, greatest) initial |λ|, from 0 to 0.9999999; nearer to 1, γ would not be
            finite.
        real: whether λ is real and positive: no θ, and B, C, s are real. It cannot alternate,
            so it cannot count parity.

    States: `[y_{t−1}, Re s_{t−1}, Im s_{t−1}]`, the last one absent if real; shapes
    `(batch, outputs)` and `(batch, units)`.

    Under half precision λ is float32, as |λ| near 1 would be rounded to 1, and `Recurrent` carries
    s in float32. `keras.layers.RNN` and cells around this one do not: there, give it
    dtype="float32".

    Reference: Orvieto, Smith, Gu, Fernando, Gulcehre, Pascanu and De (2023), Resurrecting
    recurrent neural networks for long sequences, ICML.
    """

    float32_state = True
    roles: ClassVar = dict.fromkeys("BCD", "kernel")

    def __init__(
        self,
        units: int,
        outputs: int | None = None,
        radius: Any = (0.9, 0.999),
        real: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.outputs = self.units if outputs is None else whole_number("outputs", outputs)
        self.radius = _ring(radius)
        self.real = flag("real", real)
        self.state_size = [self.outputs, self.units] + [self.units] * (not self.real)
        self.output_size = self.outputs

    @property
    def parallelizable(self) -> bool:
        return True

    @property
    def hidden(self) -> Sequence[int]:
        return range(1, len(self.state_size))  # nothing reads y

    def build(self, input_shape: Any) -> None:
        x, n, y = input_shape[-1], self.units, self.outputs
        self.ν = self.add_weight(shape=(n,), initializer=self._start_ν, name="nu", autocast=False)
        self.γ = self.add_weight(shape=(n,), initializer=self._start_γ, name="gamma")
        input_power = 1.0 if self.real else 0.5
        self.B = self._kernel("B", (x, n), input_power)
        self.C = self._kernel("C", (n, y))
        if x == y:  # one number per channel: no matrix, so no kernel
            one = keras.initializers.RandomNormal(stddev=1.0)
            self.D = self.add_weight(shape=(x,), initializer=one, name="d")
        else:
            self.D = self._kernel("D", (x, y))
        if not self.real:
            turn = keras.initializers.RandomUniform(0, 2 * math.pi)
            self.θ = self.add_weight(shape=(n,), initializer=turn, name="theta", autocast=False)
            self.B_im = self._kernel("B_im", (x, n), input_power)
            self.C_im = self._kernel("C_im", (n, y))

    def _kernel(self, name: str, shape: tuple[int, int], power: float = 1.0) -> Any:
        """A matrix that starts at N(0, power / the width of what it reads)."""
        start = keras.initializers.VarianceScaling(power, "fan_in", "untruncated_normal")
        return self.add_weight(shape=shape, initializer=start, name=name)

    def project(self, inputs: Any) -> Any:
        kernels = [self.B] if self.real else [self.B, self.B_im]
        parts = [ops.exp(self.γ) * ops.matmul(inputs, B) for B in kernels]
        direct = inputs * self.D if len(self.D.shape) == 1 else ops.matmul(inputs, self.D)
        return ops.concatenate([*parts, direct], axis=-1)

    def step(self, drive: Any, states: Any) -> Any:
        a, (b, direct) = self._eigenvalues(), self._parts(drive)
        old = [ops.cast(state, self.state_dtype) for state in states[1:]]
        if self.real:
            s = [a[0] * old[0] + b[0]]
        else:
            re, im = old
            s = [a[0] * re - a[1] * im + b[0], a[0] * im + a[1] * re + b[1]]
        y, *s = (ops.cast(new, states[0].dtype) for new in (self._output(s, direct), *s))
        return y, [y, *s]

    def every_step(self, drives: Any, states: Any) -> list[Any]:
        b, direct = self._parts(drives)
        shape = (1, known_length(drives), self.units)
        a = [ops.broadcast_to(part, shape) for part in self._eigenvalues()]
        if self.real:
            s = [linear_recurrence(a[0], b[0], states[1])]
        else:
            s = list(complex_recurrence(a, b, list(states[1:])))
        return [self._output(s, direct), *s]

    def _parts(self, drive: Any) -> tuple[list[Any], Any]:
        edges = [self.units] if self.real else [self.units, 2 * self.units]
        *b, direct = ops.split(ops.cast(drive, self.state_dtype), edges, axis=-1)
        return b, direct

    def _eigenvalues(self) -> list[Any]:
        r = ops.exp(-ops.exp(ops.cast(self.ν, self.state_dtype)))
        if self.real:
            return [r]
        θ = ops.cast(self.θ, self.state_dtype)
        return [r * ops.cos(θ), r * ops.sin(θ)]

    def _output(self, s: list[Any], direct: Any) -> Any:
        y = ops.matmul(s[0], self.C) + direct
        return y if self.real else y - ops.matmul(s[1], self.C_im)

    def _start_ν(self, shape: Any, dtype: Any = None) -> Any:
        least, greatest = (r**2 for r in self.radius)
        u = keras.random.uniform(shape, least, greatest, dtype="float32")  # uniform over the ring
        return ops.cast(ops.log(-0.5 * ops.log(u)), dtype)

    def _start_γ(self, shape: Any, dtype: Any = None) -> Any:
        r = ops.exp(-ops.exp(ops.cast(self.ν, "float32")))
        return ops.cast(0.5 * ops.log(1 - r**2), dtype)


def _ring(radius: Any) -> list[float]:
    numbers = isinstance(radius, (list, tuple)) and all(isinstance(r, Real) for r in radius)
    if not numbers or any(isinstance(r, bool) for r in radius):
        raise ArgumentTypeError(
            f"`radius` must be two numbers, the least and the greatest. Received: radius={radius!r}"
        )
    if len(radius) != 2 or not 0 <= radius[0] <= radius[1] <= NEAREST or radius[1] == 0:
        raise ArgumentError(
            f"`radius` must be the least and the greatest |λ|, 0 ≤ least ≤ greatest ≤ {NEAREST}. "
            f"Received: radius={radius}"
        )
    return [float(r) for r in radius]
