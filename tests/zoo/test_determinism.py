"""What `rnnzoo.deterministic()` changes, as far as a CPU shows it; each in a process of its own."""

import os
import subprocess
import sys

import keras
import pytest

BACKEND = keras.backend.backend()
CALL = """
import os, numpy as np
import rnnzoo
rnnzoo.deterministic()
rnnzoo.deterministic()  # as often as one likes
"""
FIT = """
import pandas as pd
series = pd.Series(np.sin(np.arange(60)), pd.date_range("2020-01-01", periods=60))
forecaster = rnnzoo.Forecaster("gru", lookback=8, units=2, epochs=1, dropout=0.2, learning_rate=0.1)
print(forecaster.fit(series).predict()["yhat"].item().hex())
"""
EFFECT = {
    "tensorflow": """
import tensorflow as tf
try:
    tf.random.normal((2,))
except RuntimeError as error:
    assert "determinism" in str(error)
else:
    raise AssertionError("an unseeded number was drawn")
""",
    "jax": """
assert "--xla_gpu_deterministic_ops=true" in os.environ["XLA_FLAGS"].split()
assert "--xla_cpu_enable_fast_math=false" in os.environ["XLA_FLAGS"].split()  # those there stay
""",
    "torch": """
import torch
assert torch.are_deterministic_algorithms_enabled()
assert not torch.backends.cudnn.benchmark
assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
""",
}


def run(code):
    environment = os.environ | {"XLA_FLAGS": "--xla_cpu_enable_fast_math=false"}
    environment.pop("CUBLAS_WORKSPACE_CONFIG", None)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )


@pytest.mark.slow
def test_the_backend_is_told():
    done = run(CALL + EFFECT[BACKEND])
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_forecaster_needs_nothing_that_is_not_deterministic():
    done = run(CALL + FIT)
    assert done.returncode == 0, done.stderr
    assert float.fromhex(done.stdout.strip())


@pytest.mark.skipif(BACKEND != "jax", reason="the others can be told at any time, on a CPU")
def test_too_late():
    done = run("import jax; jax.numpy.zeros(1); import rnnzoo; rnnzoo.deterministic()")
    assert "BackendError: JAX has started" in done.stderr


@pytest.mark.skipif(BACKEND != "torch", reason="of PyTorch")
def test_too_late_where_cuda_has_started(monkeypatch):
    import torch
    from rnnzoo import BackendError, deterministic

    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    with pytest.raises(BackendError, match="CUDA has started"):
        deterministic()
