"""Fits a forecaster: scales, builds the network, trains it, and chooses weights by validation."""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ...datasets import Schema, TimeSeriesPanel
from ...errors import ArgumentError, DataError
from ...zoo.factory import cell_factory
from ...zoo.heads import HEADS
from ..evaluation import metrics
from ..recorder import Recorder
from ..training.checkpoints import Checkpoint, checkpoint_in
from ..training.fingerprint import identifying_settings
from ..training.loop import History, seeded, trained_weights
from ..training.optimizers import new_optimizer
from ..training.options import TrainingOptions
from ..training.progress import with_progress
from ..training.windows import origins_between
from .build import build
from .fitted import FittedForecaster
from .plan import Plan
from .preprocessing.rows import Rows, arrays_of
from .preprocessing.transform import Transform
from .preprocessing.values import require_counts
from .recipe import Recipe
from .saving import KIND
from .settings import Settings
from .strategies.base import Strategy
from .weights import with_weights

WARM = 4  # look-backs read before the validation span, from a state of zero
MOST_ORIGINS = 20_000  # most origins forecast in a validation
MOST_LEADS = 50_000  # most leads of which quantiles are computed in a validation
MOST_STEPS = 1_000_000  # most steps of sampled roll-outs in a validation
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)  # by which a head is scored


def fit_panel(
    settings: Settings,
    plan: Plan,
    panel: TimeSeriesPanel,
    sample_weight: dict[str, float] | None,
    *,
    callbacks: Sequence[keras.callbacks.Callback],
    recorder: Recorder | None,
    checkpoint: str | Path | None,
    progress: bool,
) -> FittedForecaster:
    """Fits a forecaster to series.

    Args:
        settings: checked settings.
        plan: how the rows of the panel are used.
        panel: series to fit.
        sample_weight: weights of whole series; `None` for none.
        callbacks, recorder, checkpoint, progress: as for `Forecaster.fit`.

    Raises:
        ArgumentError, DataError, FitError, CheckpointError: as for `Forecaster.fit`.
    """
    if settings.channels != "independent" and len(panel) == 1:
        raise ArgumentError(
            "There is one series, so there are no channels to distinguish or mix. "
            f"Received: channels={settings.channels!r}"
        )
    if settings.head is not None and HEADS[settings.head].counts:
        require_counts(panel, settings.head)
    transform = new_transform(settings, plan.recipe, panel.schema)
    transform.fit(panel.cut(plan.training), panel)
    rows = transform.rows(panel)
    weighted = with_weights(rows, panel, sample_weight, plan, settings.loss)
    identity = identifying_settings(vars(settings), plan.recipe.units) | asdict(plan)
    with ExitStack() as stack:
        stack.enter_context(seeded(settings.seed))
        saved = stack.enter_context(checkpoint_in(checkpoint, KIND, identity, arrays_of(weighted)))
        log = stack.enter_context(with_progress(recorder, progress))
        strategy = build(transform, plan.recipe, settings)
        log.parameters(_parameters(settings, plan, transform, strategy, sample_weight))
        options = _options(settings, plan.recipe, log, saved, callbacks)
        history = train(strategy, weighted, plan, settings.horizon, options)
    until = [series.times[-1] for series in panel]
    return FittedForecaster(
        settings,
        panel.schema,
        plan.recipe,
        transform,
        strategy,
        history,
        sample_weight,
        fitted_until=until,
        last_times=until,
        state=strategy.read(rows, None),
    )


def new_transform(settings: Settings, recipe: Recipe, schema: Schema) -> Transform:
    """Makes an unfitted transform for a table."""
    return Transform(
        schema,
        settings.difference,
        recipe.calendar,
        None if recipe.transform == "none" else recipe.transform,
        settings.scaling,
        recipe.lookback,
        settings.channels == "mixed",
    )


def train(
    strategy: Strategy, rows: list[Rows], plan: Plan, horizon: int, options: TrainingOptions
) -> History:
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
        _validation_error(strategy, rows, plan, horizon),
        plan.lookback,
        options,
    )


