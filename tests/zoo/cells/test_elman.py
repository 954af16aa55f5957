import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import RNN, Elman

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")


@pytest.mark.parametrize("truncate", [True, False])
def test_forward(truncate, built):
    cell = built(Elman(4, truncate=truncate), 3)
    W, U, b = cell.get_weights()
    h, expected = np.zeros((2, 4)), []
    for t in range(X.shape[1]):
        c = h
        h = np.tanh(X[:, t] @ W + c @ U + b)
        expected.append(h)
    np.testing.assert_allclose(run(cell), np.stack(expected, axis=1), atol=1e-5)


def test_its_outputs_are_those_of_the_simple_recurrent_network(built):
    np.testing.assert_allclose(run(built(Elman(4), 3)), run(built(RNN(4), 3)), atol=1e-6)


def test_the_activation_is_used(built):
    assert (run(built(Elman(4, activation="relu"), 3)) >= 0).all()


def run(cell):
    return ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
