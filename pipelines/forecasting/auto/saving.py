"""A fitted `AutoForecaster` as plain values and lists of arrays, and back."""

import math
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from ....zoo.cell_config import cell_from_config, cell_to_config, check_can_be_found
from ....zoo.factory import CellLike
from ...evaluation.conformal import ErrorMemory
from ...storage.restoring import typed
from ..saving import from_plain, restored_schema, to_plain
from .baselines import SeriesBaselines
from .combination import Candidate
from .fitted import FittedAuto
from .members import AutoSettings

KIND = "auto"


def auto_to_plain(fitted: FittedAuto) -> tuple[dict[str, Any], dict[str, list]]:
    """All that takes part, with its state, as plain values and lists of arrays."""
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
    settings = fitted.settings.params
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
    return manifest, arrays


def auto_from_plain(manifest: dict[str, Any], arrays: dict[str, list]) -> FittedAuto:
    """The value that `auto_to_plain` returned as plain values.

    Raises:
        KeyError, TypeError, ValueError: the values are of something else.
    """
    networks = {}
    for k, (name, plain) in enumerate(manifest["networks"].items()):
        ending = f"-{k}"
        own = {n.removesuffix(ending): v for n, v in arrays.items() if n.endswith(ending)}
        networks[name] = from_plain(plain, own)
    cells = tuple(cell_from_config(cell) for cell in manifest["cells"])
    settings, remaining = manifest["settings"] | {"cells": cells}, iter(arrays["baselines"])
    errors, held_out = (ErrorMemory.from_arrays(arrays[name]) for name in ("errors", "held_out"))
    shape = (len(manifest["statics"]), settings["horizon"])
    if not errors.counts.shape == held_out.counts.shape == shape:
        raise ValueError("its errors are of other series or leads")
    fitted = FittedAuto(
        settings=AutoSettings(
            settings["horizon"], settings["validation"], settings["seed"], settings
        ),
        schema=restored_schema(manifest["schema"]),
        static_values={one: tuple(values) for one, values in manifest["statics"].items()},
        networks=networks,
        baselines=[SeriesBaselines.from_plain(k, remaining) for k in manifest["baselines"]],
        candidates=tuple(_candidate(one) for one in manifest["candidates"]),
        fitted_until=[pd.Timestamp(time) for time in manifest["fitted_until"]],
        last_times=[pd.Timestamp(time) for time in manifest["last_times"]],
        low=arrays["low"][0] > 0,
        seconds=float(manifest["seconds"]),
        errors=errors,
        held_out=held_out,
    )
    fitted.try_forecast()
    return fitted


def _plain(candidate: Candidate) -> dict[str, Any]:
    """JSON has no NaN, the error of a candidate that failed."""
    failed = math.isnan(candidate.error)
    return asdict(candidate) | ({"error": None} if failed else {})


def _candidate(plain: dict[str, Any]) -> Candidate:
    if plain["error"] is not None:
        return typed(Candidate, plain)
    return replace(typed(Candidate, plain | {"error": 0.0}), error=math.nan)


def _cell(cell: CellLike) -> Any:
    check_can_be_found(cell)
    return cell_to_config(cell, 1)
