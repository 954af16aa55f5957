"""What every recurrent cell shares."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import keras
from keras import ops

from ...errors import ArgumentError, flag
from . import checks
from .config import PlainConfig
from .dropout import SequenceDropout
from .weights import WEIGHT_ARGUMENTS, WeightOptions


class RecurrentCell(PlainConfig, SequenceDropout, keras.layers.Layer):
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

    Weights have roles, by which a user sets how they start and what holds them:

    - `kernel`: a matrix that meets the input, present or delayed, or what the step itself has
      computed: hidden layers, output layers;
    - `recurrent`: a weight that meets what the step before has left;
    - `bias`.

    `roles` names them. Other weights, such as peepholes, scales and rates of decay, are on their
    own.

    Args:
        use_bias: `False` leaves the biases out.
        dropout: share of the input that the cell does not see, drawn anew for each sequence in
            training and the same at every step, as in Keras.
        recurrent_dropout: share of the hidden state that the recurrent products do not
            see, drawn likewise (Gal and Ghahramani 2016).
        seed: of what is dropped.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights of a role
            start: Keras initializers, their names or configurations. By default as the cell's
            own page says; kernels Glorot-uniform, recurrent ones orthogonal, biases zero where
            it says nothing.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: Keras regularizers.
        kernel_constraint, recurrent_constraint, bias_constraint: Keras constraints.
    """

    state_size: list[int]
    output_size: int

    #: The role of a weight by its name, or the part of it before the first `_`.
    roles: ClassVar[dict[str, str]] = {"W": "kernel", "U": "recurrent", "b": "bias"}
    #: What the cell serves, the natural one first: strategies of a forecaster
    #: (`stateful`, `closed_loop`), or `next_frame`.
    serves: ClassVar[tuple[str, ...]] = ("stateful", "closed_loop")
    #: Why it does not serve the others.
    refuses: ClassVar[dict[str, str]] = {}
    #: Arguments of this class, or of one above, that are not to be chosen.
    fixed: ClassVar[tuple[str, ...]] = ()
    #: The cell ends in an output layer of its own, `outputs` wide: no head follows.
    has_output_layer: ClassVar[bool] = False
    #: The cell has a delay line of fed-back values that can hold the truth.
    has_feedback_delays: ClassVar[bool] = False
    #: `every_step` works without knowing the number of steps beforehand.
    dynamic_length: ClassVar[bool] = False
    #: How many of its first states only carry the output along: no caller sees them.
    unseen: ClassVar[int] = 0

    def __init__(
        self,
        *,
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
        self._set_dropout(dropout, recurrent_dropout, seed)
        self._weight_options = WeightOptions(
            type(self), self.use_bias, {name: given[name] for name in WEIGHT_ARGUMENTS}
        )
        for name in WEIGHT_ARGUMENTS:
            setattr(self, name, self._weight_options.given.get(name))

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
        if not training:  # our own loops, which drop what they have drawn, say nothing
            return self.step(self.project(self.seen(inputs)), states)
        self.get_dropout_mask(inputs)
        self.get_recurrent_dropout_mask(states[0])
        self.set_dropping(True)
        try:
            return self.step(self.project(self.seen(inputs)), states)
        finally:
            self.set_dropping(False)

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
    def float32_state(self) -> bool:
        """Whether its memory fades more slowly than half precision can tell."""
        return False

    @property
    def state_dtype(self) -> str:
        """What `Recurrent` keeps the states in."""
        half = self.compute_dtype in ("float16", "bfloat16")
        return "float32" if half and self.float32_state else str(self.compute_dtype)

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

    @property
    def keeps_places(self) -> bool:
        """Whether `spatial` leaves every shape as it is."""
        return type(self).spatial is RecurrentCell.spatial

    def states_for(self, channels: int) -> list[int]:
        """`state_size` for an input of so many channels, known before `build`: a delay line
        holds inputs."""
        return list(self.state_size)

    @property
    def states_known(self) -> bool:
        """Whether `state_size` names all states: of a delay line, once the cell is built."""
        return True

    @property
    def starts_at_zero(self) -> bool:
        """Whether its states before the first step are all zero."""
        return True

    @property
    def parallelizable(self) -> bool:
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
        make: Callable[..., Self] = cls
        return [make(units, **arguments) for _ in range(layers)]

    def get_initial_state(
        self, batch_size: Any = None, spatial_shape: Sequence[int] = ()
    ) -> list[Any]:
        """Zeros of `(batch_size, *spatial_shape, channels)`, one a state.

        Args:
            batch_size: sequences side by side.
            spatial_shape: that of the states, as `spatial` tells it.

        Raises:
            ArgumentError: a delay line whose width is not known yet.
        """
        if not self.states_known:
            raise ArgumentError(
                f"The states of {type(self).__name__} are known once it is built: "
                "cell.build((None, channels)). Received: a cell that is not built"
            )
        return [
            ops.zeros((batch_size, *spatial_shape, channels), dtype=self.compute_dtype)
            for channels in self.state_size
        ]
