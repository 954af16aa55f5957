"""Imports every class that a saved Keras model can name: each registers itself with Keras."""

from . import cells, initializers, layers, losses, models

__all__ = ["cells", "initializers", "layers", "losses", "models"]
