"""Networks built from cells: functional Keras models with explicit states."""

from .closed_loop import ClosedLoop, closed_loop
from .encoder_forecaster import encoder_forecaster
from .narx import NARXNetwork
from .segment import segment
from .sequence import padded, sequence
from .stateful import StatefulNetwork, stateful_network
from .truncated import StateCarrier, chunks, fit_truncated, run_chunks

__all__ = [
    "ClosedLoop",
    "NARXNetwork",
    "StateCarrier",
    "StatefulNetwork",
    "chunks",
    "closed_loop",
    "encoder_forecaster",
    "fit_truncated",
    "padded",
    "run_chunks",
    "segment",
    "sequence",
    "stateful_network",
]
