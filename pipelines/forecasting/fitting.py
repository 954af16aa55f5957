"""Fits a forecaster: scales, builds the network, trains it, and refits it to all rows."""

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import keras

from ...datasets import TimeSeriesPanel, require_rows
from ...errors import ArgumentError, DataError, FitError
from ...zoo.heads import HEADS
from ..evaluation.conformal import ErrorMemory
from ..recorder import Recorder
from ..training.checkpoints import Checkpoint, checkpoint_in, refit_folder
from ..training.fingerprint import identifying_settings
from ..training.loop import History, seeded, trained_weights
from ..training.optimizers import new_optimizer, replayed_optimizer
from ..training.options import TrainingOptions
from ..training.progress import with_progress
from .build import build, new_transform
from .delays import with_delays
from .fitted import FittedForecaster
from .parameters import logged_parameters
from .plan import Plan
from .preprocessing.rows import Rows, arrays_of
from .preprocessing.transform import Transform
from .preprocessing.values import require_counts
from .reading_on import ReadingOn
from .recipe import Recipe
from .saving import KIND
from .settings import Settings
from .strategies.base import Strategy
from .validation import Validation, train, validate
from .weights import with_weights

NOTHING = History([], [], [], steps=0, best_epoch=0, seconds=0.0)  # before any training


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network with all that it was trained on.

    Attributes:
        settings: checked settings.
        plan: how the rows of the panel were used.
        panel: series, with their validation rows.
        sample_weight: weights of whole series; `None` for none.
        transform: fitted to the training rows.
        rows: all rows of each series as the network reads them, as known at the end of the
            training rows: gaps that are open there, or begin later, are not interpolated.
        weighted: the same with the weights of their targets.
        strategy: the network, with the weights that were chosen.
        history: course of the training.
    """

    settings: Settings
    plan: Plan
    panel: TimeSeriesPanel
    sample_weight: dict[str, float] | None
    transform: Transform
    rows: list[Rows]
    weighted: list[Rows]
    strategy: Strategy
    history: History

    def validation(self) -> Validation:
        """Forecasts from the origins of the validation rows."""
        return validate(self.strategy, self.transform, self.rows, self.plan)

    @cached_property
    def reading_on(self) -> ReadingOn:
        """The errors of the network in the validation rows after few and after many rows."""
        return ReadingOn.of(self.strategy, self.rows, self.plan)

    def refitted(
        self, checkpoint: str | Path | None = None, chosen: FittedForecaster | None = None
    ) -> "TrainedNetwork":
        """Returns a new network, trained on all rows, validation rows included.

        It trains for as many steps as the chosen weights of this one had, at the same learning
        rates; power and calendar stay as chosen.

        Args:
            checkpoint: folder of the checkpoint of this training; `None` for none.
            chosen: `fitted()`, where it is known.
        """
        fitted = chosen or self.fitted()
        new = train_as_before(fitted, self.panel, refit_folder(checkpoint))
        seconds = self.history.seconds + new.history.seconds
        return replace(new, plan=self.plan, history=replace(self.history, seconds=seconds))

    def fitted(self, errors: ErrorMemory | None = None) -> FittedForecaster:
        """The forecaster, after reading all rows.

        Args:
            errors: past errors, at their ends; by default those of this network in the
                validation rows.
        """
        filled = any(series.filled is not None for series in self.panel)
        rows = self.transform.rows(self.panel) if filled else self.rows  # by now gaps have ended
        until = [series.times[-1] for series in self.panel]
        nothing = ErrorMemory.empty(
            len(self.panel), self.settings.horizon, self.panel.schema.season
        )
        fitted = FittedForecaster(
            self.settings,
            self.panel.schema,
            self.plan.recipe,
            self.transform,
            self.strategy,
            self.history,
            self.sample_weight,
            fitted_until=until,
            last_times=until,
            state=self.strategy.read(rows, None),
            errors=nothing,
            held_out=nothing,
        )
        if errors is None:
            errors = fitted.held_out_errors(self.panel, self.plan.training)
        return fitted.with_errors(errors)

    def finished(
        self, checkpoint: str | Path | None = None, chosen: FittedForecaster | None = None
    ) -> FittedForecaster:
        """The forecaster, its network trained on all rows if the settings say so.

        Its errors are always those of this network, which the validation rows did not train.
        Where the second training fails, or its network cannot be used for long and this one can, it
        is this network, with a warning that gives the reason.

        Args:
            checkpoint: folder of the checkpoint of this training; `None` for none.
            chosen: `fitted()`, where it is known.
        """
        chosen = chosen or self.fitted()
        if failure := self.reading_on.failure():
            text = (
                f"The network of {chosen.cell_name} that the validation rows chose cannot be used "
                f"for long: {failure} Intervals, which start from its errors, may be far too "
                "wide. Choose another cell, such as gru."
            )
            warnings.warn(text, UserWarning, stacklevel=3)
        if not self.settings.refit:
            return chosen
        try:
            new = self.refitted(checkpoint, chosen)
            own, first = new.reading_on, self.reading_on
            if (failure := own.failure(first)) and not first.far >= own.far:
                raise FitError(failure)
            return new.fitted(chosen.errors)
        except (ArgumentError, DataError, FitError) as error:
            text = (
                f"The second training of {chosen.cell_name}, on all rows, failed: {error} The "
                "first network forecasts, which was not trained on the validation rows."
            )
            warnings.warn(text, UserWarning, stacklevel=3)
            return replace(chosen, refit_failure=str(error))


def train_network(
    settings: Settings,
    plan: Plan,
    panel: TimeSeriesPanel,
    sample_weight: dict[str, float] | None,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    recorder: Recorder | None = None,
    checkpoint: str | Path | None = None,
    progress: bool = False,
) -> TrainedNetwork:
    """Trains a network on the training rows and chooses its weights by the validation rows.

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
    with ExitStack() as stack:
        stack.enter_context(seeded(settings.seed))
        new = _untrained(settings, plan, panel, sample_weight)
        saved = stack.enter_context(_checkpoint(checkpoint, new))
        log = stack.enter_context(with_progress(recorder, progress))
        log.parameters(
            logged_parameters(
                settings, plan, new.transform, sample_weight, trained_weights(new.strategy.network)
            )
        )
        options = replace(
            _options(settings, plan.recipe), recorder=log, checkpoint=saved, callbacks=callbacks
        )
        history = train(new.strategy, new.weighted, plan, options)
    return replace(new, history=history)


