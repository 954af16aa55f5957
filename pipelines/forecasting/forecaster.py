"""`Forecaster`: a recurrent network from a table to a forecast and its backtest."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from ...datasets import HOLIDAY, Series, future_rows, read, read_like, require_rows
from ...errors import ArgumentError, DataError, whole_number
from ..recorder import Recorder, Silence
from ..training import seeded
from ..windows import origins_between
from . import settings
from .architectures import Architecture, State, architecture_name, build
from .backtest import Backtest, beside_baselines, first_scored, record
from .fitting import fit_network
from .rows import Transform
from .saving import restore, save


class Forecaster(BaseEstimator):
    """Forecasts a series with a recurrent network whose state is carried along it.

    Args:
        cell: name of a cell in `CELLS`.
        horizon: leads, in rows.
        lookback: rows over which errors are propagated back in training, and the least
            history that a forecast reads; what is given beyond that is read too. By
            default it follows from horizon, season and length.
        units: width of the cells.
        layers: cells on top of each other.
        architecture: `"carried"` (all leads at once from the state), `"closed_loop"`
            (one step ahead, fed back), or `"auto"`, the natural one of the cell.
        difference: read the steps of the target in place of its level, for series that
            wander, such as prices.
        seed: the same seed on the same data gives the same forecast.
        epochs: passes over the training span, at most.
        patience: epochs without a better validation error before training ends.
        learning_rate: of Adam.
        validation: share of the rows given to `fit`, the last ones, that choose the
            weights and train nothing.
        cell_options: further arguments of the cell, by name.

    What `fit` learns ends in an underscore: `schema_`, `transform_`, `architecture_`,
    `history_`, `state_`, `last_time_`.

    Example:

    >>> from rnnzoo import Forecaster, load
    >>> weather = load("seattle-weather")
    >>> forecaster = Forecaster("gru", horizon=3, lookback=14, units=4, epochs=1)
    >>> forecaster.fit(weather[:400]).predict().columns.tolist()
    ['unique_id', 'ds', 'cutoff', 'step', 'yhat']
    """

    def __init__(
        self,
        cell: str = "gru",
        horizon: int = 1,
        lookback: int | None = None,
        units: int = 32,
        layers: int = 1,
        architecture: str = "auto",
        difference: bool = False,
        seed: int = 0,
        epochs: int = 100,
        patience: int = 15,
        learning_rate: float = 0.01,
        validation: float = 0.2,
        cell_options: dict[str, Any] | None = None,
    ):
        self.cell = cell
        self.horizon = horizon
        self.lookback = lookback
        self.units = units
        self.layers = layers
        self.architecture = architecture
        self.difference = difference
        self.seed = seed
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.validation = validation
        self.cell_options = cell_options

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
        settings.check(self.get_params())

    def plan(self, series: Series, reserved: int = 0) -> settings.Plan:
        """How `fit` will use a series but for its last `reserved` rows.

        Raises:
            DataError: they are too few.
        """
        self.check()
        return settings.plan(self.get_params(), series, reserved)

    def fit(
        self,
        data: Any,
        *,
        time: str | None = None,
        target: str | None = None,
        past: Any = (),
        future: Any = (),
        recorder: Recorder | None = None,
    ) -> "Forecaster":
        """Trains on every row of `data`: give it nothing that a backtest shall score.

        Args:
            data: a frame, a series with a `DatetimeIndex`, a path to CSV or Parquet, or
                a `Series` of `rnnzoo.read` or `rnnzoo.load`.
            time: time column; by default `ds`, or the index.
            target: column to forecast; by default `y`.
            past: covariates known up to the origin.
            future: covariates known for the steps ahead too.
            recorder: told of parameters and of the errors of each epoch.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
            DataError: a table that cannot be used, or that is too short.
            FitError: training diverged.
        """
        recorder = recorder or Silence()
        self.check()
        series = read(data, time=time, target=target, past=past, future=future)
        plan = self.plan(series)
        if hasattr(self, "state_"):  # should this fit fail, no half of an older one is left
            del self.state_
        self.schema_ = series.schema
        self.lookback_, self.horizon_ = plan.lookback, int(self.horizon)
        self.transform_ = Transform(series.schema, self.difference).fit(series[: plan.training])
        rows = self.transform_.rows(series)
        with seeded(self.seed):
            self.architecture_ = self.build()
            recorder.parameters(settings.described(self, plan))
            self.history_ = fit_network(
                self.architecture_, rows, plan, self.horizon_, self.get_params(), recorder
            )
        self.fitted_until_ = series.times[-1]
        self._move(self.architecture_.read(rows, None), series)
        return self

    def warm_up(self, data: Any) -> "Forecaster":
        """Reads another history from its start; `predict()` then forecasts from its end.

        Raises:
            DataError: fewer rows than `lookback_`, or another table than in `fit`.
        """
        series = self._history(data)
        self._move(self.architecture_.read(self.transform_.rows(series), None), series)
        return self

    def update(self, data: Any) -> "Forecaster":
        """Reads new rows, the ones that follow what was read so far.

        The cost is that of the new rows, whatever the length of the history.

        Raises:
            DataError: the first row does not follow the last one read.
        """
        self._require_fit()
        series = read_like(data, self.schema_)
        expected = self.schema_.times_after(self.last_time_, 1)[0]
        first = series.times[0]
        hole = np.busday_count(expected.date(), first.date())
        holiday = self.schema_.frequency == "B" and 0 < hole <= HOLIDAY
        if first != expected and not holiday:
            raise DataError(
                f"New rows must follow {self.last_time_}, the last one read: the next is "
                f"{expected}. Received: a first row at {first}. Use warm_up to start anew."
            )
        rows = self.transform_.rows(series, before=self.state_.level)
        self._move(self.architecture_.read(rows, self.state_), series)
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
            A frame with `unique_id, ds, cutoff, step, yhat`.

        Raises:
            DataError: too little history, covariates that are missing, or do not cover
                the horizon.
        """
        self._require_fit()
        leads = self._leads(horizon)
        state, last = self.state_, self.last_time_
        if data is not None:
            series = self._history(data)
            state = self.architecture_.read(self.transform_.rows(series), None)
            last = series.times[-1]
        times = self.schema_.times_after(last, leads)
        known = self.transform_.scale_future(future_rows(future, self.schema_, times))
        forecast = self.architecture_.forecast(state, known)
        return pd.DataFrame(
            {
                "unique_id": self.schema_.name,
                "ds": times,
                "cutoff": last,
                "step": np.arange(1, leads + 1),
                "yhat": forecast,
            }
        )

    def backtest(
        self,
        data: Any,
        *,
        start: Any = None,
        stride: int = 1,
        recorder: Recorder | None = None,
    ) -> Backtest:
        """Forecasts from every origin of the rows that `fit` did not see, in one pass.

        Args:
            data: the whole series, history included.
            start: first time to be scored; by default the first after what `fit` saw.
            stride: rows from one origin to the next.
            recorder: told of the errors.

        Raises:
            ArgumentError: `start` lies in what `fit` saw.
            DataError: no rows to score, too little history, another table than in `fit`.
        """
        self._require_fit()
        whole_number("stride", stride)
        series = read_like(data, self.schema_)
        first = first_scored(series, start, self.fitted_until_, self.horizon_)
        training = int((series.times <= self.fitted_until_).sum())
        require_rows(
            series[:training],
            self.lookback_ + self.horizon_,
            "look-back + horizon of what `fit` saw: give the whole series, history included",
        )
        require_rows(series, first + self.horizon_, f"{first} before the backtest + the horizon")
        origins = origins_between(first, len(series), self.horizon_, stride)
        rows = self.transform_.rows(series)
        forecast = self.architecture_.forecast_origins(rows, origins, self.horizon_)
        result = beside_baselines(
            self.cell,
            forecast,
            series,
            origins,
            training,
            order=self.lookback_,
            parameters=self.parameters_,
            seconds=self.history_.seconds,
        )
        if recorder is not None:
            record(result, recorder)
        return result

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

    @property
    def parameters_(self) -> int:
        """Weights of the network."""
        self._require_fit()
        return int(self.architecture_.network.count_params())

    def build(self) -> Architecture:
        """An untrained network for the table that was fitted."""
        return build(
            architecture_name(self.cell, self.architecture, self.layers),
            self.transform_,
            cell=self.cell,
            units=int(self.units),
            layers=int(self.layers),
            horizon=self.horizon_,
            lookback=self.lookback_,
            options=self.cell_options or {},
        )

    def _move(self, state: State, series: Series) -> None:
        self.state_, self.last_time_ = state, series.times[-1]

    def _history(self, data: Any) -> Series:
        self._require_fit()
        series = read_like(data, self.schema_)
        require_rows(series, self.lookback_, "the look-back")
        return series

    def _leads(self, horizon: int | None) -> int:
        leads = self.horizon_ if horizon is None else whole_number("horizon", horizon)
        if self.architecture_.name == "carried" and leads > self.horizon_:
            raise ArgumentError(
                f"A carried network forecasts the {self.horizon_} leads it was fitted for. "
                f'Received: horizon={leads}. Fit with that horizon, or architecture="closed_loop".'
            )
        return leads

    def _require_fit(self) -> None:
        if not hasattr(self, "state_"):
            raise NotFittedError("This Forecaster is not fitted yet: call `fit` or `load` first.")
