"""Activations by name."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

# Keras's own sigmoid ties its argument to what it returns, which would keep every step's alive
_PLAIN = {"sigmoid": ops.sigmoid, "tanh": ops.tanh}


def activation(name: str) -> Callable[[Any], Any]:
    """The function of a name that `checks.activation` has passed."""
    return _PLAIN.get(name) or keras.activations.get(name)
