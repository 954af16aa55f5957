"""Trains the network of a forecaster and chooses its weights on later rows."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from ...errors import DataError
from ..recorder import Recorder
from ..training.checkpoints import Checkpoint
from ..training.loop import History
from ..training.optimizers import new_optimizer
from ..training.windows import origins_between
from .preprocessing.rows import Rows
from .settings import Plan
from .strategies.base import Strategy

WARM = 4  # look-backs read before the validation span, from a state of zero
SCORED = 20_000  # origins at most from which the validation span is forecast after an epoch


def fit_network(
    strategy: Strategy,
    rows: list[Rows],
    plan: Plan,
    settings: dict[str, Any],
    recorder: Recorder,
    checkpoint: Checkpoint | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> History:
    """Trains on the first `plan.training` rows of each series, in place.

    After each epoch the network forecasts from the origins of the rows held out, as it
    will be used. The mean absolute error is its score, whatever the loss, and all rows weigh
    alike in it: in the unit of the target, transformed where it is, or, of several series, each
    in units of its own scale.

    Raises:
        DataError: the rows held out hold no value.
    """
    horizon, recipe = int(settings["horizon"]), plan.recipe
    stride = max(1, math.ceil(sum(plan.held_out) / SCORED))
    known, origins, truth = [], [], []
    for one, training in zip(rows, plan.training, strict=True):
        warm = max(0, training - WARM * plan.lookback)
        known.append(one[warm:])
        origins.append(origins_between(training, len(one), horizon, stride) - warm)
        truth.append(known[-1].level[origins[-1][:, None] + np.arange(1, horizon + 1)])
    # of a running scale the last one that the training span knows
    ends = zip(rows, plan.training, strict=True)
    scales = [one.unit[end - 1, 1] if len(rows) > 1 else 1.0 for one, end in ends]

    def score() -> float:
        forecasts = strategy.forecast_origins(known, origins, horizon)
        errors = [
            np.abs(forecast - y).ravel() / scale
            for forecast, y, scale in zip(forecasts, truth, scales, strict=True)
        ]
        return float(np.nanmean(np.concatenate(errors)))

    if not any(np.isfinite(one).any() for one in truth):
        raise DataError(
            "No series has a value in the rows held out to choose the weights: raise `validation`, "
            "or give rows that end with known values."
        )
    return strategy.train(
        [one[plan.unknown : training] for one, training in zip(rows, plan.training, strict=True)],
        score,
        plan.lookback,
        recorder,
        epochs=recipe.epochs,
        patience=recipe.patience,
        optimizer=partial(
            new_optimizer,
            settings["optimizer"],
            recipe.learning_rate,
            recipe.schedule,
            recipe.ema_momentum,
        ),
        loss=settings["loss"],
        batch_size=recipe.batch_size,
        seed=settings["seed"],
        max_minutes=settings["max_minutes"],
        checkpoint=checkpoint,
        callbacks=callbacks,
    )
