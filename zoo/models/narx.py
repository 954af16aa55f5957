"""The workflow of a NARX network: trained in open loop, used in closed loop."""

from collections import Counter
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops

from ...errors import ArgumentError, ArgumentTypeError, whole_number
from ..backend.compiled import compiled
from ..cells import NARX
from ..engines import ENGINES
from ..layers import Recurrent


class NARXNetwork:
    """A NARX network and the state of its taps.

    ```
    open loop    y_t = f(x_t … , truth_{t−1} …)          trained, and read over the past
    closed loop  y_t = f(x_t … , y_{t−1} …)              rolled out into the future
    lead k       y_{t+k} at step t, open loop            the forecast before the step is there
    ```

    `open_loop`, `close_loop` and `remove_delay` return another network with copies of the weights
    and of the taps: it continues in mid-series where this one stopped. MATLAB calls them
    `openloop`, `closeloop` and `removedelay`.

    Args:
        cell: a `NARX` cell, in the first mode of the network.
        inputs: width of the exogenous input x; 0 for none.
        engine: engine of the loops over time, as for `Recurrent`.

    Attributes:
        model: Keras model that starts from taps of zeros, to compile and train: `[x, truth]` to
            y, or `truth` to y without exogenous input; in closed loop `x` to y, where x has
            width 0 without exogenous input. With a lead of k, the target of step t is the truth
            of step t + k.
        state: states of the cell after the last step, arrays `(batch, channels)`; `None` for
            zeros, with any batch.

    Raises:
        ArgumentTypeError: `cell` is no NARX cell, or `inputs` no whole number.
        ArgumentError: the cell was built for another width than `inputs`.

    Example: an oscillation, learned open and rolled out closed.

    >>> import keras, numpy as np
    >>> from rnnzoo.zoo.cells import NARX
    >>> from rnnzoo.zoo.models import NARXNetwork
    >>> keras.utils.set_random_seed(1)
    >>> y = np.sin(np.arange(240, dtype="float32") / 4)[None, :, None]  # (batch, time, outputs)
    >>> network = NARXNetwork(NARX(8, feedback_delays=[1, 2, 24], feedback="truth"))
    >>> network.model.compile(keras.optimizers.Adam(0.05), "mse")
    >>> history = network.model.fit(y[:, :200], y[:, :200], epochs=100, verbose=0)
    >>> read = network.run(truth=y[:, :200])             # moves the taps on
    >>> closed = network.close_loop()
    >>> rolled = closed.run(steps=40)                    # fed its own forecasts
    >>> rolled.shape, bool(abs(rolled - y[:, 200:]).mean() < 0.5)
    ((1, 40, 1), True)

    With a delay removed, a step puts out the forecast of the step after it:

    >>> ahead = network.remove_delay()
    >>> bool(np.allclose(ahead.run(truth=y[:, 200:201]), network.run(truth=y[:, 200:202])[:, 1:]))
    True
    """

    def __init__(self, cell: NARX, inputs: int = 0, engine: str = "auto"):
        if not isinstance(cell, NARX):
            raise ArgumentTypeError(f"`cell` must be a NARX cell. Received: cell={cell!r}")
        self.inputs = whole_number("inputs", inputs, at_least=0)
        self.cell = cell
        self.is_closed = cell.feedback == "prediction"
        width = self.inputs + (0 if self.is_closed else cell.outputs)
        self._loop = Recurrent(cell, return_sequences=True, return_state=True, engine=engine)
        self._loop.build((None, None, width))
        if cell.inputs_width != self.inputs:
            raise ArgumentError(
                f"`inputs` must be the width for which the cell was built, {cell.inputs_width}. "
                f"Received: inputs={inputs}"
            )
        given = self._inputs()
        self.model = keras.Model(given, self._loop(_concatenate(given))[0], name="narx")
        self._state: list[np.ndarray] | None = None

    @property
    def state(self) -> list[np.ndarray] | None:
        return self._state

    @state.setter
    def state(self, state: Any) -> None:
        if state is not None:
            try:
                state = [np.array(s, keras.config.floatx()) for s in state]
            except (TypeError, ValueError):
                raise ArgumentTypeError(
                    f"`state` must be a list of arrays of numbers, or None. Received: {state!r}"
                ) from None
            batch = len(state[0]) if state and state[0].ndim else 1
            wanted = [(batch, channels) for channels in self.cell.state_size]
            if [s.shape for s in state] != wanted:
                raise ArgumentError(
                    f"`state` must hold {_describe_shapes(wanted)}, as `run` leaves it. "
                    f"Received: {_describe_shapes([s.shape for s in state])}"
                )
        self._state = state

    def reset(self) -> None:
        """Resets the taps to zero; the next run may have another batch."""
        self._state = None

    def run(self, x: Any = None, truth: Any = None, steps: int | None = None) -> np.ndarray:
        """Runs the network from `state`, and updates the state.

        Args:
            x: exogenous input, `(batch, time, inputs)`, if the network has one.
            truth: true output, `(batch, time, outputs)`, in open loop.
            steps: number of steps to forecast, in closed loop without exogenous input.

        Returns:
            The output, `(batch, time, outputs)`; with a lead of k, the output of k steps later.

        Raises:
            ArgumentTypeError: a missing argument, or not numbers.
            ArgumentError: an argument too many, of the wrong shape, or not finite.
        """
        given = self._checked_inputs(x, truth, steps)
        batch = len(given[0])
        if self._state is None:
            if steps is not None:
                batch = 1
            state = [np.zeros((batch, n), keras.config.floatx()) for n in self.cell.state_size]
        else:
            state = self._state
        y, *after = self._run([*given, *state])
        self._state = [np.array(s, keras.config.floatx()) for s in after]
        return y

    def close_loop(self) -> "NARXNetwork":
        """Returns the same network fed with its own output, with the same delays.

        Raises:
            ArgumentError: the network is fed with its error.
        """
        if self.cell.feedback == "error":
            raise ArgumentError(
                "A network fed with its error cannot be closed: its taps hold errors, and "
                'without the truth there are none. Received: feedback="error"'
            )
        return self._other("prediction", 0)

    def open_loop(self) -> "NARXNetwork":
        """Returns the same network fed with the truth; the mode of an open one does not change.

        After closed-loop steps the taps still hold forecasts, which the truth replaces step by
        step.
        """
        if self.is_closed:
            return self._other("truth", 0)
        return self._other(self.cell.feedback, self.cell.lead)

    def remove_delay(self, k: int = 1) -> "NARXNetwork":
        """Returns the same network k steps early: it outputs step t + k at step t.

        Raises:
            ArgumentTypeError: `k` is no whole number.
            ArgumentError: `k` is below 1, or a delay is too short; the loop is closed, or
                fed with the error.
        """
        k = whole_number("k", k)
        if self.cell.feedback != "truth":
            raise ArgumentError(
                "Only a network fed with the truth can be early: "
                + ("open the loop first. " if self.is_closed else "its error is not known yet. ")
                + f'Received: feedback="{self.cell.feedback}"'
            )
        removed, x, f = self.cell.lead, self._input_delays(), self.cell.feedback_delays
        if removed + k > min(x + f):
            before = f", for {removed} removed before" if removed else ""
            raise ArgumentError(
                f"`k`={k} needs every delay to be at least {removed + k}{before}: the output would "
                "need what is still to come. "
                f"Received: k={k} with input_delays={x}, feedback_delays={f}"
            )
        return self._other("truth", removed + k)

    def _other(self, feedback: str, lead: int) -> "NARXNetwork":
        config = self.cell.get_config() | {
            "input_delays": self._input_delays(),
            "feedback": feedback,
            "lead": lead,
        }
        config.pop("name")
        cell = type(self.cell).from_config(config)
        # an engine that runs all steps of an open loop at once cannot run a closed loop
        can = ENGINES.get(self._loop.engine)
        engine = "auto" if can is None or can.supports(cell, None) else self._loop.engine
        other = NARXNetwork(cell, self.inputs, engine)
        other.cell.set_weights(self.cell.get_weights())
        other.state = self._state
        return other

    def _input_delays(self) -> list[int]:
        return self.cell.input_delays if self.inputs else []

    def _inputs(self) -> list[Any]:
        x = keras.Input((None, self.inputs), name="x")
        if self.is_closed:
            return [x]
        truth = keras.Input((None, self.cell.outputs), name="truth")
        return [x, truth] if self.inputs else [truth]

    @cached_property
    def _run(self) -> Any:
        given = self._inputs()
        states = [keras.Input((n,), name=f"state_{i}") for i, n in enumerate(self.cell.state_size)]
        after = list(self._loop(_concatenate(given), initial_state=states))
        return compiled(keras.Model([*given, *states], after, name="runner"))

    def _checked_inputs(self, x: Any, truth: Any, steps: Any) -> list[np.ndarray]:
        """Checks the arguments of `run`, and returns the inputs of the runner."""
        rolls = self.is_closed and not self.inputs
        wanted = {"x": bool(self.inputs), "truth": not self.is_closed, "steps": rolls}
        received = {"x": x, "truth": truth, "steps": steps}
        mode = f"{'a closed' if self.is_closed else 'an open'} loop with {self.inputs} inputs"
        for name, value in received.items():
            if wanted[name] and value is None:
                raise ArgumentTypeError(f"{mode} needs `{name}`. Received: {name}=None")
            if value is not None and not wanted[name]:
                raise ArgumentError(
                    f"{mode} takes no `{name}`. Received: {name} of {type(value).__name__}"
                )
        batch = None if self._state is None else len(self._state[0])
        if rolls:
            shape = (batch or 1, whole_number("steps", steps), 0)
            return [np.zeros(shape, keras.config.floatx())]
        widths = {"x": self.inputs, "truth": self.cell.outputs}
        arrays = {
            name: _series(name, received[name], width)
            for name, width in widths.items()
            if wanted[name]
        }
        sizes = {array.shape[:2] for array in arrays.values()}
        if len(sizes) > 1:
            raise ArgumentError(
                "`x` and `truth` must have the same batch and steps. "
                f"Received: shapes {[array.shape for array in arrays.values()]}"
            )
        received_batch = next(iter(sizes))[0]
        if batch not in (None, received_batch):
            raise ArgumentError(
                f"The taps hold a batch of {batch}: continue with that, or `reset()` first. "
                f"Received: a batch of {received_batch}"
            )
        return list(arrays.values())


def _series(name: str, value: Any, width: int) -> np.ndarray:
    try:
        array = np.asarray(value, keras.config.floatx())
    except (TypeError, ValueError):
        raise ArgumentTypeError(
            f"`{name}` must be an array of numbers. Received: {name}={value!r}"
        ) from None
    if array.ndim != 3 or array.shape[-1] != width or 0 in array.shape:
        raise ArgumentError(
            f"`{name}` must have the shape (batch, time, {width}), with one step at least. "
            f"Received: shape={array.shape}"
        )
    if not np.isfinite(array).all():
        raise ArgumentError(
            f"`{name}` must be finite: a gap would stay in the taps. "
            f"Received: {int((~np.isfinite(array)).sum())} values that are not"
        )
    return array


def _describe_shapes(shapes: list[tuple]) -> str:
    counts = Counter(shapes).items()
    return " and ".join(f"{n} arrays of shape {shape}" for shape, n in counts) or "none"


def _concatenate(given: list[Any]) -> Any:
    return given[0] if len(given) == 1 else ops.concatenate(given, axis=-1)