def train_as_before(
    fitted: FittedForecaster, panel: TimeSeriesPanel, checkpoint: str | Path | None = None
) -> TrainedNetwork:
    """Trains a new network on all rows of a panel as long as that of a fit was trained.

    It has the recipe of the fit, its number of steps and its learning rates; no row validates.

    Args:
        fitted: the fit.
        panel: series, with the columns of the fitted ones.
        checkpoint: folder of a checkpoint; `None` for none.

    Raises:
        DataError: a series is too short.
        CheckpointError: the checkpoint cannot be used.
    """
    settings, history, chosen = fitted.settings, fitted.history, fitted.transform
    power, cycles = chosen.power_ or "none", list(chosen.cycles_)
    recipe = replace(fitted.recipe, transform=power, calendar=cycles)
    why = f"{recipe.reach} + horizon {settings.horizon} to train on"
    for series in panel:
        needed = recipe.needed + settings.horizon + chosen.unknown
        require_rows(series, needed, why, among=len(panel))
    rows = [len(series) for series in panel]
    plan = Plan(settings.horizon, recipe, rows, [0] * len(rows), chosen.unknown)
    weights = fitted.sample_weight and {one: fitted.sample_weight[one] for one in panel.ids}
    with ExitStack() as stack:
        stack.enter_context(seeded(settings.seed))
        new = _untrained(settings, plan, panel, weights)
        saved = stack.enter_context(_checkpoint(checkpoint, new, follows=history))
        rates = history.rate[: history.best_epoch]
        options = replace(
            _options(settings, recipe),
            steps=history.best_epoch * history.steps,
            optimizer=partial(replayed_optimizer, settings.optimizer, rates, recipe.ema_momentum),
            checkpoint=saved,
        )
        spans = [one[plan.unknown :] for one in new.weighted]
        again = new.strategy.train(spans, None, plan.lookback, options)
    return replace(new, history=again)


def _untrained(
    settings: Settings, plan: Plan, panel: TimeSeriesPanel, sample_weight: dict[str, float] | None
) -> TrainedNetwork:
    transform = new_transform(settings, plan.recipe, panel.schema)
    known = panel.as_known([count - 1 for count in plan.training])
    transform.fit(known.cut(plan.training), panel)
    rows = transform.rows(known)
    weighted = with_weights(rows, panel, sample_weight, plan, settings.loss)
    plan = with_delays(plan, settings, panel.schema.season, weighted)
    strategy = build(transform, plan.recipe, settings)
    return TrainedNetwork(
        settings, plan, panel, sample_weight, transform, rows, weighted, strategy, NOTHING
    )


def _checkpoint(
    folder: str | Path | None, network: TrainedNetwork, follows: History | None = None
) -> AbstractContextManager[Checkpoint | None]:
    """The checkpoint of a training; `follows` is the course of the one whose length it has."""
    plan = network.plan
    identity = identifying_settings(vars(network.settings), plan.recipe.units) | asdict(plan)
    if follows is not None:
        identity |= {"follows": {"epochs": follows.best_epoch, "rates": follows.rate}}
    return checkpoint_in(folder, KIND, identity, arrays_of(network.weighted))


def _options(settings: Settings, recipe: Recipe) -> TrainingOptions:
    limit = settings.max_minutes
    return TrainingOptions(
        epochs=recipe.epochs,
        patience=recipe.patience,
        early_stopping=recipe.early_stopping,
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
        # the second training takes about as long as the first
        max_minutes=limit / 2 if limit and settings.refit else limit,
    )
