import keras
import numpy as np
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import TDNN

X = np.random.default_rng(1).normal(size=(2, 9, 3)).astype("float32")
DELAYS = (0, 2, 5)


def test_forward(built):
    cell = built(TDNN(4, DELAYS), 3)
    W, b = cell.get_weights()
    W = dict(zip(DELAYS, np.split(W, 3), strict=True))
    expected = []
    for t in range(X.shape[1]):
        y = np.tanh(sum(X[:, t - i] @ W[i] for i in DELAYS if t >= i) + b)
        expected.append(y)
    np.testing.assert_allclose(run(cell, X), np.stack(expected, axis=1), atol=1e-5)


def test_it_is_a_causal_convolution(built):
    cell = built(TDNN(4, range(4), activation="linear"), 3)
    W, b = cell.get_weights()
    kernel = W.reshape(4, 3, 4)[::-1]  # a convolution's kernel has the present last
    theirs = keras.layers.Conv1D(4, 4, padding="causal")
    theirs.build(X.shape)
    theirs.set_weights([kernel, b])
    np.testing.assert_allclose(run(cell, X), ops.convert_to_numpy(theirs(X)), atol=1e-5)


def test_its_response_is_finite(built):
    cell = built(TDNN(4, DELAYS), 3)
    other = X.copy()
    other[:, 1] += 1
    changed = np.abs(run(cell, other) - run(cell, X)).max(axis=(0, 2)) > 1e-6
    assert changed.tolist() == [t - 1 in DELAYS for t in range(X.shape[1])]


def test_it_spans_what_it_is_asked_to():
    assert TDNN(4, **TDNN.memory_options(3)).delays == [0, 1, 2, 3]


def run(cell, x):
    return ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(x))
