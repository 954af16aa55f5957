"""What every recurrent cell shares."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops


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

    def project(self, inputs: Any) -> Any:
        """What the present input contributes to the step; by default the input itself."""
        return inputs

    def step(self, drive: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The recurrence: `(drive, states)` to `(output, new states)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `step`.")

    def call(self, inputs: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        return self.step(self.project(inputs), states)

    def get_initial_state(
        self, batch_size: Any = None, spatial_shape: Sequence[int] = ()
    ) -> list[Any]:
        """Zeros of `(batch_size, *spatial_shape, channels)`, one a state."""
        return [
            ops.zeros((batch_size, *spatial_shape, channels), dtype=self.compute_dtype)
            for channels in self.state_size
        ]
