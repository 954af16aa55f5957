"""The result of a rolling-origin backtest: forecasts, baselines, and their errors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ....datasets.timezones import in_zone
from ....errors import ArgumentError, one_of, whole_number
from ...evaluation import metrics
from ...evaluation.intervals import calibration_table, check_levels, conformal_quantiles
from ...evaluation.significance import Comparison, diebold_mariano, direction, rmse_ratio
from .leakage import LeakageReport

#: Levels of the central intervals of 95, 90, 80, 50 and 20 % for which calibration is measured.
CENTRAL = (0.025, 0.05, 0.1, 0.25, 0.4, 0.6, 0.75, 0.9, 0.95, 0.975)

#: The name of the random walk among the baselines.
WALK = "naive-last"


@dataclass(frozen=True)
class Backtest:
    """Forecasts from many origins, with the truth and the baselines' forecasts.

    The origins of several series follow one another, those of a series in time order.

    Attributes:
        model: name of the network in tables, e.g. `"gru"`.
        name: name of the series, or of the table of several series.
        ids: id of the series of each origin, `(origins,)`.
        rows: row of each origin in its series, the last one known to the forecast, `(origins,)`.
        origins: time of each origin, `(origins,)`.
        times: times of the leads, `(origins, horizon)`.
        truth: true values in the unit of the series, `(origins, horizon)`; NaN is not scored.
        forecasts: forecasts by model, each `(origins, horizon)`: the network first, then the
            baselines.
        level: last known value at each origin, `(origins,)`.
        scale: scale of MASE, from the training span of the series, `(origins,)`.
        parameters: number of trained weights of the network.
        seconds: total fit time in seconds.
        target: name of the forecast column.
        unit: unit of the target; may be empty.
        zone: time zone in which to show the times, where these are UTC; `""` for none.
        audit: report of the audit for leaks; `None` without one.
        members: errors of each member of an ensemble: `cell, seed, mae, rmse, mase`; else
            `None`.
    """

    model: str
    name: str
    ids: np.ndarray
    rows: np.ndarray
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
    zone: str = ""
    audit: LeakageReport | None = None
    members: pd.DataFrame | None = None

    @property
    def horizon(self) -> int:
        return self.truth.shape[1]

    @property
    def baselines(self) -> list[str]:
        return [name for name in self.forecasts if name != self.model]

    @cached_property
    def error(self) -> str:
        """The error to rank by: `"mae"`, or `"mase"` for several series, whose units may differ."""
        several = len(set(self.ids)) > 1 and not np.isnan(self.scale).all()
        return "mase" if several else "mae"

    @cached_property
    def reference(self) -> str:
        """The best naive forecast over all leads, the reference of skill.

        `""` in a backtest without naive forecasts.
        """
        naive = [name for name in self.forecasts if name.startswith("naive-")]
        return min(naive, key=lambda name: float(self.errors(name)[self.error]), default="")

    @cached_property
    def by_lead(self) -> pd.DataFrame:
        """Columns `model, step, mae, rmse, mase, skill`: one row per model and lead."""
        tables = []
        for name in self.forecasts:
            columns = {"model": name, "step": np.arange(1, self.horizon + 1)}
            tables.append(pd.DataFrame(columns | self.errors(name, axis=0)))
            tables[-1]["skill"] = self._skill(name, axis=0)
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """Columns `model, mae, rmse, mase, skill, p, parameters, seconds`, the best first.

        `skill` is relative to `reference`; `p` is how often equally good forecasts would differ
        as much over all leads, by a Diebold–Mariano test.
        """
        rows = []
        for name in self.forecasts:
            ours = name == self.model
            rows.append(
                {"model": name}
                | self.errors(name)
                | {
                    "skill": self._skill(name),
                    "p": self._p_value(name),
                    "parameters": self.parameters if ours else pd.NA,
                    "seconds": self.seconds if ours else np.nan,
                }
            )
        table = pd.DataFrame(rows).astype({"parameters": "Int64"})
        return table.sort_values(self.error, ignore_index=True)

    def quantiles(self, levels: Sequence[float], name: str | None = None) -> np.ndarray:
        """Quantiles of one model's forecasts, by default the network's, from its past errors.

        The error of lead h from an origin is used from h rows later on, when it is known, and
        only for its own series; no errors of fitted rows are used.

        Returns:
            `(levels, origins, horizon)`; NaN where too few errors are known yet.

        Raises:
            ArgumentError: levels that do not increase between 0 and 1, or no such model.
        """
        forecast = self.forecasts[self._checked_name(name)]
        result = np.full((len(check_levels(levels)), *self.truth.shape), np.nan)
        for one in dict.fromkeys(self.ids):
            own = self.ids == one
            result[:, own] = conformal_quantiles(
                self.truth[own], forecast[own], self.rows[own], levels
            )
        return result

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Columns `model, nominal, coverage, width, pinball, count`: `intervals` of every model."""
        tables = [self.intervals(name).assign(model=name) for name in self.forecasts]
        table = pd.concat(tables).sort_values(["model", "nominal"], ignore_index=True)
        return table[["model", *(column for column in table if column != "model")]]

    def intervals(self, name: str | None = None) -> pd.DataFrame:
        """Central intervals of one model's `quantiles`, by default the network's.

        Returns:
            Columns `nominal, coverage, width, pinball, count`: the nominal and the actual share of
            the truth inside; mean width and pinball loss of the two ends, in the unit of the
            series; and the number of true values with a known interval, fewer for wide ones.

        Raises:
            ArgumentError: no such model.
        """
        name = self._checked_name(name)
        if name not in self._interval_tables:
            self._interval_tables[name] = calibration_table(
                self.truth, self.quantiles(CENTRAL, name), CENTRAL
            )
        return self._interval_tables[name]

    @cached_property
    def _interval_tables(self) -> dict[str, pd.DataFrame]:
        return {}

    @cached_property
    def tests(self) -> pd.DataFrame:
        """Columns `model, step, difference, statistic, p`: Diebold–Mariano tests of absolute
        errors against those of `reference`, at each lead.

        A difference below zero favors the model. Errors of several series are scaled, and
        averaged over the series of an origin first.
        """
        rows = []
        for name in self.forecasts:
            if not self.reference or name == self.reference:
                continue
            errors, others = (self.over_time(n) for n in (name, self.reference))
            for step in range(1, self.horizon + 1):
                test = self._test(errors[step - 1], others[step - 1], step)
                values = {"difference": test.difference, "statistic": test.statistic}
                rows.append({"model": name, "step": step} | values | {"p": test.p_value})
        columns = ["model", "step", "difference", "statistic", "p"]
        return pd.DataFrame(rows, columns=columns)

    def against_random_walk(self, steps: Sequence[int] | None = None) -> pd.DataFrame:
        """Compares each model with the random walk, as any claim about prices requires.

        Args:
            steps: leads, by default the first and the last.

        Returns:
            Columns `model, step`; `ratio, lower, upper`: RMSE relative to the random walk with a
            95 % interval, below 1 is better; `right, right_lower, right_upper`: share of
            correct directions with a 95 % interval; `majority`: share of the more frequent
            direction; `p`: p-value of calls no better than `majority`; `calls`: effective number
            of independent calls, fewer than origins where forecasts overlap or series move
            together. Squared errors of several series are scaled, and averaged over the series
            of an origin first.

        Raises:
            ArgumentError, ArgumentTypeError: no such lead.
        """
        chosen = sorted({1, self.horizon}) if steps is None else steps
        others = [name for name in self.forecasts if name != WALK]
        return pd.DataFrame(
            [self.compare_to_random_walk(name, step) for name in others for step in chosen]
        )

    @property
    def is_random_walk_like(self) -> bool:
        """Whether the last value is as hard to beat as it is for prices.

        True if no naive forecast but the drift is more than a twentieth better, which may be
        chance.
        """
        if self.reference == "naive-drift":
            return True
        if WALK not in self.forecasts:
            return False
        walk, best = (self.errors(name)[self.error] for name in (WALK, self.reference))
        return bool(walk <= 1.05 * best)

    def frame(self) -> pd.DataFrame:
        """Columns `unique_id, ds, cutoff, step, y` and `yhat` of every model by its name."""
        count, horizon = self.truth.shape
        columns = {
            "unique_id": np.repeat(self.ids, horizon),
            "ds": in_zone(pd.DatetimeIndex(self.times.ravel()), self.zone),
            "cutoff": in_zone(self.origins.repeat(horizon), self.zone),
            "step": np.tile(np.arange(1, horizon + 1), count),
            "y": self.truth.ravel(),
        }
        return pd.DataFrame(
            columns | {name: forecast.ravel() for name, forecast in self.forecasts.items()}
        )

    def with_baselines_of(self, other: "Backtest") -> "Backtest":
        """Returns this backtest with the baselines of another one over the same rows.

        Raises:
            ArgumentError: origins or truth differ.
        """
        same = self.origins.equals(other.origins) and np.array_equal(
            self.truth, other.truth, equal_nan=True
        )
        if not same:
            raise ArgumentError("The other backtest must have the same origins and truth.")
        shared = {name: other.forecasts[name] for name in other.baselines}
        return replace(self, forecasts={self.model: self.forecasts[self.model]} | shared)

    def scores(self, name: str | None = None) -> dict[str, float]:
        """The overall scores of one model, by default the network's."""
        scores = self.leaderboard.set_index("model").to_dict("index")[self._checked_name(name)]
        return {key: float(scores[key]) for key in ("mae", "rmse", "mase", "skill", "p")}

    def _checked_name(self, name: str | None) -> str:
        return one_of("name", self.model if name is None else name, self.forecasts)

    def _overlap(self, step: int) -> int:
        """The number of origins whose forecasts of a lead overlap, over all series."""
        merged = self.origins.unique().sort_values().to_numpy()
        begun = np.searchsorted(merged, self.origins.to_numpy())
        return max(1, int((np.searchsorted(merged, self.times[:, step - 1]) - begun).max()))

    def _scaled(self, errors: np.ndarray) -> np.ndarray:
        """Errors `(origins, …)` in a unit that all series share."""
        return (errors.T / self.scale).T if self.error == "mase" else errors

    def over_time(self, name: str) -> pd.DataFrame:
        """Absolute errors of one model by origin in the order of time, `(times, horizon)`; for
        several series the mean of their scaled errors."""
        errors = pd.DataFrame(self._scaled(self.forecasts[name] - self.truth)).abs()
        return errors.groupby(self.origins).mean()

    def _test(self, errors: pd.Series, others: pd.Series, step: int) -> Comparison:
        return diebold_mariano(errors.to_numpy(), others.to_numpy(), self._overlap(step))

    def compare_to_random_walk(self, name: str, step: int) -> dict[str, Any]:
        """Compares one model at one lead with the random walk: a row of `against_random_walk`."""
        if whole_number("steps", step) > self.horizon:
            raise ArgumentError(f"`steps` end at the horizon, {self.horizon}. Received: {step}")
        truth, own = self.truth[:, step - 1], self.forecasts[name][:, step - 1]
        errors = self._scaled(np.stack([own - truth, self.level - truth], axis=1))
        squares = pd.DataFrame(errors**2, self.origins).dropna().groupby(level=0).mean()
        overlap = self._overlap(step)
        ours, walk = np.sqrt(squares.to_numpy().T)
        ratio = rmse_ratio(ours, walk, overlap)
        called = direction(truth, own, self.level, overlap, self.origins.to_numpy())
        return {
            **{"model": name, "step": step},
            **{"ratio": ratio.ratio, "lower": ratio.lower, "upper": ratio.upper},
            **{"right": called.share, "right_lower": called.lower, "right_upper": called.upper},
            **{"majority": called.majority, "p": called.p_value, "calls": called.calls},
        }

    def errors(self, name: str, axis: int | None = None) -> dict[str, np.ndarray]:
        """`mae`, `rmse` and `mase` of one model, over all leads or, with `axis=0`, at each lead."""
        forecast = self.forecasts[name]
        return {
            "mae": metrics.mae(self.truth, forecast, axis=axis),
            "rmse": metrics.rmse(self.truth, forecast, axis=axis),
            "mase": metrics.mase(self.truth, forecast, self.scale, axis=axis),
        }

    def _p_value(self, name: str) -> float:
        """The p-value of the mean absolute error over all leads, compared with `reference`."""
        if name == self.reference or not self.reference:
            return np.nan
        errors, others = (self.over_time(n).mean(axis=1) for n in (name, self.reference))
        return self._test(errors, others, self.horizon).p_value

    def _skill(self, name: str, axis: int | None = None) -> np.ndarray:
        error = self.errors(name, axis)[self.error]
        if not self.reference:
            return np.full_like(error, np.nan)
        return metrics.skill(error, self.errors(self.reference, axis)[self.error])
