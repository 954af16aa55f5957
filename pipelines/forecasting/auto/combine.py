"""Makes the forecaster of the candidates that take part."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ....datasets import TimeSeriesPanel
from ...evaluation.conformal import ErrorMemory
from ..baselines.table import baselines
from ..fitted import FittedForecaster
from ..fitting import TrainedNetwork
from ..past_errors import errors_of_held_out
from .combination import Candidate, weighted_mean
from .fitted import FittedAuto, targets


def combine(
    trained: Mapping[str, TrainedNetwork],
    candidates: Sequence[Candidate],
    checkpoints: Mapping[str, Path | None],
) -> FittedAuto:
    """Finishes the networks that take part, and measures the errors of the combination.

    Where no network takes part, the best one is there all the same, with no share.

    Args:
        trained: networks by name, the smallest validation error first.
        candidates: all that was tried.
        checkpoints: folder of the checkpoint of each network.
    """
    weights = {one.name: one.weight for one in candidates if one.weight}
    names = [name for name in trained if name in weights] or [*trained][:1]
    taken = {name: trained[name] for name in names}
    chosen = {name: one.fitted() for name, one in taken.items()}
    errors = _held_out_errors(taken, chosen, weights)
    networks = {name: one.finished(checkpoints[name], chosen[name]) for name, one in taken.items()}
    y = targets(next(iter(taken.values())).panel)
    rows = {one: len(own) for one, own in y.items()}
    return FittedAuto(
        networks, tuple(candidates), rows, y, seconds=0.0, errors=errors, held_out=errors
    )


def _held_out_errors(
    trained: Mapping[str, TrainedNetwork],
    chosen: Mapping[str, FittedForecaster],
    weights: Mapping[str, float],
) -> ErrorMemory:
    """The errors of the combined forecasts in the rows that trained no candidate.

    Args:
        trained: networks that take part, by name.
        chosen: the same as forecasters.
        weights: shares of networks and baselines.
    """
    one = next(iter(trained.values()))
    panel, horizon = one.panel, one.settings.horizon
    counts = one.plan.training  # networks that share horizon and validation share these
    names = [name for name in weights if name not in chosen]

    def forecast(panel: TimeSeriesPanel, origins: list[np.ndarray]) -> list[np.ndarray]:
        networks = {name: f.forecast_origins(panel, origins) for name, f in chosen.items()}
        combined = []
        for k, (series, here) in enumerate(zip(panel, origins, strict=True)):
            y, season = series.values(["y"])[:, 0], panel.schema.season
            parts = {name: made[k] for name, made in networks.items()}
            parts |= baselines(y, here, horizon, counts[k], season, names=names)
            combined.append(weighted_mean(parts, weights))
        return combined

    partial = all(fitted.forecasts_past_the_end for fitted in chosen.values())
    return errors_of_held_out(forecast, panel, counts, horizon, partial)
