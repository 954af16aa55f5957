"""Deterministic results, on accelerators too.

Keras seeds the backends, but does not control the order in which they add numbers.
"""

import os
from collections.abc import Sequence

import keras
import numpy as np

from ...errors import BackendError

XLA_FLAG = "--xla_gpu_deterministic_ops=true"
CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


def deterministic() -> None:
    """Makes the backend of this process compute the same bits from the same inputs.

    On a CPU the same seed gives the same weights without it. On a GPU sums are otherwise taken in
    the order in which threads finish, and kernels are chosen by measured speed. Call it first: it
    cannot be undone, and costs time on accelerators. Bits still differ between devices, backends
    and versions.

    An operation of TensorFlow or PyTorch that has no deterministic form raises the backend's own
    error when it is used, as does an unseeded random number of TensorFlow's own.

    Raises:
        BackendError: the backend has started, and can no longer be set.

    Example:

    >>> import rnnzoo
    >>> rnnzoo.deterministic()  # doctest: +SKIP
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif backend == "jax":
        _jax()
    elif backend == "torch":
        _torch()
    else:
        raise BackendError(f"The backend {backend!r} is not known to be deterministic.")


def generators() -> list[np.ndarray]:
    """The state of the backend's own random generators, which PyTorch uses for dropout; those of
    Keras are variables."""
    if keras.backend.backend() != "torch":
        return []
    import torch

    return [state.numpy() for state in (torch.get_rng_state(), *torch.cuda.get_rng_state_all())]


def set_generators(states: Sequence[np.ndarray]) -> None:
    """Restores the state that `generators` returned.

    Raises:
        ValueError: the state is of another number of devices.
    """
    if len(states) != len(generators()):
        raise ValueError("it was written with another number of devices")
    if keras.backend.backend() == "torch":
        import torch

        torch.set_rng_state(torch.from_numpy(states[0]))
        torch.cuda.set_rng_state_all([torch.from_numpy(state) for state in states[1:]])


def _jax() -> None:
    from jax._src import xla_bridge  # no public name says whether JAX has started

    flags = os.environ.get("XLA_FLAGS", "")
    if XLA_FLAG in flags.split():
        return
    if xla_bridge.backends_are_initialized():
        raise BackendError(
            "JAX has started, and reads its flags only then: call `rnnzoo.deterministic()` before "
            f"anything is computed, or set XLA_FLAGS={XLA_FLAG}."
        )
    os.environ["XLA_FLAGS"] = f"{flags} {XLA_FLAG}".strip()


def _torch() -> None:
    import torch

    if CUBLAS not in os.environ:
        if torch.cuda.is_initialized():
            raise BackendError(
                "CUDA has started, and reads its settings only then: call "
                "`rnnzoo.deterministic()` before anything is computed, or set "
                f"{CUBLAS}=:4096:8."
            )
        os.environ[CUBLAS] = ":4096:8"
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True)
