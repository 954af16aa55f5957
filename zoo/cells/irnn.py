from typing import Any

import keras

from ...errors import ArgumentTypeError
from .rnn import RNN


@keras.saving.register_keras_serializable("rnnzoo")
class IRNN(RNN):
    """Recurrent network of rectified units that begins as the identity.

    ```
    h_t = max(0, W x_t + U h_{t−1} + b),        U = I and b = 0 at the start
    ```

    A new network copies its state from step to step, so that neither the state nor the
    gradient fades or grows before training has begun. It is `rnn` with ReLU and another
    start; clip the gradient when you train it, for it can blow up.

    Args:
        units: width of the state.

    States: `[h_{t−1}]`, shape `(batch, units)`.

    Reference: Le, Jaitly and Hinton (2015), A simple way to initialize recurrent networks
    of rectified linear units.
    """

    def __init__(self, units: int, **kwargs: Any):
        if fixed := sorted({"taps", "activation", "recurrent_initializer"} & set(kwargs)):
            raise ArgumentTypeError(
                "An IRNN is the RNN with ReLU and the tap 1, begun with the identity: these are "
                f"not to be chosen. Received: {', '.join(f'{n}={kwargs[n]!r}' for n in fixed)}"
            )
        super().__init__(units, activation="relu", recurrent_initializer="identity", **kwargs)
