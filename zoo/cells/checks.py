"""Checks of arguments that several cells take."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras

from ...errors import ArgumentError, ArgumentTypeError, RnnzooError, whole_number
from .. import initializers as initializers  # registers ours, so that a saved cell finds them
from .activation import activation as activation_called
from .activation import name_of

#: Keras objects that the config of a cell holds as plain dicts.
KERAS_OBJECTS = (
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
)

LONGEST = 10_000  # delay


def delays(name: str, value: Any, at_least: int, may_be_empty: bool = False) -> list[int]:
    """Returns a list of distinct delays, in increasing order.

    Raises:
        ArgumentTypeError: not a list of whole numbers.
        ArgumentError: empty, repeated, or below `at_least`.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ArgumentTypeError(
            f"`{name}` must be a list of delays, e.g. [1, 2, 24]. Received: {name}={value!r}"
        )
    steps = [whole_number(name, step, at_least) for step in value]
    if not steps and not may_be_empty:
        raise ArgumentError(f"`{name}` must hold at least one delay. Received: {name}=[]")
    if max(steps, default=0) > LONGEST:
        raise ArgumentError(
            f"`{name}` must be at most {LONGEST:,} steps: each step of a delay line is a state. "
            f"Received: {name}={steps!r:.200}"
        )
    if len(set(steps)) != len(steps):
        raise ArgumentError(f"`{name}` must not repeat a delay. Received: {name}={steps}")
    return sorted(steps)


def activation(name: str, value: Any) -> str:
    """Returns the name of an activation; `None` is the linear one, as in Keras.

    Args:
        name: name of the argument.
        value: a name, one of Keras's functions, or a user's function that is registered with
            `keras.saving.register_keras_serializable`.

    Raises:
        ArgumentTypeError: neither a name nor a function, or one that is not registered.
        ArgumentError: Keras knows no such activation.
    """
    if value is None:
        return "linear"
    if callable(value):
        function, value = value, name_of(value)
        if value is None:
            raise ArgumentTypeError(
                f"`{name}` must be a Keras activation or its name; a function of your own has to "
                "have a name that can be saved: put "
                '@keras.saving.register_keras_serializable("mine") above it. '
                f"Received: {name}={function!r}"
            )
    if not isinstance(value, str):
        raise ArgumentTypeError(
            f"`{name}` must be a Keras activation or its name. Received: {name}={value!r}"
        )
    try:
        activation_called(value)
    except ValueError:
        raise ArgumentError(
            f"`{name}` is a function that its module registers with Keras: import that first. "
            f"Received: {name}={value!r}"
            if ">" in value
            else f"`{name}` must be the name of a Keras activation, e.g. tanh, relu or linear. "
            f"Received: {name}={value!r}"
        ) from None
    return value


