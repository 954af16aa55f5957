"""Weights to and from the recurrent layers of Keras, and from those of torch.

The recurrence is converted: arithmetic, weights and dropout rates. Options of the loop
(`return_sequences`, `go_backwards`, …) are arguments of `Recurrent` or of the Keras layer;
initializers, regularizers and constraints are not converted.
"""

from .keras_layers import from_keras, to_keras
from .torch_modules import from_torch

__all__ = ["from_keras", "from_torch", "to_keras"]
