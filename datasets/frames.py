"""Checks of users' frames: one array of one kind, finite, channels last."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataError

CHANNELS = 4  # at most: grey, two fields, RGB, RGB with alpha
SHAPES = "(clips, time, height, width) or (clips, time, height, width, channels)"


def checked_frames(frames: Any) -> np.ndarray:
    """Clips as one array `(clips, time, height, width, channels)`, `uint8` or `float32`.

    Args:
        frames: an array, or a list of clips of one size.

    Raises:
        DataError: no frames; sizes or types that differ; channels first; numbers that
            are neither `uint8` nor floats in [0, 1]; NaN. Names clip and frame.
    """
    if isinstance(frames, (list, tuple)):
        frames = _stacked([np.asarray(clip) for clip in frames])
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
    return frames if frames.dtype == "uint8" else frames.astype("float32")


def checked_film(film: Any) -> np.ndarray:
    """One long film as an array `(time, height, width, channels)`, else as `checked_frames`."""
    film = np.asarray(film)
    _check_type(film)
    film = film if film.ndim == 4 else film[..., None]
    if 0 in film.shape:
        raise DataError(f"There are no frames. Received: an array of shape {film.shape}")
    _check_values(film, "")
    return film if film.dtype == "uint8" else film.astype("float32")


def _stacked(clips: list[np.ndarray]) -> np.ndarray:
    if not clips:
        raise DataError("There are no frames. Received: an empty list")
    first = clips[0]
    for place, clip in enumerate(clips):
        if clip.shape != first.shape:
            raise DataError(
                "All clips must have one length and one size. Received: clip 0 of shape "
                f"{first.shape}, clip {place} of shape {clip.shape}. Cut or resize them."
            )
        if clip.dtype != first.dtype:
            raise DataError(
                f"All clips must have one type. Received: clip 0 of {first.dtype}, clip {place} "
                f"of {clip.dtype}. Divide the uint8 ones by 255, or convert the others."
            )
    return np.stack(clips)


def _check_type(frames: np.ndarray) -> None:
    if frames.dtype == object:
        raise DataError(
            "Frames must be one array of numbers. Received: objects, perhaps clips of different "
            f"sizes. Cut or resize them to one shape {SHAPES}."
        )
    if frames.dtype != "uint8" and not np.issubdtype(frames.dtype, np.floating):
        raise DataError(
            "Frames must be uint8 from 0 to 255, or floats from 0 to 1. "
            f"Received: {frames.dtype}. Convert them: frames.astype('uint8')"
        )


def _check_channels(frames: np.ndarray) -> None:
    first, last = frames.shape[2], frames.shape[-1]
    if last > CHANNELS:
        remedy = (
            " They seem to stand first: np.moveaxis(frames, 2, -1)" if first <= CHANNELS else ""
        )
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
        if frame.min() < 0 or frame.max() > 1:
            raise DataError(
                "Frames of floats lie between 0 and 1. "
                f"Received: {frame.min():g} to {frame.max():g} at {where}frame {t}. Divide them by "
                "their largest possible value (255 for 8 bits), or pass uint8."
            )


def _places(found: np.ndarray) -> Iterator[tuple[int, ...]]:
    return (tuple(map(int, place)) for place in np.argwhere(found))
