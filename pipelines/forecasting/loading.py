"""Loads a saved forecaster of any kind."""

from pathlib import Path
from typing import TypeAlias

from ...errors import ModelFileError
from ..storage.files import named_folder
from ..storage.folders import kind_of
from ..storage.model import MANIFEST
from .auto.forecaster import AutoForecaster
from .ensemble.estimator import Ensemble
from .forecaster import Forecaster

SHOWN = 5  # models that a message names
Saved: TypeAlias = Forecaster | Ensemble | AutoForecaster
CLASSES: dict[str, type[Forecaster] | type[Ensemble] | type[AutoForecaster]] = {
    "forecaster": Forecaster,
    "ensemble": Ensemble,
    "auto": AutoForecaster,
}


def load_forecaster(folder: str | Path) -> Saved:
    """Reads a folder that a `Forecaster`, an `Ensemble` or an `AutoForecaster` was saved to.

    Raises:
        ModelFileError: it holds none of them, or a damaged one; names the models in its folders,
            if there are any.
    """
    path = named_folder(folder)
    try:
        kind = kind_of(path)
    except ModelFileError as error:
        inside = sorted(str(one.parent) for one in path.glob(f"*/{MANIFEST}"))[:SHOWN]
        if (path / MANIFEST).exists() or not inside:
            raise
        raise ModelFileError(f"{error} Name one of those in it: {', '.join(inside)}.") from None
    if kind not in CLASSES:
        raise ModelFileError(
            f"{path} holds a model of the kind {kind:.40}, which forecasts no table. Name the "
            "folder of a Forecaster, an Ensemble or an AutoForecaster."
        )
    return CLASSES[kind].load(path)
