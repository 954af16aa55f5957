"""Saves a fitted forecaster to a folder, and loads it."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...datasets import Schema, steps_of
from ...zoo.weight_budget import at_most_weights
from ..evaluation.conformal import ErrorMemory
from ..storage.folders import read_folder, write_folder
from ..storage.model import PackedModel, pack, unpack
from ..storage.restoring import require_weights, restoring, typed
from ..training.keras_settings import settings_from_config, settings_to_config
from ..training.loop import History
from .build import build
from .fitted import FittedForecaster
from .preprocessing.state import State
from .preprocessing.stored import restored_transform
from .recipe import Recipe
from .settings import Settings, check

KIND = "forecaster"
MOST_ROWS = 10**7  # of a season in a file


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
    schema = restored_schema(manifest["schema"])
    recipe = typed(Recipe, manifest["recipe"])
    transform = restored_transform(schema, manifest["transform"])
    errors, held_out = (ErrorMemory.from_arrays(arrays[name]) for name in ("errors", "held_out"))
    if not errors.counts.shape == held_out.counts.shape == (len(transform.ids), settings.horizon):
        raise ValueError("its errors are of other series or leads")
    weights = arrays["weights"]
    _check_sizes(settings, recipe, weights)
    with at_most_weights(sum(array.size for array in weights)):
        strategy = build(transform, recipe, settings)
    require_weights(weights, [tuple(weight.shape) for weight in strategy.network.weights])
    strategy.network.set_weights(weights)
    scale, last_observed, anchor, output, *states = arrays["state"]
    fitted = FittedForecaster(
        settings,
        schema,
        recipe,
        transform,
        strategy,
        typed(History, manifest["history"]),
        manifest["sample_weight"],
        fitted_until=[pd.Timestamp(time) for time in manifest["fitted_until"]],
        last_times=[pd.Timestamp(time) for time in manifest["last_times"]],
        state=State(states, output, last_observed, anchor, scale),
        errors=errors,
        held_out=held_out,
        refit_failure=manifest["refit_failure"],
    )
    _check_plain(fitted)
    fitted.try_forecast()
    return fitted


def _check_plain(fitted: FittedForecaster) -> None:
    """Checks what no forecast shows.

    Raises:
        ValueError: a value is of something else.
    """
    ids, weights = fitted.transform.ids, fitted.sample_weight
    known = weights is None or (
        isinstance(weights, dict)
        and list(weights) == ids
        and all(isinstance(one, (int, float)) and one >= 0 for one in weights.values())
    )
    times = [*fitted.fitted_until, *fitted.last_times]
    if not known or not isinstance(fitted.refit_failure, str) or any(map(pd.isna, times)):
        raise ValueError("its sample weights, times or failure are none")
    if not len(fitted.fitted_until) == len(fitted.last_times) == len(ids):
        raise ValueError("its times are of other series")


def restored_schema(plain: Any) -> Schema:
    """The schema of which `asdict` returned the plain values.

    Raises:
        ValueError: a value is of something else.
    """
    schema = typed(Schema, plain)
    if not 1 <= schema.season <= MOST_ROWS:
        raise ValueError(f"its season has {schema.season} rows")
    for zone in filter(None, (schema.zone, schema.clock)):
        pd.Timestamp("2000-01-01").tz_localize(zone)
    steps_of(schema.frequency)
    return schema


def _check_sizes(settings: Settings, recipe: Recipe, weights: list[np.ndarray]) -> None:
    """Checks sizes that a network is built from against its weights, before it takes memory.

    Raises:
        ValueError: they are of a larger network.
    """
    numbers = sum(array.size for array in weights)
    leads = {"stateful": settings.horizon, "segment": recipe.segment}.get(recipe.strategy, 1)
    lags = recipe.linear_lags * settings.horizon if recipe.strategy == "stateful" else 0
    if settings.layers > len(weights) or max(recipe.units * leads, lags) > numbers:
        raise ValueError("its settings make a larger network than its weights are of")


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
    with restoring(folder, "forecaster"):
        return from_plain(manifest, arrays)


def packed(fitted: FittedForecaster) -> PackedModel:
    """A fitted forecaster as the content of its files."""
    return pack(KIND, *to_plain(fitted))


def unpacked(model: PackedModel) -> FittedForecaster:
    """The fitted forecaster that `packed` returned as files."""
    return from_plain(*unpack(model, KIND, "the pickled forecaster"))
