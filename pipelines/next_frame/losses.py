"""The loss of forecast frames: a network forecasts patches, a loss compares whole frames."""

import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from ...errors import ArgumentError
from ...zoo.losses import SequenceLoss
from ..training.keras_config import in_words, is_object, to_config
from ..training.keras_settings import LossLike
from ..training.losses import loss_of


@keras.saving.register_keras_serializable("rnnzoo")
class FramesLoss(keras.losses.Loss):
    """A loss over frames `(clips, time, height, width, channels)` that is called with patches.

    It is called with truth and forecast in patches and, if clips differ in weight, with the
    weights `(clips,)`. A `SequenceLoss` gets `(clips, time, values)` in place of frames.

    Args:
        loss: the argument `loss` of `NextFrame`.
        patch: side of a patch in pixels.
    """

    def __init__(self, loss: LossLike, patch: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.given, self.loss, self.patch = loss, loss_of(loss), patch

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        patches = (ops.convert_to_tensor(y, dtype=self.dtype) for y in (y_true, y_pred))
        frames = [frames_of(y, self.patch) for y in patches]
        if isinstance(self.loss, SequenceLoss):
            truth, forecast = map(_sequences, frames)
            return self.loss(truth, forecast, sample_weight)
        if isinstance(self.loss, keras.losses.Loss):
            lost, sums = self.loss.call(*frames), self.loss.reduction == "sum"
        else:
            lost, sums = self.loss(*frames), False
        lost = ops.convert_to_tensor(lost, dtype=self.dtype)
        if sample_weight is not None:
            lost = lost * _each_clip(self.given, lost, sample_weight)
        return ops.sum(lost) if sums else ops.mean(lost)

    def get_config(self) -> dict[str, Any]:
        given = to_config(self.given) if is_object(self.given) else self.given
        return {"name": self.name, "loss": given, "patch": self.patch}


def training_loss(given: LossLike | None, patch: int, weighed: bool) -> Any:
    """The loss with which a network on patches is compiled."""
    plain = loss_of(given) in (None, keras.losses.mean_squared_error)
    if plain and not weighed:
        return "mse"  # the same for patches as for frames
    return FramesLoss("mse" if given is None else given, patch)


def try_loss(given: LossLike | None, shape: tuple[int, ...], patch: int, weighed: bool) -> None:
    """Calls a loss on frames of noise, to find before training that it cannot be used.

    Args:
        given: the argument `loss` of `NextFrame`.
        shape: shape of the forecast frames of a clip, `(time, height, width, channels)`.
        patch: side of a patch in pixels.
        weighed: whether clips differ in weight.

    Raises:
        ArgumentError: the loss fails, is no finite number, is the same for every forecast, or
            cannot weigh clips.
    """
    if given is None:
        return
    time, height, width, channels = shape
    places = (2, time, height // patch, width // patch, patch**2 * channels)
    random = np.random.default_rng(0)
    truth, forecast, other = random.uniform(0, 1, (3, *places)).astype("float32")
    weights = np.ones(2, "float32") if weighed else None
    loss = FramesLoss(given, patch)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # training repeats them
            found, different = (float(loss(truth, y, weights)) for y in (forecast, other))
    except ArgumentError:
        raise
    except Exception as error:  # whatever a user's function raises
        raise ArgumentError(
            f"The loss {in_words(given)} fails on truth and forecast of shape {(2, *shape)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not np.isfinite(found):
        raise ArgumentError(f"The loss {in_words(given)} is {found} for frames of noise in [0, 1].")
    if found == different:
        raise ArgumentError(
            f"The loss {in_words(given)} is {found:.4g} for every forecast of frames with "
            f"{channels} channel{'s' * (channels > 1)}, as it compares channels with each other: "
            "use one that compares values, such as 'mse' or 'binary_crossentropy'."
        )


def frames_of(patches: Any, patch: int) -> Any:
    """As `to_frames`, for tensors of any backend."""
    time, (rows, columns, depth) = ops.shape(patches)[1], patches.shape[2:]
    channels = depth // patch**2
    grid = ops.reshape(patches, (-1, rows, columns, patch, patch, channels))
    frames = ops.reshape(ops.swapaxes(grid, 2, 3), (-1, rows * patch, columns * patch, channels))
    return ops.reshape(frames, (-1, time, *frames.shape[1:]))


def _sequences(frames: Any) -> Any:
    """Frames as sequences `(clips, time, values)`."""
    return ops.reshape(frames, (-1, ops.shape(frames)[1], int(np.prod(frames.shape[2:]))))


def _each_clip(given: Any, lost: Any, weights: Any) -> Any:
    """Weights that broadcast with a loss whose first axis is that of the clips."""
    if not len(lost.shape):
        raise ArgumentError(
            f"The loss {in_words(given)} is one number for all clips, so that they cannot be "
            "weighed: let it give a number for each, (clips, …), or leave `sample_weight` out."
        )
    weights = ops.convert_to_tensor(weights, dtype=lost.dtype)
    return ops.reshape(weights, (-1, *[1] * (len(lost.shape) - 1)))
