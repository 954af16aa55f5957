"""Several forecasters as one: the mean or the median of what they say."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from ...datasets import TimeSeries, TimeSeriesPanel
from ...errors import ArgumentError, ArgumentTypeError, ModelFileError, one_of, whole_number
from ..estimator import BaseEstimator
from ..recorder import NullRecorder, Recorder
from ..storage.folders import read_folder, write_folder
from ..training.callbacks import Callbacks, checked_callbacks
from ..training.checkpoints import member_folder
from ..training.keras_settings import plain_settings
from .backtest.recording import record
from .backtest.result import Backtest
from .forecaster import Forecaster
from .plan import Plan
from .saving import from_plain, to_plain

KIND = "ensemble"
HOW: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "median": np.median}


class Ensemble(BaseEstimator):
    """Forecasts with several forecasters at once, over seeds or cells.

    What differs between networks by the luck of their start averages out. It is fitted, moved
    on, saved and loaded as one, and its state is that of its members.

    Args:
        members: unfitted forecasters of one horizon.
        aggregation: `"mean"` or `"median"` of the forecasts of each lead.
        n_seeds: times that each is fitted, with seeds that count on from its own.

    What `fit` learns: `members_`, the fitted forecasters.

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
        """Raises ArgumentError or ArgumentTypeError for what cannot be combined."""
        one_of("aggregation", self.aggregation, HOW)
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
        """How `fit` will use each series, as of `Forecaster.plan`; that of the first member.

        Raises:
            DataError: there are too few rows for one of them.
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
        **columns: Any,
    ) -> "Ensemble":
        """Fits each member; `data`, `columns`, `sample_weight` among them, and what is raised are
        as of `Forecaster.fit`.

        Args:
            callbacks: of Keras, the same for one member after the other, so that a file which
                they write is the last one's; or a function of the unfitted member that gives
                its own, as `lambda member: [CSVLogger(f"{member.seed}.csv")]`.
            recorder: told of the parameters of the first one, and of the epochs of one after the
                other, counted on.
            checkpoint: folder in which each member keeps where its fit stands, in a folder of
                its own: those that are finished are not trained again.
            progress: show how far each member is.
        """
        self.check()
        members = [
            clone(member).set_params(seed=member.seed + k)
            for member in self.members
            for k in range(self.n_seeds)
        ]
        _refuse_twins(members)
        called = [_callbacks_of(member, callbacks) for member in members]
        told = {"members": len(members), "aggregation": self.aggregation, "n_seeds": self.n_seeds}
        follow = _Members(recorder or NullRecorder(), told)
        for k, member in enumerate(members):
            kept = member_folder(checkpoint, k)
            how: dict[str, Any] = {"callbacks": called[k], "checkpoint": kept}
            member.fit(data, recorder=follow, progress=progress, **how, **columns)
        self.members_ = members
        return self

    def warm_up(self, data: Any) -> "Ensemble":
        """Reads another history from its start."""
        for member in self._fitted():
            member.warm_up(data)
        return self

    def update(self, data: Any) -> "Ensemble":
        """Reads the rows that follow what was read so far."""
        for member in self._fitted():
            member.update(data)
        return self

    def predict(
        self, data: Any = None, *, future: Any = None, horizon: int | None = None
    ) -> pd.DataFrame:
        """Forecasts the rows that follow; arguments and frame are as of `Forecaster.predict`."""
        frames = [m.predict(data, future=future, horizon=horizon) for m in self._fitted()]
        combined = self._combined([frame["yhat"].to_numpy() for frame in frames])
        return frames[0].assign(yhat=combined)

    def backtest(self, data: Any, *, recorder: Recorder | None = None, **how: Any) -> Backtest:
        """Forecasts from every origin that `fit` did not see; `how` is as of
        `Forecaster.backtest`."""
        first, *others = self._fitted()
        result = first.backtest(data, **how)
        results = [result, *[m.backtest(data, **how | {"baselines": ()}) for m in others]]
        combined = self._combined([one.forecasts[one.model] for one in results])
        beside = {name: result.forecasts[name] for name in result.baselines}
        result = replace(
            result,
            model=self.name,
            forecasts={self.name: combined} | beside,
            parameters=self.parameters_,
            seconds=sum(one.seconds for one in results),
            members=_members(self._fitted(), results),
        )
        if recorder is not None:
            record(result, recorder)
        return result

    @property
    def name(self) -> str:
        """As tables call it, e.g. `mean of 3 gru`."""
        kinds = dict.fromkeys(member.cell_name for member in self.members)
        return f"{self.aggregation} of {len(self.members) * self.n_seeds} {', '.join(kinds)}"

    @property
    def horizon(self) -> int:
        """Leads, in rows."""
        return self.members[0].horizon

    @property
    def cell_name(self) -> str:
        """Of the first member."""
        return self.members[0].cell_name

    @property
    def seed(self) -> int:
        """Of the first member."""
        return self.members[0].seed

    @property
    def difference(self) -> bool:
        """Whether a member reads steps of the target in place of its level."""
        return any(member.difference for member in self.members)

    @property
    def parameters_(self) -> int:
        """Weights of all networks."""
        return sum(member.parameters_ for member in self._fitted())

    def error_by_history(self, data: Any, lookbacks: Sequence[int] = (1, 10, 100)) -> pd.DataFrame:
        """As of `Forecaster.error_by_history`: the mean over the members alone."""
        tables = pd.concat([m.error_by_history(data, lookbacks) for m in self._fitted()])
        return tables.groupby("lookbacks", as_index=False).mean()

    def save(self, folder: str | Path) -> Path:
        """Writes all members, their states included, to one folder: JSON and arrays.

        Raises:
            ArgumentError: the folder exists and holds something else.
        """
        manifests: list[dict[str, Any]] = []
        arrays: dict[str, list] = {}
        for k, member in enumerate(self._fitted()):
            manifest, own = to_plain(member.fitted_)
            manifests.append(manifest)
            arrays |= {f"{name}-{k}": values for name, values in own.items()}
        path = Path(folder).expanduser()
        manifest = {"aggregation": self.aggregation, "members": manifests}
        write_folder(path, KIND, manifest, arrays)
        return path

    @classmethod
    def load(cls, folder: str | Path) -> "Ensemble":
        """Reads a saved ensemble; it forecasts the same, bit for bit.

        Raises:
            ModelFileError: none there, or a damaged one.
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
        except ModelFileError as error:
            raise ModelFileError(f"{path} {error}") from error
        except Exception as error:  # whatever a stranger's file makes Keras raise
            raise ModelFileError(f"{path} is no ensemble that can be read: {error}") from error
        ensemble.members_ = fitted
        return ensemble

    def _combined(self, forecasts: list[np.ndarray]) -> np.ndarray:
        return HOW[self.aggregation](forecasts, axis=0)

    def _fitted(self) -> list[Forecaster]:
        if not hasattr(self, "members_"):
            raise NotFittedError("This Ensemble is not fitted yet: call `fit` or `load` first.")
        return self.members_


