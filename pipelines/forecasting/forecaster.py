"""`Forecaster`: a recurrent network from a table to a forecast and its backtest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.base import clone

from ...datasets import TimeSeriesPanel, read_panel
from ...errors import flag
from ..recorder import Recorder
from ..storage.files import named_folder
from ..training.callbacks import Callbacks, check_rates, checked_callbacks
from ..training.keras_settings import MAY_BE_OBJECTS
from ..training.optimizers import own_settings
from .fitted import FittedForecaster
from .fitting import TrainedNetwork, train_network
from .parameters import Parameters
from .preprocessing.far_values import warn_of_far_values
from .saving import load
from .usage import Usage
from .weights import SampleWeight, split_weights


class Forecaster(Usage, Parameters):
    """Forecasts one or many series with a recurrent network that carries its state.

    One network is fitted over all series of a table, each scaled on its own.

    Args:
        cell: name of a cell in `CELLS`, a class of cells, a function from units to a cell, or a
            cell, ours or any Keras one, of which untrained copies are made.
        horizon: number of leads, in rows.
        layers: number of stacked cells.
        strategy: `"stateful"` (all leads at once from the state), `"closed_loop"`
            (one step ahead, fed back), `"segment"` (all leads at once from the look-back
            alone, read a segment at a time), or `"auto"`: chosen by cell, horizon and length;
            `recipe_.why` gives the reason.
        seed: seed of the fit: the same seed on the same data gives the same forecast.
        validation: share of the rows given to `fit`, the last ones, that are used to choose the
            best weights and not for training.
        refit: whether a second network is then trained on all rows, validation rows included, for
            as many steps as the chosen weights of the first had, at the same learning rates. It is
            the one that forecasts. Callbacks, recorder and progress follow the first. If its
            training fails, the first network forecasts: a warning and `refit_failure_` say why.
        cell_options: further arguments of the cell, by name.
        lookback: number of rows over which errors are propagated back in training, and the least
            history of a forecast; longer histories are read whole. This setting and those below
            follow, where they are `None`, from season, number and length of the series: see
            `recipe_` for their values and `docs/recipe.md` for the rules.
        segment: number of rows that a segment network reads, and forecasts, at once; its
            look-back is a whole number of segments.
        units: width of the cells.
        epochs: largest number of passes over the training span.
        patience: epochs without a better validation error before training ends.
        early_stopping: whether the weights with the smallest validation error are taken; else
            all `epochs` train, and the last weights are taken.
        batch_size: windows of a segment network, else parallel spans of the series, in a
            training step.
        learning_rate: largest learning rate of the optimizer.
        schedule: `"plateau"` halves the rate where the validation error stalls; with `"cosine"`
            it falls along a cosine to a hundredth in the last of `epochs`.
        ema_momentum: momentum of an exponential moving average of the weights, such as 0.99;
            the averages are used in place of the weights. 0 for none.
        dropout: share of the state that is dropped before the head in training.
        calendar: `"auto"`, or some of `"day"`, `"week"`, `"year"`: calendar covariates, known
            ahead. `"auto"` takes the cycles that occur twice in the training span, `[]` none.
        transform: `"log"` or `"box-cox"` for a target above 0 whose variation grows with its
            level. `"auto"` takes the logarithm for such series; `"none"` takes none.
        linear_lags: number of last rows that a linear path from the inputs to the leads of a
            stateful network reads; 0 for none. Its weights start at least squares, so that the
            network starts as a linear autoregression. A NARX cell has such a path over its delays,
            unless `cell_options` has `linear_path=False`; delays that are left out are chosen from
            the training rows.
        window_normalization: for the windows of a segment network: `"last"` subtracts the last
            value, `"instance"` the mean, and divides by the deviation; `"none"` does neither.

        The following settings do not follow from the data:

        optimizer: by default Adam. The name of a Keras optimizer, such as `"sgd"`, is used with
            `learning_rate`, `schedule` and `ema_momentum` as above, and with the norm of each
            gradient clipped at 1. An object, or a Keras config such as `{"class_name": "SGD",
            "config": {"momentum": 0.9}}`, has its own learning rate, schedule and averages.
            Each fit makes a new optimizer from it. A learning rate that is a number is halved
            where the validation error stalls.
        loss: by default the absolute error. A name (`"mse"`, `"huber"`, `"log_cosh"`), a Keras
            config, an object of `keras.losses`, or a function of truth and forecast, both
            `(batch, …, 1)`, that returns a number for each value. Training minimizes the mean
            over the targets that are not missing. The values are scaled; those of a stateful
            network are changes from the last value, in units of their mean size at each lead.
            A `rnnzoo.zoo.losses.SequenceLoss` gets whole sequences, NaN included. Whatever the
            loss, the weights are chosen by the mean absolute error of the validation rows.
        head: the distribution that is forecast for each lead, in place of one number:
            `"quantiles"` (of 13 levels, which cannot cross; whatever the distribution), `"normal"`,
            `"student_t"` (heavy tails, as of returns), and for counts `"negative_binomial"` and
            `"zero_inflated"`. `yhat` is then its median. It has a loss of its own, in place of
            `loss`, and the weights are chosen by the CRPS of the validation rows. A closed loop
            draws each step from the distribution and feeds it back. Counts are whole numbers from
            0, as they are: no `difference`, `transform`, running scale or normalized windows. See
            `docs/heads.md`.
        difference: `"step"` reads differences of the target in place of the target, for series
            without a fixed level, such as prices; `"season"` differences from the value one
            season before.
        scaling: `"z-score"`, `"robust"` (median and quartiles: outliers have little effect), or
            `"running"`: an exponentially weighted mean and deviation over a look-back, which
            are part of the carried state.
        channels: how a segment network reads several series: `"independent"`, `"embedded"` (it
            also reads the number of the series), or `"mixed"` (it reads the targets of all,
            which need the same times).
        engine: how the loops over time are run: `"auto"`, or a name in `rnnzoo.zoo.engines`.
        max_minutes: time limit of training in minutes, after which no epoch begins. It cuts a
            cosine schedule short, and the same seed gives the same forecast only at the same
            speed.

    `fit` sets `fitted_`, a frozen value; `fit`, `warm_up` and `update` replace it as a whole
    once they are done. Its parts are also available as `schema_`, `recipe_`, `transform_`,
    `strategy_` and `history_`.

    Example:

    >>> from rnnzoo import Forecaster, load_dataset
    >>> weather = load_dataset("seattle-weather")
    >>> forecaster = Forecaster("gru", horizon=3, lookback=14, units=4, epochs=1)
    >>> forecaster.fit(weather[:400]).predict().columns.tolist()
    ['unique_id', 'ds', 'cutoff', 'step', 'yhat']
    """

    def fit(
        self,
        data: Any,
        *,
        time: str | Sequence[str] | None = None,
        target: str | Sequence[str] | None = None,
        past: str | Sequence[str] = (),
        future: str | Sequence[str] = (),
        static: str | Sequence[str] = (),
        sample_weight: SampleWeight = None,
        callbacks: Callbacks = None,
        recorder: Recorder | None = None,
        checkpoint: str | Path | None = None,
        progress: bool = False,
    ) -> "Forecaster":
        """Trains on all rows of `data`: leave out those that a backtest is to score.

        Training begins anew, also of a forecaster that was fitted or loaded: `update` reads new
        rows into the state without training.

        Args:
            data: a frame (with a column `unique_id` if it holds several series), a series
                with a `DatetimeIndex`, a path to CSV or Parquet, or a result of
                `rnnzoo.read_series`, `rnnzoo.read_panel` or `rnnzoo.load_dataset`.
            time: time column; by default `ds`, or the index.
            target: column to forecast; by default `y`. Several columns of a wide table are
                one series each.
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
                and `val_mae`, with a head `val_crps`, the last two being the validation error.
                `stop_training` ends the fit; it has the weights with the smallest validation
                error all the same. If a callback sets the learning rate, the fit itself no longer
                changes it. See `docs/fits.md`.
            recorder: logs parameters and the errors of each epoch.
            checkpoint: folder for the state of the fit, written after each epoch. A fit that was
                killed continues from it, with the same settings and data to the same weights,
                bit for bit; a fit that has finished trains nothing. It does not hold the state
                of callbacks: they start anew where a fit continues, with a warning.
            progress: show epoch, loss, validation error and the time left.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
            DataError: a table that cannot be used, or that is too short.
            FitError: training diverged.
            CheckpointError: the checkpoint is damaged, of another fit, or cannot be written.
        """
        trained = self.train(
            data, time=time, target=target, past=past, future=future, static=static,
            sample_weight=sample_weight, callbacks=callbacks, recorder=recorder,
            checkpoint=checkpoint, progress=progress,
        )  # fmt: skip
        self.fitted_ = trained.finished(checkpoint)
        return self

    def train(
        self,
        data: Any,
        *,
        sample_weight: SampleWeight = None,
        callbacks: Callbacks = None,
        recorder: Recorder | None = None,
        checkpoint: str | Path | None = None,
        progress: bool = False,
        **columns: Any,
    ) -> TrainedNetwork:
        """Trains a network as `fit` does, to the point where the validation rows have chosen its
        weights; arguments and errors as of `fit`.

        `finished()` of the result is what `fit` sets, `fitted()` the network as it is.
        """
        self.check()
        flag("progress", progress)
        checked = checked_callbacks(callbacks, self.settings.error)
        column, by_series = split_weights(sample_weight)
        panel = read_panel(data, weight=column, **columns)
        panel = panel.as_known([len(series) - 1 for series in panel])
        warn_of_far_values(panel)
        planned = self.plan(panel)
        check_rates(checked, planned.recipe.schedule)
        return train_network(
            self.settings,
            planned,
            panel,
            by_series,
            callbacks=checked,
            recorder=recorder,
            checkpoint=checkpoint,
            progress=progress,
        )

    @classmethod
    def load(cls, folder: str | Path) -> "Forecaster":
        """Reads a saved forecaster; its forecasts are the same, bit for bit.

        Raises:
            ModelFileError: the folder holds no model, or a damaged one.
        """
        return cls.of(load(named_folder(folder)))

    @classmethod
    def of(cls, fitted: FittedForecaster) -> "Forecaster":
        """Makes a forecaster from a fitted value."""
        forecaster = cls(**fitted.settings.to_dict())
        forecaster.fitted_ = fitted
        return forecaster

    def with_recipe(self) -> "Forecaster":
        """Returns an unfitted forecaster with the recipe of this one as its settings, so that other
        data choose nothing."""
        fitted = self._require_fit()
        recipe = fitted.recipe.to_dict()
        # the clone has optimizer and loss already, and an optimizer object its own settings
        for name in ("why", *MAY_BE_OBJECTS, *own_settings(fitted.settings.optimizer)):
            del recipe[name]
        if delays := recipe.pop("delays", None):
            recipe["cell_options"] = delays | (fitted.settings.cell_options or {})
        if fitted.recipe.strategy != "segment":
            recipe |= {"segment": None, "window_normalization": None}
        power = fitted.transform.power_ or "none"
        return clone(self.of(fitted)).set_params(**recipe | {"transform": power})

    def refitted(self, panel: TimeSeriesPanel) -> "Forecaster":
        """Returns a new forecaster, fitted to other rows with the recipe and the sample weights of
        this one."""
        weights = self._require_fit().sample_weight
        if weights is not None:
            weights = {one: weights[one] for one in panel.ids}
        return self.with_recipe().fit(panel, sample_weight=weights)
