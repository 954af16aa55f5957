from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import flag, one_of, whole_number
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .base import RecurrentCell
from .taps import delay


@keras.saving.register_keras_serializable("rnnzoo")
class NARX(RecurrentCell):
    """Nonlinear autoregressive network with exogenous inputs.

    ```
    h_t = φ(Σ_{i ∈ Dx} W_i x_{t−i} + Σ_{j ∈ Dy} V_j f_{t−j} + b)
    h_t ← φ(H h_t + c)        for each further hidden layer
    y_t = γ(O h_t + d)        output y_t; y_{t+lead} at step t
    ```

    With `linear_path` the taps also reach the output directly, which is an ARX model next to the
    network:

    ```
    y_t = γ(O h_t + Σ_{j ∈ Dy} A_j f_{t−j} + Σ_{i ∈ Dx} B_i x_{t−i} + d)
    ```

    The feedback f is the past prediction y (`"prediction"`: closed loop, parallel),
    the past truth (`"truth"`: open loop, series-parallel) or the past error, truth
    less prediction (`"error"`). The last two take `concat(x_t, truth_t)` as their
    input; the truth enters the taps after its own step, so y_t never depends on it. Weights and
    state shapes do not depend on the mode: train in open loop, then use in closed loop. With the
    truth, all steps are computed at once, without a loop.

    Args:
        units: width of the hidden layer h, or a list of the widths of several.
        outputs: width of the output y.
        input_delays: Dx, whole numbers from 0, or empty for no exogenous input.
        feedback_delays: Dy, whole numbers from 1.
        feedback: `"prediction"`, `"truth"` or `"error"`.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        output_activation: γ, likewise.
        lead: with `"truth"`, the number of steps by which y is computed early, as soon as its
            inputs are known. No delay may be below it; a delay equal to it reads the present
            step. Weights and states do not depend on it.
        linear_path: whether A and B exist. A holds A_j below one another, B holds B_i.

    States: `[y_{t−1}; f_{t−1} … f_{t−max Dy}; x_{t−1} … x_{t−max Dx}]`, newest first.
    The width of the input taps is known once the cell is built.

    References: Leontaritis and Billings (1985), Input–output parametric models for
    non-linear systems; Lin, Horne, Tiňo and Giles (1996), Learning long-term
    dependencies in NARX recurrent neural networks; for the linear path, Sjöberg et al. (1995),
    Nonlinear black-box modeling in system identification: a unified overview.
    """

    serves = ("closed_loop",)
    unsupported: ClassVar = {
        "stateful": "its output is the forecast itself, it has no state for a head to read"
    }
    roles: ClassVar = {
        **dict.fromkeys("WHOB", "kernel"),
        **dict.fromkeys("VA", "recurrent"),
        **dict.fromkeys("bcd", "bias"),
    }
    has_output_layer = True
    has_feedback_delays = dynamic_length = True
    hidden = ()

    def __init__(
        self,
        units: Any,
        outputs: int = 1,
        input_delays: Any = (0,),
        feedback_delays: Any = (1, 2),
        feedback: str = "prediction",
        activation: ActivationLike = "tanh",
        output_activation: ActivationLike = "linear",
        lead: int = 0,
        linear_path: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = checks.widths("units", units)
        self.outputs = whole_number("outputs", outputs)
        self.input_delays = checks.delays("input_delays", input_delays, 0, may_be_empty=True)
        self.feedback_delays = checks.delays("feedback_delays", feedback_delays, at_least=1)
        self.feedback = one_of("feedback", feedback, ("prediction", "truth", "error"))
        if self.feedback != "prediction":
            self.refuse_dropout("its input holds the truth, which it needs in full")
        self.activation = checks.activation("activation", activation)
        self.output_activation = checks.activation("output_activation", output_activation)
        self.lead = checks.lead(lead, self.feedback, self.input_delays, self.feedback_delays)
        self.linear_path = flag("linear_path", linear_path)
        self.state_size = [self.outputs] * (1 + max(self.feedback_delays))  # and those of x
        self.output_size = self.outputs

    @classmethod
    def memory_options(cls, reach: int) -> dict[str, Any]:
        return {"feedback_delays": list(range(1, reach + 1))}

    @property
    def parallelizable(self) -> bool:
        return self.feedback == "truth"

    def states_for(self, channels: int) -> list[int]:
        used = self.input_delays if self._exogenous(channels) else []
        taps = [self._exogenous(channels)] * max(used, default=0)
        return [*[self.outputs] * (1 + max(self.feedback_delays)), *taps]

    @property
    def states_known(self) -> bool:
        return self.built or max(self.input_delays, default=0) == 0

    def build(self, input_shape: Any) -> None:
        self.state_size = self.states_for(input_shape[-1])
        self.inputs_width = n = self._exogenous(input_shape[-1])
        m = self.outputs
        first, *further = self.units if isinstance(self.units, list) else [self.units]
        self.W = [self.add_weight(shape=(n, first), name=f"W_{i}") for i in self.input_delays if n]
        self.V = self.add_weight(shape=(len(self.feedback_delays) * m, first), name="V")
        self.b = self.add_weight(shape=(first,), initializer="zeros", name="b")
        self.H, self.c, last = [], [], first
        for k, width in enumerate(further):
            self.H.append(self.add_weight(shape=(last, width), name=f"H_{k}"))
            self.c.append(self.add_weight(shape=(width,), initializer="zeros", name=f"c_{k}"))
            last = width
        self.O = self.add_weight(shape=(last, m), name="O")
        self.d = self.add_weight(shape=(m,), initializer="zeros", name="d")
        self.A: Any = None
        self.B: Any = None
        if self.linear_path:
            self.A = self.add_weight(shape=(len(self.feedback_delays) * m, m), name="A")
            if n:
                self.B = self.add_weight(shape=(len(self.input_delays) * n, m), name="B")

    def project(self, inputs: Any) -> Any:
        """The contribution of the present step, and the input: `concat(W x + V f, x, f)`."""
        present = []
        if self.W and self.input_delays[0] == self.lead:
            present.append(ops.matmul(inputs[..., : self.inputs_width], self.W[0]))
        if self.lead in self.feedback_delays:
            V = self.V[: self.outputs]  # the smallest delay
            present.append(ops.matmul(inputs[..., self.inputs_width :], V))
        return ops.concatenate([sum(present), inputs], axis=-1) if present else inputs

    def step(self, drive: Any, states: Any) -> Any:
        z, x_now, truth, x, f = self._parts(drive, states)
        y = self._output(z, [x_now, *x], [truth, *f])
        f_now = y if self.feedback == "prediction" else truth
        if self.feedback == "error":
            f_now = truth - y
        return y, [y, *[f_now, *f][:-1], *[x_now, *x][:-1]]

    def every_step(self, drive: Any, states: Any) -> list[Any]:
        z, x_now, truth, x, f = self._parts(drive, states)
        x, f = delay(x_now, x), delay(truth, f)
        return [self._output(z, x, f), *f[:-1], *x[:-1]]

    def _exogenous(self, channels: int) -> int:
        """The width of x in an input."""
        truth = 0 if self.feedback == "prediction" else self.outputs
        return checks.exogenous(channels, truth, self.input_delays)

    def _parts(self, drive: Any, states: Any) -> Any:
        """Splits the drive into z, x and truth, and the states into the taps of x and f."""
        reach = 1 + max(self.feedback_delays)
        truth = drive.shape[-1] - (0 if self.feedback == "prediction" else self.outputs)
        x = truth - self.inputs_width
        present = drive[..., :x], drive[..., x:truth], drive[..., truth:]
        return *present, states[reach:], states[1:reach]

    def _output(self, z: Any, x: Any, f: Any) -> Any:
        """The output from the contribution of the present, and x and f, newest first: of the
        present step, and as many before it as there are taps."""
        φ, γ = map(function, (self.activation, self.output_activation))
        terms = [z] if z.shape[-1] else []
        older = [f[j - self.lead] for j in self.feedback_delays if j > self.lead]
        if older:
            V = self.V[-len(older) * self.outputs :]
            terms.append(ops.matmul(ops.concatenate(older, axis=-1), V))
        delayed_W = zip(self.input_delays, self.W, strict=False)  # no W without an x
        terms += [ops.matmul(x[i - self.lead], W) for i, W in delayed_W if i > self.lead]
        h = φ(sum(terms) + self.b)
        for H, c in zip(self.H, self.c, strict=True):
            h = φ(ops.matmul(h, H) + c)
        return γ(ops.matmul(h, self.O) + self._linear(x, f) + self.d)

    def _linear(self, x: Any, f: Any) -> Any:
        """The linear path, `Σ A_j f_{t−j} + Σ B_i x_{t−i}`; 0 without one."""
        if not self.linear_path:
            return 0.0
        fed = ops.concatenate([f[j - self.lead] for j in self.feedback_delays], axis=-1)
        total = ops.matmul(fed, self.A)
        if self.B is not None:
            read = ops.concatenate([x[i - self.lead] for i in self.input_delays], axis=-1)
            total = total + ops.matmul(read, self.B)
        return total
