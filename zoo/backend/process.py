"""The process in which the backend was started."""

import os

import keras

from ...errors import BackendError

THREADED = ("tensorflow", "jax")  # backends whose threads a forked process lacks

_started: int | None = None  # process that computed first


def require_own_backend() -> None:
    """Refuses to compute in a process that was forked after the backend had started.

    Its threads are not there after a fork, and a computation would wait for them for ever.

    Raises:
        BackendError: this process was forked from the one that computed first.
    """
    global _started
    if _started is None:
        _started = os.getpid()
    backend = keras.backend.backend()
    if _started != os.getpid() and backend in THREADED:
        raise BackendError(
            f"This process was forked after {backend} had started, and lacks its threads: nothing "
            'can be computed here. Start it with multiprocessing.get_context("spawn"), and load '
            "the saved model there."
        )
