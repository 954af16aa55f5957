import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import MinLSTM

X = np.random.default_rng(1).normal(size=(2, 11, 3)).astype("float32")
H = np.random.default_rng(2).normal(size=(2, 4)).astype("float32")


@pytest.mark.parametrize("engine", ["scan", "parallel"])
def test_forward(engine, built):
    cell = built(MinLSTM(4), 3)
    (W_f, W_i, W_g), (b_f, b_i, b_g) = (np.split(w, 3, axis=-1) for w in cell.get_weights())
    h, expected = H, []
    for x in np.moveaxis(X, 1, 0):
        f, i = σ(x @ W_f + b_f), σ(x @ W_i + b_i)
        h = f / (f + i) * h + i / (f + i) * (x @ W_g + b_g)
        expected.append(h)
    loop = Recurrent(cell, return_sequences=True, engine=engine)
    outputs = ops.convert_to_numpy(loop(X, initial_state=[H]))
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), atol=1e-5)


def test_gates_shut_fast_share_out_one_all_the_same(built):
    """f and i of e^−200: their ratio is what counts, and 0 / 0 must not come of it."""
    cell = built(MinLSTM(4), 3)
    W, _ = cell.get_weights()
    cell.set_weights([0 * W, np.concatenate([np.full(8, -200.0), np.ones(4)])])
    h = ops.convert_to_numpy(Recurrent(cell)(X[:, :1], initial_state=[H]))
    np.testing.assert_allclose(h, (H + 1) / 2, rtol=1e-5)


def test_a_memory_of_thousands_of_steps_does_not_cancel(built):
    """f of e^−0.00005 and i of e^−10: 1 − f / (f + i) would be wrong in its fourth digit."""
    cell = built(MinLSTM(4), 3)
    W, b = cell.get_weights()
    b = np.concatenate([np.full(4, 10.0), np.full(4, -10.0), b[8:]])
    cell.set_weights([0.1 * W, b])
    (W_f, W_i, W_g), (b_f, b_i, b_g) = (
        np.split(w.astype("float64"), 3, axis=-1) for w in cell.get_weights()
    )
    x = np.random.default_rng(3).normal(size=(2, 4096, 3)).astype("float32")
    h = np.zeros((2, 4))
    for x_t in np.moveaxis(x, 1, 0):
        f, i = σ(x_t @ W_f + b_f), σ(x_t @ W_i + b_i)
        h = f / (f + i) * h + i / (f + i) * (x_t @ W_g + b_g)
    found = ops.convert_to_numpy(Recurrent(cell, engine="parallel")(x))
    np.testing.assert_allclose(found, h, rtol=2e-5)


def σ(x):
    return 1 / (1 + np.exp(-x))
