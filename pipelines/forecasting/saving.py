"""A fitted forecaster in a folder, and back."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...datasets import Schema
from ...errors import ModelFileError
from ..storage.folders import read_folder, write_folder
from ..training.keras_settings import restored_settings, stored_settings
from ..training.loop import History
from .preprocessing.transform import Transform
from .recipe import Recipe
from .strategies.state import State

if TYPE_CHECKING:
    from .forecaster import Forecaster

KIND = "forecaster"


def packed(forecaster: "Forecaster") -> tuple[dict[str, Any], dict[str, list]]:
    """A fitted forecaster and its state as plain values, and as lists of arrays."""
    state = forecaster.state_
    manifest = {
        "settings": stored_settings(forecaster.get_params(), forecaster.recipe_.units),
        "schema": asdict(forecaster.schema_),
        "transform": forecaster.transform_.to_dict(),
        "recipe": forecaster.recipe_.to_dict(),
        "horizon": forecaster.horizon_,
        "history": asdict(forecaster.history_),
        "fitted_until": [time.isoformat() for time in forecaster.fitted_until_],
        "last_times": [time.isoformat() for time in forecaster.last_times_],
        "sample_weight": forecaster.sample_weight_,
    }
    arrays = {
        "weights": forecaster.strategy_.network.get_weights(),
        "state": [state.unit, state.last, state.base, state.output, *state.arrays],
    }
    return manifest, arrays


def unpacked(
    kind: type["Forecaster"], manifest: dict[str, Any], arrays: dict[str, list]
) -> "Forecaster":
    """What `packed` packed.

    Raises:
        KeyError, TypeError, ValueError: something else.
    """
    forecaster = kind(**restored_settings(manifest["settings"]))
    forecaster.check()
    schema = manifest["schema"]
    lists = {key: tuple(schema[key]) for key in ("past", "future", "static", "others")}
    forecaster.schema_ = Schema(**schema | lists)
    forecaster.recipe_ = Recipe(**manifest["recipe"])
    forecaster.horizon_ = manifest["horizon"]
    forecaster.transform_ = Transform.from_dict(forecaster.schema_, manifest["transform"])
    forecaster.history_ = History(**manifest["history"])
    forecaster.fitted_until_ = [pd.Timestamp(t) for t in manifest["fitted_until"]]
    forecaster.last_times_ = [pd.Timestamp(t) for t in manifest["last_times"]]
    forecaster.sample_weight_ = manifest["sample_weight"]
    forecaster.strategy_ = forecaster.build()
    forecaster.strategy_.network.set_weights(arrays["weights"])
    unit, last, base, output, *states = arrays["state"]
    forecaster.state_ = State(states, output, last, base, unit)
    return forecaster


def save(forecaster: "Forecaster", folder: Path) -> Path:
    """Writes a fitted forecaster and its state to a folder."""
    write_folder(folder, KIND, *packed(forecaster))
    return folder


def restore(kind: type["Forecaster"], folder: Path) -> "Forecaster":
    """Reads what `save` wrote.

    Raises:
        ModelFileError: no model there, or a damaged one.
    """
    manifest, arrays = read_folder(folder, KIND)
    try:
        return unpacked(kind, manifest, arrays)
    except ModelFileError as error:
        raise ModelFileError(f"{folder} {error}") from error
    except Exception as error:  # whatever a stranger's file makes Keras raise
        raise ModelFileError(f"{folder} is no forecaster that can be read: {error}") from error
