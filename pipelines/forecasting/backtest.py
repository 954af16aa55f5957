"""A rolling-origin backtest: forecasts, baselines beside them, and their errors."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ...datasets import Series
from ...errors import ArgumentError
from .. import metrics
from ..recorder import Recorder
from .baselines import baselines


@dataclass(frozen=True)
class Backtest:
    """Forecasts from many origins, with the truth and the baselines' forecasts.

    Attributes:
        model: name of the network's row, e.g. `"gru"`.
        origins: times of the last row that each forecast knew, `(origins,)`.
        times: `(origins, horizon)`, what each lead forecasts.
        truth: `(origins, horizon)`, in the unit of the series.
        forecasts: name to `(origins, horizon)`: the network first, then the baselines.
        scale: what MASE divides by, from the training span.
        parameters: weights of the network.
        seconds: of the fit.
        unique_id: of the series.
        target: name of what is forecast.
        unit: of the target; may be empty.
    """

    model: str
    origins: pd.DatetimeIndex
    times: np.ndarray
    truth: np.ndarray
    forecasts: dict[str, np.ndarray]
    scale: float
    parameters: int
    seconds: float
    unique_id: str
    target: str
    unit: str

    @property
    def horizon(self) -> int:
        return self.truth.shape[1]

    @property
    def baselines(self) -> list[str]:
        return [name for name in self.forecasts if name != self.model]

    @cached_property
    def reference(self) -> str:
        """The better of the naive forecasts over all leads: what skill is measured against."""
        naive = [name for name in self.forecasts if name.startswith("naive-")]
        return min(naive, key=lambda name: float(metrics.mae(self.truth, self.forecasts[name])))

    @cached_property
    def by_lead(self) -> pd.DataFrame:
        """Columns `model, step, mae, rmse, mase, skill`: one row a model and lead."""
        naive = metrics.mae(self.truth, self.forecasts[self.reference], axis=0)
        tables = []
        for name, forecast in self.forecasts.items():
            mae = metrics.mae(self.truth, forecast, axis=0)
            tables.append(
                pd.DataFrame(
                    {
                        "model": name,
                        "step": np.arange(1, self.horizon + 1),
                        "mae": mae,
                        "rmse": metrics.rmse(self.truth, forecast, axis=0),
                        "mase": mae / self.scale,
                        "skill": metrics.skill(mae, naive),
                    }
                )
            )
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """Columns `model, mae, rmse, mase, skill, parameters, seconds`, best MAE first."""
        naive = metrics.mae(self.truth, self.forecasts[self.reference])
        rows = []
        for name, forecast in self.forecasts.items():
            ours = name == self.model
            mae = metrics.mae(self.truth, forecast)
            rows.append(
                {
                    "model": name,
                    "mae": mae,
                    "rmse": metrics.rmse(self.truth, forecast),
                    "mase": metrics.mase(self.truth, forecast, self.scale),
                    "skill": metrics.skill(mae, naive),
                    "parameters": self.parameters if ours else pd.NA,
                    "seconds": self.seconds if ours else np.nan,
                }
            )
        table = pd.DataFrame(rows).astype({"parameters": "Int64"})
        return table.sort_values("mae", ignore_index=True)

    def frame(self) -> pd.DataFrame:
        """Columns `unique_id, ds, cutoff, step, y` and `yhat` of every model by its name."""
        count, horizon = self.truth.shape
        columns = {
            "unique_id": self.unique_id,
            "ds": self.times.ravel(),
            "cutoff": np.repeat(self.origins.to_numpy(), horizon),
            "step": np.tile(np.arange(1, horizon + 1), count),
            "y": self.truth.ravel(),
        }
        return pd.DataFrame(
            columns | {name: forecast.ravel() for name, forecast in self.forecasts.items()}
        )

    def scores(self, name: str | None = None) -> dict[str, float]:
        """The overall numbers of one model, by default the network's."""
        scores = self.leaderboard.set_index("model").to_dict("index")[name or self.model]
        return {key: float(scores[key]) for key in ("mae", "rmse", "mase", "skill")}


def beside_baselines(
    model: str,
    forecast: np.ndarray,
    series: Series,
    origins: np.ndarray,
    training: int,
    *,
    order: int,
    parameters: int,
    seconds: float,
) -> Backtest:
    """Sets a network's forecasts beside the truth and the baselines.

    Args:
        model: name of the network's row.
        forecast: `(origins, horizon)`, in the unit of the series.
        series: what was forecast, history included.
        origins: rows of the origins.
        training: rows that `fit` saw, the first ones; the baselines learn from no others.
        order: of the linear baseline, at most.
        parameters: weights of the network.
        seconds: of the fit.
    """
    horizon = forecast.shape[1]
    y = series.values(["y"])[:, 0]
    season = series.schema.season
    targets = origins[:, None] + np.arange(1, horizon + 1)
    return Backtest(
        model=model,
        origins=series.times[origins],
        times=series.times.to_numpy()[targets],
        truth=y[targets],
        forecasts={model: forecast} | baselines(y, origins, horizon, training, season, order),
        scale=metrics.naive_scale(y[:training], season),
        parameters=parameters,
        seconds=seconds,
        unique_id=series.schema.name,
        target=series.schema.target,
        unit=series.schema.unit,
    )


def first_scored(series: Series, start: Any, fitted_until: pd.Timestamp, horizon: int) -> int:
    """The first row that a backtest scores.

    Raises:
        ArgumentError: `start` is no time, lies in what `fit` saw, or nothing is left.
    """
    if start is None:
        first = int((series.times <= fitted_until).sum())
    else:
        time = _time(start)
        first = int((series.times < time).sum())
        if time <= fitted_until:
            raise ArgumentError(
                f"A backtest scores what `fit` did not see: it saw rows up to {fitted_until}. "
                f"Received: start={start}"
            )
    if first >= len(series):
        raise ArgumentError(
            f"There is nothing to score: `fit` saw rows up to {fitted_until}, the data end at "
            f"{series.times[-1]}. Fit on an earlier part, e.g. data[:-{horizon}]."
        )
    return first


def record(backtest: Backtest, recorder: Recorder, model: str | None = None) -> None:
    """Tells a recorder the errors of one model of a backtest, by default the network."""
    model = model or backtest.model
    recorder.metrics({f"test/{key}": value for key, value in backtest.scores(model).items()})
    leads = backtest.by_lead[backtest.by_lead["model"] == model]
    for key in ("mae", "rmse", "skill"):
        recorder.series(f"horizon/{key}", leads[key].to_numpy())


def _time(value: Any) -> pd.Timestamp:
    try:
        time = pd.Timestamp(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"`start` must be a time. Received: start={value!r}") from error
    if time is pd.NaT or time.tz is not None:
        raise ArgumentError(
            f"`start` must be a time without a zone (UTC). Received: start={value!r}"
        )
    return time
