"""What needs no network: the frames that every score stands beside."""

import numpy as np

from .patches import to_unit_interval


def baselines(context: np.ndarray, horizon: int, mean_image: np.ndarray) -> dict[str, np.ndarray]:
    """Trivial forecasts, each `(clips, horizon, height, width, channels)`.

    - `repeat-last`: the last frame of the context, again and again;
    - `mean-image`: the mean of all training frames;
    - `zeros`: black.

    Args:
        context: `(clips, time, height, width, channels)`, the frames that are known.
        horizon: frames to forecast.
        mean_image: `(height, width, channels)`.
    """
    shape = (len(context), horizon, *context.shape[2:])
    return {
        "repeat-last": np.broadcast_to(to_unit_interval(context[:, -1:]), shape),
        "mean-image": np.broadcast_to(mean_image, shape),
        "zeros": np.broadcast_to(np.float32(0), shape),
    }


def mean_image(clips: np.ndarray) -> np.ndarray:
    """The mean frame of `(clips, time, height, width, channels)`, in [0, 1]."""
    total = sum(clip.sum(axis=0, dtype="float64") for clip in clips)
    scale = 255 if clips.dtype == "uint8" else 1
    return (total / (scale * len(clips) * clips.shape[1])).astype("float32")
