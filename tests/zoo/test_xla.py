"""Training compiled by XLA, as Keras does on a GPU unasked; on TensorFlow, where it is a choice."""

import keras
import numpy as np
import pandas as pd
import pytest
from rnnzoo import CELLS, Forecaster, NextFrame, Recurrent
from rnnzoo.zoo.cells import GRU, LRU, LSTM, NARX, MinGRU, serving
from rnnzoo.zoo.engines import ENGINES

pytestmark = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="JAX compiles all, PyTorch nothing unasked"
)
STEPS = 5


def trained_once(makes, steps, jit, item=(3,)):
    """The loss before and after a step of gradient descent, through several loops at once."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(4, STEPS, *item)).astype("float32")
    inputs = keras.Input((steps, *item))
    read = [keras.layers.Flatten()(make()(inputs)) for make in makes]
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.concatenate(read)))
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=jit)
    return [float(model.train_on_batch(x, np.ones((4, 1), "float32"))) for _ in range(2)]


def test_loops_of_every_kind_train_compiled_as_they_train_without():
    loops = [
        lambda: Recurrent(LSTM(4)),
        lambda: Recurrent(NARX(4, feedback_delays=(1, 3)), return_sequences=True),
        lambda: Recurrent(GRU(4, recurrent_dropout=0.5), engine="project_first"),
        lambda: Recurrent(LRU(4), engine="parallel"),
        lambda: Recurrent(MinGRU(4), engine="parallel"),
        lambda: Recurrent(keras.layers.LSTMCell(4)),
    ]
    compiled, plain = (trained_once(loops, STEPS, jit) for jit in (True, False))
    np.testing.assert_allclose(compiled[0], plain[0], rtol=1e-3, atol=1)  # dropout differs
    assert np.isfinite(compiled).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_every_cell_trains_compiled_by_every_engine(name):
    kind, item = CELLS[name], (4, 3, 2) if name in serving("next_frame") else (3,)
    for steps in (STEPS, None):
        engines = [e for e, engine in ENGINES.items() if engine.supports(kind(4), steps) is None]
        engines = [e for e in engines if e != "native"]  # Keras does not compile such a loop
        loops = [lambda engine=engine: Recurrent(kind(4), engine=engine) for engine in engines]
        compiled, plain = (trained_once(loops, steps, jit, item) for jit in (True, False))
        np.testing.assert_allclose(compiled, plain, rtol=1e-3)


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    """TensorFlow names a GPU, so that Keras's "auto" resolves as it does beside one."""
    import tensorflow as tf

    devices = tf.config.list_physical_devices()
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda *kinds: [*devices, gpu])
    model = keras.Sequential([keras.Input((2, 1)), Recurrent(GRU(1))])
    model.compile("sgd", "mse")
    assert model.jit_compile


@pytest.mark.slow
def test_pipelines_train_as_they_do_on_a_gpu(as_on_a_gpu):
    times = pd.date_range("2024-01-01", periods=80, name="ds")
    table = pd.DataFrame({"y": 10 + np.sin(np.arange(80) / 3)}, index=times)
    tiny = {"horizon": 2, "lookback": 6, "units": 2, "epochs": 1}
    for cell, strategy in (("gru", "stateful"), ("narx", "closed_loop"), ("gru", "segment")):
        fitted = Forecaster(cell, strategy=strategy, **tiny).fit(table)
        assert np.isfinite(fitted.predict()["yhat"]).all()
    clips = np.random.default_rng(0).random((4, 6, 8, 8)).astype("float32")
    small = {"context": 3, "horizon": 2, "filters": 2, "layers": 1, "patch": 2, "epochs": 1}
    assert NextFrame(**small).fit(clips).predict(clips[:, :3]).shape[1] == 2