def widths(name: str, value: Any) -> int | list[int]:
    """Returns the width of one layer, or the list of the widths of several.

    Raises:
        ArgumentTypeError: neither a whole number nor a list of them.
        ArgumentError: an empty list, or a width below 1.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return whole_number(name, value)
    layers = [whole_number(name, width) for width in value]
    if not layers:
        raise ArgumentError(f"`{name}` must hold at least one width. Received: {name}=[]")
    return layers


def initializer(name: str, value: Any) -> str | dict[str, Any]:
    """Returns the name of a Keras initializer, or its configuration as a plain dict.

    Args:
        name: name of the argument.
        value: a name, a dict `{"class_name": …, "config": …}`, or an initializer.

    Raises:
        ArgumentTypeError: none of these.
        ArgumentError: Keras knows no such initializer.
    """
    ours = "; ours have no names: give an object, as rnnzoo.zoo.initializers.SpectralRadius(0.9)"
    return _keras_object(name, value, "initializer", "orthogonal", ours)


def regularizer(name: str, value: Any) -> str | dict[str, Any]:
    """As `initializer`, for a Keras regularizer."""
    return _keras_object(name, value, "regularizer", "l2")


def constraint(name: str, value: Any) -> str | dict[str, Any]:
    """As `initializer`, for a Keras constraint."""
    return _keras_object(name, value, "constraint", "non_neg")


def _keras_object(name: str, value: Any, kind: str, example: str, note: str = "") -> Any:
    module, base = getattr(keras, f"{kind}s"), getattr(keras, f"{kind}s").__dict__[kind.title()]
    article = "an" if kind[0] in "aeiou" else "a"
    if isinstance(value, base):
        return keras.saving.serialize_keras_object(value)
    if not isinstance(value, (str, dict)):
        raise ArgumentTypeError(
            f"`{name}` must be {article} Keras {kind}, its name or its configuration as a dict. "
            f"Received: {name}={value!r}"
        )
    try:
        known = isinstance(module.get(value), base)
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, RnnzooError):
            raise
        known = False
    if not known:
        raise ArgumentError(
            f"`{name}` must be {article} Keras {kind}, its name, e.g. {example}, or a dict "
            f'{{"class_name": …, "config": …}}{note}. Received: {name}={value!r}'
        )
    return value


def lead(value: Any, feedback: str, input_delays: list[int], feedback_delays: list[int]) -> int:
    """Returns the number of steps by which a network with these delays outputs early.

    Raises:
        ArgumentTypeError: not a whole number.
        ArgumentError: negative, above 0 and not fed with the truth, or above a delay.
    """
    steps = whole_number("lead", value, 0)
    if steps and feedback != "truth":
        raise ArgumentError(
            f'`lead` must be 0 unless feedback="truth": else the values to read early are unknown. '
            f"Received: lead={steps} with feedback={feedback!r}"
        )
    if steps > min(input_delays + feedback_delays):
        raise ArgumentError(
            f"`lead`={steps} needs every delay to be at least {steps}: the output would need what "
            f"is still to come. Received: {input_delays=}, {feedback_delays=}"
        )
    return steps


def exogenous(width: int, truth: int, input_delays: list[int]) -> int:
    """Returns the width of x in an input `concat(x, truth)`.

    Raises:
        ArgumentError: the input is narrower than the truth, or does not match the delays of x.
    """
    if width < truth:
        raise ArgumentError(
            f"The input must be concat(x, truth), the truth {truth} wide. "
            f"Received: an input {width} wide"
        )
    if width > truth and not input_delays:
        raise ArgumentError(
            "An exogenous input needs `input_delays`, else it would be ignored. "
            f"Received: input_delays=[], an input {width} wide with a truth {truth} wide"
        )
    if width == truth and input_delays not in ([], [0]):
        raise ArgumentError(
            "`input_delays` need an exogenous input, and there is none. "
            f"Received: input_delays={input_delays}"
        )
    return width - truth


def of_one_dtype(arguments: dict[str, Any], *within: keras.layers.Layer) -> dict[str, Any]:
    """Returns a layer's keyword arguments, with the dtype of the cells or loops within it.

    Raises:
        ArgumentError: they have several dtype policies, or another one than `dtype`.
    """
    policies = [layer.dtype_policy for layer in within]
    if arguments.get("dtype") is not None:
        policies.append(keras.dtype_policies.get(arguments["dtype"]))
    names = list(dict.fromkeys(policy.name for policy in policies))
    if len(names) > 1:
        raise ArgumentError(
            "Cells and the layers that run them need one dtype: give all the same one, or none. "
            f"Received: {' and '.join(names)}"
        )
    return arguments | {"dtype": policies[0]}


def chrono(value: Any, cell: Any) -> int | None:
    """Returns the longest expected lag, at least 3 steps, or `None`.

    Args:
        value: value of the argument.
        cell: cell whose biases it initializes.

    Raises:
        ArgumentTypeError: not a whole number.
        ArgumentError: below 3, or the cell has no biases, or another initializer for them.
    """
    if value is None:
        return None
    if not cell.use_bias or cell.bias_initializer is not None:
        raise ArgumentError(
            "`chrono` initializes the biases: leave `use_bias` and `bias_initializer` out. "
            f"Received: chrono={value!r}, use_bias={cell.use_bias}, "
            f"bias_initializer={cell.bias_initializer!r}"
        )
    return whole_number("chrono", value, at_least=3)


def states(name: str, given: Any, item: Any, widths: Sequence[int]) -> list[Any]:
    """Checks the states of a cell, and returns them as a list; a single one may be given alone.

    Args:
        name: name of the argument.
        given: states.
        item: shape of the output of a step without channels, `(batch, *spatial)`.
        widths: channels of each state.

    Raises:
        ArgumentTypeError: they are no arrays.
        ArgumentError: their number or shapes differ.
    """
    arrays = list(given) if isinstance(given, (list, tuple)) else [given]
    if not all(hasattr(state, "shape") for state in arrays):
        raise ArgumentTypeError(f"`{name}` must be a list of arrays. Received: {name}={given!r}")
    wanted = [(*item, channels) for channels in widths]
    shapes = [tuple(state.shape) for state in arrays]
    if len(shapes) != len(wanted) or not all(map(agree, shapes, wanted)):
        raise ArgumentError(
            f"`{name}` must hold states of shapes {wanted}. Received: shapes {shapes}"
        )
    return arrays


def agree(shape: tuple, wanted: tuple) -> bool:
    """Whether two shapes, in which `None` is unknown, can be the same."""
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(a is None or b is None or a == b for a, b in pairs)
