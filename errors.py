"""The exceptions of rnnzoo, and checks of single values."""

import difflib
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any


class RnnzooError(Exception):
    """Base of all errors of rnnzoo; their messages are written for the user."""


class ArgumentError(RnnzooError, ValueError):
    """An argument has a value that cannot be used."""


class ArgumentTypeError(RnnzooError, TypeError):
    """An argument has a type that cannot be used."""


class DataError(RnnzooError, ValueError):
    """Data cannot be used; the message names column and rows, or clip and frame, and the remedy."""


class FitError(RnnzooError, ArithmeticError):
    """Training failed to give a usable network."""


class BackendError(RnnzooError, RuntimeError):
    """The backend cannot do what is requested, or can no longer do it."""


class LeakError(RnnzooError, RuntimeError):
    """A value depends on data from after the time at which it should be known."""


class TrackingError(RnnzooError, RuntimeError):
    """The tracking store cannot be used."""


class JournalError(RnnzooError, RuntimeError):
    """The journal of a run is damaged, or cannot be written."""


class ModelFileError(RnnzooError, ValueError):
    """A saved model is missing, damaged, from another version, or cannot be written."""


class CheckpointError(RnnzooError, ValueError):
    """A checkpoint is damaged, of another fit, in use, or cannot be written."""


def whole_number(name: str, value: Any, at_least: int = 1) -> int:
    """Returns `value` as an `int`.

    Raises:
        ArgumentTypeError: not a whole number (`True`, `2.5` and `"2"` are not).
        ArgumentError: below `at_least`.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ArgumentTypeError(f"`{name}` must be a whole number. Received: {name}={value!r}")
    if value < at_least:
        raise ArgumentError(f"`{name}` must be at least {at_least}. Received: {name}={value}")
    return int(value)


def seed_number(value: Any) -> int:
    """Returns a seed that NumPy, Keras and every backend take.

    Raises:
        ArgumentTypeError: not a whole number.
        ArgumentError: below 0, or 2³² and above.
    """
    if whole_number("seed", value, at_least=0) >= 2**32:
        raise ArgumentError(f"`seed` must be at most {2**32 - 1}. Received: seed={value}")
    return int(value)


def positive(name: str, value: Any) -> float:
    """Returns `value` as a `float` above zero.

    Raises:
        ArgumentTypeError: not a number.
        ArgumentError: zero, below, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(f"`{name}` must be a number. Received: {name}={value!r}")
    number = float(value)
    if not 0 < number < float("inf"):
        raise ArgumentError(f"`{name}` must be above 0. Received: {name}={value}")
    return number


def not_below_zero(name: str, value: Any) -> float:
    """Returns `value` as a finite `float` of at least 0.

    Raises:
        ArgumentTypeError: not a number.
        ArgumentError: below 0, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(f"`{name}` must be a number. Received: {name}={value!r}")
    number = float(value)
    if not 0 <= number < float("inf"):
        raise ArgumentError(f"`{name}` must be 0 or above. Received: {name}={value}")
    return number


def flag(name: str, value: Any) -> bool:
    """Returns `True` or `False`.

    Raises:
        ArgumentTypeError: neither.
    """
    if not isinstance(value, bool):
        raise ArgumentTypeError(f"`{name}` must be True or False. Received: {name}={value!r}")
    return value


def fraction(name: str, value: Any) -> float:
    """Returns `value` as a `float` in [0, 1).

    Raises:
        ArgumentTypeError: not a number.
        ArgumentError: outside [0, 1).
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(f"`{name}` must be a number. Received: {name}={value!r}")
    number = float(value)
    if not 0 <= number < 1:
        raise ArgumentError(f"`{name}` must lie in [0, 1). Received: {name}={value}")
    return number


def one_of(name: str, value: Any, choices: Iterable[str]) -> str:
    """Returns `value` if it is among `choices`.

    Raises:
        ArgumentError: not among the choices; the message names the nearest ones.
    """
    choices = list(choices)
    if isinstance(value, str) and value in choices:
        return value
    raise ArgumentError(
        f"`{name}` must be one of {', '.join(choices)}. Received: {name}={value!r}."
        f"{did_you_mean(str(value), choices)}"
    )


def text_or_none(name: str, value: Any, what: str = "text") -> str | None:
    """Returns `value`, a text or `None`; `what` says what the text is.

    Raises:
        ArgumentTypeError: something else.
    """
    if value is not None and not isinstance(value, str):
        raise ArgumentTypeError(f"`{name}` must be {what}. Received: {name}={value!r:.200}")
    return value


def nearest(value: str, choices: Iterable[str], most: int = 3, cutoff: float = 0.6) -> list[str]:
    """The choices that are spelled most like a value, the nearest first."""
    return difflib.get_close_matches(value, list(choices), most, cutoff)


def did_you_mean(value: str, choices: Iterable[str]) -> str:
    """Suggests the nearest choices, as a question after a space; `""` where none is near."""
    near = nearest(value, choices)
    return f" Did you mean {' or '.join(near)}?" if near else ""
