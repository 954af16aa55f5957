"""Tries candidates: fits each to the training rows and forecasts the validation rows."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....datasets import TimeSeriesPanel
from ....errors import ArgumentError, DataError, FitError
from ....messages import counted
from ..fitting import TrainedNetwork
from ..past_errors import observed_target
from ..recipe import FEW
from .baselines import SeriesBaselines
from .candidates import NAIVE, baseline_candidates
from .combination import (
    Candidate,
    combination_weights,
    inverse_square_weights,
    scaled_errors,
    series_scale,
    validation_error,
)
from .split import Split

#: Trains the k-th network, with its settings.
Train = Callable[[int, dict[str, Any]], TrainedNetwork]


@dataclass(frozen=True)
class Selection:
    """What the validation rows chose.

    Attributes:
        trained: the networks that could be trained, the smallest validation error first.
        candidates: all that was tried, the same way.
        split: the rows that decided.
        baselines: baselines that take part, fitted to the training rows of each series.
    """

    trained: dict[str, TrainedNetwork]
    candidates: tuple[Candidate, ...]
    split: Split
    baselines: list[SeriesBaselines]


def select(
    networks: Mapping[str, dict[str, Any]],
    train: Train,
    panel: TimeSeriesPanel,
    horizon: int,
    validation: float,
) -> Selection:
    """Trains the networks, and weights them and the baselines by their validation errors.

    A candidate that fails is left out, with the reason. Where no network can be trained, the naive
    forecasts are candidates too; where the rows are too few to weight any, one of them forecasts.

    Args:
        networks: settings of each network, by name.
        train: trains one of them.
        panel: all rows of all series.
        horizon: number of leads.
        validation: share of the rows that decide, the last ones.

    Raises:
        ArgumentError: as of the last network, if all have settings that cannot be used.
    """
    trained: dict[str, TrainedNetwork] = {}
    tried: list[Candidate] = []
    failures: list[Exception] = []
    for k, (name, settings) in enumerate(networks.items()):
        try:
            one = train(k, settings)
            if failure := one.reading_on.failure():
                raise FitError(failure)
            trained[name] = one
        except (ArgumentError, DataError, FitError) as error:
            failures.append(error)
            tried.append(Candidate(name, np.nan, failure=str(error)))
    if not trained and all(isinstance(error, ArgumentError) for error in failures):
        raise failures[-1]
    split = Split.of(panel, horizon, validation, trained)
    held_out = _HeldOut(panel, split, horizon)
    for name, one in trained.items():
        scored = held_out.score(name, one.validation().forecasts)
        failed = "" if np.isfinite(scored) else "some of its forecasts are not finite"
        tried.append(Candidate(name, scored, seconds=one.history.seconds, failure=failed))
    names = baseline_candidates(panel)
    if not trained:
        naive = NAIVE if panel.schema.season > 1 else NAIVE[:1]
        names = list(dict.fromkeys([*naive, *names]))
    tried += [held_out.baseline(name) for name in names]
    admitted = _admitted(tried, trained, sum(split.training))
    tried = [one if one.name in admitted else _refused(one) for one in tried]
    candidates = _weighted(tried, held_out, admitted)
    used = [one.name for one in candidates if one.weight]
    order = [one.name for one in candidates if one.name in trained]
    fitted = [one.select(used) for one in held_out.fitted]
    return Selection({name: trained[name] for name in order}, candidates, split, fitted)


def _weighted(
    tried: Sequence[Candidate], held_out: "_HeldOut", admitted: Mapping[str, float]
) -> tuple[Candidate, ...]:
    """Candidates with their weights, the best first; those that are not admitted have none."""
    ranked = sorted(tried, key=lambda one: (np.isnan(one.error), one.error))
    try:
        weights = held_out.weights(admitted)
    except FitError:
        naive = NAIVE[held_out.season > 1]
        why = "no other candidate could forecast the validation rows"
        if all(np.isnan(y).all() for y in held_out.truth):
            why = "the validation rows hold no whole horizon with a known value to compare by"
        ranked = [one for one in ranked if one.name != naive]
        return (Candidate(naive, np.nan, 1.0, failure=f"it forecasts alone: {why}"), *ranked)
    return tuple(replace(one, weight=weights.get(one.name, 0.0)) for one in ranked)


def _refused(one: Candidate) -> Candidate:
    """A candidate that may not take part, with the reason."""
    reason = (
        f"of fewer than {FEW:,} training rows a network takes part only if its error is below that "
        "of every baseline"
    )
    return one if one.failure or np.isnan(one.error) else replace(one, failure=reason)


def _admitted(tried: Sequence[Candidate], networks: Collection[str], rows: int) -> dict[str, float]:
    """The errors of the candidates that may take part: of few training rows, networks only if they
    are better than every baseline."""
    errors = {one.name: one.error for one in tried if np.isfinite(one.error)}
    simple = min((e for name, e in errors.items() if name not in networks), default=np.inf)
    if rows >= FEW:
        return errors
    return {name: e for name, e in errors.items() if name not in networks or e < simple}


class _HeldOut:
    """The validation rows of all series, the baselines that were fitted to those before, and the
    errors of all candidates."""

    def __init__(self, panel: TimeSeriesPanel, split: Split, horizon: int):
        self.season, self.horizon, self.split = panel.schema.season, horizon, split
        self.ids = panel.ids
        known = panel.as_known([rows - 1 for rows in split.training])
        self.y = [series.values(["y"])[:, 0] for series in known]
        steps = np.arange(1, horizon + 1)
        padded = [
            np.concatenate([observed_target(series), np.full(horizon, np.nan)]) for series in panel
        ]
        pairs = zip(padded, split.origins, strict=True)
        self.truth = [y[own[:, None] + steps] for y, own in pairs]
        self.scales = [
            series_scale(y[:rows], self.season)
            for y, rows in zip(self.y, split.training, strict=True)
        ]
        self.fitted = [SeriesBaselines.fit(y, [], horizon, self.season)[0] for y in self.y]
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
        """Fits a baseline to the training rows of each series and scores it.

        Where it cannot forecast, its score is that of the seasonal or last value.
        """
        began, forecasts, failures = time.perf_counter(), [], {}
        for k, (y, own) in enumerate(zip(self.y, self.split.origins, strict=True)):
            training = y[: self.split.training[k]]
            one, failed = SeriesBaselines.fit(training, [name], self.horizon, self.season)
            made, naive, _ = one.roll(y, own, self.horizon)
            own_forecasts = made.get(name, np.full(naive.shape, np.nan))
            missing = np.isnan(own_forecasts) & ~np.isnan(self.truth[k])
            if failed or missing.any():
                failures[self.ids[k]] = failed.get(name, "some of its forecasts are missing")
            if len(own) and np.isnan(own_forecasts).all():
                failures.setdefault(self.ids[k], "it forecasts none of its rows")
            forecasts.append(np.where(np.isnan(own_forecasts), naive, own_forecasts))
            self.fitted[k].members.update(one.members)
        seconds = time.perf_counter() - began
        reason = _reason(failures, len(self.y))
        if len(failures) == len(self.y):
            return Candidate(name, np.nan, seconds=seconds, failure=reason)
        return Candidate(name, self.score(name, forecasts), seconds=seconds, failure=reason)


def _reason(failures: Mapping[str, str], among: int) -> str:
    """Why a baseline cannot forecast all of several series, in a phrase."""
    if not failures:
        return ""
    one, why = next(iter(failures.items()))
    if among == 1:
        return why
    others = len(failures) - 1
    more = f", and {counted(others, 'other')}" if others else ""
    return f"series {one!r}{more}: {why}"
