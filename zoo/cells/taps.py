"""Checks of the lists of delays that several cells take."""

from collections.abc import Iterable
from typing import Any

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
