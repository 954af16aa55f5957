"""Scores of forecast frames at every lead, next to those of baselines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ..evaluation.metrics import skill
from ..recorder import Recorder
from .baselines import baselines
from .metrics import METRICS
from .patches import to_unit_interval

BATCH = 32  # clips forecast and scored at once: bounds memory, whatever their number
SHOWN = 4  # clips whose frames an evaluation holds


@dataclass(frozen=True)
class Sample:
    """A clip with its forecasts; all frames are floats `(time, height, width, channels)`.

    Attributes:
        context: frames that were read.
        truth: frames that followed.
        forecasts: by model, its forecast of the frames that followed.
    """

    context: np.ndarray
    truth: np.ndarray
    forecasts: dict[str, np.ndarray]


@dataclass(frozen=True)
class Evaluation:
    """Errors of a network and of the baselines on the same clips.

    The frames that are scored are those that `NextFrame.predict` returns, clipped to [0, 1].
    Published scores of Moving MNIST are of frames that are not clipped.

    Attributes:
        name: name of the clips.
        model: name of the network, the first key of `errors`.
        context: number of frames that were read.
        errors: by model and metric, `(clips, horizon)`: `mse` and `mae` are summed over the
            pixels of a frame, `ssim` (data range 1) and `psnr` (dB) are means over a frame.
        samples: the first clips with their forecasts.
        parameters: number of weights of the network.
        seconds: fit time of the network in seconds.
    """

    name: str
    model: str
    context: int
    errors: dict[str, dict[str, np.ndarray]]
    samples: list[Sample]
    parameters: int
    seconds: float

    @property
    def clips(self) -> int:
        """Number of clips that were scored."""
        return len(self.errors[self.model]["mse"])

    @property
    def horizon(self) -> int:
        """Number of frames of each clip that were scored."""
        return int(self.errors[self.model]["mse"].shape[1])

    @property
    def baselines(self) -> list[str]:
        """Names of the baselines."""
        return [name for name in self.errors if name != self.model]

    @property
    def reference(self) -> str:
        """Name of the baseline with the smallest MSE, against which `skill` is measured."""
        return min(self.baselines, key=lambda name: self.errors[name]["mse"].mean())

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """Columns `model, mse, mae, ssim, psnr, skill, parameters, seconds`, best MSE first.

        `skill` is 1 minus the MSE divided by that of `reference`.
        """
        rows = []
        naive = self.errors[self.reference]["mse"].mean()
        for name, errors in self.errors.items():
            ours = name == self.model
            row: dict[str, Any] = {"model": name}
            row |= {key: float(values.mean()) for key, values in errors.items()}
            row["skill"] = float(skill(row["mse"], naive))
            row["parameters"] = self.parameters if ours else pd.NA
            row["seconds"] = self.seconds if ours else np.nan
            rows.append(row)
        table = pd.DataFrame(rows).astype({"parameters": "Int64"})
        return table.sort_values("mse", ignore_index=True)

    @cached_property
    def by_lead(self) -> pd.DataFrame:
        """Columns `model, step, mse, mae, ssim, psnr`: means over the clips at each lead."""
        tables = []
        for name in self.leaderboard["model"]:
            columns = {key: values.mean(axis=0) for key, values in self.errors[name].items()}
            steps = np.arange(1, self.horizon + 1)
            tables.append(pd.DataFrame({"model": name, "step": steps} | columns))
        return pd.concat(tables, ignore_index=True)

    def scores(self, name: str | None = None) -> dict[str, float]:
        """Mean errors and skill of one model, by default the network."""
        scores = self.leaderboard.set_index("model").to_dict("index")[name or self.model]
        return {key: float(scores[key]) for key in (*METRICS, "skill")}


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
