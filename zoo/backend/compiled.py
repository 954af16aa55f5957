"""Compiles networks to functions on arrays, for use after training.

Keras's `predict` traces one TensorFlow graph for the first shapes and a more general one later,
so that the last bits of a forecast depend on earlier calls; here one graph is used for all shapes,
and the same inputs always give the same bits.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from .process import require_own_backend


def compiled(model: keras.Model) -> Callable[[Sequence[np.ndarray]], list[np.ndarray]]:
    """Compiles a model to a function from inputs to outputs, both lists of NumPy arrays.

    The function uses the current weights of the model. In a forked process that cannot compute it
    raises a `BackendError`.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        call = _tensorflow(model)
    elif backend == "jax":
        call = _jax(model)
    elif backend == "torch":
        call = _torch(model)
    else:
        raise NotImplementedError(f"No compiled networks on the backend {backend!r}.")

    def on_arrays(inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        require_own_backend()
        return [keras.ops.convert_to_numpy(y) for y in tree.flatten(call(list(inputs)))]

    return on_arrays


def _tensorflow(model: keras.Model) -> Callable[[list], Any]:
    import tensorflow as tf

    def rnnzoo_on_arrays(*inputs: Any) -> Any:  # a graph by this name is never saved: foreign.py
        return model(list(inputs), training=False)

    signature = [tf.TensorSpec(x.shape, x.dtype) for x in model.inputs]
    call = tf.function(rnnzoo_on_arrays, signature)
    return lambda inputs: call(*inputs)


def _jax(model: keras.Model) -> Callable[[list], Any]:
    import jax

    @jax.jit
    def call(trainable: list, fixed: list, inputs: list) -> Any:
        return model.stateless_call(trainable, fixed, inputs, training=False)[0]

    def on(inputs: list) -> Any:
        trainable = [v.value for v in model.trainable_variables]
        fixed = [v.value for v in model.non_trainable_variables]
        return call(trainable, fixed, inputs)

    return on


def _torch(model: keras.Model) -> Callable[[list], Any]:
    import torch

    def on(inputs: list) -> Any:
        with torch.no_grad():
            return model(inputs, training=False)

    return on
