"""Reverse-mode gradients on every backend.

Keras has no function for a gradient alone, which tests, Jacobians and the decay of gradients
over time need.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops


def gradient(scalar: Callable[[], Any], variables: Sequence[Any]) -> list[Any]:
    """The gradient of `scalar()` with respect to each Keras variable.

    Args:
        scalar: a function of no arguments that reads the variables and returns one
            number. Wrap inputs in `keras.Variable` to differentiate by them.
        variables: list of `keras.Variable`.

    Returns:
        NumPy arrays in the shapes of the variables; zeros where there is no gradient.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        gradients = _tensorflow(scalar, variables)
    elif backend == "jax":
        gradients = _jax(scalar, variables)
    elif backend == "torch":
        gradients = _torch(scalar, variables)
    else:
        raise NotImplementedError(f"No gradients on the backend {backend!r}.")
    return [
        ops.convert_to_numpy(ops.zeros_like(v) if g is None else g)
        for g, v in zip(gradients, variables, strict=True)
    ]


def _tensorflow(scalar: Callable[[], Any], variables: Sequence[Any]) -> list[Any]:
    import tensorflow as tf

    values = [v.value for v in variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        result = scalar()
    return tape.gradient(result, values)


def _jax(scalar: Callable[[], Any], variables: Sequence[Any]) -> list[Any]:
    import jax

    def of(values: list[Any]) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return scalar()

    return jax.jit(jax.grad(of))([v.value for v in variables])


def _torch(scalar: Callable[[], Any], variables: Sequence[Any]) -> list[Any]:
    import torch

    values = [v.value for v in variables]
    for value in values:
        value.requires_grad_(True)
    with torch.enable_grad():
        result = scalar()
    if not result.requires_grad:  # no gradient at all
        return [None] * len(values)
    return list(torch.autograd.grad(result, values, allow_unused=True))
