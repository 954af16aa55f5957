"""What every recurrent cell shares."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import keras
import numpy as np
from keras import ops

from ...errors import ArgumentError, fraction
from . import checks


class RecurrentCell(keras.layers.Layer):
    """Base of all cells: one step of a recurrence, split in two.

    ```
    project(inputs)        what the present contributes: no past
    step(drive, states)    the recurrence -> output, [new states]
    call(inputs, states)   step(project(inputs), states)
    ```

    `project` works on one step, `(batch, *spatial, channels)`, and on all steps
    at once, `(batch, time, *spatial, channels)`; an engine may therefore compute it
    before the loop. `call` makes every cell a normal Keras cell.

    A subclass sets in its constructor

    - `state_size`, a list with the channels of each state. The first state is the
      last output; a delay line is one state per tap, newest first;
    - `output_size`, the channels of the output.

    A state has the spatial shape of the input and its own channels, so cells over
    vectors and over images share this base. Constructor arguments are plain values
    kept under their own names; Keras then writes `get_config`.

    Args:
        recurrent_dropout: share of the hidden state that the recurrent products do not
            see, drawn anew for each sequence in training (Gal and Ghahramani 2016, as in
            Keras). `Recurrent` draws it; in `keras.layers.RNN` it does nothing.
    """

    state_size: list[int]
    output_size: int

    #: What the cell serves, the natural one first: architectures of a forecaster
    #: (`carried`, `closed_loop`), or `next_frame`.
    serves: ClassVar[tuple[str, ...]] = ("carried", "closed_loop")
    #: Why it does not serve the others.
    refuses: ClassVar[dict[str, str]] = {}
    #: The cell ends in an output layer of its own, `outputs` wide: no head follows.
    reads_out: ClassVar[bool] = False
    #: The cell has a delay line of fed-back values that can hold the truth.
    feeds_back: ClassVar[bool] = False
    #: `every_step` works without knowing the number of steps beforehand.
    any_length: ClassVar[bool] = False
    #: Its products read a hidden state through `recalled`, which recurrent dropout hides.
    recalls: ClassVar[bool] = False
    #: Its memory fades more slowly than half precision can tell.
    fades_slowly: ClassVar[bool] = False

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # what Keras writes the config from: it takes plain values alone
        given = {name: _plain(value) for name, value in kwargs.items()}
        return super().__new__(cls, *map(_plain, args), **given)

    def __init__(self, recurrent_dropout: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.recurrent_dropout = fraction("recurrent_dropout", recurrent_dropout)
        if self.recurrent_dropout and not self.recalls:
            raise ArgumentError(
                f"{type(self).__name__} offers no recurrent dropout of its own; a Dropout layer "
                f"may stand before it. Received: recurrent_dropout={recurrent_dropout}"
            )
        self._kept: Any = None  # a mask, while a loop trains
        self._seeds = keras.random.SeedGenerator() if self.recurrent_dropout else None

    def project(self, inputs: Any) -> Any:
        """What the present input contributes to the step; by default the input itself."""
        return inputs

    def step(self, drive: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The recurrence: `(drive, states)` to `(output, new states)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `step`.")

    def call(self, inputs: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        checks.states("states", states, inputs.shape[:-1], self.state_size)
        return self.step(self.project(inputs), states)

    @property
    def hidden(self) -> Sequence[int]:
        """Which of the states are hidden state, by their places. The others are taps of a
        delay line, phases, scales, or outputs that nothing reads: no decay and no learning
        may touch them."""
        return range(len(self.state_size))

    @property
    def phases(self) -> Sequence[int]:
        """Which of the states count steps, by their places: they have no gradient."""
        return ()

    @property
    def state_dtype(self) -> str:
        """What `Recurrent` keeps the states in."""
        half = self.compute_dtype in ("float16", "bfloat16")
        return "float32" if half and self.fades_slowly else str(self.compute_dtype)

    @property
    def reads_images(self) -> bool:
        """Whether a step of input is an image, `(batch, *spatial, channels)`, not a vector."""
        return "next_frame" in self.serves

    @property
    def loopless(self) -> bool:
        """Whether `every_step` computes all steps at once."""
        return False

    def every_step(self, drives: Any, states: Sequence[Any]) -> list[Any]:
        """All states after every step, each `(batch, time, …)`, without a loop over time.

        Args:
            drives: what `project` gives for all steps.
            states: before the first step.
        """
        raise NotImplementedError(f"{type(self).__name__} has to go step by step.")

    @classmethod
    def spanning(cls, reach: int) -> dict[str, Any]:
        """Arguments with which a cell of bounded memory looks `reach` steps back."""
        return {}

    @classmethod
    def layered(cls, layers: int, units: int, **arguments: Any) -> list[Self]:
        """The cells of a network with some layers, each fed by the one before."""
        return [cls(units, **arguments) for _ in range(layers)]

    def recalled(self, state: Any) -> Any:
        """The hidden state as the products read it: with recurrent dropout, part of it."""
        return state if self._kept is None else state * ops.cast(self._kept, state.dtype)

    @contextmanager
    def dropping(self, states: Sequence[Any]) -> Iterator[None]:
        """Draws what `recalled` hides for the length of a sequence."""
        if self._seeds is not None:
            ones = ops.ones_like(states[0])
            self._kept = keras.random.dropout(ones, self.recurrent_dropout, seed=self._seeds)
        try:
            yield
        finally:
            self._kept = None

    def get_initial_state(
        self, batch_size: Any = None, spatial_shape: Sequence[int] = ()
    ) -> list[Any]:
        """Zeros of `(batch_size, *spatial_shape, channels)`, one a state."""
        return [
            ops.zeros((batch_size, *spatial_shape, channels), dtype=self.compute_dtype)
            for channels in self.state_size
        ]


def _plain(value: Any) -> Any:
    if isinstance(value, keras.initializers.Initializer):
        return keras.saving.serialize_keras_object(value)
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return list(value) if isinstance(value, range) else value
