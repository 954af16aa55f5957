"""Builds cells with given weights."""

from typing import Any

import numpy as np
from keras import ops

from ..cells import GRU


def build_with_weights(cell: Any, W: Any, U: Any, b: Any = None, b2: Any = None) -> Any:
    """Builds a cell and sets its weights; `None` for those that it does not have."""
    *size, channels, _ = W.shape
    cell.build((None, *[None] * len(size), channels))
    cell.built = True
    several = isinstance(cell.U, list)  # one a tap
    pairs = [(cell.W, W), (cell.U[0] if several else cell.U, U), (cell.b, b)]
    if b2 is not None:
        pairs.append((cell.b2, b2))
    for variable, value in pairs:
        if value is not None:
            variable.assign(value)
    return cell


def gru_reset_after(
    W: np.ndarray, U: np.ndarray, b_in: np.ndarray, b_state: np.ndarray, **options: Any
) -> GRU:
    """Makes a GRU from weights in the order z, r, g with the opposite sign of z, and two biases."""
    n = U.shape[0]
    of_gates = np.repeat([1, 1, 0], n)  # for the gates the two biases are added
    b = b_in + of_gates * b_state
    turn = update_gate_signs(n)
    return build_with_weights(
        GRU(n, "after", **options), turn * W, turn * U, turn * b, b_state[2 * n :]
    )


def update_gate_signs(n: int) -> np.ndarray:
    """Signs that reverse the update gate z, as 1 − σ(a) = σ(−a)."""
    return np.repeat([-1, 1, 1], n)


def array(weight: Any) -> np.ndarray:
    return ops.convert_to_numpy(weight)
