"""A zoo of recurrent networks for Keras 3, with pipelines that use them.

Names are loaded when they are first used, so that `import rnnzoo` is fast.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

# the same names once more, for type checkers and editors, which run no `__getattr__`
if TYPE_CHECKING:
    from . import datasets as datasets
    from . import zoo as zoo
    from .datasets import CLIP_DATASETS as CLIP_DATASETS
    from .datasets import DATASETS as DATASETS
    from .datasets import Clips as Clips
    from .datasets import TimeSeries as TimeSeries
    from .datasets import TimeSeriesPanel as TimeSeriesPanel
    from .datasets import load_clips as load_clips
    from .datasets import load_dataset as load_dataset
    from .datasets import read_clips as read_clips
    from .datasets import read_panel as read_panel
    from .datasets import read_series as read_series
    from .errors import ArgumentError as ArgumentError
    from .errors import ArgumentTypeError as ArgumentTypeError
    from .errors import BackendError as BackendError
    from .errors import CheckpointError as CheckpointError
    from .errors import DataError as DataError
    from .errors import FitError as FitError
    from .errors import JournalError as JournalError
    from .errors import LeakError as LeakError
    from .errors import ModelFileError as ModelFileError
    from .errors import RnnzooError as RnnzooError
    from .errors import TrackingError as TrackingError
    from .pipelines.forecasting import AutoForecaster as AutoForecaster
    from .pipelines.forecasting import Backtest as Backtest
    from .pipelines.forecasting import Ensemble as Ensemble
    from .pipelines.forecasting import Forecaster as Forecaster
    from .pipelines.next_frame import Evaluation as Evaluation
    from .pipelines.next_frame import NextFrame as NextFrame
    from .zoo import cells as cells
    from .zoo.backend.determinism import deterministic as deterministic
    from .zoo.cells import CELLS as CELLS
    from .zoo.convert import from_keras as from_keras
    from .zoo.convert import from_torch as from_torch
    from .zoo.convert import to_keras as to_keras
    from .zoo.layers import Recurrent as Recurrent
    from .zoo.layers import stack as stack
    from .zoo.models import NARXNetwork as NARXNetwork
    from .zoo.models import sequence as sequence
    from .zoo.registry import register_cell as register_cell

    __version__: str

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
    "CLIP_DATASETS": ".datasets",
    "Clips": ".datasets",
    "TimeSeriesPanel": ".datasets",
    "TimeSeries": ".datasets",
    "load_dataset": ".datasets",
    "load_clips": ".datasets",
    "read_series": ".datasets",
    "read_clips": ".datasets",
    "read_panel": ".datasets",
    "Forecaster": ".pipelines.forecasting",
    "AutoForecaster": ".pipelines.forecasting",
    "Ensemble": ".pipelines.forecasting",
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


if not TYPE_CHECKING:  # a type checker would take any misspelled name for `Any`

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
