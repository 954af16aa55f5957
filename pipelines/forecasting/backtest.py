"""A rolling-origin backtest: forecasts, baselines beside them, and their errors."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from .. import metrics
from ..recorder import Recorder
from .audit import Audit


@dataclass(frozen=True)
class Backtest:
    """Forecasts from many origins, with the truth and the baselines' forecasts.

    The origins of several series follow one another, those of a series in time order.

    Attributes:
        model: name of the network's row, e.g. `"gru"`.
        name: of the series, or of the table of several.
        ids: the series of each origin, `(origins,)`.
        origins: times of the last row that each forecast knew, `(origins,)`.
        times: `(origins, horizon)`, what each lead forecasts.
        truth: `(origins, horizon)`, in the unit of the series; NaN is not scored.
        forecasts: name to `(origins, horizon)`: the network first, then the baselines.
        level: the last value known at each origin, `(origins,)`.
        scale: what MASE divides by, from the training span of its series, `(origins,)`.
        parameters: weights of the network.
        seconds: of the fits.
        target: name of what is forecast.
        unit: of the target; may be empty.
        audit: what was tried to find a leak, if it was.
    """

    model: str
    name: str
    ids: np.ndarray
    origins: pd.DatetimeIndex
    times: np.ndarray
    truth: np.ndarray
    forecasts: dict[str, np.ndarray]
    level: np.ndarray
    scale: np.ndarray
    parameters: int
    seconds: float
    target: str
    unit: str
    audit: Audit | None = None

    @property
    def horizon(self) -> int:
        return self.truth.shape[1]

    @property
    def baselines(self) -> list[str]:
        return [name for name in self.forecasts if name != self.model]

    @cached_property
    def error(self) -> str:
        """The error that ranks: `"mae"`, or `"mase"` for several series, whose units differ."""
        several = len(set(self.ids)) > 1 and not np.isnan(self.scale).all()
        return "mase" if several else "mae"

    @cached_property
    def reference(self) -> str:
        """The best of the naive forecasts over all leads: what skill is measured against.

        `""` in a backtest without any.
        """
        naive = [name for name in self.forecasts if name.startswith("naive-")]
        return min(naive, key=lambda name: float(self._errors(name)[self.error]), default="")

    @cached_property
    def by_lead(self) -> pd.DataFrame:
        """Columns `model, step, mae, rmse, mase, skill`: one row a model and lead."""
        tables = []
        for name in self.forecasts:
            columns = {"model": name, "step": np.arange(1, self.horizon + 1)}
            tables.append(pd.DataFrame(columns | self._errors(name, axis=0)))
            tables[-1]["skill"] = self._skill(name, axis=0)
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """Columns `model, mae, rmse, mase, skill, parameters, seconds`, the best first."""
        rows = []
        for name in self.forecasts:
            ours = name == self.model
            rows.append(
                {"model": name}
                | self._errors(name)
                | {
                    "skill": self._skill(name),
                    "parameters": self.parameters if ours else pd.NA,
                    "seconds": self.seconds if ours else np.nan,
                }
            )
        table = pd.DataFrame(rows).astype({"parameters": "Int64"})
        return table.sort_values(self.error, ignore_index=True)

    def frame(self) -> pd.DataFrame:
        """Columns `unique_id, ds, cutoff, step, y` and `yhat` of every model by its name."""
        count, horizon = self.truth.shape
        columns = {
            "unique_id": np.repeat(self.ids, horizon),
            "ds": self.times.ravel(),
            "cutoff": np.repeat(self.origins.to_numpy(), horizon),
            "step": np.tile(np.arange(1, horizon + 1), count),
            "y": self.truth.ravel(),
        }
        return pd.DataFrame(
            columns | {name: forecast.ravel() for name, forecast in self.forecasts.items()}
        )

    def beside(self, other: "Backtest") -> "Backtest":
        """This backtest with the baselines of another one of the same rows."""
        same = self.origins.equals(other.origins) and np.array_equal(
            self.truth, other.truth, equal_nan=True
        )
        if not same:
            raise ArgumentError("The other backtest must have the same origins and truth.")
        shared = {name: other.forecasts[name] for name in other.baselines}
        return replace(self, forecasts={self.model: self.forecasts[self.model]} | shared)

    def scores(self, name: str | None = None) -> dict[str, float]:
        """The overall numbers of one model, by default the network's."""
        scores = self.leaderboard.set_index("model").to_dict("index")[name or self.model]
        return {key: float(scores[key]) for key in ("mae", "rmse", "mase", "skill")}

    def _errors(self, name: str, axis: int | None = None) -> dict[str, np.ndarray]:
        forecast = self.forecasts[name]
        return {
            "mae": metrics.mae(self.truth, forecast, axis=axis),
            "rmse": metrics.rmse(self.truth, forecast, axis=axis),
            "mase": metrics.mase(self.truth, forecast, self.scale, axis=axis),
        }

    def _skill(self, name: str, axis: int | None = None) -> np.ndarray:
        error = self._errors(name, axis)[self.error]
        if not self.reference:
            return np.full_like(error, np.nan)
        return metrics.skill(error, self._errors(self.reference, axis)[self.error])


def record(backtest: Backtest, recorder: Recorder, model: str | None = None) -> None:
    """Tells a recorder the errors of one model of a backtest, by default the network."""
    model = model or backtest.model
    recorder.metrics({f"test/{key}": value for key, value in backtest.scores(model).items()})
    leads = backtest.by_lead[backtest.by_lead["model"] == model]
    for key in ("mae", "rmse", "skill"):
        recorder.series(f"horizon/{key}", leads[key].to_numpy())