class _Members(NullRecorder):
    """Tells a recorder of the members' fits: the epochs of all are counted on, and what the first
    one is made of is said once, for all."""

    def __init__(self, recorder: Recorder, told: dict[str, Any]):
        self.recorder, self.told = recorder, told
        self.before = self.epochs = 0

    def parameters(self, values: dict[str, Any]) -> None:
        if not self.epochs:
            all_of_them = {key: values[key] * self.told["members"] for key in ("epochs", "weights")}
            self.recorder.parameters(values | all_of_them | self.told)
        self.before += self.epochs
        self.epochs = values["epochs"]

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        self.recorder.metrics(values, None if step is None else self.before + step)


def _callbacks_of(member: Forecaster, callbacks: Any) -> list[keras.callbacks.Callback]:
    own = callable(callbacks) and not isinstance(callbacks, keras.callbacks.Callback)
    return checked_callbacks(callbacks(member) if own else callbacks, "mae")


def _refuse_twins(members: list[Forecaster]) -> None:
    """Two networks that are one would weigh double."""
    found: list[dict[str, Any]] = []
    for member in members:
        if (settings := plain_settings(member.get_params())) in found:
            raise ArgumentError(
                f"Two members are the same network: {member!r}. Give them seeds that lie further "
                "apart, or other settings."
            )
        found.append(settings)


def _members(fitted: list[Forecaster], results: list[Backtest]) -> pd.DataFrame:
    """The scores of each member alone."""
    return pd.DataFrame(
        [
            {"cell": one.cell_name, "seed": one.seed} | result.errors(result.model)
            for one, result in zip(fitted, results, strict=True)
        ]
    )
