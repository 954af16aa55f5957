import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import RNN
from rnnzoo.zoo.gradient import gradient

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")


@pytest.mark.parametrize("taps", [(1,), (1, 3), (2, 5)])
def test_forward(taps, built):
    cell = built(RNN(4, taps), 3)
    expected = forward(X, np.zeros((2, max(taps), 4)), taps, *letters(cell))
    outputs = Recurrent(cell, return_sequences=True)(X)
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), expected, atol=1e-5)


def forward(X, past, taps, W, U, b):
    """`past` holds h at the times −1, −2, …; returns h at the times 0 … T−1."""
    h = {-k: past[:, k - 1] for k in range(1, 1 + past.shape[1])}
    for t in range(X.shape[1]):
        h[t] = np.tanh(X[:, t] @ W + sum(h[t - k] @ U_k for k, U_k in zip(taps, U)) + b)
    return np.stack([h[t] for t in range(X.shape[1])], axis=1)


def test_it_is_keras_own_simple_rnn(built):
    cell = built(RNN(4), 3)
    theirs = keras.layers.SimpleRNN(4, return_sequences=True)
    theirs.build(X.shape)
    theirs.set_weights(cell.get_weights())
    np.testing.assert_allclose(
        ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X)),
        ops.convert_to_numpy(theirs(X)),
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
    rng = np.random.default_rng(2)
    cell = built(RNN(4, taps), 3)
    loop = Recurrent(cell, return_sequences=True)
    D = rng.random((2, 7, 2)).astype("float32")
    x, W2 = keras.Variable(X), keras.Variable(rng.normal(size=(4, 2)).astype("float32"))
    past = [keras.Variable(p) for p in rng.normal(size=(max(taps), 2, 4)).astype("float32")]

    def divergence():
        h = loop(ops.convert_to_tensor(x), initial_state=[ops.convert_to_tensor(p) for p in past])
        return DIV(ops.sigmoid(ops.matmul(h, W2)), ops.convert_to_tensor(D))

    expected = backward(D, dDIV_dY, taps, *map(numpy, (x, W2)), [*map(numpy, past)], *letters(cell))
    found = gradient(divergence, [x, W2, cell.W, *cell.U, cell.b, *past])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def backward(D, dDIV_dY, taps, X, W2, past, W, U, b):
    T = X.shape[1]
    before = {-k: p for k, p in enumerate(past, start=1)}
    h = before | dict(enumerate(np.moveaxis(forward(X, np.stack(past, 1), taps, W, U, b), 1, 0)))
    Y = 1 / (1 + np.exp(-np.stack([h[t] for t in range(T)], axis=1) @ W2))
    dZ2 = dDIV_dY(Y, D) * Y * (1 - Y)

    dW2, dW, dU, db = 0, 0, [0] * len(taps), 0
    dZ1, dX = {}, np.zeros_like(X)
    for t in reversed(range(T)):
        # dDIV/dh(t) = dDIV/dZ2(t) W2 + Σ_k dDIV/dZ1(t+k) U_k
        dh = dZ2[:, t] @ W2.T
        dh = dh + sum(dZ1[t + k] @ U_k.T for k, U_k in zip(taps, U) if t + k < T)
        dZ1[t] = dh * (1 - h[t] ** 2)
        dX[:, t] = dZ1[t] @ W.T
        # pooled over time
        dW2 = dW2 + h[t].T @ dZ2[:, t]
        dW = dW + X[:, t].T @ dZ1[t]
        dU = [dU_k + h[t - k].T @ dZ1[t] for k, dU_k in zip(taps, dU)]
        db = db + dZ1[t].sum(axis=0)
    dpast = [
        sum(dZ1[k - n] @ U_k.T for k, U_k in zip(taps, U) if n <= k)
        for n in range(1, 1 + max(taps))
    ]
    return [dX, dW2, dW, *dU, db, *dpast]


def letters(cell):
    W, *U, b = cell.get_weights()
    return W, U, b


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
