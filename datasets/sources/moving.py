"""Digits that move over a canvas and bounce at its edges."""

import numpy as np

from ..clips import Sampler

SPEED = 0.1  # share of the free way that a digit moves in one frame


def moving(
    digits: np.ndarray,
    clips: int,
    frames: int,
    canvas: int,
    rng: np.random.Generator,
    count: int = 2,
) -> np.ndarray:
    """Clips in which `count` random digits move straight on and bounce.

    Each digit starts anywhere and moves in a random direction, a tenth of its free way per
    frame; at an edge it stops and turns. Positions are cut to whole pixels; where digits
    overlap, the brighter pixel shows.

    Args:
        digits: `(digits, size, size)` `uint8`.
        clips: number of clips.
        frames: number of frames in each clip.
        canvas: height and width of a frame, in pixels.
        rng: random generator that chooses digits, positions and directions.
        count: number of digits in a clip.

    Returns:
        `(clips, frames, canvas, canvas, 1)` `uint8`.

    Reference: Srivastava, Mansimov and Salakhutdinov (2015), Unsupervised learning of
    video representations using LSTMs, ICML; the steps as in the code of PredRNN.
    """
    size = digits.shape[-1]
    choice = rng.integers(len(digits), size=(clips, count))
    paths = _ways(clips * count, frames, rng)
    corners = (paths * (canvas - size)).astype(int).reshape(clips, count, frames, 2)
    film = np.zeros((clips, frames, canvas, canvas, 1), "uint8")
    for clip in range(clips):
        for digit, way in zip(digits[choice[clip]], corners[clip], strict=True):
            for frame, (top, left) in zip(film[clip, ..., 0], way, strict=True):
                here = frame[top : top + size, left : left + size]
                np.maximum(here, digit, out=here)
    return film


def _ways(count: int, frames: int, rng: np.random.Generator) -> np.ndarray:
    """Paths of digits, `(count, frames, 2)`: positions in [0, 1], vertical and horizontal."""
    place = rng.random((count, 2))
    angle = rng.uniform(0, 2 * np.pi, count)
    velocity = SPEED * np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    ways = np.empty((count, frames, 2))
    for t in range(frames):
        place += velocity
        velocity[(place <= 0) | (place >= 1)] *= -1
        place = ways[:, t] = place.clip(0, 1)
    return ways


def sampler(digits: np.ndarray, frames: int, canvas: int) -> Sampler:
    """Returns a function that makes clips of two moving digits from their number and a seed."""
    return lambda clips, seed: moving(digits, clips, frames, canvas, np.random.default_rng(seed))
