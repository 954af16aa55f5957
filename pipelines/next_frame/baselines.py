"""Baselines: forecasts of frames without a network."""

import numpy as np

from .patches import to_unit_interval


def baselines(context: np.ndarray, horizon: int, mean_image: np.ndarray) -> dict[str, np.ndarray]:
    """Forecasts of all baselines, each `(clips, horizon, height, width, channels)`.

    - `repeat-last`: the last frame of the context at every lead;
    - `mean-image`: the mean training frame;
    - `zeros`: black frames.

    Args:
        context: known frames, `(clips, time, height, width, channels)`.
        horizon: number of frames to forecast.
        mean_image: mean training frame, `(height, width, channels)` in [0, 1].
    """
    shape = (len(context), horizon, *context.shape[2:])
    return {
        "repeat-last": np.broadcast_to(to_unit_interval(context[:, -1:]), shape),
        "mean-image": np.broadcast_to(mean_image, shape),
        "zeros": np.broadcast_to(np.float32(0), shape),
    }


def mean_image(clips: np.ndarray) -> np.ndarray:
    """Mean frame of clips `(clips, time, height, width, channels)`, in [0, 1]."""
    total = sum(clip.sum(axis=0, dtype="float64") for clip in clips)
    scale = 255 if clips.dtype == "uint8" else 1
    return (total / (scale * len(clips) * clips.shape[1])).astype("float32")
