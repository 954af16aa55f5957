"""Scores of forecast frames at every lead, next to those of baselines."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...datasets.shown import error_text, html_page
from ...errors import ArgumentError, whole_number
from ...messages import counted
from ..recorder import Recorder
from .baselines import baselines
from .metrics import METRICS
from .patches import to_unit_interval
from .scores import FrameScores, Sample

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCH = 32  # clips forecast and scored at once: bounds memory, whatever their number
SHOWN = 4  # clips whose frames an evaluation holds


@dataclass(frozen=True, repr=False)
class Evaluation(FrameScores):
    """Errors of a network and of the baselines on the same clips, with their charts.

    Attributes: as of `FrameScores`.
    """

    @property
    def verdict(self) -> str:
        """The network's error next to that of the best baseline, in a sentence or two."""
        own, best = (self.errors[name]["mse"] for name in (self.model, self.reference))
        said = f"{self.model}: MSE {error_text(own.mean())}"
        against = f"{self.reference}, the best baseline, with {error_text(best.mean())}"
        share = self.scores()["skill"]
        if not math.isfinite(share):
            return f"{said}; {against}."
        less = "less" if share >= 0 else "more"
        better = int((own.mean(axis=1) < best.mean(axis=1)).sum())
        return (
            f"{said}, {abs(100 * share):.1f} % {less} than {against}. It is better on {better:,} "
            f"of {counted(self.clips, 'clip')}."
        )

    @property
    def _title(self) -> str:
        frames = counted(self.horizon, "frame")
        return f"{self.name}: {frames} after {self.context}, {counted(self.clips, 'test clip')}"

    def __repr__(self) -> str:
        return f"<Evaluation of {self.model} on {self._title}>\n{self.verdict}"

    def _repr_html_(self) -> str:
        """For notebooks: the verdict and the leaderboard."""
        return html_page(self._title, [self.verdict], self.leaderboard)

    def plot(self, clip: int = 0) -> "Figure":
        """Draws one of `samples`: what was read, the truth, the forecast and what is wrong with it.

        Raises:
            ArgumentError: no such clip among them.
        """
        from .charts import strip

        if not 0 <= whole_number("clip", clip, 0) < len(self.samples):
            raise ArgumentError(
                f"The frames of {counted(len(self.samples), 'clip')} are held, 0 to "
                f"{len(self.samples) - 1}. Received: clip={clip}"
            )
        return strip(self.samples[clip], self.model, self.name)

    def plot_leads(self) -> "Figure":
        """Draws the error of the network and the baselines by lead."""
        from .charts import lead_chart

        return lead_chart([self])


def evaluate(
    model: str,
    roll_out: Callable[[np.ndarray, int], np.ndarray],
    clips: np.ndarray,
    context: int,
    horizon: int,
    mean_image: np.ndarray,
    *,
    name: str,
    parameters: int,
    seconds: float,
) -> Evaluation:
    """Scores a network and the baselines on the same frames.

    Args:
        model: name of the network.
        roll_out: forecasts frames from known ones and a number of steps.
        clips: checked clips `(clips, time, height, width, channels)`.
        context: number of known frames of each clip.
        horizon: number of frames after them that are scored; later ones are not read.
        mean_image: mean training frame, `(height, width, channels)`.
        name: name of the clips.
        parameters: number of weights of the network.
        seconds: fit time of the network in seconds.
    """
    scored: dict[str, dict[str, list]] = {}
    samples: list[Sample] = []
    for batch in batches(clips):
        known, truth = batch[:, :context], to_unit_interval(batch[:, context : context + horizon])
        forecasts = {model: roll_out(known, horizon)} | baselines(known, horizon, mean_image)
        for who, forecast in forecasts.items():
            for key, metric in METRICS.items():
                scored.setdefault(who, {}).setdefault(key, []).append(metric(truth, forecast))
        for i in range(min(len(batch), SHOWN - len(samples))):
            shown = {who: forecast[i] for who, forecast in forecasts.items()}
            samples.append(Sample(to_unit_interval(known[i]), truth[i], shown))
    errors = {
        who: {key: np.concatenate(parts) for key, parts in metrics.items()}
        for who, metrics in scored.items()
    }
    return Evaluation(name, model, context, errors, samples, parameters, seconds)


def record(evaluation: Evaluation, recorder: Recorder, model: str | None = None) -> None:
    """Logs the errors of one model, by default the network, to a recorder."""
    model = model or evaluation.model
    recorder.metrics({f"test/{key}": value for key, value in evaluation.scores(model).items()})
    leads = evaluation.by_lead[evaluation.by_lead["model"] == model]
    for key in METRICS:
        recorder.series(f"horizon/{key}", leads[key].to_numpy())


def batches(clips: np.ndarray) -> Iterator[np.ndarray]:
    """Clips in batches, as views."""
    for first in range(0, len(clips), BATCH):
        yield clips[first : first + BATCH]
