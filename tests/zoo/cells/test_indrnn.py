import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.cells import IndRNN

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")


@pytest.mark.parametrize("activation, φ", [("relu", lambda z: np.maximum(0, z)), ("tanh", np.tanh)])
def test_forward(activation, φ, built):
    cell = built(IndRNN(4, activation), 3)
    W, u, b = cell.get_weights()
    h, expected = np.zeros((2, 4)), []
    for x in np.moveaxis(X, 1, 0):
        h = φ(x @ W + u * h + b)
        expected.append(h)
    outputs = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), atol=1e-5)


def test_training_keeps_the_memory_within_its_reach():
    """Without a bound, a target far above what is read would drive u up."""
    limit = 2 ** (1 / 50)
    loop = Recurrent(IndRNN(4, reach=50))
    model = keras.Sequential([keras.Input((7, 3)), loop])
    model.compile(keras.optimizers.SGD(1.0, clipvalue=0.1), "mae")
    loop.cell.W.assign(np.ones((3, 4)))  # no unit is silent
    start = ops.convert_to_numpy(loop.cell.u)
    assert (start >= 0.5 ** (1 / 50)).all() and (start <= limit).all()
    model.fit(np.ones_like(X), np.full((2, 4), 1e3), epochs=5, verbose=0)
    after = ops.convert_to_numpy(loop.cell.u)
    assert after.max() == pytest.approx(limit, rel=1e-6)


def test_a_reach_of_nothing_is_refused():
    with pytest.raises(ArgumentError, match="Received: reach=0"):
        IndRNN(4, reach=0)
