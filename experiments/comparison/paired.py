"""Errors of one run at each origin or clip of the test: what a paired comparison rests on."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...pipelines.evaluation.significance import diebold_mariano

if TYPE_CHECKING:
    from ...pipelines.forecasting import Backtest
    from ...pipelines.next_frame import Evaluation

#: What they are called among the artifacts of a run: errors, and the first test clip.
FILE, FRAMES = "errors.json", "roll-out.npz"


@dataclass(frozen=True)
class Errors:
    """Mean errors over all leads, one for each origin or clip.

    Attributes:
        of: what there is one of each: `"origin"` or `"clip"`.
        where: which ones, in order, so that only the same are paired.
        values: the errors.
        overlap: how many of them forecast something in common.
    """

    of: str
    where: list[str]
    values: np.ndarray
    overlap: int

    def text(self) -> str:
        """As JSON; missing errors as null."""
        values = [None if math.isnan(value) else value for value in self.values.tolist()]
        return json.dumps(
            {"of": self.of, "where": self.where, "values": values, "overlap": self.overlap}
        )

    @classmethod
    def read(cls, text: str) -> "Errors | None":
        """What `text` wrote; nothing of what is damaged."""
        try:
            found = json.loads(text)
            values = np.array(found["values"], "float64")  # null becomes NaN
            return cls(found["of"], list(found["where"]), values, int(found["overlap"]))
        except (ValueError, KeyError, TypeError):
            return None


def of_backtest(backtest: "Backtest", model: str) -> Errors:
    """Absolute errors at each origin, scaled where several series are averaged."""
    errors = np.abs(backtest.forecasts[model] - backtest.truth)
    if backtest.error == "mase":
        errors = errors / backtest.scale[:, None]
    by_time = pd.DataFrame(errors).groupby(backtest.origins).mean().mean(axis=1)
    times = by_time.index.to_numpy()
    ends = pd.Series(backtest.times[:, -1]).groupby(backtest.origins).max().to_numpy()
    overlap = int((np.searchsorted(times, ends) - np.arange(len(times))).max())
    return Errors("origin", times.astype(str).tolist(), by_time.to_numpy(), max(1, overlap))


def of_evaluation(evaluation: "Evaluation", model: str) -> Errors:
    """Squared errors of each clip, which share nothing."""
    values = evaluation.errors[model]["mse"].mean(axis=1)
    return Errors("clip", [str(i) for i in range(len(values))], values, 1)


@dataclass(frozen=True)
class TestResult:
    """A model beside a baseline.

    Attributes:
        p: how often equally good ones would differ as much; NaN where nothing tells.
        rests: on what, in words; or why nothing tells.
        seeds: of the model.
    """

    p: float
    rests: str
    seeds: int = 1


@dataclass(frozen=True)
class Sample:
    """A model as it enters a test.

    Attributes:
        data: the same of models on the same data.
        scores: one a seed.
        errors: of the same runs, where they were kept.
    """

    data: str
    scores: list[float]
    errors: list[Errors | None]


def compared(model: Sample, baseline: Sample) -> TestResult:
    """Tests whether a model differs from a baseline by more than luck.

    Errors at the same origins are paired, those of several seeds averaged first, in a
    Diebold–Mariano test, which knows of luck in the choice of the test. The scores of the seeds
    are held against the baseline's in a t-test, which knows of luck in training. Both have to
    agree: the larger p counts. Where no errors are kept, there is the t-test alone.

    Args:
        model: with its seeds.
        baseline: learns nothing, and has one score.

    Raises:
        ArgumentError: they were tested on different data.
    """
    if model.data != baseline.data:
        raise ArgumentError(
            "Only models of the same data can be tested against each other. Received: data "
            f"{model.data!r} and {baseline.data!r}"
        )
    seeds = len(model.scores)
    over_seeds = _t_test(np.asarray(model.scores) - baseline.scores[0])
    kept = [one for one in model.errors if one is not None]
    others = baseline.errors[0]
    if others is None or len(kept) < seeds:
        if seeds == 1:
            return TestResult(
                math.nan, "there is one seed, and errors of single tests are not kept"
            )
        return TestResult(over_seeds, f"a t-test over {seeds} seeds", seeds)
    if any(one.where != others.where for one in kept):
        return TestResult(math.nan, f"errors are kept of other {others.of}s than the baseline's")
    mean = np.mean([one.values for one in kept], axis=0)
    found = diebold_mariano(mean, others.values, others.overlap)
    tested = f"{found.origins:,} test {others.of}s"
    if math.isnan(found.p_value):
        return TestResult(math.nan, f"{tested} tell too little")
    if seeds == 1:
        return TestResult(found.p_value, f"a paired test over {tested}")
    rests = f"a paired test over {tested}, errors of {seeds} seeds averaged, and a t-test over"
    larger = float(np.nanmax([found.p_value, over_seeds]))
    return TestResult(larger, f"{rests} the seeds, whichever p is larger", seeds)


class OverSeeds:
    """A model with `scores`, one a seed."""

    scores: Any

    @property
    def mean(self) -> float:
        return float(np.mean(self.scores))

    @property
    def half(self) -> float:
        """Half of the 95 % interval of the mean."""
        return interval(self.scores)


def interval(scores: Sequence[float]) -> float:
    """Half of the 95 % interval of a mean over seeds, by Student's t; NaN of one seed."""
    from scipy import stats

    if len(scores) < 2:
        return math.nan
    spread = float(np.std(scores, ddof=1)) / math.sqrt(len(scores))
    return float(stats.t.ppf(0.975, len(scores) - 1)) * spread


def _t_test(differences: np.ndarray) -> float:
    from scipy import stats

    if len(differences) < 2 or not np.ptp(differences):
        return math.nan
    return float(stats.ttest_1samp(differences, 0.0).pvalue)


def frames_of(evaluation: "Evaluation", model: str) -> dict[str, Any]:
    """The first clip as bytes: what was read, what followed, what was forecast."""
    sample = evaluation.samples[0]
    parts = {"context": sample.context, "truth": sample.truth, "forecast": sample.forecasts[model]}
    return {name: np.round(255 * part.clip(0, 1)).astype("uint8") for name, part in parts.items()}
