import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import NARX

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 9, 3)).astype("float32")
TRUTH = RNG.normal(size=(2, 9, 2)).astype("float32")


@pytest.mark.parametrize("feedback", ["prediction", "truth", "error"])
@pytest.mark.parametrize("Dx, Dy", [((0,), (1, 2)), ((0, 2), (2, 5)), ((1, 3), (1,)), ((), (1, 4))])
def test_forward(Dx, Dy, feedback, built):
    cell = NARX(4, 2, Dx, Dy, feedback)
    inputs = X if feedback == "prediction" else np.concatenate([X, TRUTH], axis=-1)
    cell = built(cell, inputs.shape[-1])
    *W, V, b, O, d = cell.get_weights()
    W = dict(zip(Dx, W, strict=True))
    V = dict(zip(Dy, np.split(V, len(Dy)), strict=True))
    y, f = {}, {}
    for t in range(X.shape[1]):
        z = np.tile(b, (2, 1)) + sum(X[:, t - i] @ W_i for i, W_i in W.items() if t >= i)
        z = z + sum(f[t - j] @ V_j for j, V_j in V.items() if t >= j)
        y[t] = np.tanh(z) @ O + d
        f[t] = {"prediction": y[t], "truth": TRUTH[:, t], "error": TRUTH[:, t] - y[t]}[feedback]
    np.testing.assert_allclose(run(cell, inputs), np.stack([*y.values()], axis=1), atol=1e-5)


@pytest.mark.parametrize("delay", [1, 3, 5])
def test_it_can_echo_the_truth_of_any_of_its_delays(delay):
    cell = NARX(2, 2, (0,), (1, 3, 5), "truth", activation="linear")
    cell.build((None, 5))
    for weight in cell.weights:
        weight.assign(np.zeros(weight.shape))
    V = np.zeros((6, 2))
    row = 2 * cell.feedback_delays.index(delay)
    V[row : row + 2] = np.eye(2)
    cell.V.assign(V)
    cell.O.assign(np.eye(2))
    echo = run(cell, np.concatenate([X, TRUTH], axis=-1))
    np.testing.assert_array_equal(echo[:, delay:], TRUTH[:, :-delay])
    assert not echo[:, :delay].any()


@pytest.mark.parametrize("delay", [0, 2, 4])
def test_it_can_echo_the_input_of_any_of_its_delays(delay):
    cell = NARX(3, 3, (0, 2, 4), (1,), activation="linear")
    cell.build((None, 3))
    for weight in cell.weights:
        weight.assign(np.zeros(weight.shape))
    cell.W[delay].assign(np.eye(3))
    cell.O.assign(np.eye(3))
    echo = run(cell, X)
    np.testing.assert_array_equal(echo[:, delay:], X[:, : X.shape[1] - delay])
    assert not echo[:, :delay].any()


def test_the_open_loop_fed_its_own_predictions_is_the_closed_loop(built):
    closed = run(built(NARX(4, 2, (0, 2), (1, 3)), 3), X)
    opened = built(NARX(4, 2, (0, 2), (1, 3), "truth"), 5)
    again = run(opened, np.concatenate([X, closed], axis=-1))
    np.testing.assert_allclose(again, closed, atol=1e-6)


def test_the_mode_changes_no_weight_and_no_state():
    cells = {mode: NARX(4, 2, (0, 2), (1, 3), mode) for mode in ("prediction", "truth", "error")}
    for mode, cell in cells.items():
        cell.build((None, 3 if mode == "prediction" else 5))
    shapes = {mode: [w.shape for w in cell.weights] for mode, cell in cells.items()}
    assert shapes["truth"] == shapes["error"] == shapes["prediction"]
    sizes = {mode: cell.state_size for mode, cell in cells.items()}
    assert sizes["truth"] == sizes["error"] == sizes["prediction"] == [2, 2, 2, 2, 3, 3]


def test_the_taps_are_newest_first(built):
    cell = built(NARX(4, 2, (0, 2), (1, 3), "truth"), 5)
    inputs = np.concatenate([X, TRUTH], axis=-1)
    _, *states = Recurrent(cell, return_state=True)(inputs)
    taps = [ops.convert_to_numpy(state) for state in states[1:]]
    expected = [TRUTH[:, -1], TRUTH[:, -2], TRUTH[:, -3], X[:, -1], X[:, -2]]
    np.testing.assert_array_equal(np.concatenate(taps, -1), np.concatenate(expected, -1))


def run(cell, inputs):
    return ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(inputs))
