from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ...errors import ArgumentError, ArgumentTypeError, flag
from ..cells import as_cell, checks
from ..cells.adapter import is_cell
from .masks import checked_mask, zero_masked
from .recurrent import Recurrent

#: Required options of a `Recurrent` in a stack, which returns sequences and states itself.
PLAIN = {"return_sequences": True, "return_state": False, "go_backwards": False}


#: Layers that are allowed between cells: they treat each step separately.
STEPWISE = (
    keras.layers.Dense,
    keras.layers.Dropout,
    keras.layers.Activation,
    keras.layers.LayerNormalization,
    keras.layers.GaussianNoise,
    keras.layers.TimeDistributed,
)


def stack(
    layers: Sequence[Any],
    return_sequences: bool = False,
    return_state: bool = False,
    stateful: bool = False,
    engine: str = "auto",
    name: str | None = None,
    dtype: Any = None,
) -> "Stack":
    """Chains cells, and other layers between them, into one recurrent layer.

    Args:
        layers: cells, ours or of Keras, and Keras layers that treat each step separately
            (`STEPWISE`, such as `Dense` or `Dropout`), in the order of the data.
        return_sequences: return the output of every step.
        return_state: also return the last states of all cells.
        stateful: start each call from the last states of the call before. Needs a fixed batch
            size. A `Recurrent` among the layers has to be stateful itself.
        engine: engine of the loops, as for `Recurrent`; a `Recurrent` has its own.
        name: name of the layer.
        dtype: dtype of all cells; by default taken from them.

    Raises:
        ArgumentTypeError: `layers` is no list of cells and layers, or an option is no flag.
        ArgumentError: no cell, or a layer that mixes steps; cells of several dtypes.

    Example:

    >>> import keras, numpy as np
    >>> from rnnzoo import cells, stack
    >>> deep = stack([cells.GRU(8), keras.layers.Dropout(0.1), cells.LSTM(4)])
    >>> deep(np.zeros((2, 10, 3), "float32")).shape
    TensorShape([2, 4])
    """
    if not isinstance(layers, (list, tuple)):
        raise ArgumentTypeError(
            f"`layers` must be a list of cells and layers. Received: layers={layers!r}"
        )
    if flag("stateful", stateful) and any(
        isinstance(layer, Recurrent) and not layer.stateful for layer in layers
    ):
        raise ArgumentError(
            "A stateful stack is made of cells, or of loops that are stateful themselves: "
            "Recurrent(cell, return_sequences=True, stateful=True). "
            "Received: stateful=True and a Recurrent with stateful=False"
        )
    chain = [_as_loop(layer, stateful, engine) for layer in layers]
    return Stack(chain, return_sequences, return_state, name=name, dtype=dtype)


