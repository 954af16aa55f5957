"""Settings of a next-frame network, and frames that fit them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...datasets import Clips, checked_frames
from ...errors import ArgumentError, DataError, positive, seed_number, whole_number
from ...zoo.cells import serving
from ...zoo.engines import choose_engine
from ...zoo.factory import cell_factory
from ..training import losses, optimizers
from ..training.losses import loss_of
from ..training.optimizers import check_optimizer

if TYPE_CHECKING:
    from .predictor import NextFrame

COUNTS = (
    "context", "horizon", "filters", "layers", "patch", "epochs", "clips_per_epoch", "batch_size",
    "patience",
)  # fmt: skip
LEARNING_RATE = 0.004  # where none is set
OURS = {"filters", "units", "name", "dtype"}  # arguments of a cell that are set for it


def check(settings: dict[str, Any]) -> None:
    """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
    for name in COUNTS:
        whole_number(name, settings[name])
    seed_number(settings["seed"])
    if settings["learning_rate"] is not None:
        positive("learning_rate", settings["learning_rate"])
    check_optimizer(settings)
    loss_of(settings["loss"])
    factory = cell_factory(settings["cell"])
    if "next_frame" not in factory.kind.serves:
        raise ArgumentError(
            f"`{factory.name}` serves {', '.join(factory.kind.serves)}, not next frames: it reads "
            f"the rows of a table. Cells that read images: {', '.join(serving('next_frame'))}."
        )
    factory.check(factory.own_units or settings["filters"], settings["cell_options"], OURS)
    factory.check_reads((8, 8, 4), "images")
    choose_engine(settings["engine"], factory.make(settings["filters"]), None)


@dataclass(frozen=True)
class FrameSpec:
    """What frames must look like for a network to read them.

    Attributes:
        patch: what height and width must be divisible by.
        frame: `(height, width, channels)`, once it is known.
        dtype: `"uint8"` or `"float32"`, once it is known.
    """

    patch: int
    frame: tuple[int, ...] | None = None
    dtype: str | None = None

    def checked(self, frames: Any, least: int, why: str) -> np.ndarray:
        """Clips that can be read, `(clips, time, height, width, channels)`.

        Args:
            frames: what the user gave.
            least: frames that each clip must hold.
            why: that many.

        Raises:
            DataError: there are none, too few, or they look different.
        """
        clips = checked_frames(frames)
        if clips.shape[1] < least:
            raise DataError(
                f"Clips must hold at least {least} frames, {why}. "
                f"Received: {clips.shape[1]} frames a clip"
            )
        height, width, channels = clips.shape[2:]
        if height % self.patch or width % self.patch:
            raise DataError(
                f"Height and width must be divisible by the patch, {self.patch}. "
                f"Received: frames of {height} × {width}. Crop them, or choose another `patch`."
            )
        if self.frame is not None and self.frame != (height, width, channels):
            raise DataError(
                f"The network knows frames of shape {self.frame} (height, width, channels). "
                f"Received: {(height, width, channels)}. Crop or resize them, or fit anew."
            )
        if self.dtype is not None and self.dtype != clips.dtype.name:
            to_float, to_bytes = "frames / 255", "(255 * frames).round().astype('uint8')"
            raise DataError(
                f"The network knows {self.dtype} frames. Received: {clips.dtype.name}. "
                f"Convert them: {to_float if self.dtype == 'float32' else to_bytes}"
            )
        return clips


def described(predictor: "NextFrame", clips: Any) -> dict[str, Any]:
    """Parameters for a recorder: every setting as it was used; those that are unset left out."""
    height, width, channels = predictor.look_.frame or ()
    told = used(predictor.get_params()) | {
        "cell": predictor.cell_name,
        "cell_options": str(predictor.cell_options or {}),
        "frame": f"{height}x{width}x{channels}",
        "split.training_clips": "made anew" if callable(clips) else len(clips),
        "weights": int(predictor.network_.count_params()),
    }
    return {key: value for key, value in told.items() if value is not None}


def used(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as they are used, in short: those of the optimizer as it brings them."""
    optimizer, loss = settings["optimizer"], settings["loss"]
    rate = settings["learning_rate"]
    own = optimizers.own_settings(optimizer) or {
        "learning_rate": LEARNING_RATE if rate is None else rate
    }
    return settings | own | {
        "optimizer": optimizers.described(optimizer), "loss": losses.described(loss, "mse")
    }  # fmt: skip


def parts(clips: Any, validation: Any) -> tuple[Any, Any]:
    """What trains, and what chooses the weights: as they are given, or the last tenth.

    Raises:
        ArgumentError: no clips to validate on can be had.
    """
    if isinstance(clips, Clips):
        own = clips.validation if validation is None else validation
        return clips.training, own
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
