"""Any Keras cell as a cell of the zoo."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

import keras
from keras import ops, tree
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell  # it has no public name

from ...errors import ArgumentError, ArgumentTypeError
from ..weight_budget import spend
from .base import RecurrentCell
from .wrapper import Wrapper, build_once


@keras.saving.register_keras_serializable("rnnzoo")
class KerasCell(Wrapper):
    """Any Keras cell, from Keras or a user's own, as a cell of the zoo.

    ```
    y_t, s_t = cell(x_t, s_{t−1})        output y_t
    ```

    A Keras cell is an object with `state_size` and `call(inputs, states)`, as
    `keras.layers.RNN` takes it. Its output need not be one of its states, so it is carried as
    the first state: a masked step then repeats it on every backend. In `Recurrent` the cell has
    the outputs of `keras.layers.RNN`. Over images, output and states have the spatial shape of
    the input.

    Args:
        cell: Keras cell. Its `state_size` is a number of channels, or a list of them, nested as
            its states.

    States: `[y_{t−1}, states of the cell, flat]`; `Recurrent` takes and returns only those of
    the cell, nested as in the cell.

    Raises:
        ArgumentTypeError: no Keras cell.
        ArgumentError: when built, if `call` does not return an output and states of the same
            number and shapes.

    Reference: Chollet et al. (2015), Keras: `keras.layers.RNN` says what a cell is.
    """

    serves: ClassVar[tuple[str, ...]] = ("stateful", "closed_loop", "next_frame")
    unseen = 1

    def __init__(self, cell: Any, **kwargs: Any):
        _checked_keras_cell("cell", cell)
        dtype = getattr(cell, "dtype_policy", None)
        super().__init__(**({"dtype": dtype} if dtype is not None else {}) | kwargs)
        self.cell = cell
        flat = [int(size) for size in tree.flatten(cell.state_size)]
        self.output_size = _output_size(cell)
        self.state_size = [self.output_size, *flat]
        self._nesting: Any = cell.state_size
        self._rank: int | None = None  # axes of a step's input without the batch

    @property
    def hidden(self) -> range:
        return range(1, len(self.state_size))  # nothing reads y

    @property
    def reads_images(self) -> bool:
        return self._rank is not None and self._rank > 1

    def check_item(self, item: Sequence[int | None]) -> None:
        """Checks nothing: whether it reads vectors or images is found when it is built."""

    def nested(self, states: Sequence[Any]) -> list[Any]:
        nesting = _plain_lists(self._nesting)
        packed = tree.pack_sequence_as(nesting, list(states[self.unseen :]))
        return packed if isinstance(nesting, list) else [packed]

    def inner(self) -> list[tuple[Any, int]]:
        return []  # the Keras cell has its own dropout

    def build(self, input_shape: Any) -> None:
        item = tuple(input_shape[1:])
        self._rank = len(item)
        if type(self.cell).__module__.startswith("keras."):  # each state has a square matrix
            for size in tree.flatten(self.cell.state_size):
                spend((size, size))
        self._try_step(item, input_shape)

    def step(self, drive: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        call = self.cell if callable(self.cell) else self.cell.call
        y, after = call(drive, self.nested(states))
        return y, [y, *tree.flatten(after)]

    def get_dropout_mask(self, step_input: Any) -> None:
        channels = step_input.shape[-1]
        for cell in _cells_of(self.cell):
            if isinstance(cell, DropoutRNNCell):
                cell.get_dropout_mask(self._ones_like(step_input, channels))
            channels = _output_size(cell)

    def get_recurrent_dropout_mask(self, step_input: Any) -> None:
        for cell in _cells_of(self.cell):
            if isinstance(cell, DropoutRNNCell):
                first = tree.flatten(cell.state_size)[0]
                cell.get_recurrent_dropout_mask(self._ones_like(step_input, first))

    def reset_dropout_mask(self) -> None:
        for cell in _cells_of(self.cell):
            if isinstance(cell, DropoutRNNCell):
                cell.reset_dropout_mask()

    def reset_recurrent_dropout_mask(self) -> None:
        for cell in _cells_of(self.cell):
            if isinstance(cell, DropoutRNNCell):
                cell.reset_recurrent_dropout_mask()

    def get_initial_state(
        self, batch_size: Any = None, spatial_shape: Sequence[int] = ()
    ) -> list[Any]:
        """The Keras cell's own initial states; zeros if it has none, or only vectors for images."""
        zeros = super().get_initial_state(batch_size, spatial_shape)
        own = getattr(self.cell, "get_initial_state", None)
        if own is None:
            return zeros
        flat = tree.flatten(own(batch_size=batch_size))
        if any(len(state.shape) != len(spatial_shape) + 2 for state in flat):
            return zeros
        return [zeros[0], *[ops.cast(state, self.compute_dtype) for state in flat]]

    @property
    def starts_at_zero(self) -> bool:
        """Whether all states before the first step are zero."""
        if not callable(getattr(self.cell, "get_initial_state", None)):
            return True
        first = self.get_initial_state(1)
        return not any(ops.convert_to_numpy(ops.cast(s, "float32")).any() for s in first)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"cell": keras.saving.serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "KerasCell":
        cell = config["cell"]
        if isinstance(cell, dict):  # a copy: some Keras cells change their config
            cell = keras.saving.deserialize_keras_object(deepcopy(cell))
        return super().from_config(config | {"cell": cell})

    def _try_step(self, item: tuple[int | None, ...], input_shape: Any) -> None:
        """Builds the cell and takes a symbolic step, to find what does not match.

        Raises:
            ArgumentError: the step fails, or output or states have other shapes.
        """
        *places, _ = item
        x = keras.KerasTensor((2, *item), self.compute_dtype)
        states = [keras.KerasTensor((2, *places, n), self.compute_dtype) for n in self.state_size]
        try:
            if isinstance(self.cell, keras.layers.Layer):
                build_once(self.cell, input_shape)
            if (own := getattr(self.cell, "get_initial_state", None)) is not None:
                # whose nesting may differ from `state_size`, as in Keras's GRUCell
                self._nesting = tree.map_structure(lambda _: 0, own(batch_size=1))
            y, *after = tree.flatten(self.step(x, states)[1])
        except Exception as error:  # whatever a stranger's cell raises
            raise ArgumentError(
                f"{_name(self.cell)} cannot take a step on inputs of the shape {tuple(x.shape)} "
                f"and states of the shapes {[tuple(s.shape) for s in states[1:]]}: {error}"
            ) from error
        found, wanted = [tuple(s.shape) for s in after], [tuple(s.shape) for s in states[1:]]
        if found != wanted:
            raise ArgumentError(
                f"`call` of {_name(self.cell)} must return (output, states), the states of the "
                f"shapes {wanted}, as `state_size` says. Received: shapes {found}"
            )
        if tuple(y.shape[:-1]) != (2, *places):
            raise ArgumentError(
                f"The output of {_name(self.cell)} must have the shape {(2, *places)} and its "
                f"channels for inputs of the shape {tuple(x.shape)}. Received: {tuple(y.shape)}"
            )
        self.output_size = int(y.shape[-1])
        self.state_size = [self.output_size, *self.state_size[1:]]


