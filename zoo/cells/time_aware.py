from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ...errors import ArgumentError, flag
from . import checks
from .adapter import checked_cell
from .base import RecurrentCell
from .wrapper import Wrapper, build_once


@keras.saving.register_keras_serializable("rnnzoo")
class TimeAware(Wrapper):
    """A cell that reads which values are missing and how much time has passed.

    ```
    k_t = 1 where x_t is a number, 0 where it is NaN
    δ_t = Δt + (1 − k_{t−1}) ⊙ δ_{t−1}        time since each channel was last observed
    γ = exp(−max(0, w ⊙ δ_t + v))             decay of the inputs
    Γ = exp(−max(0, W δ_t + b))               decay of the hidden state
    x̂_t = x_t where k_t = 1, else γ ⊙ x′_{t−1},        x′ the last observed value
    h_t, s_t = cell(concat(x̂_t, k_t), Γ ⊙ s_{t−1})        output h_t
    ```

    A missing value decays from the last observed one to 0, the mean of scaled data, and the hidden
    state decays over gaps, both at learned rates. Taps of a delay line, phases and logarithms do
    not decay. Without missing values the input decay has no effect.

    Args:
        cell: cell over vectors, with a hidden state.
        gaps: whether the last channel of the input is Δt, the time since the step before; else
            Δt is 1, as where it is missing.

    States: `[states of the cell; x′, δ ⊙ (1 − k)]`, the last two `(batch, channels)`.

    Raises:
        ArgumentError: the cell has no hidden state, or the input has no channel besides Δt.

    Reference: Che, Purushotham, Cho, Sontag and Liu (2018), Recurrent neural networks for
    multivariate time series with missing values, Scientific Reports 8: GRU-D.
    """

    def __init__(self, cell: RecurrentCell, gaps: bool = False, **kwargs: Any):
        cell = checked_cell("cell", cell)
        super().__init__(**checks.of_one_dtype(kwargs, cell))
        self.cell = cell
        self.gaps = flag("gaps", gaps)
        if self.cell.reads_images or not self.cell.hidden:
            raise ArgumentError(
                "`cell` must have a hidden state over vectors that can fade. "
                f"Received: {type(self.cell).__name__}"
            )
        self.output_size = self.cell.output_size
        self.state_size = list(self.cell.state_size)  # and two more, once it is built

    @property
    def hidden(self) -> Sequence[int]:
        return self.cell.hidden

    @property
    def phases(self) -> Sequence[int]:
        return self.cell.phases

    def states_for(self, channels: int) -> list[int]:
        values = channels - self.gaps
        return [*self.cell.states_for(2 * values), values, values]

    @property
    def states_known(self) -> bool:
        return self.built

    def build(self, input_shape: Any) -> None:
        batch, channels = input_shape[0], input_shape[-1] - self.gaps
        if channels < 1:
            raise ArgumentError(
                "The input must hold values besides the gap: concat(x, Δt). "
                f"Received: an input {input_shape[-1]} wide"
            )
        build_once(self.cell, (batch, 2 * channels))
        self.state_size = self.states_for(input_shape[-1])
        fading = sum(self.cell.state_size[k] for k in self.hidden)
        small = keras.initializers.RandomUniform(0.0, 0.1)  # decays start slow, but with a gradient
        self.w = self.add_weight(shape=(channels,), initializer=small, name="w")
        self.v = self.add_weight(shape=(channels,), initializer="zeros", name="v")
        self.W = self.add_weight(shape=(channels, fading), initializer=small, name="W")
        self.b = self.add_weight(shape=(fading,), initializer="zeros", name="b")

    def step(self, drive: Any, states: Any) -> Any:
        *inner, last, waited = states
        x, gap = (drive[..., :-1], _one_if_missing(drive[..., -1:])) if self.gaps else (drive, 1.0)
        missing = ops.isnan(x)
        δ = waited + gap
        faded = last * ops.exp(-ops.relu(self.w * δ + self.v))
        # a NaN in a product would make its gradient NaN too
        x = ops.where(missing, ops.zeros_like(x), x)
        seen = ops.where(missing, faded, x)
        Γ = ops.exp(-ops.relu(ops.matmul(δ, self.W) + self.b))
        first = 0
        for k in self.hidden:
            n = self.cell.state_size[k]
            inner[k] = inner[k] * Γ[..., first : first + n]
            first += n
        known = ops.cast(ops.logical_not(missing), seen.dtype)
        h, after = self.cell.call(ops.concatenate([seen, known], axis=-1), inner)
        last = ops.where(missing, last, x)
        return h, [*after, last, δ * (1 - known)]

    def inner(self) -> list[tuple[RecurrentCell, int]]:
        return [(self.cell, 2 * self.w.shape[0])] if self.built else []

    def get_config(self) -> dict[str, Any]:
        cell = keras.saving.serialize_keras_object(self.cell)
        return super().get_config() | {"cell": cell, "gaps": self.gaps}


def _one_if_missing(gap: Any) -> Any:
    return ops.where(ops.isnan(gap), ops.ones_like(gap), gap)
