"""Saves a fitted `AutoForecaster` to a folder, and loads it."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ....errors import ModelFileError
from ....zoo.cell_config import cell_from_config, cell_to_config, check_can_be_found
from ....zoo.factory import CellLike
from ...evaluation.conformal import ErrorMemory
from ...storage.folders import read_folder, write_folder
from ..saving import from_plain, schema_of, to_plain
from .baselines import SeriesBaselines
from .combination import Candidate
from .fitted import FittedAuto
from .members import AutoSettings

KIND = "auto"


def save(fitted: FittedAuto, settings: dict[str, Any], folder: Path) -> None:
    """Writes a fitted value with the settings of its estimator to a folder."""
    plain = [one.to_plain() for one in fitted.baselines]
    arrays: dict[str, list] = {
        "baselines": [array for _, own in plain for array in own],
        "low": [fitted.low],
        "errors": fitted.errors.to_arrays(),
        "held_out": fitted.held_out.to_arrays(),
    }
    networks = {}
    for k, (name, one) in enumerate(fitted.networks.items()):
        networks[name], own = to_plain(one)
        arrays |= {f"{kind}-{k}": values for kind, values in own.items()}
    manifest = {
        "settings": {k: v for k, v in settings.items() if k != "cells"},
        "cells": [_cell(cell) for cell in settings["cells"]],
        "networks": networks,
        "baselines": [kinds for kinds, _ in plain],
        "candidates": [_plain(one) for one in fitted.candidates],
        "schema": asdict(fitted.schema),
        "statics": fitted.static_values,
        "fitted_until": [time.isoformat() for time in fitted.fitted_until],
        "last_times": [time.isoformat() for time in fitted.last_times],
        "seconds": fitted.seconds,
    }
    write_folder(folder, KIND, manifest, arrays)


def load(folder: Path) -> tuple[FittedAuto, dict[str, Any]]:
    """Reads a folder that `save` wrote: the fitted value and the settings.

    Raises:
        ModelFileError: the folder holds no such model, or a damaged one.
    """
    manifest, arrays = read_folder(folder, KIND)
    try:
        networks = {}
        for k, (name, plain) in enumerate(manifest["networks"].items()):
            ending = f"-{k}"
            own = {n.removesuffix(ending): v for n, v in arrays.items() if n.endswith(ending)}
            networks[name] = from_plain(plain, own)
        settings, remaining = manifest["settings"], iter(arrays["baselines"])
        fitted = FittedAuto(
            settings=AutoSettings(*(settings[n] for n in ("horizon", "validation", "seed"))),
            schema=schema_of(manifest["schema"]),
            static_values={one: tuple(values) for one, values in manifest["statics"].items()},
            networks=networks,
            baselines=[SeriesBaselines.from_plain(k, remaining) for k in manifest["baselines"]],
            candidates=tuple(_candidate(one) for one in manifest["candidates"]),
            fitted_until=[pd.Timestamp(time) for time in manifest["fitted_until"]],
            last_times=[pd.Timestamp(time) for time in manifest["last_times"]],
            low=arrays["low"][0],
            seconds=manifest["seconds"],
            errors=ErrorMemory.from_arrays(arrays["errors"]),
            held_out=ErrorMemory.from_arrays(arrays["held_out"]),
        )
        cells = tuple(cell_from_config(cell) for cell in manifest["cells"])
        return fitted, settings | {"cells": cells}
    except ModelFileError as error:
        raise ModelFileError(f"{folder} {error}") from error
    except Exception as error:  # whatever a stranger's file makes Keras raise
        raise ModelFileError(f"{folder} is no AutoForecaster that can be read: {error}") from error


def _plain(candidate: Candidate) -> dict[str, Any]:
    """JSON has no NaN, the error of a candidate that failed."""
    failed = math.isnan(candidate.error)
    return asdict(candidate) | ({"error": None} if failed else {})


def _candidate(plain: dict[str, Any]) -> Candidate:
    return Candidate(**plain | ({"error": math.nan} if plain["error"] is None else {}))


def _cell(cell: CellLike) -> Any:
    check_can_be_found(cell)
    return cell_to_config(cell, 1)
