"""Networks built from cells: functional Keras models with their states in plain sight."""

from .carried import Carried, carried
from .closed_loop import ClosedLoop, closed_loop

__all__ = ["Carried", "ClosedLoop", "carried", "closed_loop"]
