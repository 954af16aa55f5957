"""Imports Keras, and later TensorFlow, without start-up messages."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any


def import_keras() -> None:
    """Imports Keras; shows the messages of its backend only if the import fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if not any(isinstance(finder, _TensorFlow) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TensorFlow())
    if "keras" in sys.modules:
        return
    with _silence():
        import keras

        if keras.config.backend() == "tensorflow":
            import tensorflow

            # it looks for devices at the first use, and complains of CUDA without a GPU
            tensorflow.config.list_physical_devices()


class _TensorFlow:
    """Loads TensorFlow without messages. Keras loads it on the other backends too, at least to seed
    it."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == "tensorflow" else None
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def quietly(module: Any) -> None:
                with _silence():
                    load(module)

            spec.loader.exec_module = quietly  # type: ignore[method-assign]
        return spec


@contextmanager
def _silence() -> Iterator[None]:
    """Shows what is written to standard error inside only if it fails.

    TensorFlow's C++ libraries write to the process's standard error before any
    logging level can reach them, so the file descriptor itself is set aside.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as noise:
        stderr = os.dup(2)
        os.dup2(noise.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(stderr, 2)
            noise.seek(0)
            sys.stderr.write(noise.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
