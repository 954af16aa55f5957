"""What every recurrent cell shares."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import keras
import numpy as np
from keras import ops
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell  # it has no public name

from ...errors import ArgumentError, flag, fraction, seed_number
from . import checks
from .weights import WEIGHT_ARGUMENTS, WeightOptions


class RecurrentCell(DropoutRNNCell, keras.layers.Layer):
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

    A state has the spatial shape of the output and its own channels, so cells over
    vectors and over images share this base. Constructor arguments are plain values
    kept under their own names; `get_config` then returns them.

    Args:
        use_bias: `False` leaves the biases out.
        dropout: share of the input that the cell does not see, drawn anew for each sequence in
            training and the same at every step, as in Keras.
        recurrent_dropout: share of the hidden state that the recurrent products do not
            see, drawn likewise (Gal and Ghahramani 2016).
        seed: of what is dropped.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights that meet
            the input, those that meet a state, and the biases start: Keras initializers, their
            names or configurations. By default as the cell's own page says.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: Keras regularizers.
        kernel_constraint, recurrent_constraint, bias_constraint: Keras constraints.
    """

    state_size: list[int]
    output_size: int

    #: Which weights are a kernel, which recurrent, which a bias, by the first part of their
    #: names: what `kernel_regularizer` and the like act on. Others are on their own.
    roles: ClassVar[dict[str, str]] = {"W": "kernel", "U": "recurrent", "b": "bias"}
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
    #: How many of its first states only carry the output along: no caller sees them.
    unseen: ClassVar[int] = 0
    #: Why no part of its input may be dropped, if so.
    no_dropout: ClassVar[str] = ""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # the config holds plain values alone
        plain = [_plain(value) for value in args]
        named = {name: _plain(value) for name, value in kwargs.items()}
        cell = super().__new__(cls, *plain, **named)
        object.__setattr__(cell, "_arguments", _bound(cls, plain, named))
        return cell

    def __init__(
        self,
        use_bias: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        kernel_initializer: Any = None,
        recurrent_initializer: Any = None,
        bias_initializer: Any = None,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        if kwargs.get("activity_regularizer") is not None:
            raise ArgumentError(
                "A loop calls its cell step by step, so the loop is what has an activity: give "
                "`activity_regularizer` to Recurrent or keras.layers.RNN. "
                f"Received: activity_regularizer={kwargs['activity_regularizer']!r}"
            )
        super().__init__(**kwargs)
        given = locals()
        self.use_bias = flag("use_bias", use_bias)
        self.dropout = fraction("dropout", dropout)
        self.recurrent_dropout = fraction("recurrent_dropout", recurrent_dropout)
        if self.dropout and self.no_dropout:
            raise ArgumentError(
                f"{type(self).__name__} takes no dropout: {self.no_dropout}. "
                f"Received: dropout={dropout}"
            )
        if self.recurrent_dropout and not self.recalls:
            raise ArgumentError(
                f"{type(self).__name__} offers no recurrent dropout of its own; a Dropout layer "
                f"may stand before it. Received: recurrent_dropout={recurrent_dropout}"
            )
        self.seed = None if seed is None else seed_number(seed)
        self._weight_options = WeightOptions(
            type(self), self.use_bias, {name: given[name] for name in WEIGHT_ARGUMENTS}
        )
        for name in WEIGHT_ARGUMENTS:
            setattr(self, name, self._weight_options.given.get(name))
        self._dropout_mask = self._recurrent_dropout_mask = None
        self._drops = True  # False while a loop that has drawn masks does not train
        if self.dropout or self.recurrent_dropout:
            self.seed_generator = keras.random.SeedGenerator(self.seed)

    def add_weight(
        self, shape: Any = None, initializer: Any = None, *args: Any, name: str = "", **kwargs: Any
    ) -> Any:
        """A weight; what its role is given in the constructor takes the place of the cell's own.

        Returns:
            The variable; 0.0 in place of a bias where `use_bias` is `False`.
        """
        role = self.roles.get(name.partition("_")[0])
        if role == "bias" and not self.use_bias:
            return 0.0
        kwargs |= self._weight_options.of(role, name, kwargs)
        initializer = kwargs.pop("initializer", initializer)
        return super().add_weight(shape, initializer, *args, name=name or None, **kwargs)

    def project(self, inputs: Any) -> Any:
        """What the present input contributes to the step; by default the input itself."""
        return inputs

    def step(self, drive: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The recurrence: `(drive, states)` to `(output, new states)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `step`.")

    def call(
        self, inputs: Any, states: Sequence[Any], training: bool | None = None
    ) -> tuple[Any, list[Any]]:
        shape = (inputs.shape[0], *self.spatial(inputs.shape[1:-1]))
        checks.states("states", states, shape, self.state_size)
        if training is None:  # our own loops: what has been drawn, and no more, is dropped
            return self.step(self.project(self.seen(inputs)), states)
        if training:
            self.get_dropout_mask(inputs)
            self.get_recurrent_dropout_mask(states[0])
        self.set_dropping(training)  # keras.layers.RNN draws masks in inference too
        try:
            return self.step(self.project(self.seen(inputs)), states)
        finally:
            self.set_dropping(True)

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
    def fades_slowly(self) -> bool:
        """Whether its memory fades more slowly than half precision can tell."""
        return False

    @property
    def state_dtype(self) -> str:
        """What `Recurrent` keeps the states in."""
        half = self.compute_dtype in ("float16", "bfloat16")
        return "float32" if half and self.fades_slowly else str(self.compute_dtype)

    @property
    def reads_images(self) -> bool:
        """Whether a step of input is an image, `(batch, *spatial, channels)`, not a vector."""
        return "next_frame" in self.serves

    def check_item(self, item: Sequence[int | None]) -> None:
        """Refuses what the cell cannot read as a step, `(*spatial, channels)`.

        Raises:
            ArgumentError: an image, for a cell that reads vectors.
        """
        if len(item) > 1 and not self.reads_images:
            raise ArgumentError(
                f"{type(self).__name__} reads vectors: `sequences` must have the shape "
                f"(batch, time, channels). Received: steps of the shape {tuple(item)}"
            )

    def nested(self, states: Sequence[Any]) -> list[Any]:
        """The states, one beside another, as a caller of the loop has them."""
        return list(states[self.unseen :])

    def spatial(self, places: Sequence[int | None]) -> tuple[int | None, ...]:
        """The spatial shape of output and states, for that of an input."""
        return tuple(places)

    def states_for(self, channels: int) -> list[int]:
        """`state_size` for an input of so many channels, known before `build`: delay lines
        hold inputs."""
        return self.state_size

    @property
    def starts_at_zero(self) -> bool:
        """Whether its states before the first step are all zero."""
        return True

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

    def seen(self, inputs: Any) -> Any:
        """The input of one step, or of all, as the cell sees it: with dropout, part of it."""
        mask = self._dropout_mask
        if mask is None or not self._drops:
            return inputs
        mask = mask if len(inputs.shape) == len(mask.shape) else ops.expand_dims(mask, 1)
        return inputs * ops.cast(mask, inputs.dtype)

    def recalled(self, state: Any) -> Any:
        """The hidden state as the products read it: with recurrent dropout, part of it."""
        mask = self._recurrent_dropout_mask
        return state if mask is None or not self._drops else state * ops.cast(mask, state.dtype)

    def set_dropping(self, value: bool) -> None:
        """Whether what has been drawn is dropped."""
        self._drops = value

    @contextmanager
    def dropping(self, inputs: Any, states: Sequence[Any]) -> Iterator[None]:
        """Draws what is dropped for the length of a sequence.

        Args:
            inputs: of one step.
            states: before it.
        """
        self.get_dropout_mask(inputs)
        self.get_recurrent_dropout_mask(states[0])
        try:
            yield
        finally:
            self.reset_dropout_mask()
            self.reset_recurrent_dropout_mask()

    def get_initial_state(
        self, batch_size: Any = None, spatial_shape: Sequence[int] = ()
    ) -> list[Any]:
        """Zeros of `(batch_size, *spatial_shape, channels)`, one a state."""
        return [
            ops.zeros((batch_size, *spatial_shape, channels), dtype=self.compute_dtype)
            for channels in self.state_size
        ]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; a subclass that takes others than plain values adds
        those itself."""
        return super().get_config() | self._arguments


def _plain(value: Any) -> Any:
    if isinstance(value, checks.KERAS_OBJECTS):
        return keras.saving.serialize_keras_object(value)
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return list(value) if isinstance(value, range) else value


def _bound(cls: type, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The plain arguments of a constructor's call by name, those left out by their defaults."""
    try:
        bound = inspect.signature(cls.__init__).bind(None, *args, **kwargs)
    except TypeError:
        return {}  # the constructor is about to refuse them
    bound.apply_defaults()
    _, *named = bound.arguments.items()
    flat: dict[str, Any] = {}
    for name, value in named:
        kind = bound.signature.parameters[name].kind
        flat |= value if kind is inspect.Parameter.VAR_KEYWORD else {name: value}
    own = ("name", "dtype", "trainable", "activity_regularizer")  # written by Keras
    plain = (str, int, float, bool, type(None))
    return {
        name: value
        for name, value in flat.items()
        if name not in own and all(isinstance(v, plain) for v in keras.tree.flatten(value))
    }
