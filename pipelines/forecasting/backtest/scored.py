"""Rolling forecasts with the scores and tests that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ....errors import ArgumentError, whole_number
from ...evaluation import metrics
from ...evaluation.significance import DieboldMariano, diebold_mariano
from .intervals import IntervalForecasts
from .random_walk import against_walk

#: The name of the random walk among the baselines.
WALK = "naive-last"


@dataclass(frozen=True)
class ScoredForecasts(IntervalForecasts):
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

    @property
    def best_baseline(self) -> str:
        """The baseline with the smallest error over all leads; `""` without any."""
        return min(
            self.baselines, key=lambda name: float(self.errors(name)[self.error]), default=""
        )

    def p_against(self, other: str) -> float:
        """How often forecasts that are as good as those of `other` would differ from them as much
        as the network's, by a Diebold–Mariano test over all leads; NaN where too little is known.
        """
        errors, others = (self.over_time(name).mean(axis=1) for name in (self.model, other))
        return self._test(errors, others, self.horizon).p_value

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