def as_cell(name: str, value: Any) -> RecurrentCell:
    """Returns a cell of the zoo: the value itself, or a `KerasCell` around it.

    Args:
        name: name of the argument.
        value: a `RecurrentCell`, any Keras cell, or a list of cells, each fed by the one before.

    Raises:
        ArgumentTypeError: no cell, e.g. a class of cells, or a layer that loops over a cell.
        ArgumentError: a Keras cell with an activity regularizer.
    """
    if isinstance(value, (list, tuple)) and value:
        if not all(getattr(cell, "states_known", True) for cell in value):
            raise ArgumentError(
                "A list of cells is looped over as one cell, whose states have to be known before "
                "it is built: chain cells with delay lines by rnnzoo.stack. "
                f"Received: {name}={value!r}"
            )
        value = keras.layers.StackedRNNCells([_checked_keras_cell(name, cell) for cell in value])
    return (
        value if isinstance(value, RecurrentCell) else KerasCell(_checked_keras_cell(name, value))
    )


def checked_cell(name: str, value: Any) -> RecurrentCell:
    """Returns a cell of the zoo that can run inside of another cell.

    Args:
        name: name of the argument.
        value: as for `as_cell`, or the config of a cell, from which one is made.

    Raises:
        ArgumentTypeError: no cell.
        ArgumentError: a cell that changes the spatial shape of what it reads, or starts from
            states other than zero.
    """
    cell = keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
    cell = as_cell(name, cell)
    if not cell.keeps_places:
        raise ArgumentError(
            f'`{name}` must keep the spatial shape of what it reads, with padding="same" and '
            f"strides=1. Received: {name}={value!r}"
        )
    if not cell.starts_at_zero:
        raise ArgumentError(
            f"`{name}` must start from states of zero inside of another cell. Received: "
            f"{name}={value!r}, whose `get_initial_state` gives others"
        )
    return cell


