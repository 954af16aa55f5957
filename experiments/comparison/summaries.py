"""Models of the tracking store: their runs, what they cost, where the dashboard shows them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..kinds import charts_address
from .models import Comparison
from .paired import ModelScores
from .runs import Run


@dataclass(frozen=True)
class ModelSummary(ModelScores):
    """A model with its runs, one per seed.

    Attributes:
        runs: its runs, in the order of the scores.
        error: name of the error in the scores, e.g. `"mae"`.
    """

    runs: list[Run]
    error: str

    @classmethod
    def of(cls, label: str, runs: list[Run], error: str) -> "ModelSummary":
        """Summarizes the runs of a model.

        Args:
            label: name of the model, with that of its study where two studies have such a model.
            runs: one per seed.
            error: name of the error that ranks.
        """
        return cls(
            label,
            [run.number(f"test/{error}") for run in runs],
            runs[0].baseline,
            "; ".join(dict.fromkeys(run.data for run in runs)),
            lambda: [run.errors for run in runs],
            runs,
            error,
        )

    @property
    def color(self) -> str:
        return self.runs[0].color

    def average(self, key: str) -> float:
        """Mean over the seeds of a metric or of a parameter that is a number."""
        return float(np.mean([run.number(key) for run in self.runs]))

    @cached_property
    def step_ms(self) -> float:
        """Typical time of a training step in milliseconds, the scoring of its epoch included, the
        first epoch, which compiles, left out.

        The median of each seed, averaged over the seeds; a median, as the members of an ensemble
        compile one after the other. NaN of a baseline, and after a single epoch.
        """
        times = [[ms for _, ms in run.series("time/step_ms")] for run in self.runs]
        medians = [float(np.median(values[1:])) for values in times if len(values) > 1]
        return float(np.mean(medians)) if medians else float("nan")

    @cached_property
    def by_lead(self) -> list[tuple[int, float]]:
        """Pairs of a lead and the error there, averaged over the seeds."""
        steps: dict[int, list[float]] = {}
        for run in self.runs:
            for step, value in run.series(f"horizon/{self.error}"):
                steps.setdefault(step, []).append(value)
        return [(step, float(np.mean(values))) for step, values in sorted(steps.items())]


@dataclass(frozen=True)
class Group:
    """Models of the store that were tested on the same data in the same way.

    Attributes:
        title: what was forecast, and on which rows or clips it was tested.
        task: name in `TASKS`.
        comparison: the models, ranked and tested.
    """

    title: str
    task: str
    comparison: Comparison[ModelSummary]

    @property
    def runs(self) -> list[Run]:
        """Runs of all models, those of the best first."""
        return [run for model in self.comparison.ranking for run in model.runs]

    @property
    def address(self) -> str:
        """Path and query of the charts of their experiment in the dashboard: every network and
        baseline, those with the smallest error on the test first."""
        return charts_address(str(self.comparison.ranking[0].runs[0].values["experiment_id"]))