def _validation_error(
    strategy: Strategy, rows: list[Rows], plan: Plan, horizon: int
) -> Callable[[], float]:
    """A function that computes the error of the current weights over the held-out rows."""
    most = MOST_ORIGINS
    if strategy.head is not None:
        most = max(1, min(MOST_LEADS, MOST_STEPS // strategy.paths) // horizon)
    stride = max(1, math.ceil(sum(plan.held_out) / most))
    known, origins, truth = [], [], []
    for one, training in zip(rows, plan.training, strict=True):
        warm = max(0, training - WARM * plan.lookback)
        known.append(one[warm:])
        origins.append(origins_between(training, len(one), horizon, stride) - warm)
        truth.append(known[-1].target[origins[-1][:, None] + np.arange(1, horizon + 1)])
    # a running scale is taken at the end of the training span
    ends = zip(rows, plan.training, strict=True)
    scales = [one.scale[end - 1, 1] if len(rows) > 1 else 1.0 for one, end in ends]
    if not any(np.isfinite(one).any() for one in truth):
        raise DataError(
            "No series has a value in the rows held out for validation: raise `validation`, "
            "or give rows that end with known values."
        )

    def crps() -> float:
        found = strategy.quantiles_origins(known, origins, horizon, LEVELS, seed=0)
        errors = [
            float(metrics.crps(y, quantiles, np.array(LEVELS))) / scale
            for quantiles, y, scale in zip(found, truth, scales, strict=True)
        ]
        counts = [int(np.isfinite(y).sum()) for y in truth]
        return float(np.nansum(np.multiply(errors, counts)) / sum(counts))

    if strategy.head is not None:
        return crps

    def error() -> float:
        forecasts = strategy.forecast_origins(known, origins, horizon)
        errors = [
            np.abs(forecast - y).ravel() / scale
            for forecast, y, scale in zip(forecasts, truth, scales, strict=True)
        ]
        return float(np.nanmean(np.concatenate(errors)))

    return error


def _options(
    settings: Settings,
    recipe: Recipe,
    recorder: Recorder,
    checkpoint: Checkpoint | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> TrainingOptions:
    return TrainingOptions(
        epochs=recipe.epochs,
        patience=recipe.patience,
        batch_size=recipe.batch_size,
        seed=settings.seed,
        optimizer=partial(
            new_optimizer,
            settings.optimizer,
            recipe.learning_rate,
            recipe.schedule,
            recipe.ema_momentum,
        ),
        loss=settings.loss,
        error=settings.error,
        max_minutes=settings.max_minutes,
        recorder=recorder,
        checkpoint=checkpoint,
        callbacks=callbacks,
    )


def _parameters(
    settings: Settings,
    plan: Plan,
    transform: Transform,
    strategy: Strategy,
    sample_weight: dict[str, float] | None,
) -> dict[str, Any]:
    """All settings as used, for a recorder; those that are `None` are left out."""
    schema = transform.schema
    weights = [
        *([schema.weight] if schema.weight else []),
        *(["by series"] if sample_weight is not None else []),
    ]
    values = (
        settings.to_dict()
        | plan.recipe.to_dict()
        | {
            "calendar": ",".join(transform.cycles_),
            "transform": transform.power_,
            "cell": cell_factory(settings.cell).name,
            "cell_options": str(settings.cell_options or {}),
            "sample_weight": ", ".join(weights) or None,
            "dataset": schema.name,
            "target": schema.target,
            "past": ",".join(schema.past),
            "future": ",".join(schema.future),
            "static": ",".join(schema.static),
            "series": len(plan.training),
            "frequency": schema.frequency,
            "season": schema.season,
            "split.training_rows": sum(plan.training),
            "split.validation_rows": sum(plan.held_out),
            "weights": trained_weights(strategy.network),
        }
    )
    return {key: value for key, value in values.items() if value is not None}
