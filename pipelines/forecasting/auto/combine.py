"""Makes the forecaster of the candidates that take part."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ....datasets import TimeSeriesPanel
from ...evaluation.conformal import ErrorMemory
from ..fitted import FittedForecaster
from ..past_errors import errors_of_held_out
from .combination import combined
from .fitted import FittedAuto
from .members import AutoSettings, target
from .selection import Selection


def combine(
    selection: Selection,
    panel: TimeSeriesPanel,
    settings: AutoSettings,
    checkpoints: Mapping[str, Path | None],
) -> FittedAuto:
    """Finishes the networks that take part, and measures the errors of the combination.

    Args:
        selection: what the validation rows chose.
        panel: all rows of all series.
        settings: settings that the forecasts need.
        checkpoints: folder of the checkpoint of each network.
    """
    trained = selection.trained
    weights = {one.name: one.weight for one in selection.candidates if one.weight}
    names = [name for name in trained if name in weights]
    chosen = {name: trained[name].fitted() for name in names}
    errors = _held_out_errors(selection, panel, settings.horizon, chosen, weights)
    networks = {name: trained[name].finished(checkpoints[name], chosen[name]) for name in names}
    return FittedAuto.of(settings, panel, networks, selection.candidates, errors)


def _held_out_errors(
    selection: Selection,
    panel: TimeSeriesPanel,
    horizon: int,
    chosen: Mapping[str, FittedForecaster],
    weights: Mapping[str, float],
) -> ErrorMemory:
    """The errors of the combined forecasts in the rows that trained no candidate.

    Args:
        selection: what the validation rows chose.
        panel: all rows of all series.
        horizon: number of leads.
        chosen: networks that take part, by name.
        weights: shares of networks and baselines.
    """

    def forecast(panel: TimeSeriesPanel, origins: list[np.ndarray]) -> list[np.ndarray]:
        networks = {name: f.forecast_origins(panel, origins) for name, f in chosen.items()}
        made = []
        for k, (series, here) in enumerate(zip(panel, origins, strict=True)):
            parts = {name: each[k] for name, each in networks.items()}
            others, stand_in, _ = selection.baselines[k].roll(target(series), here, horizon)
            made.append(combined(parts | others, weights, stand_in))
        return made

    partial = all(fitted.forecasts_past_the_end for fitted in chosen.values())
    return errors_of_held_out(forecast, panel, selection.split.training, horizon, partial)
