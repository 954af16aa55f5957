"""`Forecaster`: a recurrent network from a table to a forecast and its backtest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from ...datasets import Schema, TimeSeries, TimeSeriesPanel, read_panel
from ...errors import ArgumentTypeError, flag, whole_number
from ...zoo.factory import CellLike, cell_factory
from ..estimator import BaseEstimator
from ..recorder import Recorder
from ..training.callbacks import Callbacks, check_rates, checked_callbacks
from ..training.keras_settings import MAY_BE_OBJECTS, LossLike, OptimizerLike, clone_estimator
from ..training.loop import History
from ..training.optimizers import own_settings
from .backtest.recording import record
from .backtest.result import Backtest
from .backtest.run import run_backtest
from .backtest.warm_up import error_by_history
from .fitted import FittedForecaster
from .fitting import fit_panel
from .plan import Plan, plan
from .preprocessing.transform import Transform
from .recipe import Recipe
from .saving import load, save
from .settings import Settings, check
from .strategies.base import Strategy
from .weights import SampleWeight, split_weights


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

    What `fit` finds is `fitted_`, one value that never changes: `fit`, `warm_up` and `update`
    put another one in its place once they are done. Parts of it are at hand as `schema_`,
    `recipe_`, `transform_`, `strategy_` and `history_`.

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
        return clone_estimator(self)

    @property
    def settings(self) -> Settings:
        """The arguments as one value."""
        return Settings(**self.get_params(deep=False))

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
        check(self.settings)

    def plan(self, data: TimeSeries | TimeSeriesPanel, reserved: int | Sequence[int] = 0) -> Plan:
        """How `fit` will use each series but for its last `reserved` rows.

        Raises:
            DataError: they are too few.
        """
        self.check()
        return plan(self.settings, TimeSeriesPanel.of(data), reserved)

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
        checked = checked_callbacks(callbacks, "mae")
        column, by_series = split_weights(sample_weight)
        panel = read_panel(
            data, time=time, target=target, past=past, future=future, static=static, weight=column
        )
        panel = panel.as_known([len(series) - 1 for series in panel])
        planned = self.plan(panel)
        check_rates(checked, planned.recipe.schedule)
        self.fitted_ = fit_panel(
            self.settings,
            planned,
            panel,
            by_series,
            callbacks=checked,
            recorder=recorder,
            checkpoint=checkpoint,
            progress=progress,
        )
        return self

    def warm_up(self, data: Any) -> "Forecaster":
        """Reads another history from its start; `predict()` then forecasts from its end.

        Raises:
            DataError: fewer rows than `lookback_`, or another table than in `fit`.
        """
        self.fitted_ = self._require_fit().warmed_up(data)
        return self

    def update(self, data: Any) -> "Forecaster":
        """Reads new rows, the ones that follow what was read so far.

        The cost is that of the new rows, whatever the length of the history. Series of
        which there are no new rows stay where they are.

        Raises:
            DataError: the first row does not follow the last one read.
        """
        self.fitted_ = self._require_fit().updated(data)
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
        return self._require_fit().forecast(data, future, horizon)

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
        fitted = self._require_fit()
        whole_number("stride", stride)
        flag("audit", audit)
        if refit is not None:
            whole_number("refit", refit)
        if isinstance(baselines, str):
            raise ArgumentTypeError(
                f"`baselines` must be a list of names. Received: baselines={baselines!r}"
            )
        result = run_backtest(
            fitted,
            lambda rows: self.refitted(rows).fitted_,
            fitted.panel(data, weights=refit is not None),
            start=start,
            stride=stride,
            refit=refit,
            baselines=baselines,
            audit=audit,
        )
        if recorder is not None:
            record(result, recorder)
        return result

    def error_by_history(self, data: Any, lookbacks: Sequence[int] = (1, 10, 100)) -> pd.DataFrame:
        """How the error falls with the history that is read before a forecast.

        From origins after what `fit` saw, of a state that began at zero so many look-backs before.

        Args:
            data: the whole of each series, history included.
            lookbacks: how many are read. One for which there is too little is left out.

        Returns:
            Columns `lookbacks, rows, mae, origins`; `mae` as in the history of training.

        Raises:
            ArgumentError: a segment network, which carries no state.
            DataError: too few rows.
        """
        fitted = self._require_fit()
        return error_by_history(fitted, fitted.panel(data), lookbacks)

    def save(self, folder: str | Path) -> Path:
        """Writes the fitted forecaster, its state included, to a folder: JSON and arrays.

        The folder appears whole or not at all; an older model there is replaced.

        Raises:
            ArgumentError: the folder exists and holds something else.
        """
        return save(self._require_fit(), Path(folder).expanduser())

    @classmethod
    def load(cls, folder: str | Path) -> "Forecaster":
        """Reads a saved forecaster; it forecasts the same, bit for bit.

        Raises:
            ModelFileError: no model there, or a damaged one.
        """
        return cls.of(load(Path(folder).expanduser()))

    @classmethod
    def of(cls, fitted: FittedForecaster) -> "Forecaster":
        """One that was fitted already."""
        forecaster = cls(**fitted.settings.to_dict())
        forecaster.fitted_ = fitted
        return forecaster

    def with_recipe(self) -> "Forecaster":
        """An unfitted one that takes what this one's data chose, whatever its own would."""
        fitted = self._require_fit()
        chosen = fitted.recipe.to_dict()
        # a clone has its optimizer and loss already, and what an optimizer of its own says itself
        for name in ("why", *MAY_BE_OBJECTS, *own_settings(self.optimizer)):
            del chosen[name]
        if fitted.recipe.strategy != "segment":
            chosen |= {"segment": None, "window_normalization": None}
        power = fitted.transform.power_ or "none"
        return clone(self).set_params(**chosen | {"transform": power})

    def refitted(self, panel: TimeSeriesPanel) -> "Forecaster":
        """Another one that is fitted to other rows as this one was, its weights included."""
        weights = self._require_fit().sample_weight
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
        return self._require_fit().lookback

    @property
    def parameters_(self) -> int:
        """Number of weights that are trained."""
        return self._require_fit().parameters

    @property
    def schema_(self) -> Schema:
        """What the columns of the fitted table mean."""
        return self._require_fit().schema

    @property
    def recipe_(self) -> Recipe:
        """Every setting that followed from the data."""
        return self._require_fit().recipe

    @property
    def transform_(self) -> Transform:
        """Between series in their own units and the rows that the network reads."""
        return self._require_fit().transform

    @property
    def strategy_(self) -> Strategy:
        """The network, and how it is used."""
        return self._require_fit().strategy

    @property
    def history_(self) -> History:
        """Losses and validation errors of the training."""
        return self._require_fit().history

    def _require_fit(self) -> FittedForecaster:
        if not hasattr(self, "fitted_"):
            raise NotFittedError("This Forecaster is not fitted yet: call `fit` or `load` first.")
        return self.fitted_
