"""Checks masks, and applies them to sequences."""

from typing import Any

from keras import ops

from ...errors import ArgumentError
from ..cells import checks


def zero_masked(sequences: Any, mask: Any) -> Any:
    """Sets masked steps to zero: a NaN there would make the gradient NaN, even times zero."""
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
