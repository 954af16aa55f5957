"""Clips to learn next frames from, split before anything is learned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, whole_number
from .clip_checks import CHANNELS, checked_film, checked_frames, checked_list
from .files import open_frames
from .shown import html_page

#: From a number of clips and a seed to clips, `(clips, time, height, width, channels)`.
Sampler = Callable[[int, int], np.ndarray]


@dataclass(frozen=True, repr=False)
class Clips:
    """Clips in three parts that share nothing, `(clips, time, height, width, channels)`.

    Frames are `uint8` from 0 to 255, or floats from 0 to 1.

    Attributes:
        name: name in charts and runs.
        training: training clips, or a `Sampler` that makes new ones without end.
        validation: clips by which the best weights are chosen.
        test: clips that are never used in fitting.
    """

    name: str
    training: np.ndarray | Sampler
    validation: np.ndarray
    test: np.ndarray

    def __repr__(self) -> str:
        return f"<Clips {self.name!r}: {self._about}>"

    def _repr_html_(self) -> str:
        """For notebooks: how many clips of what size there are."""
        return html_page(self.name, [self._about])

    @property
    def _about(self) -> str:
        training = "made without end" if callable(self.training) else f"{len(self.training):,}"
        frames, *size = self.test.shape[1:]
        shape = f"{frames} frames of {' × '.join(map(str, size))}"
        parts = {"validation": len(self.validation), "test": len(self.test)}
        counts = ", ".join(f"{count:,} for {part}" for part, count in parts.items())
        return f"clips of {shape}: training {training}, {counts}"


def read_clips(data: Any, length: int = 20, name: str | None = None) -> Clips:
    """Splits a film, or a set of clips in the given order, into training, validation and test.

    A film, `(time, height, width)` or `(time, height, width, channels)` with at most 4
    channels, is cut by time: the last fifth is for the test, a fifth of the rest for
    validation; each part is then cut into all its clips of `length` frames.
    Of clips, `(clips, time, height, width)` or `(…, channels)`, the last fifth is for the
    test, a fifth of the rest for validation.

    Args:
        data: an array, a list of frames or of clips, or a path to `.npy` or `.npz`.
        length: number of frames in a clip, read and forecast ones together.
        name: name of the clips; by default the file's name.

    Raises:
        ArgumentError: `length` below 2.
        DataError: no frames, too few of them, or frames that cannot be used.
    """
    whole_number("length", length, at_least=2)
    if isinstance(data, (str, Path)):
        name = name or Path(data).name.partition(".")[0]
        data = open_frames(data)
    elif isinstance(data, (list, tuple)) and _holds_frames(data):
        data = checked_list(data, "frame")
    _check_order(data, length)
    if _is_film(data):
        parts = [_windows(part, length) for part in _split(checked_film(data), length, "frames")]
    else:
        frames = checked_frames(data)
        if frames.shape[1] < length:
            raise DataError(
                f"Clips must hold {length} frames, those to read and those to forecast. "
                f"Received: {frames.shape[1]} frames. Read or forecast fewer."
            )
        parts = [part[:, :length] for part in _split(frames, 1, "clips")]
    return Clips(name or "clips", *parts)


def _is_film(data: Any) -> bool:
    shape: tuple[int, ...] = getattr(data, "shape", ())
    return len(shape) == 3 or (len(shape) == 4 and shape[-1] <= CHANNELS)


def _holds_frames(parts: Sequence[Any]) -> bool:
    try:
        return bool(parts) and _is_film(np.asarray(parts[0])[None])
    except ValueError:  # parts of different sizes: a later check reports them
        return False


def _check_order(data: Any, length: int) -> None:
    """Refuses clips with time first, as in the published test file of Moving MNIST, and
    films with channels first: they would be read as something else."""
    shape: tuple[int, ...] = getattr(data, "shape", ())
    if _is_film(data) or len(shape) < 4:
        return
    if shape[0] == length < shape[1]:
        raise DataError(
            f"Time seems to be the first axis. Received: shape {shape}, clips of {length} "
            "frames. Swap them: np.swapaxes(frames, 0, 1); or, if these are "
            f"{length} clips, cut them: frames[:, :{length}]"
        )
    if len(shape) == 4 and shape[1] <= CHANNELS < min(shape[2:]) and shape[1] < length:
        raise DataError(
            f"Clips must hold {length} frames. Received: shape {shape}. If it is a film with its "
            "channels first, move them: np.moveaxis(film, 1, -1)"
        )


def _split(items: np.ndarray, least: int, kind: str) -> list[np.ndarray]:
    """Training, validation and test, in this order, of at least `least` items each."""
    test = max(least, len(items) // 5)
    validation = max(least, (len(items) - test) // 5)
    training = len(items) - validation - test
    if training < least:
        raise DataError(
            f"At least {3 * least} {kind} are needed, {least} each for training, validation and "
            f"test. Received: {len(items)} {kind}. Give more, or read or forecast fewer frames."
        )
    return np.split(items, [training, training + validation])


def _windows(film: np.ndarray, length: int) -> np.ndarray:
    """All clips of a film, as a view `(clips, length, height, width, channels)`."""
    view = np.lib.stride_tricks.sliding_window_view(film, length, axis=0)
    return np.moveaxis(view, -1, 1)
