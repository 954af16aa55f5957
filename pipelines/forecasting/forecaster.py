"""`Forecaster`: a recurrent network from a table to a forecast and its backtest."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from ...datasets import (
    Schema,
    TimeSeries,
    TimeSeriesPanel,
    read_panel,
    read_panel_like,
    require_rows,
)
from ...errors import ArgumentError, ArgumentTypeError, flag, whole_number
from ...messages import counted
from ...zoo.factory import CellLike, cell_factory
from ..estimator import BaseEstimator
from ..recorder import Recorder
from ..training.callbacks import Callbacks, check_rates, checked_callbacks
from ..training.checkpoints import checkpoint_in
from ..training.fingerprint import identified
from ..training.keras_settings import MAY_BE_OBJECTS, LossLike, OptimizerLike, cloned
from ..training.loop import seeded
from ..training.optimizers import own_settings
from ..training.progress import shown
from . import settings
from .backtest.recording import record
from .backtest.result import Backtest
from .backtest.run import roll
from .backtest.warm_up import error_by_history
from .fitting import fit_network
from .future import check_follows, forecast_frame, known_ahead
from .preprocessing.rows import arrays_of
from .preprocessing.transform import Transform
from .preprocessing.weights import SampleWeight, split_weights, with_weights
from .recipe import Recipe
from .saving import KIND, restore, save
from .strategies.base import Strategy, build
from .strategies.state import State


class Forecaster(BaseEstimator):
    """Forecasts one or many series with a recurrent network whose state is carried along.

    One network is fitted over all series of a table, each scaled on its own.

    Args:
        cell: name of a cell in `CELLS`, a class of cells, a function from units to a cell, or a
            cell, ours or any Keras one, of which untrained copies are made.
        horizon: leads, in rows.
        layers: cells on top of each other.
        strategy: `"stateful"` (all leads at once from the state), `"closed_loop"`
            (one step ahead, fed back), `"segment"` (all leads at once from the look-back
            alone, read a segment at a time), or `"auto"`: by cell, horizon and length;
            `recipe_.why` says why.
        seed: the same seed on the same data gives the same forecast.
        validation: share of the rows given to `fit`, the last ones, that choose the
            weights and train nothing.
        cell_options: further arguments of the cell, by name.
        lookback: rows over which errors are propagated back in training, and the least
            history that a forecast reads; what is given beyond that is read too. This and the
            settings below follow, where they are `None`, from season, number and length of the
            series: `recipe_` holds them, `docs/recipe.md` the rules.
        segment: rows that a segment network reads, and forecasts, at once; its look-back holds
            whole ones.
        units: width of the cells.
        epochs: passes over the training span, at most.
        patience: epochs without a better validation error before training ends.
        batch_size: windows of a segment network, else spans read side by side, in a step of
            training.
        learning_rate: of the optimizer, the largest.
        schedule: `"plateau"` halves the rate where the validation error stays; `"cosine"` lets
            it fall along a cosine to a hundredth in the last of `epochs`.
        ema_momentum: share of a running average of the weights that is kept in each step, such
            as 0.99; the averages are then what is used. 0 averages none.
        dropout: share of the state that the head does not see in training.
        calendar: `"auto"`, or some of `"day"`, `"week"`, `"year"`: sines of the calendar, known
            ahead. `"auto"` takes those that the training span holds twice, `[]` none.
        transform: `"log"` or `"box-cox"`, of a target that is above 0: for series whose swings
            grow with their level. `"auto"` takes the logarithm of those, `"none"` none.
        window_normalization: of a segment network's windows: `"last"` takes the last value off,
            `"instance"` the mean, and divides by the deviation; `"none"` leaves them.

        These do not follow from the data:

        optimizer: by default Adam. The name of a Keras optimizer, such as `"sgd"`, is used with
            `learning_rate`, `schedule` and `ema_momentum` as above, and with the norm of each
            gradient clipped at 1. An object, or a Keras config such as `{"class_name": "SGD",
            "config": {"momentum": 0.9}}`, has its own learning rate, schedule and averages.
            Each fit makes a fresh optimizer from it. A learning rate that is a number is halved
            where the validation error stays.
        loss: by default the absolute error. A name (`"mse"`, `"huber"`, `"log_cosh"`), a Keras
            config, an object of `keras.losses`, or a function of truth and forecast, both
            `(batch, …, 1)`, that returns a number for each value. Training minimizes the mean
            over the targets that are not missing. The values are scaled; those of a stateful
            network are changes from the last value, in units of their mean size at each lead.
            A `rnnzoo.zoo.losses.SequenceLoss` gets whole sequences, NaN included. Whatever the
            loss, the weights are chosen by the mean absolute error of the validation rows.
        difference: `"step"` reads the steps of the target in place of its level, for series
            that wander, such as prices; `"season"` the steps from the value a season before.
        scaling: `"z-score"`, `"robust"` (median and quartiles: outliers count for little), or
            `"running"`: by an exponentially weighted mean and deviation over a look-back, which
            are part of the carried state.
        channels: how a segment network reads several series: `"independent"`, `"embedded"` (it
            is told which one it reads), or `"mixed"` (it reads all beside each one; they need
            the same times).
        engine: how the loops over time are run: `"auto"`, or a name in `rnnzoo.zoo.engines`.
        max_minutes: of training, after which no epoch begins. A cosine is then cut off where it is,
            and the same seed gives the same forecast only where the machine is as fast.

    What `fit` learns ends in an underscore: `schema_`, `recipe_`, `transform_`, `strategy_`,
    `history_`, `fitted_until_`, `state_`, `last_times_`; the last three hold an entry a series.

    Example:

    >>> from rnnzoo import Forecaster, load_dataset
    >>> weather = load_dataset("seattle-weather")
    >>> forecaster = Forecaster("gru", horizon=3, lookback=14, units=4, epochs=1)
    >>> forecaster.fit(weather[:400]).predict().columns.tolist()
    ['unique_id', 'ds', 'cutoff', 'step', 'yhat']
    """

    def __init__(
        self,
        cell: CellLike = "gru",
        horizon: int = 1,
        lookback: int | None = None,
        units: int | None = None,
        layers: int = 1,
        strategy: str = "auto",
        seed: int = 0,
        validation: float = 0.2,
        cell_options: dict[str, Any] | None = None,
        segment: int | None = None,
        epochs: int | None = None,
        patience: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        schedule: str | None = None,
        ema_momentum: float | None = None,
        dropout: float | None = None,
        calendar: str | Sequence[str] | None = None,
        transform: str | None = None,
        window_normalization: str | None = None,
        difference: str | None = None,
        scaling: str = "z-score",
        channels: str = "independent",
        max_minutes: float | None = None,
        engine: str = "auto",
        optimizer: OptimizerLike | None = None,
        loss: LossLike | None = None,
    ):
        self.cell = cell
        self.horizon = horizon
        self.lookback = lookback
        self.units = units
        self.layers = layers
        self.strategy = strategy
        self.seed = seed
        self.validation = validation
        self.cell_options = cell_options
        self.segment = segment
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.ema_momentum = ema_momentum
        self.dropout = dropout
        self.difference = difference
        self.calendar = calendar
        self.transform = transform
        self.scaling = scaling
        self.window_normalization = window_normalization
        self.channels = channels
        self.max_minutes = max_minutes
        self.engine = engine
        self.optimizer = optimizer
        self.loss = loss

    def __sklearn_clone__(self) -> "Forecaster":
        return cloned(self)

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
        settings.check(self.get_params())

    def plan(
        self, data: TimeSeries | TimeSeriesPanel, reserved: int | Sequence[int] = 0
    ) -> settings.Plan:
        """How `fit` will use each series but for its last `reserved` rows.

        Raises:
            DataError: they are too few.
        """
        self.check()
        return settings.plan(self.get_params(), TimeSeriesPanel.of(data), reserved)

    def fit(
        self,
        data: Any,
        *,
        time: str | None = None,
        target: str | Sequence[str] | None = None,
        past: Sequence[str] = (),
        future: Sequence[str] = (),
        static: Sequence[str] = (),
        sample_weight: SampleWeight = None,
        callbacks: Callbacks = None,
        recorder: Recorder | None = None,
        checkpoint: str | Path | None = None,
        progress: bool = False,
    ) -> "Forecaster":
        """Trains on every row of `data`: give it nothing that a backtest shall score.

        Args:
            data: a frame (with a column `unique_id` if it holds several series), a series
                with a `DatetimeIndex`, a path to CSV or Parquet, or what `rnnzoo.read_series`,
                `rnnzoo.read_panel` and `rnnzoo.load_dataset` give.
            time: time column; by default `ds`, or the index.
            target: column to forecast; by default `y`. Several columns of a wide table are
                a series each.
            past: covariates known up to the origin.
            future: covariates known for the steps ahead too.
            static: covariates that are one number for each series.
            sample_weight: how much the errors of each row's target count in training: the name
                of a column of numbers, 0 or above, or a mapping from each series' `unique_id` to
                a number. A panel that was read with `rnnzoo.read_panel(…, weight=column)` has
                its weights already; a mapping multiplies them. Weights are relative to their
                mean; 0 means the same as a missing target. The validation error, the scaling
                and a backtest do not use them.
            callbacks: Keras callbacks, called in Keras's order with the logs `loss`, `val_loss`
                and `val_mae`, the last two being the validation error. `stop_training` ends the
                fit; it has the weights with the smallest validation error all the same. If a
                callback sets the learning rate, the fit itself no longer changes it. See
                `docs/fits.md`.
            recorder: told of parameters and of the errors of each epoch.
            checkpoint: folder that keeps where the fit stands, written after each epoch. A fit
                that was killed goes on from there, with the same settings and data to the same
                weights, bit for bit; one that is finished trains nothing. It does not hold the
                state of callbacks: they start afresh where a fit is continued, and a warning
                says so.
            progress: show epoch, loss, validation error and the time left.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
            DataError: a table that cannot be used, or that is too short.
            FitError: training diverged.
            CheckpointError: the checkpoint is damaged, of another fit, or cannot be written.
        """
        self.check()
        flag("progress", progress)
        called = checked_callbacks(callbacks, "mae")
        column, by_series = split_weights(sample_weight)
        panel = read_panel(
            data, time=time, target=target, past=past, future=future, static=static, weight=column
        )
        panel = panel.as_known([len(series) - 1 for series in panel])
        plan = self.plan(panel)
        check_rates(called, plan.recipe.schedule)
        self.__dict__.pop("state_", None)  # should this fit fail, no half of an older one is left
        self.schema_ = panel.schema
        self.recipe_, self.horizon_ = plan.recipe, int(self.horizon)
        transform = self.new_transform(panel.schema, plan.recipe)
        self.transform_ = transform.fit(panel.cut(plan.training), panel)
        if self.channels != "independent" and len(panel) == 1:
            raise ArgumentError(
                "There is one series, so no channels to tell apart or to mix. "
                f"Received: channels={self.channels!r}"
            )
        rows = self.transform_.rows(panel)
        self.sample_weight_ = by_series
        weighed = with_weights(rows, panel, by_series, plan, self.loss)
        chosen = self.get_params()
        about = identified(chosen, plan.recipe.units) | asdict(plan)
        kept_in = checkpoint_in(checkpoint, KIND, about, arrays_of(weighed))
        with seeded(self.seed), kept_in as kept, shown(recorder, progress) as told:
            self.strategy_ = self.build()
            told.parameters(settings.described(self, plan))
            self.history_ = fit_network(self.strategy_, weighed, plan, chosen, told, kept, called)
        self.fitted_until_ = [series.times[-1] for series in panel]
        self.last_times_ = list(self.fitted_until_)
        self.state_ = self.strategy_.read(rows, None)
        return self

    def warm_up(self, data: Any) -> "Forecaster":
        """Reads another history from its start; `predict()` then forecasts from its end.

        Raises:
            DataError: fewer rows than `lookback_`, or another table than in `fit`.
        """
        panel = self._history(data)
        self._move(panel, self.strategy_.read(self.transform_.rows(panel), None))
        return self

    def update(self, data: Any) -> "Forecaster":
        """Reads new rows, the ones that follow what was read so far.

        The cost is that of the new rows, whatever the length of the history. Series of
        which there are no new rows stay where they are.

        Raises:
            DataError: the first row does not follow the last one read.
        """
        self._require_fit()
        panel = self._like(data)
        which = self._numbers(panel)
        check_follows(panel, [self.last_times_[i] for i in which])
        state = self.state_.of(which)
        rows = self.transform_.rows(panel, before=state)
        self._move(panel, self.strategy_.read(rows, state))
        return self

    def predict(
        self, data: Any = None, *, future: Any = None, horizon: int | None = None
    ) -> pd.DataFrame:
        """Forecasts the rows that follow.

        Args:
            data: history to forecast from; by default what was read so far by `fit`,
                `warm_up` and `update`.
            future: frame or file with the known-future covariates of those rows.
            horizon: leads; by default the fitted ones. More than those only in a
                closed loop.

        Returns:
            A frame with `unique_id, ds, cutoff, step, yhat`, one series after the other; times
            are in the zone of the table, if it has one.

        Raises:
            DataError: too little history, covariates that are missing, or do not cover
                the horizon.
        """
        self._require_fit()
        leads = self._leads(horizon)
        ids, state, cutoffs = self.transform_.ids, self.state_, self.last_times_
        if data is not None:
            panel = self._history(data)
            ids, cutoffs = list(panel.ids), [series.times[-1] for series in panel]
            state = self.strategy_.read(self.transform_.rows(panel), None)
        needed = max(leads, self.strategy_.read_ahead)
        times = [self.schema_.times_after(cutoff, needed) for cutoff in cutoffs]
        known = self.transform_.scale_ahead(
            ids, times, known_ahead(future, self.schema_, ids, times)
        )
        scaled = self.strategy_.forecast(state, known)[:, :leads]
        forecast = np.stack([*map(self.transform_.inverse, ids, scaled)])
        zone = self.schema_.zone
        return forecast_frame(ids, cutoffs, [t[:leads] for t in times], forecast, zone=zone)

    def backtest(
        self,
        data: Any,
        *,
        start: Any = None,
        stride: int = 1,
        refit: int | None = None,
        baselines: Sequence[str] | None = None,
        audit: bool = False,
        recorder: Recorder | None = None,
    ) -> Backtest:
        """Forecasts from every origin of the rows that `fit` did not see, in one pass.

        Values that were interpolated are not scored; those that were not yet known when the
        test begins are read as the last known value.

        Args:
            data: the whole of each series, history included.
            start: first time to be scored; by default the first after what `fit` saw of each
                series.
            stride: rows from one origin to the next.
            refit: times of origins after which a network is fitted anew, from the same
                settings, to all that is known by then of any series; by default never. This
                one stays as it is.
            baselines: names of those to set beside it; by default all.
            audit: prove, by overwriting and permuting what comes later, that nothing
                forecast or scored before it changes; the result's `audit` says what was
                tried. Takes as long as several backtests.
            recorder: told of the errors.

        Raises:
            ArgumentError: `start` lies in what `fit` saw.
            DataError: no rows to score, too little history, another table than in `fit`.
            LeakError: the audit found a leak.
        """
        self._require_fit()
        whole_number("stride", stride)
        flag("audit", audit)
        if refit is not None:
            whole_number("refit", refit)
        if isinstance(baselines, str):
            raise ArgumentTypeError(
                f"`baselines` must be a list of names. Received: baselines={baselines!r}"
            )
        panel = self._like(data, weights=refit is not None)
        result = roll(self, panel, start, stride, refit, baselines, audit)
        if recorder is not None:
            record(result, recorder)
        return result

    def error_by_history(self, data: Any, chunks: Sequence[int] = (1, 10, 100)) -> pd.DataFrame:
        """How the error falls with the history that is read before a forecast.

        From origins after what `fit` saw, of a state that began at zero so many look-backs, the
        chunks of training, before.

        Args:
            data: the whole of each series, history included.
            chunks: look-backs that are read. One for which there is too little is left out.

        Returns:
            Columns `chunks, rows, mae, origins`; `mae` as in the history of training.

        Raises:
            ArgumentError: a segment network, which carries no state.
            DataError: too few rows.
        """
        self._require_fit()
        panel = self._like(data)
        until = dict(zip(self.transform_.ids, self.fitted_until_, strict=True))
        starts = [int((s.times <= until[s.unique_id]).sum()) for s in panel]
        return error_by_history(self, panel, starts, chunks)

    def save(self, folder: str | Path) -> Path:
        """Writes the fitted forecaster, its state included, to a folder: JSON and arrays.

        The folder appears whole or not at all; an older model there is replaced.

        Raises:
            ArgumentError: the folder exists and holds something else.
        """
        self._require_fit()
        return save(self, Path(folder).expanduser())

    @classmethod
    def load(cls, folder: str | Path) -> "Forecaster":
        """Reads a saved forecaster; it forecasts the same, bit for bit.

        Raises:
            ModelFileError: no model there, or a damaged one.
        """
        return restore(cls, Path(folder).expanduser())

    def with_recipe(self) -> "Forecaster":
        """An unfitted one that takes what this one's data chose, whatever its own would."""
        self._require_fit()
        chosen = self.recipe_.to_dict()
        # a clone has its optimizer and loss already, and what an optimizer of its own says itself
        for name in ("why", *MAY_BE_OBJECTS, *own_settings(self.optimizer)):
            del chosen[name]
        if self.recipe_.strategy != "segment":
            chosen |= {"segment": None, "window_normalization": None}
        power = "none" if self.transform_.power_ is None else self.transform_.power_
        return clone(self).set_params(**chosen | {"transform": power})

    def refitted(self, panel: TimeSeriesPanel) -> "Forecaster":
        """Another one that is fitted to other rows as this one was, its weights included."""
        weights = self.sample_weight_
        if weights is not None:
            weights = {one: weights[one] for one in panel.ids}
        return self.with_recipe().fit(panel, sample_weight=weights)

    @property
    def cell_name(self) -> str:
        """What tables and charts call the cell."""
        return cell_factory(self.cell).name

    @property
    def lookback_(self) -> int:
        """Rows over which errors were propagated back."""
        self._require_fit()
        return self.recipe_.lookback

    @property
    def parameters_(self) -> int:
        """Weights of the network that are trained."""
        self._require_fit()
        return settings.trained(self.strategy_.network)

    def new_transform(self, schema: Schema, recipe: Recipe) -> Transform:
        """An unfitted transform for a table."""
        return Transform(
            schema,
            self.difference,
            recipe.calendar,
            None if recipe.transform == "none" else recipe.transform,
            self.scaling,
            recipe.lookback,
            self.channels == "mixed",
        )

    def build(self) -> Strategy:
        """An untrained network for the table that was fitted."""
        return build(self.transform_, self.recipe_, self.get_params())

    def _move(self, panel: TimeSeriesPanel, state: State) -> None:
        which = self._numbers(panel)
        self.state_ = self.state_.put(which, state)
        for i, series in zip(which, panel, strict=True):
            self.last_times_[i] = series.times[-1]

    def _numbers(self, panel: TimeSeriesPanel) -> np.ndarray:
        """The places of a table's series among those that were fitted."""
        place = {one: i for i, one in enumerate(self.transform_.ids)}
        return np.array([place[one] for one in panel.ids])

    def _like(self, data: Any, weights: bool = False) -> TimeSeriesPanel:
        ids, statics = self.transform_.ids, self.transform_.statics_
        panel = read_panel_like(data, self.schema_, ids=ids, statics=statics, weights=weights)
        panel = panel.as_known([len(series) - 1 for series in panel])
        self.transform_.warn_of_far(panel)
        return panel

    def _history(self, data: Any) -> TimeSeriesPanel:
        self._require_fit()
        panel = self._like(data)
        why = "the look-back"
        if unknown := self.transform_.unknown:
            why += f" and {counted(unknown, 'row')} before it to take differences from"
        for series in panel:
            require_rows(series, self.lookback_ + unknown, why, among=len(panel))
        return panel

    def _leads(self, horizon: int | None) -> int:
        leads = self.horizon_ if horizon is None else whole_number("horizon", horizon)
        if self.strategy_.name != "closed_loop" and leads > self.horizon_:
            raise ArgumentError(
                f"A {self.strategy_.name} network forecasts the {self.horizon_} leads it was "
                f"fitted for. Received: horizon={leads}. Fit with that horizon, or "
                'strategy="closed_loop".'
            )
        return leads

    def _require_fit(self) -> None:
        if not hasattr(self, "state_"):
            raise NotFittedError("This Forecaster is not fitted yet: call `fit` or `load` first.")
