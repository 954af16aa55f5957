"""Sample weights: how much each clip counts in training."""

from typing import Any

import numpy as np

from ...datasets import Clips, checked_frames
from ...errors import ArgumentError, ArgumentTypeError


def weighed(training: Any, given: Any, clips: Any) -> tuple[Any, np.ndarray | None]:
    """Training clips without those of weight 0, and the weight of each.

    Args:
        training: checked training clips, or a function that makes them.
        given: the user's weights, one for each of the user's clips, or `None`.
        clips: the user's clips, of which the last may be held out from `training`.

    Returns:
        The clips, and their weights divided by the mean weight, `(clips,)`; `None` in place of
        weights that are all the same.

    Raises:
        ArgumentError: a function makes the clips, the number of weights is not that of the
            clips, a weight is below 0 or not finite, or all are 0.
        ArgumentTypeError: the weights are no numbers.
    """
    if given is None:
        return training, None
    if callable(training):
        raise ArgumentError(
            "Clips that a function makes anew each epoch have no weights: leave `sample_weight` "
            "out, or let the function make those more often that are to count more."
        )
    count = len(training if isinstance(clips, Clips) else checked_frames(clips))
    weights = _weights(given, count)[: len(training)]
    if not weights.any():
        raise ArgumentError(
            f"`sample_weight` is 0 for all of the {len(training)} clips that train: give some a "
            "weight."
        )
    there = weights > 0
    training = training if there.all() else training[there]
    weights = weights[there]
    if len(np.unique(weights)) == 1:
        return training, None
    return training, (weights / weights.mean()).astype("float32")


def _weights(given: Any, count: int) -> np.ndarray:
    try:
        weights = np.asarray(given, "float64")
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            f"`sample_weight` must be numbers, one for each clip. Received: {given!r}"
        ) from error
    if weights.shape != (count,):
        raise ArgumentError(
            f"`sample_weight` must hold one number for each of the {count} clips, ({count},). "
            f"Received: shape {weights.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if len(bad):
        raise ArgumentError(
            "`sample_weight` must be 0 or above, and finite. "
            f"Received: {weights[bad[0]]:g} for clip {bad[0]}"
        )
    return weights
