import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.cells import MinGRU

X = np.random.default_rng(1).normal(size=(2, 11, 3)).astype("float32")
H = np.random.default_rng(2).normal(size=(2, 4)).astype("float32")


@pytest.mark.parametrize("engine", ["scan", "parallel"])
def test_forward(engine, built):
    cell = built(MinGRU(4), 3)
    (W_z, W_g), (b_z, b_g) = (np.split(w, 2, axis=-1) for w in cell.get_weights())
    h, expected = H, []
    for x in np.moveaxis(X, 1, 0):
        z = 1 / (1 + np.exp(-(x @ W_z + b_z)))
        h = (1 - z) * h + z * (x @ W_g + b_g)
        expected.append(h)
    loop = Recurrent(cell, return_sequences=True, engine=engine)
    outputs = ops.convert_to_numpy(loop(X, initial_state=[H]))
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), atol=1e-5)


def test_a_chrono_start_remembers_up_to_its_lag():
    cell = MinGRU(100, chrono=50)
    cell.build((None, 3))
    b_z, b_g = np.split(ops.convert_to_numpy(cell.b), 2)
    lags = np.exp(-b_z)  # 1 / σ(b_z) − 1
    assert 1 <= lags.min() < 5 and 40 < lags.max() <= 49
    assert not b_g.any()


@pytest.mark.parametrize("chrono", [0, 2])
def test_a_lag_too_short_is_refused(chrono):
    with pytest.raises(ArgumentError, match=f"Received: chrono={chrono}"):
        MinGRU(4, chrono=chrono)
