import numpy as np
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import IRNN, RNN

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")


def test_forward(built):
    cell = built(IRNN(4), 3)
    W, U, b = cell.get_weights()
    h, expected = np.zeros((2, 4)), []
    for x in np.moveaxis(X, 1, 0):
        h = np.maximum(0, x @ W + h @ U + b)
        expected.append(h)
    np.testing.assert_allclose(run(cell), np.stack(expected, axis=1), atol=1e-4)


def test_it_is_the_simple_network_with_rectified_units(built):
    plain = built(RNN(4, activation="relu"), 3)
    np.testing.assert_allclose(run(built(IRNN(4), 3)), run(plain), rtol=1e-5)


def test_a_new_network_holds_what_it_has_read():
    cell = IRNN(4)
    cell.build((None, 3))
    np.testing.assert_array_equal(ops.convert_to_numpy(cell.U[0]), np.eye(4))
    h = np.abs(np.random.default_rng(2).normal(size=(2, 4))).astype("float32")
    silence = np.zeros((2, 50, 3), "float32")
    held = Recurrent(cell)(silence, initial_state=[h])
    np.testing.assert_array_equal(ops.convert_to_numpy(held), h)


def test_what_it_reads_weighs_little_at_first():
    cell = IRNN(200)
    cell.build((None, 5))
    W = ops.convert_to_numpy(cell.W)
    assert abs(W.std() / 0.001 - 1) < 0.1
    assert IRNN(4, kernel_initializer="ones").get_config()["kernel_initializer"] == "ones"


def run(cell):
    return ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
