"""Functions on NumPy arrays, with gradients of their own, within a network.

On TensorFlow, where a call of `tf.numpy_function` is a part of the graph. It cannot be saved, nor
compiled by XLA: `may_call` says whether one is allowed where the caller is.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras
import numpy as np

from ...errors import BackendError

#: The functions, traced by Keras and by `compiled`, whose graphs are run in this process and
#: never saved.
OWN_GRAPHS = (
    *("one_step_on_data", "one_step_on_data_distributed"),
    *("multi_step_on_iterator", "multi_step_on_data", "rnnzoo_on_arrays"),
)


class Foreign(Protocol):
    """A function on arrays and its gradient. What the gradient needs of the forward pass stays with
    the function, under a token."""

    def forward(self, arrays: list, mask: Any, drop: Any, keep: bool) -> tuple[int, list]:
        """`(token, results)`; `keep`: a call of `backward` will follow."""

    def backward(self, token: int, arrays: list, mask: Any, drop: Any, upstream: list) -> list:
        """The gradients by `arrays`."""


def why_not_here() -> str | None:
    """Why this backend cannot call such functions, or `None`."""
    backend = keras.backend.backend()
    return None if backend == "tensorflow" else f"It runs on TensorFlow, not on {backend}"


def has_accelerator() -> bool:
    """Whether the backend would have to copy arrays from and to an accelerator."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return any(device.device_type != "CPU" for device in tf.config.list_physical_devices())


def may_call(unasked: bool) -> bool:
    """Whether what is being computed or traced may contain such a call.

    Outside a graph it may. In a graph it may where Keras trains, evaluates or predicts, and in
    `compiled`: others could be saved. Never where XLA compiles.

    Args:
        unasked: the user has not chosen the call: then not outside a graph either, where users
            may take second derivatives.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf
    from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

    if tf.executing_eagerly():
        return not unasked
    graph = tf.compat.v1.get_default_graph()
    if GraphOrParentsInXlaContext(graph):
        return False
    while graph is not None:
        if getattr(graph, "name", None) in OWN_GRAPHS:
            return True
        graph = getattr(graph, "outer_graph", None)
    return False


def threads_of_backend() -> int:
    """The number of threads that an operation of the backend may use; 0 if it is not set."""
    if keras.backend.backend() != "tensorflow":
        return 0
    import tensorflow as tf

    set_in_process = tf.config.threading.get_intra_op_parallelism_threads()
    named = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    return set_in_process or (int(named) if named.isdigit() else 0)


def call(
    function: Foreign, arrays: Sequence[Any], mask: Any, drop: Any, shapes: Sequence[Sequence]
) -> list[Any]:
    """The results of a function, as tensors with gradients by `arrays`.

    Args:
        function: what to call; it has to allow calls from several threads.
        arrays: float32 tensors, with gradients.
        mask: booleans, or `None`.
        drop: float32 tensor without gradient, or `None`.
        shapes: shapes of the results, `None` where unknown.

    Raises:
        BackendError: a second derivative is taken.
    """
    import tensorflow as tf
    from tensorflow.python.eager import record

    arrays = [tf.convert_to_tensor(array) for array in arrays]  # a variable would not be an input
    fixed = [tensor for tensor in (mask, drop) if tensor is not None]
    keep, count = record.could_possibly_record(), len(arrays)

    def optional(given: Sequence[Any]) -> tuple[Any, Any]:
        rest = list(given)
        return rest.pop(0) if mask is not None else None, rest.pop(0) if rest else None

    def forward(*given: Any) -> list[Any]:
        where, factors = optional(given[count:])
        token, results = function.forward(list(given[:count]), where, factors, keep)
        return [np.int64(token), *results]

    def backward(token: Any, *given: Any) -> list[Any]:
        end = count + len(fixed)
        where, factors = optional(given[count:end])
        return function.backward(int(token), list(given[:count]), where, factors, list(given[end:]))

    @tf.custom_gradient
    def run(*inputs: Any) -> tuple[list, Callable]:
        kinds = [tf.int64, *[tf.float32] * len(shapes)]
        token, *results = tf.numpy_function(forward, [*inputs, *fixed], kinds)
        for result, shape in zip(results, shapes, strict=True):
            result.set_shape(shape)

        def gradients(*upstream: Any) -> Any:
            return once(token, *inputs, *fixed, *upstream)

        return results, gradients

    @tf.custom_gradient
    def once(token: Any, *given: Any) -> tuple[list, Callable]:
        found = tf.numpy_function(backward, [token, *given], [tf.float32] * count)
        for gradient, tensor in zip(found, given[:count], strict=True):
            gradient.set_shape(tensor.shape)
        return found, _no_second

    return list(run(*arrays))


def _no_second(*_: Any) -> None:
    raise BackendError(
        'A loop run by the compiled kernels has no second derivatives: give it engine="scan".'
    )
