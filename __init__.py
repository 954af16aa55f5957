"""A zoo of recurrent networks for Keras 3, and the pipelines that put them to work.

Names are loaded when they are first used: `import rnnzoo` costs next to nothing.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from ._registered import register_with_keras

_WHERE = {
    "CELLS": ".zoo.cells",
    "register_cell": ".zoo.registry",
    "Recurrent": ".zoo.layers",
    "stack": ".zoo.layers",
    "sequence": ".zoo.models",
    "NARXNetwork": ".zoo.models",
    "deterministic": ".zoo.backend.determinism",
    "from_keras": ".zoo.convert",
    "to_keras": ".zoo.convert",
    "from_torch": ".zoo.convert",
    "DATASETS": ".datasets",
    "VIDEOS": ".datasets",
    "Clips": ".datasets",
    "Panel": ".datasets",
    "Series": ".datasets",
    "load": ".datasets",
    "load_clips": ".datasets",
    "read": ".datasets",
    "read_clips": ".datasets",
    "read_panel": ".datasets",
    "Forecaster": ".pipelines.forecasting",
    "Combination": ".pipelines.forecasting",
    "Backtest": ".pipelines.forecasting",
    "NextFrame": ".pipelines.next_frame",
    "Evaluation": ".pipelines.next_frame",
    "RnnzooError": ".errors",
    "ArgumentError": ".errors",
    "ArgumentTypeError": ".errors",
    "BackendError": ".errors",
    "CheckpointError": ".errors",
    "DataError": ".errors",
    "FitError": ".errors",
    "LeakError": ".errors",
    "ModelFileError": ".errors",
    "JournalError": ".errors",
    "TrackingError": ".errors",
}
_MODULES = {"cells": ".zoo.cells", "zoo": ".zoo", "datasets": ".datasets"}

__all__ = ["__version__", *_WHERE, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name], __name__), name)
    if name in _MODULES:
        return import_module(_MODULES[name], __name__)
    if name == "__version__":
        return version("rnnzoo")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


register_with_keras()
