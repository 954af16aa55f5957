"""The clips of a fit: checked, and split into what trains and what validates."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...datasets import Clips, Sampler, checked_frames
from ...errors import ArgumentError, DataError
from .settings import Settings
from .weights import weighed

SAMPLED = 1000  # clips drawn from a function for the mean image


@dataclass(frozen=True)
class FrameSpec:
    """The frames that a network reads.

    Attributes:
        patch: side of a patch in pixels, which divides height and width.
        frame: `(height, width, channels)`.
        dtype: `"uint8"` or `"float32"`.
    """

    patch: int
    frame: tuple[int, int, int]
    dtype: str

    @classmethod
    def of(cls, clips: np.ndarray, patch: int) -> "FrameSpec":
        """The frames of clips `(clips, time, height, width, channels)`."""
        height, width, channels = clips.shape[2:]
        return cls(patch, (height, width, channels), clips.dtype.name)

    def checked(self, frames: Any, least: int, why: str) -> np.ndarray:
        """Clips that the network can read, `(clips, time, height, width, channels)`.

        Args:
            frames: the user's clips.
            least: frames that each clip must hold.
            why: what these are, for the message.

        Raises:
            DataError: no clips, too few frames, or frames of another size or type.
        """
        clips = _divisible(frames, self.patch, least, why)
        if self.frame != clips.shape[2:]:
            raise DataError(
                f"The network knows frames of shape {self.frame} (height, width, channels). "
                f"Received: {clips.shape[2:]}. Crop or resize them, or fit anew."
            )
        if self.dtype != clips.dtype.name:
            to_float, to_bytes = "frames / 255", "(255 * frames).round().astype('uint8')"
            raise DataError(
                f"The network knows {self.dtype} frames. Received: {clips.dtype.name}. "
                f"Convert them: {to_float if self.dtype == 'float32' else to_bytes}"
            )
        return clips

    def checked_whole(self, clips: Any, settings: Settings) -> np.ndarray:
        """As `checked`, for clips that hold a context and the frames that follow it."""
        return self.checked(clips, *_whole(settings))


@dataclass(frozen=True)
class TrainingClips:
    """The clips of a fit, each array `(clips, time, height, width, channels)`.

    Attributes:
        training: an array, or a function of a count and a seed that makes one.
        sample: the training clips before those of weight 0 are left out, or, where a function
            makes them, the first ones that it makes.
        validation: clips whose error chooses the weights of the network.
        spec: the frames of all of them.
        weights: how much each training clip counts, `(clips,)`; `None` if all count the same.
    """

    training: np.ndarray | Sampler
    sample: np.ndarray
    validation: np.ndarray
    spec: FrameSpec
    weights: np.ndarray | None

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is read, as arrays by which a checkpoint knows the fit."""
        known = self.sample if callable(self.training) else self.training
        return known, self.validation, np.empty(0) if self.weights is None else self.weights


def training_clips(
    clips: Any, settings: Settings, validation: Any = None, sample_weight: Any = None
) -> TrainingClips:
    """Checks what the user gives to `fit`.

    Args:
        clips: `Clips`, an array or a list of clips, or a function that makes clips.
        settings: context, horizon and patch say which clips can be used.
        validation: clips; by default those of `Clips`, or the last tenth.
        sample_weight: how much each clip counts, `(clips,)`, or `None`.

    Raises:
        ArgumentError, ArgumentTypeError: no clips to validate on, or weights that cannot be used.
        DataError: clips that cannot be used.
    """
    training, held_out = train_validation_split(clips, validation)
    drawn = training(SAMPLED, 0) if callable(training) else training
    sample = _divisible(drawn, settings.patch, *_whole(settings))
    spec = FrameSpec.of(sample, settings.patch)
    held_out = spec.checked_whole(held_out, settings)

    def sampler(count: int, seed: int) -> np.ndarray:
        return spec.checked_whole(training(count, seed), settings)

    checked = sampler if callable(training) else sample
    checked, weights = weighed(checked, sample_weight, clips)
    return TrainingClips(checked, sample, held_out, spec, weights)


def train_validation_split(clips: Any, validation: Any) -> tuple[Any, Any]:
    """Training and validation clips: those that are given, or all but the last tenth and that.

    Raises:
        ArgumentError: no clips are left to validate on.
    """
    if isinstance(clips, Clips):
        return clips.training, clips.validation if validation is None else validation
    if validation is not None:
        return clips, validation
    if callable(clips):
        raise ArgumentError("Clips made anew each epoch need `validation`: clips that stay.")
    frames = checked_frames(clips)
    if len(frames) < 2:
        raise ArgumentError(
            "One clip cannot both train and choose the weights: give more, or `validation`. "
            "A long film is cut into clips by `rnnzoo.read_clips`."
        )
    held_out = max(1, len(frames) // 10)
    return frames[:-held_out], frames[-held_out:]


def _whole(settings: Settings) -> tuple[int, str]:
    """How many frames a clip must hold to train or to be scored, and why."""
    context, horizon = settings.context, settings.horizon
    return context + horizon, f"{context} to read and {horizon} to forecast"


def _divisible(frames: Any, patch: int, least: int, why: str) -> np.ndarray:
    """Clips long enough, and of frames that patches divide."""
    clips = checked_frames(frames)
    if clips.shape[1] < least:
        raise DataError(
            f"Clips must hold at least {least} frames, {why}. "
            f"Received: {clips.shape[1]} frames a clip"
        )
    height, width = clips.shape[2:4]
    if height % patch or width % patch:
        raise DataError(
            f"Height and width must be divisible by the patch, {patch}. "
            f"Received: frames of {height} × {width}. Crop them, or choose another `patch`."
        )
    return clips
