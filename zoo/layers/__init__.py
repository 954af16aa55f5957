"""The one loop layer, and chains of it."""

from .recurrent import Recurrent
from .stack import Stack, stack

__all__ = ["Recurrent", "Stack", "stack"]
