"""The base class of all recurrent cells."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import keras
from keras import ops

from ...errors import ArgumentError, flag
from ..weight_budget import spend
from . import checks
from .config import PlainConfig
from .dropout import SequenceDropout
from .weights import WEIGHT_ARGUMENTS, WeightOptions


class RecurrentCell(PlainConfig, SequenceDropout, keras.layers.Layer):
    """Base of all cells: one step of a recurrence, split in two.

    ```
    project(inputs)        contribution of the present input, without the past
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
    stored under their own names; `get_config` then returns them.

    Weights have roles, by which a user sets their initializers, regularizers and constraints:

    - `kernel`: a matrix that multiplies the input, present or delayed, or a result of the same
      step, as in hidden and output layers;
    - `recurrent`: a weight that multiplies a state of the step before;
    - `bias`.

    `roles` names them. Other weights, such as peepholes, scales and decay rates, have no role.

    Args:
        use_bias: whether the cell has biases.
        dropout: share of the input that is dropped, drawn anew for each sequence in training and
            the same at every step, as in Keras.
        recurrent_dropout: share of the hidden state that is dropped in the recurrent products,
            drawn likewise (Gal and Ghahramani 2016).
        seed: seed of the dropout.
        kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights
            of a role: Keras initializers, their names or configurations. By default as in the
            cell's docstring, else Glorot-uniform for kernels, orthogonal for recurrent weights,
            and zero for biases.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: Keras regularizers.
        kernel_constraint, recurrent_constraint, bias_constraint: Keras constraints.
    """

    state_size: list[int]
    output_size: int

    #: The role of a weight by its name, or the part of it before the first `_`.
    roles: ClassVar[dict[str, str]] = {"W": "kernel", "U": "recurrent", "b": "bias"}
    #: The uses that the cell supports, the default first: strategies of a forecaster
    #: (`stateful`, `closed_loop`), or `next_frame`.
    serves: ClassVar[tuple[str, ...]] = ("stateful", "closed_loop")
    #: The uses that it does not support, with the reason.
    unsupported: ClassVar[dict[str, str]] = {}
    #: Arguments of this class, or of a base class, that the cell sets itself.
    fixed: ClassVar[tuple[str, ...]] = ()
    #: The cell ends in an output layer of its own, `outputs` wide: no head follows.
    has_output_layer: ClassVar[bool] = False
    #: The cell has a delay line of fed-back values, which can hold the truth.
    has_feedback_delays: ClassVar[bool] = False
    #: `every_step` works without knowing the number of steps beforehand.
    dynamic_length: ClassVar[bool] = False
    #: The number of first states that only carry the output: callers do not see them.
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
        """Adds a weight; options of the constructor for its role override the cell's own.

        Returns:
            The variable; 0.0 in place of a bias where `use_bias` is `False`.
        """
        role = self.roles.get(name.partition("_")[0])
        if role == "bias" and not self.use_bias:
            return 0.0
        kwargs |= self._weight_options.of(role, name, kwargs)
        initializer = kwargs.pop("initializer", initializer)
        spend(shape)
        return super().add_weight(shape, initializer, *args, name=name or None, **kwargs)

    def project(self, inputs: Any) -> Any:
        """The contribution of the present input to the step; by default the input itself."""
        return inputs

    def step(self, drive: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The recurrence: `(drive, states)` to `(output, new states)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `step`.")

    def call(
        self, inputs: Any, states: Sequence[Any], training: bool | None = None
    ) -> tuple[Any, list[Any]]:
        shape = (inputs.shape[0], *self.spatial(inputs.shape[1:-1]))
        checks.states("states", states, shape, self.state_size)
        if not training:  # our own loops set the dropout themselves
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
        """The indices of the hidden states. The others are taps of a delay line, phases, scales, or
        outputs that nothing reads: these must not decay or be learned."""
        return range(len(self.state_size))

    @property
    def phases(self) -> Sequence[int]:
        """The indices of the states that count steps, which have no gradient."""
        return ()

    @property
    def float32_state(self) -> bool:
        """Whether the memory decays more slowly than half precision can represent."""
        return False

    @property
    def state_dtype(self) -> str:
        """The dtype in which `Recurrent` carries the states."""
        half = self.compute_dtype in ("float16", "bfloat16")
        return "float32" if half and self.float32_state else str(self.compute_dtype)

    @property
    def reads_images(self) -> bool:
        """Whether a step of input is an image, `(batch, *spatial, channels)`, not a vector."""
        return "next_frame" in self.serves

    def check_item(self, item: Sequence[int | None]) -> None:
        """Checks the shape of a step of the input, `(*spatial, channels)`.

        Raises:
            ArgumentError: an image, for a cell that reads vectors.
        """
        if len(item) > 1 and not self.reads_images:
            raise ArgumentError(
                f"{type(self).__name__} reads vectors: `sequences` must have the shape "
                f"(batch, time, channels). Received: steps of the shape {tuple(item)}"
            )

    def nested(self, states: Sequence[Any]) -> list[Any]:
        """The states that a caller of the loop sees, from a flat list of all states."""
        return list(states[self.unseen :])

    def spatial(self, places: Sequence[int | None]) -> tuple[int | None, ...]:
        """The spatial shape of output and states, from that of an input."""
        return tuple(places)

    @property
    def keeps_places(self) -> bool:
        """Whether `spatial` changes no shape."""
        return type(self).spatial is RecurrentCell.spatial

    def states_for(self, channels: int) -> list[int]:
        """`state_size` for an input with `channels`, also before `build`: a delay line holds
        inputs."""
        return list(self.state_size)

    @property
    def states_known(self) -> bool:
        """Whether `state_size` is complete: for a delay line only once the cell is built."""
        return True

    @property
    def starts_at_zero(self) -> bool:
        """Whether all states before the first step are zero."""
        return True

    @property
    def parallelizable(self) -> bool:
        """Whether `every_step` can compute all steps at once."""
        return False

    def every_step(self, drives: Any, states: Sequence[Any]) -> list[Any]:
        """All states after every step, each `(batch, time, …)`, without a loop over time.

        Args:
            drives: result of `project` for all steps.
            states: states before the first step.
        """
        raise NotImplementedError(f"{type(self).__name__} has to run step by step.")

    @classmethod
    def memory_options(cls, reach: int) -> dict[str, Any]:
        """Arguments with which a cell of bounded memory reads `reach` steps back; else empty."""
        return {}

    @classmethod
    def stacked(cls, layers: int, units: int, **arguments: Any) -> list[Self]:
        """Makes the cells of a network with some layers, each fed by the one before."""
        make: Callable[..., Self] = cls
        return [make(units, **arguments) for _ in range(layers)]

    def get_initial_state(
        self, batch_size: Any = None, spatial_shape: Sequence[int] = ()
    ) -> list[Any]:
        """Zeros `(batch_size, *spatial_shape, channels)` for each state.

        Args:
            batch_size: number of sequences.
            spatial_shape: spatial shape of the states, as `spatial` returns it.

        Raises:
            ArgumentError: the width of a delay line is not known yet.
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
