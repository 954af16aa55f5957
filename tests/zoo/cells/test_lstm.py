import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import LSTM

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 7, 3)).astype("float32")
D = RNG.normal(size=(2, 7, 4)).astype("float32")
H, C = RNG.normal(size=(2, 2, 4)).astype("float32")


@pytest.mark.parametrize("peepholes", [False, True])
def test_forward(peepholes, built):
    cell = built(LSTM(4, peepholes), 3)
    outputs = Recurrent(cell, return_sequences=True)(X, initial_state=[H, C])
    expected = np.stack([step["h"] for step in forward(*cell.get_weights())], axis=1)
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), expected, atol=1e-5)


def forward(W, U, b, p=(0, 0, 0)):
    """All steps, each with its gates and states by their letters."""
    h, c, steps = H, C, []
    for x in np.moveaxis(X, 1, 0):
        i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
        i = σ(i + p[0] * c)
        f = σ(f + p[1] * c)
        g = np.tanh(g)
        step = {"x": x, "h_prev": h, "c_prev": c, "i": i, "f": f, "g": g}
        c = f * c + i * g
        o = σ(o + p[2] * c)
        h = o * np.tanh(c)
        steps.append(step | {"o": o, "c": c, "h": h})
    return steps


def σ(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("peepholes", [False, True])
def test_coupled_gates(peepholes, built):
    """As the whole cell is with f = 1 − i, that is with weights and peepholes of f below 0."""
    coupled = built(LSTM(4, peepholes, coupled=True), 3)
    W, U, b, *p = coupled.get_weights()
    i, g, o = np.arange(4), np.arange(4, 8), np.arange(8, 12)
    order, turn = np.concatenate([i, i, g, o]), np.repeat([1, -1, 1, 1], 4)
    whole = built(LSTM(4, peepholes), 3)
    more = [np.stack([p[0][0], -p[0][0], p[0][1]])] if peepholes else []
    whole.set_weights([turn * W[:, order], turn * U[:, order], turn * b[order], *more])
    one, other = (
        ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X, initial_state=[H, C]))
        for cell in (coupled, whole)
    )
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_chrono_start_lasts_up_to_its_lag():
    cell = LSTM(50, chrono=40)
    cell.build((None, 3))
    b_i, b_f, b_g, b_o = np.split(ops.convert_to_numpy(cell.b), 4)
    np.testing.assert_array_equal(b_i, -b_f)
    assert b_f.min() >= 0 and 3 < b_f.max() <= np.log(39)
    assert not b_g.any() and not b_o.any()


def test_it_is_keras_own_lstm(built):
    cell = built(LSTM(4), 3)
    theirs = keras.layers.LSTM(4, return_sequences=True)
    theirs.build(X.shape)
    theirs.set_weights(cell.get_weights())
    np.testing.assert_allclose(
        ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X)),
        ops.convert_to_numpy(theirs(X)),
        atol=1e-5,
    )


def test_a_new_network_remembers():
    cell = LSTM(4)
    cell.build((None, 3))
    np.testing.assert_array_equal(np.split(ops.convert_to_numpy(cell.b), 4)[1], np.ones(4))


@pytest.mark.parametrize("peepholes", [False, True])
def test_backward(peepholes, built):
    cell = built(LSTM(4, peepholes), 3)
    loop = Recurrent(cell, return_sequences=True)
    x, h, c = (keras.Variable(value) for value in (X, H, C))

    def divergence():
        states = [ops.convert_to_tensor(h), ops.convert_to_tensor(c)]
        outputs = loop(ops.convert_to_tensor(x), initial_state=states)
        return ops.sum((outputs - ops.convert_to_tensor(D)) ** 2) / 2

    found = gradient(divergence, [x, h, c, *cell.weights])
    expected = (backward_with_peepholes if peepholes else backward)(*cell.get_weights())
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def backward(W, U, b):
    """One step back at a time: a for h, c̃ for g, Γ_u, Γ_f, Γ_o for the gates i, f, o."""
    da_next, dc_next = np.zeros_like(H), np.zeros_like(C)
    dX, dW, dU, db = np.zeros_like(X), 0, 0, 0
    for t, step in reversed([*enumerate(forward(W, U, b))]):
        Γ_u, Γ_f, Γ_o, c̃ = (step[letter] for letter in "ifog")
        c_prev, tanh_c = step["c_prev"], np.tanh(step["c"])
        da_next = da_next + step["h"] - D[:, t]

        through_c = dc_next + Γ_o * (1 - tanh_c**2) * da_next
        dγ_o = da_next * tanh_c * Γ_o * (1 - Γ_o)  # (7)
        dpc̃ = through_c * Γ_u * (1 - c̃**2)  # (8)
        dγ_u = through_c * c̃ * Γ_u * (1 - Γ_u)  # (9)
        dγ_f = through_c * c_prev * Γ_f * (1 - Γ_f)  # (10)

        dγ = np.concatenate([dγ_u, dγ_f, dpc̃, dγ_o], axis=1)  # the order of the kernels
        dW, dU, db = dW + step["x"].T @ dγ, dU + step["h_prev"].T @ dγ, db + dγ.sum(axis=0)
        da_next = dγ @ U.T  # (19)
        dc_next = through_c * Γ_f  # (20)
        dX[:, t] = dγ @ W.T  # (21)
    return [dX, da_next, dc_next, dW, dU, db]


def backward_with_peepholes(W, U, b, p):
    """All of a step's derivatives from those of the step after it."""
    U_i, U_f, U_g, U_o = np.split(U, 4, axis=1)
    steps = forward(W, U, b, p)
    dX, dW, dU, db, dp = np.zeros_like(X), 0, 0, 0, np.zeros_like(p)
    dh, dC = np.zeros_like(H), np.zeros_like(C)
    for t, step in reversed([*enumerate(steps)]):
        i, f, g, o, C_prev, C_t = (step[name] for name in ("i", "f", "g", "o", "c_prev", "c"))
        dσ_i, dσ_f, dσ_o, dtanh_g = i * (1 - i), f * (1 - f), o * (1 - o), 1 - g**2

        # the divergence and the step after have left their parts in dh, dC
        dh = dh + step["h"] - D[:, t]
        dC = dC + dh * (o * (1 - np.tanh(C_t) ** 2) + np.tanh(C_t) * dσ_o * p[2])

        a_i, a_f, a_g = dC * g * dσ_i, dC * C_prev * dσ_f, dC * i * dtanh_g
        a_o = dh * np.tanh(C_t) * dσ_o
        dp += [(a_i * C_prev).sum(0), (a_f * C_prev).sum(0), (a_o * C_t).sum(0)]
        a = np.concatenate([a_i, a_f, a_g, a_o], axis=1)
        dW, dU, db = dW + step["x"].T @ a, dU + step["h_prev"].T @ a, db + a.sum(axis=0)
        dX[:, t] = a @ W.T

        # ∇C_{t−1} = ∇C_t ⊙ (f + C_{t−1} σ′ p_f + g σ′ p_i), and ∇h_{t−1} over all four gates
        dC = dC * (f + C_prev * dσ_f * p[1] + g * dσ_i * p[0])
        dh = a_f @ U_f.T + a_i @ U_i.T + a_g @ U_g.T + a_o @ U_o.T
    return [dX, dh, dC, dW, dU, db, dp]
