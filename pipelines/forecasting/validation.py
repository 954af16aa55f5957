"""Validation: the rows of a fit that train nothing, forecast from each of their origins."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import DataError
from ..evaluation import metrics
from ..training.loop import History
from ..training.options import TrainingOptions
from ..training.windows import origins_between
from .plan import Plan
from .preprocessing.rows import Rows
from .preprocessing.transform import Transform
from .strategies.base import Strategy

WARM = 4  # look-backs read before the validation span, from a state of zero
MOST_ORIGINS = 20_000  # most origins forecast in a validation
MOST_LEADS = 50_000  # most leads of which quantiles are computed in a validation
MOST_STEPS = 1_000_000  # most steps of sampled roll-outs in a validation
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)  # by which a head is scored


@dataclass(frozen=True)
class Validation:
    """Forecasts from the origins of the validation rows. Lists hold one entry per series.

    Attributes:
        origins: rows of the origins, the last ones known to a forecast, each `(origins,)`.
        forecasts: in the unit of the target, each `(origins, horizon)`.
    """

    origins: list[np.ndarray]
    forecasts: list[np.ndarray]


def train(strategy: Strategy, rows: list[Rows], plan: Plan, options: TrainingOptions) -> History:
    """Trains a network on the first `plan.training` rows of each series, in place.

    After each epoch it forecasts from the origins of the held-out rows, as it will be used. Its
    score is the mean absolute error, whatever the loss, with equal weights for all rows: in the
    unit of the (transformed) target, or, for several series, in units of the scale of each. With a
    head it is the CRPS instead, from its quantiles: of a number it is the absolute error.

    Raises:
        DataError: the held-out rows hold no value.
    """
    return strategy.train(
        [one[plan.unknown : training] for one, training in zip(rows, plan.training, strict=True)],
        _validation_error(strategy, rows, plan),
        plan.lookback,
        options,
    )


def validate(strategy: Strategy, transform: Transform, rows: list[Rows], plan: Plan) -> Validation:
    """Forecasts from the origins by which the weights were chosen."""
    warm, known, origins = validation_origins(rows, plan)
    scaled = strategy.forecast_origins(known, origins, plan.horizon)
    return Validation(
        [own + first for own, first in zip(origins, warm, strict=True)],
        [*map(transform.inverse, transform.ids, scaled)],
    )


def validation_origins(
    rows: list[Rows], plan: Plan, most: int = MOST_ORIGINS
) -> tuple[list[int], list[Rows], list[np.ndarray]]:
    """Where the rows that are read begin, these rows, and the origins among them."""
    stride = max(1, math.ceil(sum(plan.held_out) / most))
    warm = [max(0, training - WARM * plan.lookback) for training in plan.training]
    known = [one[first:] for one, first in zip(rows, warm, strict=True)]
    origins = [
        origins_between(training, len(one), plan.horizon, stride) - first
        for one, training, first in zip(rows, plan.training, warm, strict=True)
    ]
    return warm, known, origins


def _validation_error(strategy: Strategy, rows: list[Rows], plan: Plan) -> Callable[[], float]:
    """A function that computes the error of the current weights over the held-out rows."""
    most = MOST_ORIGINS
    if strategy.head is not None:
        most = max(1, min(MOST_LEADS, MOST_STEPS // strategy.paths) // plan.horizon)
    _, known, origins = validation_origins(rows, plan, most)
    steps = np.arange(1, plan.horizon + 1)
    truth = [one.target[own[:, None] + steps] for one, own in zip(known, origins, strict=True)]
    # a running scale is taken at the end of the training span
    ends = zip(rows, plan.training, strict=True)
    scales = [one.scale[end - 1, 1] if len(rows) > 1 else 1.0 for one, end in ends]
    if not any(np.isfinite(one).any() for one in truth):
        raise DataError(
            "No series has a value in the rows held out for validation: raise `validation`, "
            "or give rows that end with known values."
        )

    def crps() -> float:
        found = strategy.quantiles_origins(known, origins, plan.horizon, LEVELS, seed=0)
        errors = [
            float(metrics.crps(y, quantiles, np.array(LEVELS))) / scale
            for quantiles, y, scale in zip(found, truth, scales, strict=True)
        ]
        counts = [int(np.isfinite(y).sum()) for y in truth]
        return float(np.nansum(np.multiply(errors, counts)) / sum(counts))

    if strategy.head is not None:
        return crps

    def error() -> float:
        forecasts = strategy.forecast_origins(known, origins, plan.horizon)
        errors = [
            np.abs(forecast - y).ravel() / scale
            for forecast, y, scale in zip(forecasts, truth, scales, strict=True)
        ]
        return float(np.nanmean(np.concatenate(errors)))

    return error
