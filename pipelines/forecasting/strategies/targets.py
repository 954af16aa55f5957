"""What a network with a head is trained on: its loss, and counts with their level."""

from typing import Any

import keras
import numpy as np

from ....errors import ArgumentError
from ....zoo.heads import HEADS, Head
from ....zoo.heads.layers import HeadLoss
from ...training.losses import MaskedLoss


def require_head(head: Head | None) -> Head:
    """Returns the head of a network.

    Raises:
        ArgumentError: it has none.
    """
    if head is None:
        raise ArgumentError(
            "The network forecasts a number for each lead, and no distribution: fit with one of "
            f"head={', '.join(map(repr, HEADS))}. Received: head=None"
        )
    return head


def training_loss(
    head: Head | None, loss: Any, size: np.ndarray | None = None
) -> keras.losses.Loss:
    """The loss of a strategy: that of its head, else the `loss` of the forecaster.

    Args:
        head: head of the network.
        loss: the setting `loss`.
        size: size of the targets of each lead, `(leads,)`, that they are divided by.
    """
    return MaskedLoss(loss, size) if head is None else HeadLoss(head.name, size)


def count_targets(counts: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Counts and the level of their series, `(…, 2)` of `float32`.

    Args:
        counts: counts, `(…)`, NaN where missing.
        scale: mean and scale of the target as in `Rows`, broadcasting to `(…, 2)`.
    """
    level = np.broadcast_to(count_level(scale), counts.shape)
    return np.stack([counts, level], axis=-1).astype("float32")


def count_level(scale: np.ndarray) -> np.ndarray:
    """The level that the mean of a count is in units of, `(…)` from the `scale` of rows `(…, 2)`:
    the mean of the training span, or the scale where that is not above 0."""
    return np.where(scale[..., 0] > 0, scale[..., 0], scale[..., 1])
