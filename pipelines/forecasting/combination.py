"""Several forecasters as one: the mean or the median of what they say."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from ...errors import ArgumentError, ArgumentTypeError, ModelFileError, one_of, whole_number
from ..checkpoints import member_folder
from ..folders import read_folder, write_folder
from ..recorder import Recorder, Silence
from .backtest import Backtest, record
from .forecaster import Forecaster
from .saving import packed, unpacked

KIND = "combination"
HOW: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "median": np.median}


class Combination(BaseEstimator):
    """Forecasts with several forecasters at once, over seeds or cells.

    What differs between networks by the luck of their start averages out. It is fitted, moved
    on, saved and loaded as one, and its state is that of its members.

    Args:
        members: unfitted forecasters of one horizon.
        how: `"mean"` or `"median"` of the forecasts of each lead.

    What `fit` learns: `members_`, the fitted forecasters.

    Example:

    >>> from rnnzoo import Combination, Forecaster, load
    >>> weather = load("seattle-weather")[:300]
    >>> one = Forecaster("gru", horizon=2, lookback=14, units=2, epochs=1)
    >>> Combination.of_seeds(one, 2).fit(weather).predict()["step"].tolist()
    [1, 2]
    """

    def __init__(self, members: Sequence[Forecaster], how: str = "mean"):
        self.members = members
        self.how = how

    @classmethod
    def of_seeds(cls, forecaster: Forecaster, seeds: int, how: str = "mean") -> "Combination":
        """The same forecaster, `seeds` times, counted on from its own seed."""
        first = forecaster.seed
        count = range(whole_number("seeds", seeds))
        return cls([clone(forecaster).set_params(seed=first + k) for k in count], how)

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for what cannot be combined."""
        one_of("how", self.how, HOW)
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
                f"The members of a combination forecast one horizon. Received: {sorted(horizons)}"
            )

    def fit(
        self,
        data: Any,
        *,
        recorder: Recorder | None = None,
        checkpoint: str | Path | None = None,
        progress: bool = False,
        **columns: Any,
    ) -> "Combination":
        """Fits each member; `data`, `columns` and what is raised are as of `Forecaster.fit`.

        Args:
            recorder: told of the parameters, and of the best validation error of each member.
            checkpoint: folder in which each member keeps where its fit stands, in a folder of
                its own: those that are finished are not trained again.
            progress: show how far each member is.
        """
        self.check()
        recorder = recorder or Silence()
        members = [clone(member) for member in self.members]
        for k, member in enumerate(members):
            kept = member_folder(checkpoint, k)
            member.fit(data, checkpoint=kept, progress=progress, **columns)
            recorder.metrics({"val/mae": min(member.history_.score)}, step=k + 1)
        self.members_ = members
        recorder.parameters({"members": len(members), "how": self.how})
        return self

    def warm_up(self, data: Any) -> "Combination":
        """Reads another history from its start."""
        for member in self._fitted():
            member.warm_up(data)
        return self

    def update(self, data: Any) -> "Combination":
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
        )
        if recorder is not None:
            record(result, recorder)
        return result

    @property
    def name(self) -> str:
        """As tables call it, e.g. `mean of 3 gru`."""
        cells = [member.cell for member in self.members]
        kinds = dict.fromkeys(cells)
        return f"{self.how} of {len(cells)} {', '.join(kinds)}"

    @property
    def parameters_(self) -> int:
        """Weights of all networks."""
        return sum(member.parameters_ for member in self._fitted())

    def save(self, folder: str | Path) -> Path:
        """Writes all members, their states included, to one folder: JSON and arrays.

        Raises:
            ArgumentError: the folder exists and holds something else.
        """
        manifests: list[dict[str, Any]] = []
        arrays: dict[str, list] = {}
        for k, member in enumerate(self._fitted()):
            manifest, own = packed(member)
            manifests.append(manifest)
            arrays |= {f"{name}-{k}": values for name, values in own.items()}
        path = Path(folder).expanduser()
        write_folder(path, KIND, {"how": self.how, "members": manifests}, arrays)
        return path

    @classmethod
    def load(cls, folder: str | Path) -> "Combination":
        """Reads a saved combination; it forecasts the same, bit for bit.

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
                fitted.append(unpacked(Forecaster, member, own))
            combination = cls([clone(member) for member in fitted], manifest["how"])
            combination.check()
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"{path} is no combination that can be read: {error}") from error
        combination.members_ = fitted
        return combination

    def _combined(self, forecasts: list[np.ndarray]) -> np.ndarray:
        return HOW[self.how](forecasts, axis=0)

    def _fitted(self) -> list[Forecaster]:
        if not hasattr(self, "members_"):
            raise NotFittedError("This Combination is not fitted yet: call `fit` or `load` first.")
        return self.members_
