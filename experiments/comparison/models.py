"""Models set side by side: means over seeds, a test against the best baseline, what they cost."""

import json
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import numpy as np
import pandas as pd

from .format import p_text, percent
from .paired import OverSeeds, Sample, TestResult, compared
from .runs import Run
from .wording import SIGNIFICANT, UNCLEAR, with_interval, word


@dataclass(frozen=True)
class ModelSummary(OverSeeds):
    """A model's runs, one a seed.

    Attributes:
        label: of the model; with its study where two studies have one of that name.
        runs: in the order of their seeds.
        error: the metric that ranks.
    """

    label: str
    runs: list[Run]
    error: str

    @property
    def baseline(self) -> bool:
        return self.runs[0].baseline

    @property
    def color(self) -> str:
        return self.runs[0].color

    @cached_property
    def scores(self) -> list[float]:
        return [run.number(self.error) for run in self.runs]

    @property
    def side(self) -> Sample:
        """What it brings to a test against another one."""
        data = "; ".join(dict.fromkeys(run.data for run in self.runs))
        return Sample(data, self.scores, [run.errors for run in self.runs])

    def average(self, key: str) -> float:
        """Of a metric or of a parameter that is a number, over the seeds."""
        return float(np.mean([run.number(key) for run in self.runs]))

    @cached_property
    def step_ms(self) -> float:
        """Usual time of a step of training, in milliseconds, the scoring of its epoch with it, and
        without the first epoch, which compiles.

        A median for each seed: members that forecast as one compile one after the other. NaN
        of a baseline, and where there is only that one.
        """
        means = []
        for run in self.runs:
            times = [value for _, value in run.series("time/step_ms")]
            if len(times) > 1:
                means.append(float(np.median(times[1:])))
        return float(np.mean(means)) if means else float("nan")

    @cached_property
    def by_lead(self) -> list[tuple[int, float]]:
        """The error at each lead, a mean over the seeds."""
        key = f"horizon/{self.error.partition('/')[2]}"
        steps: dict[int, list[float]] = {}
        for run in self.runs:
            for step, value in run.series(key):
                steps.setdefault(step, []).append(value)
        return [(step, float(np.mean(values))) for step, values in sorted(steps.items())]


@dataclass(frozen=True)
class Group:
    """Models that were tested alike, the best first.

    Attributes:
        title: what was forecast, and on which rows or clips it was tested.
        task: `"forecast"` or `"frames"`.
        standings: of the models.
    """

    title: str
    task: str
    standings: list[ModelSummary]

    @property
    def error(self) -> str:
        """The error that ranks, e.g. `mae`."""
        return self.standings[0].error.partition("/")[2]

    @property
    def unit(self) -> str:
        """Of the errors, where they have one and it is known."""
        return self.runs[0].text("unit") if self.error in ("mae", "rmse") else ""

    @property
    def heading(self) -> str:
        """Of the error, e.g. `MAE, °C`."""
        return f"{self.error.upper()}, {self.unit}" if self.unit else self.error.upper()

    @property
    def several(self) -> bool:
        """Whether a network has more than one seed."""
        return any(len(one.runs) > 1 for one in self.standings if not one.baseline)

    @property
    def best_baseline(self) -> ModelSummary | None:
        return next((one for one in self.standings if one.baseline), None)

    @property
    def runs(self) -> list[Run]:
        return [run for one in self.standings for run in one.runs]

    @cached_property
    def verdicts(self) -> dict[str, TestResult]:
        """By label, networks against the best baseline."""
        best = self.best_baseline
        if best is None:
            return {}
        networks = [one for one in self.standings if not one.baseline]
        return {one.label: compared(one.side, best.side) for one in networks}

    def avoided(self, one: ModelSummary) -> float:
        """The share of the best baseline's error that a model avoids; NaN without one."""
        best = self.best_baseline
        return float("nan") if best is None or not best.mean else 1 - one.mean / best.mean

    def word(self, one: ModelSummary) -> str:
        """Better, worse, or unclear."""
        verdict = self.verdicts.get(one.label)
        return "" if verdict is None else word(verdict.p, self.avoided(one))

    @property
    def address(self) -> str:
        """The dashboard's own comparison of the networks, after the server's name.

        Baselines have none of their parameters: its charts would show these as differing, and
        not those that do.
        """
        networks = [one for one in self.standings if not one.baseline]
        kept = [run for one in networks or self.standings for run in one.runs]
        runs = quote(json.dumps([run.id for run in kept], separators=(",", ":")))
        ids = dict.fromkeys(str(run.values["experiment_id"]) for run in kept)
        experiments = quote(json.dumps(list(ids), separators=(",", ":")))
        return f"/#/compare-runs?runs={runs}&experiments={experiments}"

    def table(self) -> pd.DataFrame:
        """For a terminal."""
        return pd.DataFrame([self.cells(one) for one in self.standings])

    def cells(self, one: ModelSummary) -> dict[str, str]:
        """A model's row of the table."""
        verdict = self.verdicts.get(one.label)
        best = self.best_baseline
        name = best.label if best else "baseline"
        return {
            "model": one.label,
            f"{self.heading} ±\u00a095\u00a0%": with_interval(one.mean, one.half),
            "seeds": "" if one.baseline else str(len(one.runs)),
            f"against {name}": "" if one is best else percent(self.avoided(one)),
            "p": "" if verdict is None else p_text(verdict.p),
            "": self.word(one),
            "weights": _whole(one.average("weights")),
            "ms a step": _tenths(one.step_ms),
            "seconds": _tenths(one.average("time/fit_s")),
        }

    @property
    def note(self) -> str:
        """How the test was made, in words."""
        best, verdicts = self.best_baseline, self.verdicts.values()
        if best is None:
            return "No baseline was chosen: nothing is tested."
        if not verdicts:
            return "Only baselines are here: choose a network too, and it is tested against them."
        told = (
            f"against {best.label}: the share of its error that is avoided; {best.label} is the "
            "best of the baselines here."
        )
        known = dict.fromkeys(verdict.rests for verdict in verdicts if not np.isnan(verdict.p))
        missing = dict.fromkeys(verdict.rests for verdict in verdicts if np.isnan(verdict.p))
        if missing:
            told += f" Too little tells whether a difference is luck where {'; '.join(missing)}."
        if known:
            told += (
                f" p: how often equally good models would differ as much, by {'; or '.join(known)}"
                f". {UNCLEAR}: above {SIGNIFICANT}."
            )
        return told + self._seeds_note

    @property
    def _seeds_note(self) -> str:
        networks = [one for one in self.standings if not one.baseline]
        told = ""
        if self.several:
            told += (
                " The interval of the mean is over seeds: it knows of luck in training, not of "
                "luck in the choice of the test."
            )
        if any(len(one.runs) == 1 for one in networks):
            told += " Of a single seed, luck in training is not counted: try several seeds."
        return told


def _tenths(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"


def _whole(value: float) -> str:
    return "" if np.isnan(value) else f"{value:,.0f}"
