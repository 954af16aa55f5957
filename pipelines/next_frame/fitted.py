"""What a fit finds: one value, which forecasts, is scored and is saved."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ArgumentError, whole_number
from ..training.loop import History
from .evaluation import Evaluation, evaluate
from .network import FrameNetwork
from .settings import Settings

MOST_STEPS = 10_000  # frames of one forecast


@dataclass(frozen=True, repr=False)
class FittedNextFrame:
    """A trained next-frame network with all that belongs to it.

    Attributes:
        settings: the settings of the fit.
        network: the trained network, and the frames that it reads.
        mean_image: mean training frame `(height, width, channels)` in [0, 1], a baseline.
        history: errors of each epoch, and the fit time.
    """

    settings: Settings
    network: FrameNetwork
    mean_image: np.ndarray
    history: History

    def __repr__(self) -> str:
        return f"<FittedNextFrame: {self.network.parameters:,} weights>"

    def predict(self, frames: Any, steps: int | None = None) -> np.ndarray:
        """As `NextFrame.predict`."""
        steps = self.settings.horizon if steps is None else whole_number("steps", steps)
        if steps > MOST_STEPS:
            raise ArgumentError(f"`steps` must be at most {MOST_STEPS:,}. Received: steps={steps}")
        known = self.network.spec.checked(frames, self.settings.context, "the context")
        forecast = self.network.roll_out(known, steps)
        return forecast if np.ndim(frames) == 5 else forecast[..., 0]

    def evaluate(self, clips: Any, name: str) -> Evaluation:
        """Scores roll-outs of clips against their frames, next to the baselines.

        Args:
            clips: an array or a list of clips, each a context and the frames after it.
            name: what the clips are called.

        Raises:
            DataError: too few frames, or frames of another size or type than in the fit.
        """
        return evaluate(
            self.settings.factory.name,
            self.network.roll_out,
            self.network.spec.checked_whole(clips, self.settings),
            self.settings.context,
            self.settings.horizon,
            self.mean_image,
            name=name,
            parameters=self.network.parameters,
            seconds=self.history.seconds,
        )