def is_cell(value: Any) -> bool:
    """Whether `as_cell` accepts a value."""
    return isinstance(value, RecurrentCell) or is_keras_cell(value)


def is_keras_cell(value: Any) -> bool:
    """Whether `keras.layers.RNN` accepts a value as a cell."""
    loops = hasattr(value, "return_sequences")
    callable_ = callable(getattr(value, "call", None)) or callable(value)
    known = not isinstance(value, type) and callable_ and not loops
    return known and getattr(value, "state_size", None) is not None


def _checked_keras_cell(name: str, value: Any) -> Any:
    if not is_keras_cell(value):
        raise ArgumentTypeError(
            f"`{name}` must be a RecurrentCell or a Keras cell, an object with `state_size` and "
            f"`call(inputs, states)`{_remedy(value)}. Received: {name}={value!r}"
        )
    sizes = tree.flatten(value.state_size)
    if not sizes or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ArgumentTypeError(
            f"`state_size` of {_name(value)} must hold numbers of channels, such as 8 or [8, 8]. "
            f"Received: state_size={value.state_size!r}"
        )
    if any(getattr(cell, "activity_regularizer", None) is not None for cell in _cells_of(value)):
        raise ArgumentError(
            "A loop calls its cell step by step, so the loop is what has an activity: give "
            f"`activity_regularizer` to Recurrent. Received: {_name(value)} with one"
        )
    return value


def _cells_of(cell: Any) -> list[Any]:
    """The cells of a stack in their order, or a list with the single cell."""
    if isinstance(cell, keras.layers.StackedRNNCells):
        return [single for inner in cell.cells for single in _cells_of(inner)]
    return [cell]


def _plain_lists(sizes: Any) -> Any:
    """Converts the lists of Keras, a class that JAX does not know as nested, to plain lists."""
    return [*map(_plain_lists, sizes)] if isinstance(sizes, (list, tuple)) else sizes


def _output_size(cell: Any) -> int:
    """The channels of the output: `output_size`, or those of the first state."""
    return int(getattr(cell, "output_size", None) or tree.flatten(cell.state_size)[0])


def _remedy(value: Any) -> str:
    if isinstance(value, type):
        return f"; make one: {value.__name__}(8)"
    if isinstance(inner := getattr(value, "cell", None), keras.layers.Layer):
        return f"; this is a loop over one: give its cell, {_name(inner)}"
    if isinstance(value, str):
        return '; one of ours by name is rnnzoo.CELLS["gru"](8)'
    return ""


def _name(cell: Any) -> str:
    return type(cell).__name__
