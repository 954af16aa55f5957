from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import ArgumentError, one_of, whole_number
from . import checks
from .base import RecurrentCell


@keras.saving.register_keras_serializable("rnnzoo")
class NARX(RecurrentCell):
    """Nonlinear autoregressive network with exogenous inputs.

    ```
    h_t = φ(Σ_{i ∈ Dx} W_i x_{t−i} + Σ_{j ∈ Dy} V_j f_{t−j} + b)
    y_t = γ(O h_t + d)        output y_t
    ```

    The feedback f is the past prediction y (`"prediction"`: closed loop, parallel),
    the past truth (`"truth"`: open loop, series-parallel) or the past error, truth
    less prediction (`"error"`). The last two take `concat(x_t, truth_t)` as their
    input; the truth enters the taps after its own step, so y_t never sees it. The
    mode changes no weight and no state shape: train open, then use closed.

    Args:
        units: width of the hidden layer h.
        outputs: width of the output y.
        input_delays: Dx, whole numbers from 0, or empty for no exogenous input.
        feedback_delays: Dy, whole numbers from 1.
        feedback: `"prediction"`, `"truth"` or `"error"`.
        activation: φ, a Keras activation by name.
        output_activation: γ, a Keras activation by name.

    States: `[y_{t−1}; f_{t−1} … f_{t−max Dy}; x_{t−1} … x_{t−max Dx}]`, newest first.
    The width of the input taps is known once the cell is built.

    References: Leontaritis and Billings (1985), Input–output parametric models for
    non-linear systems; Lin, Horne, Tiňo and Giles (1996), Learning long-term
    dependencies in NARX recurrent neural networks.
    """

    serves = ("closed_loop",)
    refuses: ClassVar = {
        "carried": "its output is the forecast itself, it keeps no state for a head to read"
    }
    reads_out = True
    feeds_back = True

    def __init__(
        self,
        units: int,
        outputs: int = 1,
        input_delays: Any = (0,),
        feedback_delays: Any = (1, 2),
        feedback: str = "prediction",
        activation: str = "tanh",
        output_activation: str = "linear",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.outputs = whole_number("outputs", outputs)
        self.input_delays = checks.delays("input_delays", input_delays, 0, may_be_empty=True)
        self.feedback_delays = checks.delays("feedback_delays", feedback_delays, at_least=1)
        self.feedback = one_of("feedback", feedback, ("prediction", "truth", "error"))
        self.activation = checks.activation("activation", activation)
        self.output_activation = checks.activation("output_activation", output_activation)
        self.state_size = [self.outputs] * (1 + max(self.feedback_delays))
        self.output_size = self.outputs

    def build(self, input_shape: Any) -> None:
        truth = 0 if self.feedback == "prediction" else self.outputs
        self.inputs_width = input_shape[-1] - truth
        if self.inputs_width < 0:
            raise ArgumentError(
                f'With feedback="{self.feedback}" the input is concat(x, truth), the truth '
                f"{self.outputs} wide. Received: an input {input_shape[-1]} wide"
            )
        if not self.inputs_width and self.input_delays not in ([], [0]):
            raise ArgumentError(
                "`input_delays` need an exogenous input, and there is none. "
                f"Received: input_delays={self.input_delays}"
            )
        used = self.input_delays if self.inputs_width else []
        self.state_size = [
            *self.state_size[: 1 + max(self.feedback_delays)],
            *[self.inputs_width] * max(used, default=0),
        ]
        self.W = {
            i: self.add_weight(shape=(self.inputs_width, self.units), name=f"W_{i}") for i in used
        }
        self.V = self.add_weight(
            shape=(len(self.feedback_delays) * self.outputs, self.units), name="V"
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")
        self.O = self.add_weight(shape=(self.units, self.outputs), name="O")
        self.d = self.add_weight(shape=(self.outputs,), initializer="zeros", name="d")

    def project(self, inputs: Any) -> Any:
        """Delay 0 only: `concat(W_0 x, inputs)`; older inputs come from the taps."""
        if 0 not in self.W:
            return inputs
        z = ops.matmul(inputs[..., : self.inputs_width], self.W[0])
        return ops.concatenate([z, inputs], axis=-1)

    def step(self, drive: Any, states: Any) -> Any:
        φ = keras.activations.get(self.activation)
        γ = keras.activations.get(self.output_activation)
        reach = max(self.feedback_delays)
        f, x = states[1 : 1 + reach], states[1 + reach :]
        fed_back = ops.concatenate([f[j - 1] for j in self.feedback_delays], axis=-1)
        z = ops.matmul(fed_back, self.V) + self.b
        if 0 in self.W:
            z, drive = z + drive[..., : self.units], drive[..., self.units :]
        for i, W in self.W.items():
            if i > 0:
                z = z + ops.matmul(x[i - 1], W)
        h = φ(z)
        y = γ(ops.matmul(h, self.O) + self.d)

        x_now, f_now = drive[..., : self.inputs_width], y
        if self.feedback != "prediction":
            f_now = drive[..., self.inputs_width :]
        if self.feedback == "error":
            f_now = f_now - y
        return y, [y, f_now, *f[:-1], *([x_now, *x[:-1]] if x else [])]
