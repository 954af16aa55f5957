"""Models compared over seeds: which is best, by how much, and whether by more than chance."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import pandas as pd

from .paired import Errors, ModelScores, TestResult, compared

SIGNIFICANCE_LEVEL = 0.05
BETTER, WORSE, UNCLEAR = "better", "worse", "unclear"
NOT_TESTED = TestResult(math.nan, "there is no baseline")


M = TypeVar("M", bound=ModelScores)


@dataclass(frozen=True)
class Comparison(Generic[M]):
    """Models on the same test, each network compared with the best baseline among them.

    Attributes:
        error: name of the error in the scores, e.g. `"mae"`.
        entries: the models in any order; no two networks have the same label.
        unit: unit of what is forecast, if known.
    """

    error: str
    entries: Sequence[M]
    unit: str = ""

    @cached_property
    def ranking(self) -> list[M]:
        """The models, the smallest mean error first, and those without one last."""
        return sorted(self.entries, key=lambda model: (math.isnan(model.mean), model.mean))

    @property
    def networks(self) -> list[M]:
        """The models that were trained, the best first."""
        return [model for model in self.ranking if not model.baseline]

    @property
    def best_baseline(self) -> M | None:
        return next((model for model in self.ranking if model.baseline), None)

    @property
    def repeated(self) -> bool:
        """Whether a network was trained with more than one seed."""
        return any(len(model.scores) > 1 for model in self.networks)

    def skill(self, model: M) -> float:
        """One minus the ratio of a model's mean error to that of the best baseline.

        NaN without a baseline, or where it makes no error.
        """
        best = self.best_baseline
        return math.nan if best is None or not best.mean else 1 - model.mean / best.mean

    @cached_property
    def tests(self) -> dict[str, TestResult]:
        """By label of a network, the test against the best baseline; empty without one."""
        best = self.best_baseline
        if best is None:
            return {}
        return {model.label: compared(model, best) for model in self.networks}

    def test(self, network: M) -> TestResult:
        """The test of a network against the best baseline."""
        return self.tests.get(network.label, NOT_TESTED)

    def outcome(self, network: M) -> str:
        """`BETTER` or `WORSE` than the best baseline, `UNCLEAR`, or `""` where p is unknown."""
        p = self.test(network).p
        if math.isnan(p):
            return ""
        if p > SIGNIFICANCE_LEVEL:
            return UNCLEAR
        return BETTER if self.skill(network) > 0 else WORSE


def from_leaderboard(
    board: pd.DataFrame,
    error: str,
    models: Mapping[str, Sequence[str]],
    errors_of: Callable[[str], Errors],
    unit: str = "",
) -> Comparison[ModelScores]:
    """Compares the models of a leaderboard.

    Args:
        board: one row per network or baseline, with the columns `model` and `error`.
        error: column of the error that ranks.
        models: rows of each model's networks, one per seed; all other rows are baselines.
        errors_of: gives the errors of a row at each origin or clip.
        unit: unit of what is forecast, if known.
    """
    scores = dict(zip(board["model"], board[error].astype(float), strict=True))
    trained = {row for rows in models.values() for row in rows}
    entries = [(model, rows, False) for model, rows in models.items()]
    entries += [(row, [row], True) for row in scores if row not in trained]

    def entry(label: str, rows: Sequence[str], baseline: bool) -> ModelScores:
        means = [scores[row] for row in rows]
        return ModelScores(label, means, baseline, "", lambda: [errors_of(row) for row in rows])

    return Comparison(error, [entry(*one) for one in entries], unit)
