"""Ensembles: the mean or the median of several forecasters."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from ...datasets import TimeSeries, TimeSeriesPanel, read_panel
from ...errors import ArgumentError, ArgumentTypeError, ModelFileError, one_of, whole_number
from ..estimator import Estimator
from ..evaluation.conformal import ErrorMemory
from ..recorder import NullRecorder, Recorder
from ..storage.folders import read_folder, write_folder
from ..training.callbacks import Callbacks
from ..training.checkpoints import member_folder
from .backtest.recording import record
from .backtest.result import Backtest
from .fitted import FittedForecaster
from .fitting import TrainedNetwork
from .forecaster import Forecaster
from .intervals import Uncertainty
from .members import (
    MembersRecorder,
    callbacks_of,
    held_out_errors,
    member_scores,
    refuse_twins,
)
from .past_errors import errors_after
from .plan import Plan
from .saving import from_plain, to_plain
from .weights import SampleWeight, split_weights

KIND = "ensemble"
AGGREGATIONS: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "median": np.median}


class Ensemble(Estimator[list[Forecaster]]):
    """Forecasts with several forecasters, over seeds or cells.

    Differences between networks that come from random initial weights average out. An ensemble
    is fitted, updated, saved and loaded like one forecaster; its state is that of its members.

    Args:
        members: unfitted forecasters of one horizon.
        aggregation: `"mean"` or `"median"` of the forecasts of each lead.
        n_seeds: number of fits of each member, with consecutive seeds from its own.

    After `fit`, `members_` holds the fitted forecasters.

    Example:

    >>> from rnnzoo import Ensemble, Forecaster, load_dataset
    >>> weather = load_dataset("seattle-weather")[:300]
    >>> one = Forecaster("gru", horizon=2, lookback=14, units=2, epochs=1)
    >>> Ensemble([one], n_seeds=2).fit(weather).predict()["step"].tolist()
    [1, 2]
    """

    def __init__(self, members: Sequence[Forecaster], aggregation: str = "mean", n_seeds: int = 1):
        self.members = members
        self.aggregation = aggregation
        self.n_seeds = n_seeds

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for members that cannot be combined."""
        one_of("aggregation", self.aggregation, AGGREGATIONS)
        whole_number("n_seeds", self.n_seeds)
        if not isinstance(self.members, (list, tuple)) or not self.members:
            raise ArgumentTypeError(
                f"`members` must be a list of forecasters. Received: members={self.members!r}"
            )
        for member in self.members:
            if not isinstance(member, Forecaster):
                raise ArgumentTypeError(f"`members` must hold Forecasters. Received: {member!r}")
            member.check()
        if len(horizons := {member.horizon for member in self.members}) > 1:
            raise ArgumentError(
                f"The members of an ensemble forecast one horizon. Received: {sorted(horizons)}"
            )

    def plan(self, data: TimeSeries | TimeSeriesPanel, reserved: int | Sequence[int] = 0) -> Plan:
        """How `fit` will use each series, as `Forecaster.plan` of the first member.

        Raises:
            DataError: a member needs more rows.
        """
        first, *_ = [member.plan(data, reserved) for member in self.members]
        return first

    def fit(
        self,
        data: Any,
        *,
        callbacks: Callbacks | Callable[[Forecaster], Callbacks] = None,
        recorder: Recorder | None = None,
        checkpoint: str | Path | None = None,
        progress: bool = False,
        sample_weight: SampleWeight = None,
        **columns: Any,
    ) -> "Ensemble":
        """Fits each member; `data`, `sample_weight`, `columns` and errors are as for
        `Forecaster.fit`.

        Args:
            callbacks: Keras callbacks, used by one member after the other, so that a file which
                they write is that of the last one; or a function from an unfitted member to its
                callbacks, as `lambda member: [CSVLogger(f"{member.seed}.csv")]`.
            recorder: logs the parameters of the first member, and the epochs of all members
                numbered in one sequence.
            checkpoint: folder in which each member has a folder for its checkpoint: members that
                are finished are not trained again.
            progress: show the progress of each member.
        """
        self.check()
        members = [
            clone(member).set_params(seed=member.seed + k)
            for member in self.members
            for k in range(self.n_seeds)
        ]
        refuse_twins(members)
        own = [callbacks_of(member, callbacks) for member in members]
        shared = {"members": len(members), "aggregation": self.aggregation, "n_seeds": self.n_seeds}
        column, by_series = split_weights(sample_weight)
        panel = read_panel(data, weight=column, **columns)
        epochs = sum(member.plan(panel).recipe.epochs for member in members)
        members_recorder = MembersRecorder(recorder or NullRecorder(), shared, epochs)
        trained: list[TrainedNetwork] = []
        for k, member in enumerate(members):
            how: dict[str, Any] = {"callbacks": own[k], "checkpoint": member_folder(checkpoint, k)}
            how |= {"recorder": members_recorder, "progress": progress}
            trained.append(member.train(panel, sample_weight=by_series, **how))
        members_recorder.finish()
        chosen = [one.fitted() for one in trained]
        errors = held_out_errors(trained, chosen, self._aggregate)
        for k, member in enumerate(members):
            member.fitted_ = trained[k].finished(member_folder(checkpoint, k), chosen[k])
        self.fitted_, self.errors_, self.held_out_ = members, errors, errors
        return self

    def retrained(self, data: Any) -> "Ensemble":
        """Returns an ensemble of members that are trained anew on all rows of `data`, as
        `Forecaster.retrained`."""
        members = self._require_fit()
        first = members[0].fitted_
        panel = first.panel(data, weights=True)
        newer = first.rows_after(panel)
        errors = self.errors_
        if newer is not None:
            errors = self._after_update(newer)[1]
        ensemble = clone(self)
        ensemble.fitted_ = [member.retrained(panel) for member in members]
        ensemble.errors_ = ensemble.held_out_ = errors.select(first.places(panel.ids))
        return ensemble

    def warm_up(self, data: Any) -> "Ensemble":
        """Reads another history from its start, as `Forecaster.warm_up`."""
        members = self._require_fit()
        first = members[0].fitted_
        panel = first.panel(data)
        read = [member.fitted_.after_warm_up(panel) for member in members]
        last = [series.times[-1] for series in panel]
        return self._with(read, first.errors_at(self.errors_, first.places(panel.ids), last))

    def update(self, data: Any) -> "Ensemble":
        """Reads the rows that follow those read so far, as `Forecaster.update`."""
        return self._with(*self._after_update(data))

    def _after_update(self, data: Any) -> tuple[list[FittedForecaster], ErrorMemory]:
        """The members and the errors of their combination after new rows."""
        members = self._require_fit()
        first = members[0].fitted_
        panel = first.panel_after(data)
        which = first.places(panel.ids)
        replays = [member.fitted_.replayed(panel) for member in members]
        made = zip(*[forecasts for forecasts, _ in replays], strict=True)
        forecasts = [self._aggregate([*each]) for each in made]
        before = [first.last_times[i] for i in which]
        errors = errors_after(self.errors_, which, panel, before, forecasts)
        return [read for _, read in replays], errors

    def predict(
        self,
        data: Any = None,
        *,
        future: Any = None,
        horizon: int | None = None,
        quantiles: Sequence[float] | None = None,
        level: Sequence[float] | None = None,
        samples: int | None = None,
    ) -> pd.DataFrame:
        """Forecasts the rows that follow, as `Forecaster.predict`; intervals come from the past
        errors of the combined forecasts."""
        wanted = Uncertainty.checked(quantiles, level, samples)
        members = self._require_fit()
        frames = [m.predict(data, future=future, horizon=horizon) for m in members]
        combined = self._aggregate([frame["yhat"].to_numpy() for frame in frames])
        frame, first = frames[0].assign(yhat=combined), members[0].fitted_
        return first.frame_with(frame, self.errors_, wanted, data is not None)

    def backtest(self, data: Any, *, recorder: Recorder | None = None, **how: Any) -> Backtest:
        """Forecasts from every origin after the fitted rows; `how` as for
        `Forecaster.backtest`."""
        first, *others = self._require_fit()
        result = first.backtest(data, **how)
        results = [result, *[m.backtest(data, **how | {"baselines": ()}) for m in others]]
        combined = self._aggregate([one.forecasts[one.model] for one in results])
        baselines = {name: result.forecasts[name] for name in result.baselines}
        earlier = result.earlier
        if earlier is not None:
            own = self.held_out_.select(first.fitted_.places(earlier.ids))
            earlier = earlier.of(self.name, own)
        result = replace(
            result,
            model=self.name,
            earlier=earlier,
            of_head=None,
            forecasts={self.name: combined} | baselines,
            parameters=self.parameters_,
            seconds=sum(one.seconds for one in results),
            members=member_scores(self._require_fit(), results),
        )
        if recorder is not None:
            record(result, recorder)
        return result

    @property
    def name(self) -> str:
        """The name in tables, e.g. `mean of 3 gru`."""
        kinds = dict.fromkeys(member.cell_name for member in self.members)
        return f"{self.aggregation} of {len(self.members) * self.n_seeds} {', '.join(kinds)}"

    @property
    def horizon(self) -> int:
        """The number of leads, in rows."""
        return self.members[0].horizon

    @property
    def cell_name(self) -> str:
        """As of the first member."""
        return self.members[0].cell_name

    @property
    def seed(self) -> int:
        """As of the first member."""
        return self.members[0].seed

    @property
    def difference(self) -> bool:
        """Whether a member reads differences of the target."""
        return any(member.difference for member in self.members)

    def _with(self, fitted: Sequence[FittedForecaster], errors: ErrorMemory) -> "Ensemble":
        """Puts a value into each member, once all of them are there."""
        for member, value in zip(self._require_fit(), fitted, strict=True):
            member.fitted_ = value
        self.errors_ = errors
        return self

    @property
    def fitted_networks(self) -> list[FittedForecaster]:
        """The fitted networks, at least one."""
        return [member.fitted_ for member in self._require_fit()]

    @property
    def members_(self) -> list[Forecaster]:
        """The fitted forecasters."""
        return self._require_fit()

    @property
    def parameters_(self) -> int:
        """The number of trained weights of all networks."""
        return sum(member.parameters_ for member in self._require_fit())

    def error_by_history(self, data: Any, lookbacks: Sequence[int] = (1, 10, 100)) -> pd.DataFrame:
        """The mean over the members of `Forecaster.error_by_history`."""
        tables = pd.concat([m.error_by_history(data, lookbacks) for m in self._require_fit()])
        return tables.groupby("lookbacks", as_index=False).mean()

    def save(self, folder: str | Path) -> Path:
        """Writes all members with their states to one folder, as JSON and arrays.

        Raises:
            ArgumentError: the folder exists and holds something else.
        """
        manifests: list[dict[str, Any]] = []
        arrays: dict[str, list] = {}
        for k, member in enumerate(self._require_fit()):
            manifest, own = to_plain(member.fitted_)
            manifests.append(manifest)
            arrays |= {f"{name}-{k}": values for name, values in own.items()}
        arrays["errors"] = self.errors_.to_arrays()
        arrays["held_out"] = self.held_out_.to_arrays()
        path = Path(folder).expanduser()
        manifest = {"aggregation": self.aggregation, "members": manifests}
        write_folder(path, KIND, manifest, arrays)
        return path

    @classmethod
    def load(cls, folder: str | Path) -> "Ensemble":
        """Reads a saved ensemble; its forecasts are the same, bit for bit.

        Raises:
            ModelFileError: the folder holds no ensemble, or a damaged one.
        """
        path = Path(folder).expanduser()
        manifest, arrays = read_folder(path, KIND)
        try:
            fitted = []
            for k, member in enumerate(manifest["members"]):
                ending = f"-{k}"
                own = {n.removesuffix(ending): v for n, v in arrays.items() if n.endswith(ending)}
                fitted.append(Forecaster.of(from_plain(member, own)))
            ensemble = cls([clone(member) for member in fitted], manifest["aggregation"])
            ensemble.check()
            ensemble.errors_ = ErrorMemory.from_arrays(arrays["errors"])
            ensemble.held_out_ = ErrorMemory.from_arrays(arrays["held_out"])
        except ModelFileError as error:
            raise ModelFileError(f"{path} {error}") from error
        except Exception as error:  # whatever a stranger's file makes Keras raise
            raise ModelFileError(f"{path} is no ensemble that can be read: {error}") from error
        ensemble.fitted_ = fitted
        return ensemble

    def _aggregate(self, forecasts: list[np.ndarray]) -> np.ndarray:
        return AGGREGATIONS[self.aggregation](forecasts, axis=0)
