"""Half precision: slow memories are kept in single precision, every cell runs in both loops."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import (
    GRU,
    LMU,
    LRU,
    LSTM,
    SCRN,
    SLSTM,
    IndRNN,
    Jordan,
    MinGRU,
    MinLSTM,
)

X = np.random.default_rng(0).normal(size=(8, 400, 4)).astype("float32")
FADING = {
    "lstm": lambda **k: LSTM(16, chrono=300, **k),
    "lstm-coupled": lambda **k: LSTM(16, peepholes=True, coupled=True, chrono=300, **k),
    "gru": lambda **k: GRU(16, chrono=300, **k),
    "gru-before": lambda **k: GRU(16, reset="before", chrono=300, **k),
    "gru-none": lambda **k: GRU(16, reset="none", chrono=300, **k),
    "min_gru": lambda **k: MinGRU(16, chrono=300, **k),
    "min_lstm": lambda **k: MinLSTM(16, chrono=300, **k),
    "slstm": lambda **k: SLSTM(16, **k),
    "slstm-chrono": lambda **k: SLSTM(16, chrono=300, **k),
    "indrnn": lambda **k: IndRNN(16, reach=400, **k),
    "scrn": lambda **k: SCRN(4, context=16, alpha=0.999, **k),
    "jordan": lambda **k: Jordan(16, mu=0.999, **k),
    "lru": lambda **k: LRU(16, **k),
    "lmu": lambda **k: LMU(16, window=400, **k),
}
QUICK = ("gru",)


def fading(names):
    return [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in names]


@pytest.mark.parametrize("name", fading(FADING))
def test_a_slow_memory_errs_by_less_than_one_percent(name):
    keras.utils.set_random_seed(1)
    cell = FADING[name](dtype="float32")
    assert cell.float32_state and cell.state_dtype == "float32"
    whole = Recurrent(cell, return_sequences=True)
    expected = numpy(whole(X))
    half = Recurrent(FADING[name](dtype="mixed_bfloat16"), return_sequences=True)
    half.build(X.shape)
    half.set_weights(whole.get_weights())
    error = np.sqrt(np.mean((numpy(half(X)) - expected) ** 2) / np.mean(expected**2))
    assert error < 0.01


@pytest.mark.parametrize("name", fading(FADING))
def test_it_runs_in_keras_own_loop_too(name):
    cell = FADING[name](dtype="mixed_bfloat16")
    theirs = keras.layers.RNN(cell, dtype="mixed_bfloat16")
    outputs = theirs(X[:, :5])
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    np.testing.assert_allclose(numpy(outputs), numpy(Recurrent(cell)(X[:, :5])), atol=0.1)


@pytest.mark.slow
def test_every_cell_runs_in_half_precision(case):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        loop = case.loop(return_sequences=True)
        outputs = loop(case.x)
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    expected = case.run(case.x)[0]
    np.testing.assert_allclose(numpy(outputs), expected, atol=0.2 * np.abs(expected).max())


@pytest.mark.parametrize(
    "cell",
    [LSTM(4), GRU(4), MinGRU(4), MinLSTM(4), IndRNN(4), SCRN(4), Jordan(4)],
    ids=lambda cell: cell.name,
)
def test_what_fades_fast_is_kept_in_half_precision(cell):
    assert not cell.float32_state


def numpy(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))
