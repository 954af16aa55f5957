import numpy as np
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import SLSTM

X = np.random.default_rng(1).normal(size=(2, 9, 3)).astype("float32")


def test_forward(built):
    """The equations as they are, in double precision, without the stabilizer m."""
    cell = built(SLSTM(4), 3)
    W, U, b = (w.astype("float64") for w in cell.get_weights())
    h = c = n = np.zeros((2, 4))
    expected = []
    for x in np.moveaxis(X, 1, 0):
        i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
        c = σ(f) * c + np.exp(i) * np.tanh(g)
        n = σ(f) * n + np.exp(i)
        h = σ(o) * c / n
        expected.append(h)
    outputs = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), atol=1e-5)


def test_an_input_gate_wide_open_does_not_overflow(built):
    cell = built(SLSTM(4), 3)
    W, U, b = cell.get_weights()
    cell.set_weights([1000 * W, U, b])
    outputs = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
    assert np.isfinite(outputs).all()
    assert np.abs(outputs).max() <= 1


def σ(x):
    return 1 / (1 + np.exp(-x))
