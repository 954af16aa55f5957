"""Ensembles: the mean or the median of several forecasters."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import clone

from ....datasets import TimeSeries, TimeSeriesPanel, read_panel
from ....errors import ArgumentError, ArgumentTypeError, one_of, whole_number
from ...recorder import NullRecorder, Recorder
from ...storage.files import named_folder
from ...storage.folders import read_folder, write_folder
from ...storage.model import PackedModel, pack, unpack
from ...storage.restoring import restoring
from ...training.callbacks import Callbacks
from ...training.checkpoints import member_folder
from ..backtest.recording import record
from ..backtest.result import Backtest
from ..fitted import FittedForecaster
from ..fitting import TrainedNetwork
from ..forecaster import Forecaster
from ..history.reads import Reads
from ..members import (
    MembersRecorder,
    callbacks_of,
    held_out_errors,
    member_scores,
    refuse_twins,
)
from ..plan import Plan
from ..weights import SampleWeight, split_weights
from .fitted import AGGREGATIONS, FittedEnsemble
from .saving import KIND, ensemble_from_plain, ensemble_to_plain


class Ensemble(Reads[FittedEnsemble]):
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
        errors = held_out_errors(trained, chosen, partial(AGGREGATIONS[self.aggregation], axis=0))
        fitted = [
            one.finished(member_folder(checkpoint, k), chosen[k]) for k, one in enumerate(trained)
        ]
        self.fitted_ = FittedEnsemble.of(fitted, self.aggregation, errors, errors)
        return self

    def retrained(self, data: Any) -> "Ensemble":
        """Returns an ensemble of members that are trained anew on all rows of `data`, as
        `Forecaster.retrained`."""
        fitted = self._require_fit()
        panel = fitted.panel(data, weights=True)
        errors = fitted.errors_until(panel).select(fitted.places(panel.ids))
        members = [member.retrained(panel).fitted_ for member in self.members_]
        return self._of(FittedEnsemble.of(members, fitted.aggregation, errors, errors))

    def backtest(self, data: Any, *, recorder: Recorder | None = None, **how: Any) -> Backtest:
        """Forecasts from every origin after the fitted rows; `how` as for
        `Forecaster.backtest`."""
        fitted = self._require_fit()
        first, *others = self.members_
        result = first.backtest(data, **how)
        results = [result, *[m.backtest(data, **how | {"baselines": ()}) for m in others]]
        combined = fitted.combined([one.forecasts[one.model] for one in results])
        baselines = {name: result.forecasts[name] for name in result.baselines}
        earlier = result.earlier
        if earlier is not None:
            own = fitted.held_out.select(fitted.places(earlier.ids))
            earlier = earlier.of(fitted.name, own)
        result = replace(
            result,
            model=fitted.name,
            earlier=earlier,
            of_head=None,
            forecasts={fitted.name: combined} | baselines,
            parameters=fitted.parameters,
            seconds=sum(one.seconds for one in results),
            members=member_scores(self.members_, results),
        )
        if recorder is not None:
            record(result, recorder)
        return result

    @property
    def name(self) -> str:
        """The name in tables, e.g. `mean of 3 gru`; of what was fitted, if it is."""
        if self.is_fitted:
            return self.fitted_.name
        kinds = dict.fromkeys(member.cell_name for member in self.members)
        return f"{self.aggregation} of {len(self.members) * self.n_seeds} {', '.join(kinds)}"

    @property
    def horizon(self) -> int:
        """The number of leads, in rows."""
        return self.fitted_.horizon if self.is_fitted else self.members[0].horizon

    @property
    def cell_name(self) -> str:
        """As of the first member."""
        return self.fitted_.first.cell_name if self.is_fitted else self.members[0].cell_name

    @property
    def seed(self) -> int:
        """As of the first member."""
        return self.fitted_.seed if self.is_fitted else self.members[0].seed

    @property
    def difference(self) -> bool:
        """Whether a member reads differences of the target."""
        members = self.fitted_networks if self.is_fitted else self.members
        settings = [one.settings for one in members]
        return any(one.difference for one in settings)

    @property
    def fitted_networks(self) -> list[FittedForecaster]:
        """The fitted networks, at least one."""
        return [*self._require_fit().members]

    @property
    def members_(self) -> list[Forecaster]:
        """The fitted forecasters."""
        return [Forecaster.of(member) for member in self._require_fit().members]

    @property
    def parameters_(self) -> int:
        """The number of trained weights of all networks."""
        return self._require_fit().parameters

    def error_by_history(self, data: Any, lookbacks: Sequence[int] = (1, 10, 100)) -> pd.DataFrame:
        """The mean over the members of `Forecaster.error_by_history`."""
        tables = pd.concat([m.error_by_history(data, lookbacks) for m in self.members_])
        return tables.groupby("lookbacks", as_index=False).mean()

    def save(self, folder: str | Path) -> Path:
        """Writes all members with their states to one folder, as JSON and arrays.

        Raises:
            ArgumentError: the folder exists and holds something else.
            ModelFileError: it cannot be written.
        """
        path = named_folder(folder)
        write_folder(path, KIND, *ensemble_to_plain(self._require_fit()))
        return path

    @classmethod
    def load(cls, folder: str | Path) -> "Ensemble":
        """Reads a saved ensemble; its forecasts are the same, bit for bit.

        Raises:
            ModelFileError: the folder holds no ensemble, or a damaged one.
        """
        path = named_folder(folder)
        manifest, arrays = read_folder(path, KIND)
        with restoring(path, KIND):
            return cls._of(ensemble_from_plain(manifest, arrays))

    @classmethod
    def _of(cls, fitted: FittedEnsemble) -> "Ensemble":
        """Makes an ensemble from a fitted value."""
        members = [clone(Forecaster.of(member)) for member in fitted.members]
        ensemble = cls(members, fitted.aggregation)
        ensemble.fitted_ = fitted
        return ensemble

    def _packed(self) -> PackedModel:
        return pack(KIND, *ensemble_to_plain(self.fitted_))

    def _unpacked(self, packed: PackedModel) -> FittedEnsemble:
        return ensemble_from_plain(*unpack(packed, KIND, "the pickled ensemble"))
