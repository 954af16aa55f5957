from typing import Any, ClassVar

import keras

from ...errors import ArgumentTypeError
from .rnn import RNN


@keras.saving.register_keras_serializable("rnnzoo")
class IRNN(RNN):
    """Recurrent network of rectified units with an identity initialization.

    ```
    h_t = max(0, W x_t + U h_{t−1} + b)        output h_t
    U = I,  W ~ N(0, 0.001²),  b = 0        at the start
    ```

    A new network copies its state from step to step, so that neither the state nor the gradient
    decays or grows before training; inputs have little weight at first. It is `rnn` with ReLU and
    another initialization; clip the gradient in training, as it can explode.

    Args:
        units: width of the state.

    States: `[h_{t−1}]`, shape `(batch, units)`.

    Reference: Le, Jaitly and Hinton (2015), A simple way to initialize recurrent networks
    of rectified linear units.
    """

    fixed: ClassVar = ("activation", "recurrent_initializer", "taps")

    def __init__(self, units: int, **kwargs: Any):
        if fixed := [name for name in self.fixed if name in kwargs]:
            raise ArgumentTypeError(
                "An IRNN is the RNN with ReLU, the tap 1 and an identity initialization: these "
                f"cannot be set. Received: {', '.join(f'{n}={kwargs[n]!r}' for n in fixed)}"
            )
        if kwargs.get("kernel_initializer") is None:
            kwargs["kernel_initializer"] = {
                "class_name": "RandomNormal",
                "config": {"mean": 0.0, "stddev": 0.001},
            }
        super().__init__(units, activation="relu", recurrent_initializer="identity", **kwargs)
