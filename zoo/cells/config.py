"""The configuration of a cell, from the arguments of its constructor."""

import inspect
from collections.abc import Sequence
from types import FunctionType
from typing import Any, Self

import keras
import numpy as np

from . import checks
from .activation import name_of


class PlainConfig:
    """Stores the plain arguments of the constructor for `get_config`.

    Keras does so itself, but only until a subclass extends `get_config`.
    """

    _arguments: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        plain = [_plain(value) for value in args]
        named = {name: _plain(value) for name, value in kwargs.items()}
        cell = super().__new__(cls, *plain, **named)
        object.__setattr__(cell, "_arguments", _bind_plain(cls, plain, named))
        return cell

    def get_config(self) -> dict[str, Any]:
        """The plain arguments of the constructor; a subclass adds its other arguments itself."""
        return super().get_config() | self._arguments  # type: ignore[misc]


def _plain(value: Any) -> Any:
    if isinstance(value, checks.KERAS_OBJECTS):
        return keras.saving.serialize_keras_object(value)
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, FunctionType):
        return name_of(value) or value  # the constructor refuses one without a name
    return list(value) if isinstance(value, range) else value


def _bind_plain(cls: type, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The plain arguments of a constructor call by name, including defaults."""
    constructor: Any = cls.__init__  # type: ignore[misc]
    try:
        bound = inspect.signature(constructor).bind(None, *args, **kwargs)
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
