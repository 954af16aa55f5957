"""Imports Keras, and later TensorFlow, without start-up messages."""

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

#: What the libraries of TensorFlow write when they are loaded, line by line.
_START_UP = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog"
    rb"|[IWEF]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ \S+:\d+\]"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWEF] "
    rb"|To enable the following instructions: "
    rb"|Skipping registering GPU devices"
    rb"|\s*$"
)


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


def load_tensorflow() -> None:
    """Loads TensorFlow if Keras will load it to seed it, on whatever backend.

    Whoever starts threads that write to standard error calls it before.
    """
    with suppress(ImportError):  # without it there is nothing to seed
        import tensorflow  # noqa: F401


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
    """Leaves out what TensorFlow writes to standard error inside, unless it fails.

    Its C++ libraries write to the process's standard error before any logging level can reach
    them, so the file descriptor itself is set aside. What others write meanwhile is written
    afterwards.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as noise:
        stderr = os.dup(2)
        os.dup2(noise.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            noise.seek(0)
            kept = [line for line in noise if failed or not _START_UP.match(line)]
            sys.stderr.write(b"".join(kept).decode(errors="replace"))
            sys.stderr.flush()
