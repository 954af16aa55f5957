"""Weights to and from the recurrent layers of Keras, and from those of torch.

What is carried over is the recurrence: arithmetic, weights and shares that are dropped. What
belongs to the loop (`return_sequences`, `go_backwards`, …) is an argument of `Recurrent` or of
the Keras layer; initializers, regularizers and constraints stay behind.
"""

from .keras_layers import from_keras, to_keras
from .torch_modules import from_torch

__all__ = ["from_keras", "from_torch", "to_keras"]
