"""Errors of forecast frames by model, and the leaderboard that follows from them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ..evaluation.metrics import skill
from .metrics import METRICS


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        size = " × ".join(map(str, self.truth.shape[1:]))
        return (
            f"<Sample: {len(self.context)} frames read, {len(self.truth)} forecast, of {size}, by "
            f"{', '.join(self.forecasts)}>"
        )


@dataclass(frozen=True)
class FrameScores:
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
