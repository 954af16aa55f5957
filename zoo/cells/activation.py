"""Activations, by name or as functions."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

#: A name, one of Keras's functions or one that is registered with Keras; `None` is linear.
ActivationLike = str | Callable[[Any], Any] | None

# Keras's own sigmoid attaches its argument to its result, which would retain those of all steps
_PLAIN = {"sigmoid": ops.sigmoid, "tanh": ops.tanh}


def activation(name: str) -> Callable[[Any], Any]:
    """The function for a name that `checks.activation` has returned."""
    return _PLAIN.get(name) or keras.activations.get(find_registered(name))


def find_registered(name: str) -> Any:
    """Finds a function registered with Keras as `package>function`; returns other names as they
    are.

    Raises:
        ValueError: no function is registered under that name.
    """
    if ">" not in name:
        return name
    function = keras.saving.get_registered_object(name)
    if function is None:
        raise ValueError(f"nothing is registered as {name}")
    return function


def name_of(function: Callable[..., Any]) -> str | None:
    """The name by which Keras finds an activation; `None` if it has none."""
    name = getattr(function, "__name__", "")
    if hasattr(keras.activations, name) and any(
        getattr(module, name, None) is function for module in (keras.activations, ops)
    ):
        return name
    name = keras.saving.get_registered_name(function)
    return name if keras.saving.get_registered_object(name) is function else None
