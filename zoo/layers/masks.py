"""What a mask passes over."""

from typing import Any

from keras import ops

from ...errors import ArgumentError
from ..cells import checks


def blanked(sequences: Any, mask: Any) -> Any:
    """Zeros where the mask passes over: a NaN there would be one in the gradient, times zero."""
    mask = ops.convert_to_tensor(mask, "bool")
    further = len(sequences.shape) - len(mask.shape)
    mask = ops.reshape(mask, (*ops.shape(mask), *[1] * further))
    return ops.where(mask, sequences, ops.zeros_like(sequences))


def checked_mask(mask: Any, sequences: Any) -> Any:
    mask = ops.convert_to_tensor(mask, "bool")
    wanted = tuple(sequences.shape[:2])
    if not checks.agree(tuple(mask.shape), wanted):
        raise ArgumentError(
            f"`mask` must have the shape (batch, time), here {wanted}. "
            f"Received: shape={tuple(mask.shape)}"
        )
    return mask
