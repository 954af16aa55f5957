"""Imports Keras without the start-up noise of its backend."""

import logging
import os
import sys
import tempfile


def import_keras() -> None:
    """Imports Keras; what its backend prints meanwhile is shown only if that fails.

    TensorFlow's C++ libraries write to the process's standard error before any
    logging level can reach them, so the file descriptor itself is set aside.
    """
    if "keras" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr.flush()
    with tempfile.TemporaryFile() as noise:
        kept = os.dup(2)
        os.dup2(noise.fileno(), 2)
        try:
            import keras

            if keras.config.backend() == "tensorflow":
                import tensorflow

                # it looks for devices at the first use, and complains of CUDA without a GPU
                tensorflow.config.list_physical_devices()
        except BaseException:
            os.dup2(kept, 2)
            noise.seek(0)
            sys.stderr.write(noise.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
