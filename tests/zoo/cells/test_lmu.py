import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.cells import LMU

X = np.random.default_rng(1).normal(size=(2, 11, 3)).astype("float32")
D, U, N = 3, 2, 4  # order, memories, units
STATES = [np.random.default_rng(k).normal(size=(2, n)).astype("float32")
          for k, n in enumerate((N, U * D))]  # fmt: skip


def fine_steps(order, window, steps=1000):
    """One step of the memory: Euler's of 1/1000, by the formulas of the docstring."""
    A, B = np.zeros((order, order)), np.zeros(order)
    for i in range(order):
        B[i] = (2 * i + 1) * (-1) ** i
        for j in range(order):
            A[i, j] = (2 * i + 1) * (-1 if i < j else (-1) ** (i - j + 1))
    Ā, B̄ = np.eye(order), np.zeros(order)
    for _ in range(steps):
        Ā = Ā + A @ Ā / window / steps
        B̄ = B̄ + (A @ B̄ + B) / window / steps
    return Ā, B̄


@pytest.mark.parametrize("feedback, engine", [(False, "scan"), (False, "parallel"), (True, "scan")])
def test_forward(feedback, engine, built):
    cell = built(LMU(N, order=D, window=9, memories=U, feedback=feedback), 3)
    w = {weight.name: ops.convert_to_numpy(weight) for weight in cell.weights}
    Ā, B̄ = fine_steps(D, 9)
    h, m = STATES[0], STATES[1].reshape(2, U, D)
    expected = []
    for x in np.moveaxis(X, 1, 0):
        flat = m.reshape(2, -1)
        u = x @ w["E"]
        u = u + h @ w["H"] + flat @ w["K"] if feedback else np.tanh(u + w["e"])
        m = m @ Ā.T + u[..., None] * B̄
        z = x @ w["W"] + m.reshape(2, -1) @ w["M"] + w["b"]
        h = np.tanh(z + h @ w["U"]) if feedback else np.tanh(z)
        expected.append(h)
    loop = Recurrent(cell, return_sequences=True, engine=engine)
    outputs = ops.convert_to_numpy(loop(X, initial_state=STATES))
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), atol=3e-3)


def test_the_memory_holds_the_window():
    """From m the input of up to 20 steps ago is read back, by shifted Legendre polynomials."""
    cell = LMU(N, order=12, window=20)
    t = np.arange(100)
    u = np.sin(t / 7) + 0.5 * np.cos(t / 5)
    m = np.zeros(12)
    for value in u:
        m = cell.A @ m + cell.B * value
    for ago in (0, 5, 10, 15, 20):
        P = np.polynomial.legendre.legval(2 * ago / 20 - 1, np.eye(12))
        assert P @ m == pytest.approx(np.interp(t[-1] - ago + 0.5, t, u), abs=0.1)


@pytest.mark.parametrize("engine", ["scan", "parallel"])
def test_in_half_precision_it_remembers_as_in_full(engine):
    x, ends = np.full((1, 40, 1), 0.5, "float32"), []
    for dtype in ("float32", "mixed_bfloat16"):
        cell = LMU(N, window=400, dtype=dtype)
        loop = Recurrent(cell, return_state=True, engine=engine)
        loop.build(x.shape)
        cell.set_weights([np.full(weight.shape, 0.5) for weight in cell.weights])
        ends.append(ops.convert_to_numpy(loop(x)[2]))
    np.testing.assert_allclose(ends[1], ends[0], rtol=0.01, atol=0.01)


def test_with_feedback_it_has_to_go_step_by_step():
    with pytest.raises(ArgumentError, match='step by step. Received: engine="parallel"'):
        Recurrent(LMU(4, feedback=True), engine="parallel")(X)


def test_it_spans_what_it_is_asked_to():
    assert LMU(4, **LMU.memory_options(50)).window == 50
