"""The result of a rolling-origin backtest: forecasts, baselines, and their errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ....errors import ArgumentError, whole_number
from ...evaluation import metrics
from ...evaluation.intervals import calibration_table, check_levels, conformal_quantiles
from ...evaluation.significance import DieboldMariano, diebold_mariano
from .forecasts import RollingForecasts
from .random_walk import against_walk

#: Levels of the central intervals of 95, 90, 80, 50 and 20 % for which calibration is measured.
CENTRAL = (0.025, 0.05, 0.1, 0.25, 0.4, 0.6, 0.75, 0.9, 0.95, 0.975)

#: The name of the random walk among the baselines.
WALK = "naive-last"


@dataclass(frozen=True)
class Backtest(RollingForecasts):
    """Forecasts from rolling origins, with the scores, intervals and tests that follow from them.

    Attributes: as of `RollingForecasts`.
    """

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

    def compare_to_random_walk(self, name: str, step: int) -> dict[str, Any]:
        """Compares one model at one lead with the random walk: a row of `against_random_walk`."""
        if whole_number("steps", step) > self.horizon:
            raise ArgumentError(f"`steps` end at the horizon, {self.horizon}. Received: {step}")
        return {"model": name, "step": step} | against_walk(
            self.truth[:, step - 1],
            self.forecasts[name][:, step - 1],
            self.level,
            self.scale if self.error == "mase" else np.ones_like(self.scale),
            self.origins,
            self._overlap(step),
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

    def scores(self, name: str | None = None) -> dict[str, float]:
        """The overall scores of one model, by default the network's."""
        scores = self.leaderboard.set_index("model").to_dict("index")[self._checked_name(name)]
        return {key: float(scores[key]) for key in (*self.errors(self.model), "skill", "p")}

    def _test(self, errors: pd.Series, others: pd.Series, step: int) -> DieboldMariano:
        return diebold_mariano(errors.to_numpy(), others.to_numpy(), self._overlap(step))

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
