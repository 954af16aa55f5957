"""A fitted next-frame network as plain values and lists of arrays, and back."""

from dataclasses import asdict
from typing import Any

import numpy as np

from ...zoo.weight_budget import at_most_weights
from ..storage.restoring import require_weights, typed
from ..training.keras_settings import settings_from_config, settings_to_config
from ..training.loop import History
from .clips import FrameSpec
from .fitted import FittedNextFrame
from .network import FrameNetwork
from .settings import Settings

KIND = "next_frame"
DTYPES = ("uint8", "float32")  # of frames


def frames_to_plain(fitted: FittedNextFrame) -> tuple[dict[str, Any], dict[str, list]]:
    """A fitted network as plain values and lists of arrays."""
    manifest = {
        "settings": settings_to_config(fitted.settings.to_dict(), fitted.settings.filters),
        "frame_spec": asdict(fitted.network.spec),
        "history": asdict(fitted.history),
    }
    arrays = {
        "weights": fitted.network.model.get_weights(),
        "mean_image": [fitted.mean_image],
    }
    return manifest, arrays


def frames_from_plain(manifest: dict[str, Any], arrays: dict[str, list]) -> FittedNextFrame:
    """The fitted network that `frames_to_plain` returned as plain values.

    Raises:
        KeyError, TypeError, ValueError: the values are of something else.
    """
    settings = Settings.from_params(settings_from_config(manifest["settings"]))
    spec = typed(FrameSpec, manifest["frame_spec"])
    history = typed(History, manifest["history"])
    (mean_image,), weights = arrays["mean_image"], arrays["weights"]
    numbers = sum(array.size for array in weights)
    patches = [side % spec.patch for side in spec.frame[:2]]
    if mean_image.shape != spec.frame or any(patches) or spec.dtype not in DTYPES:
        raise ValueError("its frames are no frames of its network")
    if settings.layers > len(weights) or settings.filters > numbers:
        raise ValueError("its settings make a larger network than its weights are of")
    with at_most_weights(numbers):
        network = FrameNetwork.untrained(settings, spec)
    require_weights(weights, [tuple(weight.shape) for weight in network.model.weights])
    network.model.set_weights(weights)
    known = np.zeros((1, settings.context, *spec.frame), "float32")
    if not np.isfinite(mean_image).all() or network.roll_out(known, 1).shape != (1, 1, *spec.frame):
        raise ValueError("its frames are no frames of its network")
    return FittedNextFrame(settings, network, mean_image, history)
