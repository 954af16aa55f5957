from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import whole_number
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .base import RecurrentCell
from .taps import delay


@keras.saving.register_keras_serializable("rnnzoo")
class TDNN(RecurrentCell):
    """Time-delay network: a finite response, a causal convolution over time.

    ```
    y_t = φ(Σ_{i ∈ D} W_i x_{t−i} + b)        output y_t
    ```

    An input affects only the outputs of its own step and of the next max D steps: a network of
    bounded memory, with which recurrent ones are compared. Its delay line is a state, so it is
    stepped, carried and saved like any other cell; over a sequence it computes all steps at once.

    Args:
        units: width of the output y.
        delays: D, distinct whole numbers from 0, 0 being the present.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.

    States: `[y_{t−1}; x_{t−1} … x_{t−max D}]`, newest first. The width of the taps is
    known once the cell is built.

    Reference: Waibel, Hanazawa, Hinton, Shikano and Lang (1989), Phoneme recognition
    using time-delay neural networks, IEEE Transactions on Acoustics, Speech, and Signal
    Processing 37.
    """

    roles: ClassVar = {"W": "kernel", "b": "bias"}
    dynamic_length = True
    hidden = ()

    def __init__(
        self,
        units: int,
        delays: Any = (0, 1, 2, 3),
        activation: ActivationLike = "tanh",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number("units", units)
        self.delays = checks.delays("delays", delays, at_least=0)
        self.activation = checks.activation("activation", activation)
        self.state_size = [self.units]  # and the taps, once it is built
        self.output_size = self.units

    @classmethod
    def memory_options(cls, reach: int) -> dict[str, Any]:
        return {"delays": list(range(reach + 1))}

    @property
    def parallelizable(self) -> bool:
        return True

    def states_for(self, channels: int) -> list[int]:
        return [self.units, *[channels] * max(self.delays)]

    @property
    def states_known(self) -> bool:
        return self.built or max(self.delays) == 0

    def build(self, input_shape: Any) -> None:
        inputs = input_shape[-1]
        self.state_size = self.states_for(inputs)
        shape = (len(self.delays) * inputs, self.units)
        self.W = self.add_weight(shape=shape, name="W")  # the kernels W_i below each other
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def step(self, drive: Any, states: Any) -> Any:
        line = [drive, *states[1:]]
        y = self._response(line)
        return y, [y, *line[:-1]]

    def every_step(self, drives: Any, states: Any) -> list[Any]:
        line = delay(drives, states[1:])
        return [self._response(line), *line[:-1]]

    def _response(self, line: list[Any]) -> Any:
        φ = function(self.activation)
        seen = ops.concatenate([line[i] for i in self.delays], axis=-1)
        return φ(ops.matmul(seen, self.W) + self.b)