@keras.saving.register_keras_serializable("rnnzoo")
class Stack(keras.layers.Layer):
    """A chain of recurrent layers that is called, masked and stepped as one.

    Its states are those of its cells in one list, in the order of the cells; the states of a Keras
    cell begin with its last output, which a masked step repeats. See `stack`.
    """

    def __init__(
        self,
        layers: list[Any],
        return_sequences: bool = False,
        return_state: bool = False,
        **kwargs: Any,
    ):
        if "go_backwards" in kwargs:  # as Keras's Bidirectional makes its second layer
            raise ArgumentError(
                "A stack is read forwards: make each of its loops Bidirectional instead, one "
                "after the other, as Bidirectional(Recurrent(cell, return_sequences=True)). "
                f"Received: go_backwards={kwargs['go_backwards']}"
            )
        layers = [_as_layer(layer) for layer in layers]
        loops = [layer for layer in layers if isinstance(layer, Recurrent)]
        if not loops:
            raise ArgumentError("`layers` must hold at least one cell. Received: none")
        super().__init__(**checks.of_one_dtype(kwargs, *loops))
        self.layers = layers
        self.channels: int | None = None
        self.return_sequences = flag("return_sequences", return_sequences)
        self.return_state = flag("return_state", return_state)
        self.supports_masking = True

    @property
    def loops(self) -> list[Recurrent]:
        return [layer for layer in self.layers if isinstance(layer, Recurrent)]

    @property
    def stateful(self) -> bool:
        """Whether a cell carries its states from call to call."""
        return any(loop.stateful for loop in self.loops)

    def reset_state(self) -> None:
        """Resets the carried states to zero."""
        for loop in self.loops:
            loop.reset_state()

    def reset_states(self) -> None:
        """As `reset_state`: Keras's older name."""
        self.reset_state()

    def get_initial_state(self, batch_size: int, spatial_shape: Sequence[int] = ()) -> list[Any]:
        """The states at the start of a sequence, as for `initial_state`; `spatial_shape` is that of
        a step of the input, where that is an image. The stack has to be built."""
        states, shape = [], (batch_size, None, *spatial_shape, self.channels)
        for layer in self.layers:
            if isinstance(layer, Recurrent):
                states += layer.start(batch_size, shape[2:])
            shape = _sequence_shape(layer, shape)
        return states

    @property
    def state_size(self) -> list[int]:
        return [size for loop in self.loops for size in loop.cell.state_size]

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        shape = tuple(sequences_shape)
        self.channels = shape[-1]
        for layer in self.layers:
            if not layer.built:
                layer.build(shape)
                layer.built = True
            shape = _sequence_shape(layer, shape)

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        # Keras passes `training` to the layers between through its call context, but not to loops
        states = initial_state
        if states is not None:
            states = list(states) if isinstance(states, (list, tuple)) else [states]
        if states is not None and len(states) != len(self.state_size):
            raise ArgumentError(
                f"`initial_state` must hold {len(self.state_size)} states. Received: {len(states)}"
            )
        if mask is not None:
            mask = checked_mask(mask, sequences)
            sequences = zero_masked(sequences, mask)  # a layer may come before the first loop
        after: list[Any] = []
        for layer in self.layers:
            if isinstance(layer, Recurrent):
                width = len(layer.cell.state_size)
                given = None if states is None else states[:width]
                states = None if states is None else states[width:]
                every = self.return_sequences or layer is not self.layers[-1]
                need = "outputs" if every else "last"
                result = layer.run(sequences, given, mask, training, need)
                output = ops.cast(result.last[0], self.compute_dtype)
                if every:
                    sequences = ops.cast(result.outputs, self.compute_dtype)
                after += result.last
            else:
                sequences = layer(sequences)
                output = sequences[:, -1]
        result = sequences if self.return_sequences else output
        return (result, *after) if self.return_state else result

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        shape, states = tuple(sequences_shape), []
        for layer in self.layers:
            channels, shape = shape[-1], _sequence_shape(layer, shape)
            if isinstance(layer, Recurrent):
                sizes = layer.cell.state_size if layer.built else layer.cell.states_for(channels)
                states += [(shape[0], *shape[2:-1], n) for n in sizes]
        output = shape if self.return_sequences else (shape[0], *shape[2:])
        return (output, *states) if self.return_state else output

    def compute_mask(self, sequences: Any, previous_mask: Any = None) -> Any:
        output = previous_mask if self.return_sequences else None
        return [output, *[None] * len(self.state_size)] if self.return_state else output

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "layers": [keras.saving.serialize_keras_object(layer) for layer in self.layers],
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Stack":
        layers = [keras.saving.deserialize_keras_object(layer) for layer in config["layers"]]
        return cls(**config | {"layers": layers})


def _as_loop(layer: Any, stateful: bool, engine: str) -> Any:
    """A loop over a cell; other layers are returned as they are."""
    if not is_cell(layer):
        return layer
    return Recurrent(
        as_cell("layers", layer), return_sequences=True, stateful=stateful, engine=engine
    )


def _as_layer(layer: Any) -> keras.layers.Layer:
    layer = _as_loop(layer, False, "auto")
    if isinstance(layer, Recurrent):
        own = {name: getattr(layer, name) for name in PLAIN}
        if own != PLAIN:
            raise ArgumentError(
                f"A stack holds cells, or Recurrent layers with {PLAIN}. Received: {own}"
            )
        return layer
    if isinstance(layer, STEPWISE):
        return layer
    if isinstance(layer, keras.layers.Layer):
        raise ArgumentError(
            "Layers between cells must treat each step separately, so that none sees a later one: "
            f"{', '.join(kind.__name__ for kind in STEPWISE)}. Wrap another layer in "
            f"TimeDistributed. Received: {layer!r}"
        )
    raise ArgumentTypeError(f"`layers` must hold cells and Keras layers. Received: {layer!r}")


def _sequence_shape(layer: Any, shape: tuple) -> tuple:
    if isinstance(layer, Recurrent):
        return (*shape[:2], *layer.cell.spatial(shape[2:-1]), layer.cell.output_size)
    return tuple(layer.compute_output_shape(shape))
