"""Networks built from cells: functional Keras models with their states in plain sight."""

from .carried import Carried, carried
from .closed_loop import ClosedLoop, closed_loop
from .encoder_forecaster import encoder_forecaster
from .narx import NARXNetwork
from .segment import segment
from .sequence import padded, sequence
from .truncated import chunks, fit_truncated, run_chunks

__all__ = [
    "Carried",
    "ClosedLoop",
    "NARXNetwork",
    "carried",
    "chunks",
    "closed_loop",
    "encoder_forecaster",
    "fit_truncated",
    "padded",
    "run_chunks",
    "segment",
    "sequence",
]
