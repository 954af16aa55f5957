"""Digits that move over a canvas and bounce at its edges."""

import numpy as np

from ..clips import Sampler

SPEED = 0.1  # of the free way, a frame


def moving(
    digits: np.ndarray,
    clips: int,
    frames: int,
    canvas: int,
    rng: np.random.Generator,
    count: int = 2,
) -> np.ndarray:
    """Clips in which `count` random digits move straight on and bounce.

    Each digit starts anywhere and goes in a random direction at a tenth of its free way
    a frame; at an edge it is held, and turns. Places are cut to whole pixels; where
    digits overlap, the brighter one shows.

    Args:
        digits: `(digits, size, size)` `uint8`.
        clips: how many.
        frames: of each clip.
        canvas: height and width of a frame, in pixels.
        rng: chooses digits and ways.
        count: digits in a clip.

    Returns:
        `(clips, frames, canvas, canvas, 1)` `uint8`.

    Reference: Srivastava, Mansimov and Salakhutdinov (2015), Unsupervised learning of
    video representations using LSTMs, ICML; the steps as in the code of PredRNN.
    """
    size = digits.shape[-1]
    chosen = rng.integers(len(digits), size=(clips, count))
    places = _ways(clips * count, frames, rng)
    corners = (places * (canvas - size)).astype(int).reshape(clips, count, frames, 2)
    film = np.zeros((clips, frames, canvas, canvas, 1), "uint8")
    for clip in range(clips):
        for digit, way in zip(digits[chosen[clip]], corners[clip], strict=True):
            for frame, (top, left) in zip(film[clip, ..., 0], way, strict=True):
                here = frame[top : top + size, left : left + size]
                np.maximum(here, digit, out=here)
    return film


def _ways(count: int, frames: int, rng: np.random.Generator) -> np.ndarray:
    """`(count, frames, 2)`: places in [0, 1] down and across."""
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
    """Makes clips of two moving digits, as many as asked for, from a seed."""
    return lambda clips, seed: moving(digits, clips, frames, canvas, np.random.default_rng(seed))
