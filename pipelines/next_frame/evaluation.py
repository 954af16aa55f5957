"""Scores of rolled-out frames at every lead, beside baselines that need no network."""

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
SHOWN = 4  # clips kept to be looked at


@dataclass(frozen=True)
class Sample:
    """A clip to look at; frames are floats `(time, height, width, channels)`.

    Attributes:
        context: what was read.
        truth: what followed.
        forecasts: what each model said would follow.
    """

    context: np.ndarray
    truth: np.ndarray
    forecasts: dict[str, np.ndarray]


@dataclass(frozen=True)
class Evaluation:
    """Errors of a network and of the baselines, rolled out freely over the same clips.

    Scored is what `NextFrame.predict` gives: frames cut to [0, 1]. Published scores of
    Moving MNIST are of frames that are not cut.

    Attributes:
        name: what the clips are called.
        model: the network's name, the first key of `errors`.
        context: frames that were read.
        errors: by model and metric, `(clips, horizon)`: `mse` and `mae` are summed over the
            pixels of a frame, `ssim` (data range 1) and `psnr` (dB) are means over a frame.
        samples: the first clips.
        parameters: weights of the network.
        seconds: of its fit.
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
        return len(self.errors[self.model]["mse"])

    @property
    def horizon(self) -> int:
        return int(self.errors[self.model]["mse"].shape[1])

    @property
    def baselines(self) -> list[str]:
        return [name for name in self.errors if name != self.model]

    @property
    def reference(self) -> str:
        """The baseline with the smallest error, which `skill` is measured against."""
        return min(self.baselines, key=lambda name: self.errors[name]["mse"].mean())

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """Columns `model, mse, mae, ssim, psnr, skill, parameters, seconds`, best MSE first.

        `skill` is the share of the MSE of `reference` that is avoided.
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
        """The overall numbers of one model, by default the network's."""
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
        model: the network's name.
        roll_out: from frames that are known and a number of steps to the frames after.
        clips: `(clips, time, height, width, channels)`, as the user gave them.
        context: frames of each clip that are known.
        horizon: frames after them that are scored; what comes later is not read.
        mean_image: of the training clips.
        name: what the clips are called.
        parameters: weights of the network.
        seconds: of its fit.
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
    """Tells a recorder the errors of one model, by default the network's."""
    model = model or evaluation.model
    recorder.metrics({f"test/{key}": value for key, value in evaluation.scores(model).items()})
    leads = evaluation.by_lead[evaluation.by_lead["model"] == model]
    for key in METRICS:
        recorder.series(f"horizon/{key}", leads[key].to_numpy())


def batches(clips: np.ndarray) -> Iterator[np.ndarray]:
    """Clips in parts, as views: memory does not grow with their number."""
    for first in range(0, len(clips), BATCH):
        yield clips[first : first + BATCH]
