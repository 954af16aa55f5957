"""Checks of users' frames: one array of one type, finite, channels last."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import DataError

ROUNDING = 1e-5  # tolerance below 0 and above 1, for what resizing leaves
CHANNELS = 4  # most channels: RGB with alpha
SHAPES = "(clips, time, height, width) or (clips, time, height, width, channels)"


def checked_frames(frames: Any) -> np.ndarray:
    """Returns clips as one array `(clips, time, height, width, channels)`, `uint8` or `float32`.

    Args:
        frames: an array, or a list of clips of one size.

    Raises:
        DataError: no frames; sizes or types that differ; channels first; numbers that
            are neither `uint8` nor floats in [0, 1]; NaN. Names clip and frame.
    """
    if isinstance(frames, (list, tuple)):
        frames = checked_list(frames)
    frames = np.asarray(frames)
    _check_type(frames)
    if frames.ndim == 4:
        if frames.shape[-1] <= CHANNELS < min(frames.shape[1:3]):
            raise DataError(
                f"Frames must have the shape {SHAPES}. Received: one clip of shape "
                f"{frames.shape}. Pass frames[None]."
            )
        frames = frames[..., None]
    if frames.ndim != 5:
        one = " Pass frames[None] if it is one clip." if frames.ndim == 3 else ""
        raise DataError(f"Frames must have the shape {SHAPES}. Received: {frames.shape}.{one}")
    if 0 in frames.shape:
        raise DataError(f"There are no frames. Received: an array of shape {frames.shape}")
    _check_channels(frames)
    for place, clip in enumerate(frames):
        _check_values(clip, f"clip {place}, ")
    return _plain(frames)


def checked_film(film: Any) -> np.ndarray:
    """Returns one long film as an array `(time, height, width, channels)`.

    Raises:
        DataError: as for `checked_frames`.
    """
    film = np.asarray(film)
    _check_type(film)
    film = film if film.ndim == 4 else film[..., None]
    if 0 in film.shape:
        raise DataError(f"There are no frames. Received: an array of shape {film.shape}")
    _check_values(film, "")
    return _plain(film)


def _plain(frames: np.ndarray) -> np.ndarray:
    return frames if frames.dtype == "uint8" else frames.astype("float32", copy=False)


def checked_list(given: Sequence[Any], kind: str = "clip") -> np.ndarray:
    """Stacks a list of clips, or of frames, into one array.

    Raises:
        DataError: an empty list, or sizes or types that differ. Names the first that differs.
    """
    if not given:
        raise DataError("There are no frames. Received: an empty list")
    clips = []
    for place, clip in enumerate(given):
        try:
            clips.append(np.asarray(clip))
        except ValueError as error:
            sizes = sorted({np.shape(frame) for frame in clip})
            raise DataError(
                f"All frames must have one size. Received: {kind} {place} with parts of shapes "
                f"{', '.join(map(str, sizes))}. Cut or resize them."
            ) from error
    first = clips[0]
    for place, clip in enumerate(clips):
        if clip.shape != first.shape:
            raise DataError(
                f"All {kind}s must have one length and size. Received: {kind} 0 of shape "
                f"{first.shape}, {kind} {place} of shape {clip.shape}. Cut or resize them."
            )
        if clip.dtype != first.dtype:
            raise DataError(
                f"All {kind}s must have one type. Received: {kind} 0 of {first.dtype}, "
                f"{kind} {place} of {clip.dtype}. Divide the uint8 ones by 255."
            )
    return np.stack(clips)


def _check_type(frames: np.ndarray) -> None:
    if frames.dtype == object:
        raise DataError(
            "Frames must be one array of numbers. Received: objects, perhaps clips of different "
            f"sizes. Cut or resize them to one shape {SHAPES}."
        )
    if frames.dtype != "uint8" and not np.issubdtype(frames.dtype, np.floating):
        remedy = ""
        if frames.dtype == bool:
            remedy = " Convert them: frames.astype('float32')"
        elif np.issubdtype(frames.dtype, np.integer):
            remedy = (
                " Divide them by their largest possible value (65535 for 16 bits); whole numbers "
                "from 0 to 255 may become frames.astype('uint8')"
            )
        raise DataError(
            "Frames must be uint8 from 0 to 255, or floats from 0 to 1. "
            f"Received: {frames.dtype}.{remedy}"
        )


def _check_channels(frames: np.ndarray) -> None:
    if frames.shape[-1] <= CHANNELS:
        return
    remedy = ""
    for axis in (1, 2):
        if frames.shape[axis] <= CHANNELS:
            remedy = f" They seem to come first: np.moveaxis(frames, {axis}, -1)"
    raise DataError(
        f"The last axis of frames holds the channels, {CHANNELS} at most. "
        f"Received: shape {frames.shape}.{remedy}"
    )


def _check_values(film: np.ndarray, where: str) -> None:
    """`film` is `(time, height, width, channels)`."""
    if film.dtype == "uint8":
        return
    for t, frame in enumerate(film):
        if not np.isfinite(frame).all():
            row, column, _ = next(_places(~np.isfinite(frame)))
            count = int((~np.isfinite(film)).sum())
            raise DataError(
                f"Frames must be finite. Received: {frame[row, column].tolist()} at {where}frame "
                f"{t}, row {row}, column {column} ({count} such values there). Fill them, e.g. "
                "with np.nan_to_num."
            )
        low, high = float(frame.min()), float(frame.max())
        if low < -ROUNDING or high > 1 + ROUNDING:
            remedy = (
                "Divide them by their largest possible value (255 for 8 bits), or pass uint8."
                if low >= 0
                else "Shift and scale them, e.g. (frames + 1) / 2 from −1 … 1."
            )
            raise DataError(
                "Frames of floats lie between 0 and 1. "
                f"Received: {low} to {high} at {where}frame {t}. {remedy}"
            )


def _places(found: np.ndarray) -> Iterator[tuple[int, ...]]:
    return (tuple(map(int, place)) for place in np.argwhere(found))
