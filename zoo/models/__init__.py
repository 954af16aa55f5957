"""Networks built from cells: functional Keras models with their states in plain sight."""

from .carried import Carried, carried
from .closed_loop import ClosedLoop, closed_loop
from .encoder_forecaster import encoder_forecaster
from .narx import NARXNetwork

__all__ = ["Carried", "ClosedLoop", "NARXNetwork", "carried", "closed_loop", "encoder_forecaster"]
