"""Space to depth: frames as grids of patches, and back."""

import numpy as np


def to_patches(frames: np.ndarray, patch: int) -> np.ndarray:
    """Frames as patches, floats in [0, 1].

    Args:
        frames: `(clips, time, height, width, channels)`, `uint8` or floats in [0, 1].
        patch: side of a patch in pixels.

    Returns:
        `(clips, time, height / patch, width / patch, patch² · channels)`.
    """
    clips, time, height, width, channels = frames.shape
    grid = frames.reshape(clips, time, height // patch, patch, width // patch, patch, channels)
    patches = grid.swapaxes(3, 4).reshape(clips, time, height // patch, width // patch, -1)
    return to_unit_interval(patches)


def to_frames(patches: np.ndarray, patch: int) -> np.ndarray:
    """Patches as frames: the inverse of `to_patches` for floats."""
    clips, time, rows, columns, depth = patches.shape
    grid = patches.reshape(clips, time, rows, columns, patch, patch, depth // patch**2)
    return grid.swapaxes(3, 4).reshape(clips, time, rows * patch, columns * patch, -1)


def to_unit_interval(frames: np.ndarray) -> np.ndarray:
    """Frames as `float32` in [0, 1]."""
    scale = 255 if frames.dtype == "uint8" else 1
    return frames.astype("float32") / np.float32(scale)
