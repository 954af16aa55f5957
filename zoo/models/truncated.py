"""Truncated backpropagation through time: long sequences in chunks, with a carried state."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from ...errors import ArgumentError, whole_number


def fit_truncated(model: keras.Model, x: Any, y: Any, steps: int, epochs: int = 1) -> list[float]:
    """Trains a stateful network on sequences too long for one gradient.

    ```
    chunk k reads x_{kτ+1} … x_{(k+1)τ} from the state s_{kτ} in which chunk k − 1 ended
    its gradient flows back to s_{kτ} and no further;  one step of the optimizer a chunk
    ```

    Each epoch is one pass from the first step to the last, from states of zero. The outputs are
    those of the whole sequence: truncation cuts only gradients. (The optimizer changes the
    weights between chunks, while the carried state was computed with the weights before.)

    Args:
        model: compiled model with layers that carry their states, `Recurrent(…, stateful=True)`
            or `stack(…, stateful=True)`, and a fixed batch.
        x: inputs, `(batch, time, …)`; all items of the batch are read in parallel.
        y: truth of every step, `(batch, time, …)`.
        steps: τ, the length of a chunk; the last one may be shorter.
        epochs: number of passes.

    Returns:
        The loss of each epoch, the mean over its chunks.

    Raises:
        ArgumentTypeError: `steps` or `epochs` is no whole number.
        ArgumentError: one of them is below 1; x and y differ in batch or time; or the model
            carries no state.

    Reference: Williams and Peng (1990), An efficient gradient-based algorithm for on-line
    training of recurrent network trajectories, Neural Computation 2.

    Example:

    >>> import keras, numpy as np
    >>> from rnnzoo import Recurrent, cells
    >>> from rnnzoo.zoo.models import fit_truncated
    >>> layer = Recurrent(cells.GRU(4), return_sequences=True, stateful=True)
    >>> model = keras.Sequential([keras.Input((None, 1), batch_size=1), layer])
    >>> model.compile("adam", "mse")
    >>> len(fit_truncated(model, np.zeros((1, 30, 1)), np.zeros((1, 30, 4)), steps=10, epochs=2))
    2
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape[:2] != y.shape[:2]:
        raise ArgumentError(
            "`x` and `y` must have the same batch and steps. "
            f"Received: shapes {x.shape} and {y.shape}"
        )
    losses = []
    for _ in range(whole_number("epochs", epochs)):
        reset_states(model)
        model.reset_metrics()  # the loss that Keras reports is the mean since then
        for span in chunks(x.shape[1], steps):
            loss = model.train_on_batch(x[:, span], y[:, span], return_dict=True)["loss"]
        losses.append(float(loss))
    return losses


def run_chunks(model: keras.Model, x: Any, steps: int) -> np.ndarray:
    """The outputs of a stateful network over a long sequence, from states of zero.

    Args:
        model: model with layers that carry their states; it returns all steps.
        x: inputs, `(batch, time, …)`.
        steps: number of steps per call; the outputs do not depend on it.

    Returns:
        `(batch, time, …)`.

    Raises:
        ArgumentError, ArgumentTypeError: as for `fit_truncated`.
    """
    reset_states(model)
    x = np.asarray(x)
    outputs = [model.predict_on_batch(x[:, span]) for span in chunks(x.shape[1], steps)]
    return np.concatenate(outputs, axis=1)


def chunks(time: int, steps: int) -> Iterator[slice]:
    """Consecutive spans of `steps` that cover `time`; the last one may be shorter.

    >>> list(chunks(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    steps = whole_number("steps", steps)
    return (slice(start, min(start + steps, time)) for start in range(0, time, steps))


def reset_states(model: keras.Model) -> None:
    """Resets the states that a network carries to zero.

    Raises:
        ArgumentError: it carries no states.
    """
    carrying = [one for one in (model, *_flat(model)) if getattr(one, "stateful", False)]
    if not carrying:
        raise ArgumentError(
            "The model must carry its state from chunk to chunk: make its layers "
            f"Recurrent(…, stateful=True) or a stack of such. Received: {model!r} without any"
        )
    for layer in carrying:
        layer.reset_state()


def _flat(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _flat(layer)


@keras.saving.register_keras_serializable("rnnzoo")
class StateCarrier(keras.Model):
    """Calls a network with the states in which its last call ended.

    Args:
        network: `[*inputs, *states]` to `[output, *states]`.
        inputs: number of its inputs before the states.
        batch: number of parallel series.
    """

    stateful = True

    def __init__(
        self, network: keras.Model, inputs: int, batch: int, name: str = "learner", **kwargs: Any
    ):
        super().__init__(name=name, **kwargs)
        self.network, self.inputs_before, self.batch = network, inputs, batch
        self.carried = [
            self.add_weight(
                shape=(batch, *state.shape[1:]), initializer="zeros", trainable=False, name="state"
            )
            for state in network.inputs[inputs:]
        ]

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        # copies: the variables are assigned below, gradients still need the old values
        before = [ops.copy(state) for state in self.carried]
        output, *states = self.network([*inputs, *before], training=training)
        for variable, state in zip(self.carried, states, strict=True):
            variable.assign(state)
        return output

    def reset_state(self) -> None:
        for variable in self.carried:
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    def get_config(self) -> dict[str, Any]:
        network = keras.saving.serialize_keras_object(self.network)
        about = {"network": network, "inputs": self.inputs_before, "batch": self.batch}
        return {"name": self.name} | about

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "StateCarrier":
        network = keras.saving.deserialize_keras_object(config["network"], custom_objects)
        return cls(**config | {"network": network})
