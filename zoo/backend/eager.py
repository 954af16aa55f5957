"""Single operations outside a compiled function."""

from contextlib import AbstractContextManager, nullcontext

import keras


def uncompiled() -> AbstractContextManager[None]:
    """Inside the context JAX compiles nothing, in this thread.

    A conditional outside a compiled function is otherwise compiled anew at each call, and stays in
    memory: the learning rate of a schedule, read once an epoch, cost 3 MB an epoch.
    """
    if keras.backend.backend() != "jax":
        return nullcontext()
    import jax

    return jax.disable_jit()
