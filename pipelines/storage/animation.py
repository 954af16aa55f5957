"""Clips as animations."""

from pathlib import Path
from typing import Any

FRAME_MS, REST_MS = 200, 1000  # durations of a frame, and of the last frame


def write_animation(path: Path, film: Any) -> None:
    """Writes `(time, height, width, 3)` of `uint8` as a GIF that pauses at its end and repeats."""
    import imageio.v3 as imageio

    durations = [FRAME_MS] * (len(film) - 1) + [REST_MS]
    imageio.imwrite(path, film, duration=durations, loop=0)
