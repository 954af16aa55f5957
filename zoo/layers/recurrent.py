from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import keras
from keras import ops, tree

from ...errors import ArgumentError, flag, one_of
from ..cells import KerasCell, as_cell, checks
from ..cells.wrapper import build_once
from ..engines import ENGINES, Result, choose_engine, engine_name
from .masks import checked_mask, zero_masked


@keras.saving.register_keras_serializable("rnnzoo")
class Recurrent(keras.layers.Layer):
    """Runs a cell over a sequence: the one loop layer of the zoo.

    Takes `(batch, time, *spatial, channels)` and returns the last output,
    `(batch, *spatial, output_size)`, or all of them. On every backend a masked step
    holds all states and repeats the output before it; a masked first step holds the
    initial state.

    Args:
        cell: a `RecurrentCell`, over vectors or over images, or any Keras cell, an object with
            `state_size` and `call(inputs, states)`, or a list of cells, each fed by the one
            before, as in `keras.layers.RNN`; other cells are wrapped in a `KerasCell`.
        return_sequences: return the output of every step.
        return_state: also return the last states: `(outputs, *states)`.
        go_backwards: read from the end; the outputs are in the order of reading.
        learn_initial_state: start from trained hidden states instead of zero; taps and phases
            start at zero. Not for cells without hidden states.
        stateful: start each call from the last states of the call before. Needs a fixed batch
            size. A given `initial_state` takes precedence.
        engine: name in `ENGINES` of the engine that runs the loop, or `"auto"`.
        unroll: unroll the loop, as in Keras: the same as `engine="unrolled"`.
        zero_output_for_mask: output zeros at masked steps, as in Keras; the states do not change.

    The dtype is that of the cell by default; with a Keras cell it may differ. The states of a
    Keras cell are nested as its `state_size`.

    Call arguments:
        sequences: `(batch, time, *spatial, channels)`.
        initial_state: list of states; by default the cell's own, which are zeros.
        mask: booleans `(batch, time)`, `False` for steps to skip; their inputs, even NaN, have
            no effect.

    Example:

    >>> import numpy as np
    >>> from rnnzoo import Recurrent, cells
    >>> Recurrent(cells.GRU(4))(np.zeros((2, 10, 3), "float32")).shape
    TensorShape([2, 4])
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        learn_initial_state: bool = False,
        engine: str = "auto",
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ):
        cell = as_cell("cell", cell)
        if not isinstance(cell, KerasCell) or kwargs.get("dtype") is None:
            kwargs = checks.of_one_dtype(kwargs, cell)
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = flag("return_sequences", return_sequences)
        self.return_state = flag("return_state", return_state)
        self.go_backwards = flag("go_backwards", go_backwards)
        self.stateful = flag("stateful", stateful)
        self.learn_initial_state = flag("learn_initial_state", learn_initial_state)
        self.unroll = flag("unroll", unroll)
        self.zero_output_for_mask = flag("zero_output_for_mask", zero_output_for_mask)
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
        self.initial: dict[str, Any] = {}  # by the index of the state
        self.channels: int | None = None
        self.engine = one_of("engine", engine, ["auto", *ENGINES])
        if self.unroll and self.engine not in ("auto", "unrolled"):
            raise ArgumentError(
                'unroll=True is engine="unrolled": leave one of them out. '
                f"Received: unroll=True, engine={engine!r}"
            )
        #: The engine that ran, or was traced, last.
        self.engine_used: str | None = None
        self.supports_jit = self.engine != "native"  # its graphs cannot be compiled by XLA
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
        self.cell.check_item(item)
        build_once(self.cell, (batch, *item))
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
                    shape=(batch, *self.cell.spatial(item[:-1]), channels),
                    initializer=partial(self._initial_value, k, item),
                    trainable=False,
                    name=f"state_{k}",
                    dtype=self.cell.state_dtype,
                    autocast=False,
                )
                for k, channels in enumerate(self.cell.state_size[self.cell.unseen :])
            ]

    def _initial_value(self, k: int, item: list, shape: Any, dtype: Any = None) -> Any:
        """The initializer of the k-th carried state."""
        return ops.cast(self.start(shape[0], item)[self.cell.unseen + k], dtype)

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        need = "outputs" if self.return_sequences else "last"
        states = None if initial_state is None else self._flat_states(sequences, initial_state)
        result = self.run(sequences, states, mask, training, need)
        output = result.outputs if self.return_sequences else result.last[0]
        if self.zero_output_for_mask and mask is not None:
            mask = ops.flip(mask, axis=1) if self.go_backwards else mask
            output = zero_masked(output, mask if self.return_sequences else mask[:, -1])
        output = ops.cast(output, self.compute_dtype)
        return (output, *self._nest(result.last)) if self.return_state else output

    def run(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: Any = None,
        need: str = "last",
    ) -> Result:
        """Runs the cell, like `call`, but returns the full result.

        Args:
            sequences, mask, training: as for `call`.
            initial_state: all states of the cell, in a flat list.
            need: the `"last"` states only, also the `"outputs"` of all steps, or also all
                `"states"` after every step.
        """
        self._check_built_for(sequences)
        carried = self.stateful and initial_state is None
        states = self._first_states(sequences, initial_state)
        if mask is not None:
            mask = checked_mask(mask, sequences)
            sequences = zero_masked(sequences, mask)
        states = [ops.cast(state, self.cell.state_dtype) for state in states]
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        name = "unrolled" if self.unroll else self.engine
        engine = choose_engine(name, self.cell, *sequences.shape[1::-1])
        self.engine_used = engine_name(engine)
        with self.cell.dropping(sequences[:, 0], states) if training else nullcontext():
            result = engine.run(self.cell, sequences, states, mask, need)
        if carried:
            last = result.last[self.cell.unseen :]
            for variable, state in zip(self.states, last, strict=True):
                variable.assign(ops.cast(state, variable.dtype))
        return result

    def _first_states(self, sequences: Any, initial_state: Any) -> list[Any]:
        if initial_state is not None:
            batch, _, *item = sequences.shape
            shape = (batch, *self.cell.spatial(item[:-1]))
            return checks.states("initial_state", initial_state, shape, self.cell.state_size)
        batch, _, *item = ops.shape(sequences)
        states = self.start(batch, item)
        if self.stateful:
            # copies: the variables are assigned afterwards, gradients still need the old values
            states[self.cell.unseen :] = [ops.copy(state) for state in self.states]
        return states

    def start(self, batch: Any, item: Any) -> list[Any]:
        """All states of the cell at the start of a sequence."""
        states = self.cell.get_initial_state(batch, self.cell.spatial(item[:-1]))
        for place, learned in self.initial.items():
            k = int(place)  # Keras tracks dicts with names alone
            states[k] = states[k] + ops.cast(learned, states[k].dtype)
        return states

    def _flat_states(self, sequences: Any, initial_state: Any) -> list[Any]:
        """All states of the cell in a flat list, from those that a caller passes."""
        unseen = self.cell.unseen
        if not unseen:
            return initial_state
        batch, _, *item = ops.shape(sequences)
        shape = (sequences.shape[0], *self.cell.spatial(item[:-1]))
        given = tree.flatten(initial_state)
        given = checks.states("initial_state", given, shape, self.cell.state_size[unseen:])
        return [*self.start(batch, item)[:unseen], *given]

    def _nest(self, states: list[Any]) -> list[Any]:
        if self.dtype_policy != self.cell.dtype_policy:
            states = [ops.cast(state, self.compute_dtype) for state in states]
        return self.cell.nested(states)

    @property
    def state_size(self) -> list[Any]:
        """The channels of the states that callers see, nested as the states."""
        return self.cell.nested(self.cell.state_size)

    def get_initial_state(self, batch_size: int, spatial_shape: Sequence[int] = ()) -> list[Any]:
        """The states at the start of a sequence, as for `initial_state`; `spatial_shape` is that of
        a step of the input, where that is an image."""
        return self.cell.nested(self.start(batch_size, [*spatial_shape, self.channels]))

    def reset_state(self) -> None:
        """Resets the states of a stateful layer to the cell's initial states, usually zeros."""
        if self.states:
            batch, *spatial, _ = self.states[0].shape
            start = self.cell.get_initial_state(batch, spatial)[self.cell.unseen :]
            for variable, state in zip(self.states, start, strict=True):
                variable.assign(ops.cast(state, variable.dtype))

    def reset_states(self) -> None:
        """As `reset_state`: Keras's older name."""
        self.reset_state()

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, time, *item = sequences_shape
        spatial = self.cell.spatial(item[:-1])
        output = (batch, *spatial, self.cell.output_size)
        if self.return_sequences:
            output = (batch, time, *spatial, self.cell.output_size)
        if not self.return_state:
            return output
        sizes = self.cell.state_size if self.cell.built else self.cell.states_for(item[-1])
        return (output, *self.cell.nested([(batch, *spatial, channels) for channels in sizes]))

    def compute_mask(self, sequences: Any, previous_mask: Any = None) -> Any:
        output = previous_mask if self.return_sequences else None
        if output is not None and self.go_backwards:
            output = ops.flip(output, axis=1)  # the outputs are in the order of reading
        seen = len(self.cell.state_size) - self.cell.unseen
        return [output, *[None] * seen] if self.return_state else output

    def get_config(self) -> dict[str, Any]:
        names = (
            *("return_sequences", "return_state", "go_backwards"),
            *("stateful", "learn_initial_state", "engine", "unroll", "zero_output_for_mask"),
        )
        return (
            super().get_config()
            | {"cell": keras.saving.serialize_keras_object(self.cell)}
            | {name: getattr(self, name) for name in names}
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Recurrent":
        cell = keras.saving.deserialize_keras_object(config["cell"])
        engine = config.get("engine", "auto")
        if engine == "native" and ENGINES[engine].supports(cell, None) is not None:
            engine = "auto"  # saved where the kernels were, loaded where they are not
        return cls(**config | {"cell": cell, "engine": engine})

    def _check_built_for(self, sequences: Any) -> None:
        """Checks that sequences match those for which the loop was built."""
        batch, time, *_, channels = sequences.shape
        if time == 0:
            raise ArgumentError(
                f"`sequences` must hold at least one step. Received: shape={tuple(sequences.shape)}"
            )
        if None not in (channels, self.channels) and channels != self.channels:
            raise ArgumentError(
                f"The loop was built for sequences of {self.channels} channels. "
                f"Received: shape={tuple(sequences.shape)}"
            )
        if self.states and batch is not None and batch != self.states[0].shape[0]:
            raise ArgumentError(
                f"A stateful loop carries the states of its batch: the batch size must be "
                f"{self.states[0].shape[0]}. Received: a batch of {batch}"
            )
