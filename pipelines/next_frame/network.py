"""An encoder–forecaster over frames: patches in, patches out, frames on both sides."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from ...zoo.backend.compiled import compiled
from ...zoo.models import encoder_forecaster
from .clips import FrameSpec
from .patches import to_frames, to_patches
from .settings import Settings

PIXELS = 2**17  # of the frames of one step that are rolled out at once: bounds memory


@dataclass(frozen=True)
class FrameNetwork:
    """A Keras model on patches, used on frames.

    Attributes:
        model: as `encoder_forecaster` makes it; training changes its weights in place.
        spec: the frames that it reads.
    """

    model: keras.Model
    spec: FrameSpec

    @classmethod
    def untrained(cls, settings: Settings, spec: FrameSpec) -> "FrameNetwork":
        """A new network, its weights drawn from Keras's global seed."""
        height, width, channels = spec.frame
        patch, options = spec.patch, settings.cell_options or {}
        encoder, forecaster = (
            settings.factory.stacked(settings.layers, settings.filters, **options) for _ in range(2)
        )
        places = (height // patch, width // patch, patch**2 * channels)
        return cls(encoder_forecaster(encoder, forecaster, places, settings.engine), spec)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return int(self.model.count_params())

    def roll_out(self, known: np.ndarray, steps: int) -> np.ndarray:
        """Forecasts frames from nothing but `known`.

        Args:
            known: checked clips `(clips, time, height, width, channels)`.
            steps: frames to forecast.

        Returns:
            `(clips, steps, height, width, channels)`, floats from 0 to 1.
        """
        frames = np.empty((len(known), steps, *known.shape[2:]), "float32")
        together = max(1, PIXELS // (known.shape[2] * known.shape[3]))
        for first in range(0, len(known), together):
            patches = to_patches(known[first : first + together], self.spec.patch)
            ahead = np.zeros((len(patches), steps, *patches.shape[2:-1], 0), "float32")
            rolled = to_frames(self._function([patches, ahead])[0], self.spec.patch)
            np.clip(rolled, 0, 1, out=frames[first : first + together])
        return frames

    @cached_property
    def _function(self) -> Any:
        """The model as a function on arrays, which follows its weights."""
        return compiled(self.model)
