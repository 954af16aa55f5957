"""Tries candidates: fits each to the training rows and forecasts the validation rows."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ....datasets import TimeSeriesPanel
from ....errors import ArgumentError, DataError, FitError
from ..baselines.table import baselines
from ..fitting import TrainedNetwork
from ..past_errors import observed_target
from ..recipe import FEW
from .combination import (
    Candidate,
    combination_weights,
    inverse_square_weights,
    scaled_errors,
    series_scale,
    validation_error,
)

#: Trains the k-th network, with its settings.
Train = Callable[[int, dict[str, Any]], TrainedNetwork]


def select(
    networks: Mapping[str, dict[str, Any]],
    train: Train,
    names: Sequence[str],
    panel: TimeSeriesPanel,
) -> tuple[dict[str, TrainedNetwork], tuple[Candidate, ...]]:
    """Trains the networks, and weights them and the baselines by their validation errors.

    A candidate that fails is left out, with the reason.

    Args:
        networks: settings of each network, by name.
        train: trains one of them.
        names: names of the baselines.
        panel: all rows of all series.

    Returns:
        The networks that could be trained, and all candidates, both with the smallest
        validation error first.

    Raises:
        ArgumentError, DataError, FitError: as of the last network, if none could be trained.
    """
    trained: dict[str, TrainedNetwork] = {}
    tried: list[Candidate] = []
    failure: Exception | None = None
    for k, (name, settings) in enumerate(networks.items()):
        try:
            trained[name] = train(k, settings)
        except (ArgumentError, DataError, FitError) as error:
            failure = error
            tried.append(Candidate(name, np.nan, failure=str(error)))
    if not trained and failure is not None:
        raise failure
    validations = {name: one.validation() for name, one in trained.items()}
    first = next(iter(trained))
    held_out = _HeldOut(panel, trained[first], validations[first].origins)
    for name, one in trained.items():
        scored = held_out.score(name, validations[name].forecasts)
        failed = "" if np.isfinite(scored) else "some of its forecasts are not finite"
        tried.append(Candidate(name, scored, seconds=one.history.seconds, failure=failed))
    tried += [held_out.baseline(name) for name in names]
    weights = held_out.weights(_admitted(tried, trained, sum(map(len, panel))))
    tried.sort(key=lambda one: (np.isnan(one.error), one.error))
    candidates = tuple(replace(one, weight=weights.get(one.name, 0.0)) for one in tried)
    return {one.name: trained[one.name] for one in tried if one.name in trained}, candidates


def _admitted(tried: Sequence[Candidate], networks: Collection[str], rows: int) -> dict[str, float]:
    """The errors of the candidates that may take part: of few rows, networks only if they are
    better than every baseline."""
    errors = {one.name: one.error for one in tried if np.isfinite(one.error)}
    simple = min((e for name, e in errors.items() if name not in networks), default=np.inf)
    if rows >= FEW:
        return errors
    return {name: e for name, e in errors.items() if name not in networks or e < simple}


class _HeldOut:
    """The validation rows of all series, the origins from which they are forecast, and the errors
    of the candidates there."""

    def __init__(self, panel: TimeSeriesPanel, trained: TrainedNetwork, origins: list[np.ndarray]):
        plan = trained.plan
        self.season, self.horizon, self.training = panel.schema.season, plan.horizon, plan.training
        self.origins = origins
        self.y = [series.values(["y"])[:, 0] for series in panel]
        steps = np.arange(1, plan.horizon + 1)
        observed = [observed_target(series) for series in panel]
        pairs = zip(observed, self.origins, strict=True)
        self.truth = [y[own[:, None] + steps] for y, own in pairs]
        self.scales = [
            series_scale(y[:rows], self.season)
            for y, rows in zip(self.y, plan.training, strict=True)
        ]

        self.errors: dict[str, np.ndarray] = {}

    def score(self, name: str, forecasts: Sequence[np.ndarray]) -> float:
        """The error of a candidate, by which it is ranked."""
        self.errors[name] = scaled_errors(self.truth, forecasts, self.scales)
        return validation_error(self.truth, forecasts, self.scales)

    def weights(self, errors: Mapping[str, float]) -> dict[str, float]:
        """The weights of candidates with some errors."""
        values = sum(int((~np.isnan(y)).sum()) for y in self.truth)
        blocks = max(values, 1) / self.horizon**2
        admitted = {name: self.errors[name] for name in errors}
        return combination_weights(inverse_square_weights(errors), admitted, blocks)

    def baseline(self, name: str) -> Candidate:
        """Fits a baseline to the training rows of each series and scores it."""
        began, forecasts = time.perf_counter(), []
        for y, own, rows in zip(self.y, self.origins, self.training, strict=True):
            try:
                found = baselines(y, own, self.horizon, rows, self.season, names=[name])
            except (np.linalg.LinAlgError, ValueError) as problem:
                return Candidate(name, np.nan, failure=str(problem))
            if name not in found:
                return Candidate(name, np.nan, failure="too few rows, or values not above 0")
            forecasts.append(found[name])
        error = self.score(name, forecasts)
        failed = "" if np.isfinite(error) else "some of its forecasts are missing"
        return Candidate(name, error, seconds=time.perf_counter() - began, failure=failed)
