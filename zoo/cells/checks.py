"""Checks of arguments that several cells take."""

from collections.abc import Iterable
from typing import Any

import keras

from ...errors import ArgumentError, ArgumentTypeError, whole_number


def delays(name: str, value: Any, at_least: int, may_be_empty: bool = False) -> list[int]:
    """Returns a list of distinct, rising delays.

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
    if len(set(steps)) != len(steps):
        raise ArgumentError(f"`{name}` must not repeat a delay. Received: {name}={steps}")
    return sorted(steps)


def activation(name: str, value: Any) -> str:
    """Returns the name of a Keras activation.

    Raises:
        ArgumentTypeError: not a name.
        ArgumentError: Keras knows no such activation.
    """
    if not isinstance(value, str):
        raise ArgumentTypeError(
            f"`{name}` must be the name of a Keras activation. Received: {name}={value!r}"
        )
    try:
        keras.activations.get(value)
    except ValueError:
        raise ArgumentError(
            f"`{name}` must be the name of a Keras activation, e.g. tanh, relu or linear. "
            f"Received: {name}={value!r}"
        ) from None
    return value
