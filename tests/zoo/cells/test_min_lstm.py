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


def σ(x):
    return 1 / (1 + np.exp(-x))
