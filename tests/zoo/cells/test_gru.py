import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import GRU

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")


@pytest.mark.parametrize("reset", ["before", "after"])
def test_forward(reset, built):
    cell = built(GRU(4, reset), 3)
    W, U, b, *b2 = cell.get_weights()
    (W_z, W_r, W_g), (U_z, U_r, U_g) = np.split(W, 3, axis=1), np.split(U, 3, axis=1)
    b_z, b_r, b_g = np.split(b, 3)
    h, expected = np.zeros((2, 4)), []
    for x in np.moveaxis(X, 1, 0):
        z = σ(x @ W_z + h @ U_z + b_z)
        r = σ(x @ W_r + h @ U_r + b_r)
        if reset == "before":
            g = np.tanh(x @ W_g + b_g + (r * h) @ U_g)
        else:
            g = np.tanh(x @ W_g + b_g + r * (h @ U_g + b2[0]))
        h = (1 - z) * h + z * g
        expected.append(h)
    np.testing.assert_allclose(run(cell), np.stack(expected, axis=1), atol=1e-5)


def σ(x):
    return 1 / (1 + np.exp(-x))


def test_without_a_reset_gate(built):
    cell = built(GRU(4, "none"), 3)
    (W_z, W_g), (U_z, U_g), (b_z, b_g) = (np.split(w, 2, axis=-1) for w in cell.get_weights())
    h, expected = np.zeros((2, 4)), []
    for x in np.moveaxis(X, 1, 0):
        z = σ(x @ W_z + h @ U_z + b_z)
        h = (1 - z) * h + z * np.tanh(x @ W_g + h @ U_g + b_g)
        expected.append(h)
    np.testing.assert_allclose(run(cell), np.stack(expected, axis=1), atol=1e-5)


@pytest.mark.parametrize("reset, gates", [("after", 3), ("before", 3), ("none", 2)])
def test_a_chrono_start_lets_little_in(reset, gates):
    cell = GRU(50, reset, chrono=40)
    cell.build((None, 3))
    b_z, *rest = np.split(ops.convert_to_numpy(cell.b), gates)
    assert -np.log(39) <= b_z.min() < -3 and b_z.max() <= 0
    assert not np.any(rest)


@pytest.mark.parametrize("reset", ["before", "after"])
def test_it_is_keras_own_gru_with_z_the_other_way_round(reset, built):
    cell = built(GRU(4, reset), 3)
    theirs = keras.layers.GRU(4, reset_after=reset == "after", return_sequences=True)
    theirs.build(X.shape)
    W, U, b, *b2 = cell.get_weights()
    turn = np.repeat([-1, 1, 1], 4)  # 1 − σ(a) = σ(−a)
    b = turn * b
    if b2:
        b = np.stack([b, np.concatenate([np.zeros(8), b2[0]])])
    theirs.set_weights([turn * W, turn * U, b])
    np.testing.assert_allclose(run(cell), ops.convert_to_numpy(theirs(X)), atol=1e-5)


def run(cell):
    return ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
