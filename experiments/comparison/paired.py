"""Errors of one run at each origin or clip of the test, and the test that pairs them."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...pipelines.evaluation.significance import diebold_mariano

if TYPE_CHECKING:
    from ...pipelines.forecasting import Backtest
    from ...pipelines.next_frame import Evaluation

#: Names among the artifacts of a run: the errors, and the frames of the first test clip.
FILE, FRAMES = "errors.json", "roll-out.npz"


@dataclass(frozen=True)
class Errors:
    """Mean errors over all leads, one per origin or clip.

    Attributes:
        of: `"origin"` or `"clip"`.
        where: times of the origins or numbers of the clips, in order; only equal ones are paired.
        values: the errors, shape `(len(where),)`.
        overlap: number of successive origins whose forecasts share a time, at least 1.
    """

    of: str
    where: list[str]
    values: np.ndarray
    overlap: int

    def text(self) -> str:
        """The errors as JSON, missing ones as null."""
        values = [None if math.isnan(value) else value for value in self.values.tolist()]
        return json.dumps(
            {"of": self.of, "where": self.where, "values": values, "overlap": self.overlap}
        )

    @classmethod
    def read(cls, text: str) -> "Errors | None":
        """The errors that `text` wrote; `None` where the text is damaged."""
        try:
            found = json.loads(text)
            values = np.array(found["values"], "float64")  # null becomes NaN
            read = cls(str(found["of"]), list(found["where"]), values, int(found["overlap"]))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None
        texts = all(isinstance(one, str) for one in read.where)
        sized = values.shape == (len(read.where),) and 1 <= read.overlap <= max(1, len(values))
        return read if texts and sized and not np.isinf(values).any() else None


def of_backtest(backtest: "Backtest", model: str) -> Errors:
    """Absolute errors of a model at each origin, scaled where several series are averaged."""
    errors = np.abs(backtest.forecasts[model] - backtest.truth)
    if backtest.error == "mase":
        errors = errors / backtest.scale[:, None]
    by_time = pd.DataFrame(errors).groupby(backtest.origins).mean().mean(axis=1)
    times = by_time.index.to_numpy()
    ends = pd.Series(backtest.times[:, -1]).groupby(backtest.origins).max().to_numpy()
    overlap = int((np.searchsorted(times, ends) - np.arange(len(times))).max())
    return Errors("origin", times.astype(str).tolist(), by_time.to_numpy(), max(1, overlap))


def of_evaluation(evaluation: "Evaluation", model: str) -> Errors:
    """Squared errors of a model in each clip; no two clips share a frame."""
    values = evaluation.errors[model]["mse"].mean(axis=1)
    return Errors("clip", [str(i) for i in range(len(values))], values, 1)


@dataclass(frozen=True)
class TestResult:
    """The test of a model against a baseline.

    Attributes:
        p: probability that equally good models differ as much; NaN where it is unknown.
        basis: the tests that gave it, in words; or why it is unknown.
        seeds: number of the model's seeds.
    """

    p: float
    basis: str
    seeds: int = 1


@dataclass(frozen=True)
class ModelScores:
    """One model's scores on a test.

    Attributes:
        label: name of the model.
        scores: mean error of each seed, the smaller the better.
        baseline: whether nothing was trained; it then has one score.
        data: identifies the data of the test: equal for models on the same data.
        read_errors: gives the errors of the same seeds at each origin or clip, `None` for a run
            without them. Called for models that are tested only, as reading takes time.
    """

    label: str
    scores: Sequence[float]
    baseline: bool
    data: str
    read_errors: Callable[[], Sequence[Errors | None]]

    @cached_property
    def mean(self) -> float:
        """Mean of the scores over the seeds."""
        return float(np.mean(self.scores))

    @cached_property
    def margin(self) -> float:
        """Half the width of the 95 % interval of the mean; NaN of one seed."""
        return margin_of_error(self.scores)

    @cached_property
    def errors(self) -> Sequence[Errors | None]:
        """What `read_errors` gives, read once."""
        return self.read_errors()


def compared(model: ModelScores, baseline: ModelScores) -> TestResult:
    """Tests whether a model differs from a baseline by more than chance.

    Errors at the same origins are paired, those of several seeds averaged first, in a
    Diebold–Mariano test, which accounts for chance in the choice of the test. The scores of the
    seeds are compared with the baseline's in a t-test, which accounts for chance in training. Both
    have to agree: the larger p counts. Where errors were not saved, there is the t-test alone.

    Args:
        model: a model with one or more seeds.
        baseline: a model with one score.

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
    saved = [errors for errors in model.errors if errors is not None]
    others = baseline.errors[0]
    if others is None or len(saved) < seeds:
        if seeds == 1:
            return TestResult(
                math.nan, "there is one seed, and errors of single tests are not saved"
            )
        return TestResult(over_seeds, f"a t-test over {seeds} seeds", seeds)
    if any(errors.where != others.where for errors in saved):
        return TestResult(math.nan, f"errors are saved of other {others.of}s than the baseline's")
    mean = np.mean([errors.values for errors in saved], axis=0)
    found = diebold_mariano(mean, others.values, others.overlap)
    tested = f"{found.origins:,} test {others.of}s"
    if math.isnan(found.p_value):
        return TestResult(math.nan, f"{tested} tell too little")
    if seeds == 1:
        return TestResult(found.p_value, f"a paired test over {tested}")
    basis = f"a paired test over {tested}, errors of {seeds} seeds averaged, and a t-test over"
    larger = float(np.nanmax([found.p_value, over_seeds]))
    return TestResult(larger, f"{basis} the seeds, whichever p is larger", seeds)


def margin_of_error(scores: Sequence[float]) -> float:
    """Half the width of the 95 % interval of a mean over seeds, by Student's t; NaN of one seed."""
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
    """The first test clip as bytes: `context`, `truth` and `forecast`, each of shape
    `(frames, height, width, channels)`."""
    sample = evaluation.samples[0]
    parts = {"context": sample.context, "truth": sample.truth, "forecast": sample.forecasts[model]}
    return {name: np.round(255 * part.clip(0, 1)).astype("uint8") for name, part in parts.items()}
