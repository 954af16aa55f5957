from contextlib import nullcontext
from typing import Any

import keras
from keras import ops

from ...errors import ArgumentError, ArgumentTypeError, flag, one_of
from ..cells import checks
from ..cells.base import RecurrentCell
from ..engines import ENGINES, natural


@keras.saving.register_keras_serializable("rnnzoo")
class Recurrent(keras.layers.Layer):
    """Runs a cell over a sequence: the one loop layer of the zoo.

    Takes `(batch, time, *spatial, channels)` and returns the last output,
    `(batch, *spatial, output_size)`, or all of them. On every backend a masked step
    holds all states and repeats the output before it; a masked first step holds the
    initial state.

    Args:
        cell: a `RecurrentCell`, over vectors or over images.
        return_sequences: return the output of every step.
        return_state: return the last states too: `(outputs, *states)`.
        go_backwards: read from the end; the outputs come in the order of reading.
        learn_initial_state: start from trained hidden states instead of zero; taps and phases
            start at zero. Refused where a cell has no other states.
        stateful: start each call from the states in which the call before ended.
            Needs a fixed batch size. A given `initial_state` takes precedence.
        engine: how the loop is run, a name in `ENGINES`, or `"auto"`.

    Its dtype is the cell's, and need not be given.

    Call arguments:
        sequences: `(batch, time, *spatial, channels)`.
        initial_state: list of states; zeros by default.
        mask: booleans `(batch, time)`, `False` where a step is to be passed over; what stands
            there, NaN too, counts for nothing.

    Example:

    >>> import numpy as np
    >>> from rnnzoo import Recurrent, cells
    >>> Recurrent(cells.GRU(4))(np.zeros((2, 10, 3), "float32")).shape
    TensorShape([2, 4])
    """

    def __init__(
        self,
        cell: RecurrentCell,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        learn_initial_state: bool = False,
        engine: str = "auto",
        **kwargs: Any,
    ):
        if not isinstance(cell, RecurrentCell):
            raise ArgumentTypeError(f"`cell` must be a RecurrentCell. Received: cell={cell!r}")
        super().__init__(**checks.of_one_dtype(kwargs, cell))
        self.cell = cell
        self.return_sequences = flag("return_sequences", return_sequences)
        self.return_state = flag("return_state", return_state)
        self.go_backwards = flag("go_backwards", go_backwards)
        self.stateful = flag("stateful", stateful)
        self.learn_initial_state = flag("learn_initial_state", learn_initial_state)
        if self.learn_initial_state and self.stateful:
            raise ArgumentError(
                "A stateful loop starts where it ended, never from a learned state. "
                "Received: stateful=True, learn_initial_state=True"
            )
        if self.learn_initial_state and not cell.hidden:
            raise ArgumentError(
                f"{type(cell).__name__} has no hidden state that could be learned. "
                "Received: learn_initial_state=True"
            )
        self.initial: dict[str, Any] = {}  # by the place of the state
        self.channels: int | None = None
        self.engine = one_of("engine", engine, ["auto", *ENGINES])
        self.supports_masking = True
        self.input_spec = None
        self.states: list[Any] = []

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        if len(sequences_shape) < 3:
            raise ArgumentError(
                "`sequences` must have the shape (batch, time, *spatial, channels). "
                f"Received: shape={tuple(sequences_shape)}"
            )
        batch, _, *item = sequences_shape
        self.channels = item[-1]
        if len(item) > 1 and not self.cell.reads_images:
            raise ArgumentError(
                f"{type(self.cell).__name__} reads vectors: `sequences` must have the shape "
                f"(batch, time, channels). Received: shape={tuple(sequences_shape)}"
            )
        if not self.cell.built:
            self.cell.build((batch, *item))
            self.cell.built = True
        if self.learn_initial_state:
            sizes = self.cell.state_size
            self.initial = {
                str(k): self.add_weight(shape=(sizes[k],), initializer="zeros", name=f"initial_{k}")
                for k in self.cell.hidden
            }
        if self.stateful:
            if batch is None:
                raise ArgumentError(
                    "`stateful=True` needs a fixed batch size. "
                    f"Received: sequences of shape {tuple(sequences_shape)}"
                )
            self.states = [
                self.add_weight(
                    shape=(batch, *item[:-1], channels),
                    initializer="zeros",
                    trainable=False,
                    name=f"state_{k}",
                    dtype=self.cell.state_dtype,
                    autocast=False,
                )
                for k, channels in enumerate(self.cell.state_size)
            ]

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        every, last = self.every_state(sequences, initial_state, mask, training)
        output = every[0] if self.return_sequences else last[0]
        output = ops.cast(output, self.compute_dtype)
        return (output, *last) if self.return_state else output

    def every_state(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> tuple[list, list]:
        """All states at all steps, each `(batch, time, …)`, and the last ones."""
        self._check_built_for(sequences)
        carried = self.stateful and initial_state is None
        if carried:
            # copies: the variables are assigned below, gradients still need the old values
            states = [ops.copy(state) for state in self.states]
        elif initial_state is None:
            batch, _, *item = ops.shape(sequences)
            states = self.cell.get_initial_state(batch, item[:-1])
            for place, learned in self.initial.items():
                k = int(place)  # Keras tracks dicts with names alone
                states[k] = states[k] + ops.cast(learned, states[k].dtype)
        else:
            batch, _, *item = sequences.shape
            shape, sizes = (batch, *item[:-1]), self.cell.state_size
            states = checks.states("initial_state", initial_state, shape, sizes)
        if mask is not None:
            mask = checked_mask(mask, sequences)
            sequences = blanked(sequences, mask)
        states = [ops.cast(state, self.cell.state_dtype) for state in states]
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        engine = ENGINES[natural(self.cell) if self.engine == "auto" else self.engine]
        with self.cell.dropping(states) if training else nullcontext():
            every, last = engine(self.cell, sequences, states, mask)
        if carried:
            for variable, state in zip(self.states, last, strict=True):
                variable.assign(ops.cast(state, variable.dtype))
        return every, last

    def reset_state(self) -> None:
        """Sets the states of a stateful layer back to zero."""
        for variable in self.states:
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, time, *item = sequences_shape
        spatial = item[:-1]
        output = (batch, *spatial, self.cell.output_size)
        if self.return_sequences:
            output = (batch, time, *spatial, self.cell.output_size)
        if not self.return_state:
            return output
        return (output, *[(batch, *spatial, channels) for channels in self.cell.state_size])

    def compute_mask(self, sequences: Any, previous_mask: Any = None) -> Any:
        output = previous_mask if self.return_sequences else None
        if output is not None and self.go_backwards:
            output = ops.flip(output, axis=1)  # the outputs come in the order of reading
        return [output, *[None] * len(self.cell.state_size)] if self.return_state else output

    def get_config(self) -> dict[str, Any]:
        names = (
            *("return_sequences", "return_state", "go_backwards"),
            *("stateful", "learn_initial_state", "engine"),
        )
        return (
            super().get_config()
            | {"cell": keras.saving.serialize_keras_object(self.cell)}
            | {name: getattr(self, name) for name in names}
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Recurrent":
        return cls(**config | {"cell": keras.saving.deserialize_keras_object(config["cell"])})

    def _check_built_for(self, sequences: Any) -> None:
        """Sees to it that a loop that is built reads what it was built for."""
        batch, *_, channels = sequences.shape
        if None not in (channels, self.channels) and channels != self.channels:
            raise ArgumentError(
                f"The loop was built for sequences of {self.channels} channels. "
                f"Received: shape={tuple(sequences.shape)}"
            )
        if self.states and batch is not None and batch != self.states[0].shape[0]:
            raise ArgumentError(
                f"A stateful loop carries the states of its batch of {self.states[0].shape[0]}. "
                f"Received: a batch of {batch}"
            )


def blanked(sequences: Any, mask: Any) -> Any:
    """Zeros where the mask passes over: a NaN there would be one in the gradient, times zero."""
    mask = ops.reshape(mask, (*ops.shape(mask), *[1] * (len(sequences.shape) - 2)))
    return ops.where(mask, sequences, ops.zeros_like(sequences))


def checked_mask(mask: Any, sequences: Any) -> Any:
    mask = ops.convert_to_tensor(mask, "bool")
    wanted = tuple(sequences.shape[:2])
    if not checks.agree(tuple(mask.shape), wanted):
        raise ArgumentError(
            f"`mask` must have the shape (batch, time), here {wanted}. "
            f"Received: shape={tuple(mask.shape)}"
        )
    return mask
