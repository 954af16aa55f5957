"""Saves a fitted forecaster to a folder, and loads it."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pandas as pd

from ...datasets import Schema
from ...errors import ModelFileError
from ..evaluation.conformal import ErrorMemory
from ..storage.folders import read_folder, write_folder
from ..training.keras_settings import settings_from_config, settings_to_config
from ..training.loop import History
from .build import build
from .fitted import FittedForecaster
from .preprocessing.state import State
from .preprocessing.transform import Transform
from .recipe import Recipe
from .settings import Settings, check

KIND = "forecaster"


def to_plain(fitted: FittedForecaster) -> tuple[dict[str, Any], dict[str, list]]:
    """A fitted forecaster with its state as plain values and lists of arrays."""
    state = fitted.state
    manifest = {
        "settings": settings_to_config(vars(fitted.settings), fitted.recipe.units),
        "schema": asdict(fitted.schema),
        "transform": fitted.transform.to_dict(),
        "recipe": fitted.recipe.to_dict(),
        "history": asdict(fitted.history),
        "fitted_until": [time.isoformat() for time in fitted.fitted_until],
        "last_times": [time.isoformat() for time in fitted.last_times],
        "sample_weight": fitted.sample_weight,
        "refit_failure": fitted.refit_failure,
    }
    arrays = {
        "weights": fitted.strategy.network.get_weights(),
        "state": [state.scale, state.last_observed, state.anchor, state.output, *state.arrays],
        "errors": fitted.errors.to_arrays(),
        "held_out": fitted.held_out.to_arrays(),
    }
    return manifest, arrays


def from_plain(manifest: dict[str, Any], arrays: dict[str, list]) -> FittedForecaster:
    """The fitted forecaster that `to_plain` returned as plain values.

    Raises:
        KeyError, TypeError, ValueError: the values are of something else.
    """
    given = settings_from_config(manifest["settings"])
    known = [one.name for one in fields(Settings)]
    if unknown := [name for name in given if name not in known]:
        raise ValueError(f"there is no setting {', '.join(unknown)}")
    if missing := [name for name in known if name not in given]:
        raise ValueError(f"the settings lack {', '.join(missing)}")
    settings = Settings(**given)
    check(settings)
    schema = schema_of(manifest["schema"])
    recipe = Recipe(**manifest["recipe"])
    transform = Transform.from_dict(schema, manifest["transform"])
    strategy = build(transform, recipe, settings)
    strategy.network.set_weights(arrays["weights"])
    scale, last_observed, anchor, output, *states = arrays["state"]
    return FittedForecaster(
        settings,
        schema,
        recipe,
        transform,
        strategy,
        History(**manifest["history"]),
        manifest["sample_weight"],
        fitted_until=[pd.Timestamp(time) for time in manifest["fitted_until"]],
        last_times=[pd.Timestamp(time) for time in manifest["last_times"]],
        state=State(states, output, last_observed, anchor, scale),
        errors=ErrorMemory.from_arrays(arrays["errors"]),
        held_out=ErrorMemory.from_arrays(arrays["held_out"]),
        refit_failure=manifest["refit_failure"],
    )


def schema_of(plain: dict[str, Any]) -> Schema:
    """The schema of which `asdict` returned the plain values."""
    lists = {key: tuple(plain[key]) for key in ("past", "future", "static", "others")}
    return Schema(**plain | lists)


def save(fitted: FittedForecaster, folder: Path) -> Path:
    """Writes a fitted forecaster and its state to a folder."""
    write_folder(folder, KIND, *to_plain(fitted))
    return folder


def load(folder: Path) -> FittedForecaster:
    """Reads a folder that `save` wrote.

    Raises:
        ModelFileError: the folder holds no model, or a damaged one.
    """
    manifest, arrays = read_folder(folder, KIND)
    try:
        return from_plain(manifest, arrays)
    except ModelFileError as error:
        raise ModelFileError(f"{folder} {error}") from error
    except Exception as error:  # whatever a stranger's file makes Keras raise
        raise ModelFileError(f"{folder} is no forecaster that can be read: {error}") from error
