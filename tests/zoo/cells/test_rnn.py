import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import RNN

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 7, 3)).astype("float32")
D = RNG.random((2, 7, 2)).astype("float32")
T = X.shape[1]


@pytest.mark.parametrize("taps", [(1,), (1, 3), (2, 5)])
def test_forward(taps, built):
    cell = built(RNN(4, taps), 3)
    past = {-k: np.zeros((2, 4)) for k in range(1, 1 + max(taps))}
    h = forward(past, *letters(cell))
    outputs = Recurrent(cell, return_sequences=True)(X)
    np.testing.assert_allclose(numpy(outputs), over_time(h), atol=1e-5)


def forward(past, W, U, b):
    """h by its time, given h at the times −1, −2, … and U by its tap."""
    h = dict(past)
    for t in range(T):
        h[t] = np.tanh(X[:, t] @ W + sum(h[t - k] @ U[k] for k in U) + b)
    return h


def over_time(by_time):
    return np.stack([by_time[t] for t in range(T)], axis=1)


def letters(cell):
    W, *U, b = cell.get_weights()
    return W, dict(zip(cell.taps, U, strict=True)), b


def test_it_is_keras_own_simple_rnn(built):
    cell = built(RNN(4), 3)
    theirs = keras.layers.SimpleRNN(4, return_sequences=True)
    theirs.build(X.shape)
    theirs.set_weights(cell.get_weights())
    np.testing.assert_allclose(
        numpy(Recurrent(cell, return_sequences=True)(X)),
        numpy(theirs(X)),
        atol=1e-5,
    )


# a divergence and its derivative by Y; in the second, a step's share depends on all others
DIVERGENCES = {
    "sum-over-steps": (
        lambda Y, D: ops.sum((Y - D) ** 2) / 2,
        lambda Y, D: Y - D,
    ),
    "series-as-a-whole": (
        lambda Y, D: ops.log(ops.sum((Y - D) ** 2)),
        lambda Y, D: 2 * (Y - D) / ((Y - D) ** 2).sum(),
    ),
}


@pytest.mark.parametrize("DIV, dDIV_dY", DIVERGENCES.values(), ids=DIVERGENCES.keys())
@pytest.mark.parametrize("taps", [(1,), (1, 3)])
def test_backpropagation_through_time(taps, DIV, dDIV_dY, built):
    """Y(t) = σ(Z2(t)), Z2(t) = W2 h(t), and h(t) = tanh(Z1(t)) from this cell."""
    cell = built(RNN(4, taps), 3)
    loop = Recurrent(cell, return_sequences=True)
    x, W2 = keras.Variable(X), keras.Variable(RNG.normal(size=(4, 2)).astype("float32"))
    past = [keras.Variable(p) for p in RNG.normal(size=(max(taps), 2, 4)).astype("float32")]

    def divergence():
        h = loop(ops.convert_to_tensor(x), initial_state=[ops.convert_to_tensor(p) for p in past])
        return DIV(ops.sigmoid(ops.matmul(h, W2)), ops.convert_to_tensor(D))

    found = gradient(divergence, [x, *past, W2, cell.W, *cell.U, cell.b])
    times = {-k: numpy(p) for k, p in enumerate(past, start=1)}
    expected = backward(dDIV_dY, times, numpy(W2), *letters(cell))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def backward(dDIV_dY, past, W2, W, U, b):
    h = forward(past, W, U, b)
    Y = 1 / (1 + np.exp(-over_time(h) @ W2))
    dZ2 = dict(enumerate(np.moveaxis(dDIV_dY(Y, D) * Y * (1 - Y), 1, 0)))

    dh, dZ1 = {}, {}
    for t in reversed(sorted(h)):
        # dDIV/dh(t) = dDIV/dZ2(t) W2 + Σ_k dDIV/dZ1(t+k) U_k
        dh[t] = sum(dZ1[t + k] @ U[k].T for k in U if t + k in dZ1)
        if t >= 0:
            dh[t] = dh[t] + dZ2[t] @ W2.T
            dZ1[t] = dh[t] * (1 - h[t] ** 2)

    dW2 = sum(h[t].T @ dZ2[t] for t in range(T))
    dW = sum(X[:, t].T @ dZ1[t] for t in range(T))
    dU = [sum(h[t - k].T @ dZ1[t] for t in range(T)) for k in U]
    db = sum(dZ1[t].sum(axis=0) for t in range(T))
    return [over_time(dZ1) @ W.T, *[dh[t] for t in past], dW2, dW, *dU, db]


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
