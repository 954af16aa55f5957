import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import NARX, RNN, Elman, Feedback, Jordan

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 7, 3)).astype("float32")
TRUTH = RNG.normal(size=(2, 7, 2)).astype("float32")


@pytest.mark.parametrize("feedback", ["prediction", "truth"])
def test_forward(feedback, built):
    cell, inputs = Feedback([RNN(4), Elman(3)], 2, feedback), X
    if feedback == "truth":
        inputs = np.concatenate([X, TRUTH], axis=-1)
    cell = built(cell, inputs.shape[-1])
    (W1, U1, b1), (W2, U2, b2) = (inner.get_weights() for inner in cell.cells)
    O, d = cell.readout.get_weights()
    f, h1, h2, expected = np.zeros((2, 2)), np.zeros((2, 4)), np.zeros((2, 3)), []
    for t in range(X.shape[1]):
        u = np.concatenate([f, X[:, t]], axis=-1)
        h1 = np.tanh(u @ W1 + h1 @ U1 + b1)
        h2 = np.tanh(h1 @ W2 + h2 @ U2 + b2)
        y = h2 @ O + d
        f = y if feedback == "prediction" else TRUTH[:, t]
        expected.append(y)
    np.testing.assert_allclose(run(cell, inputs), np.stack(expected, axis=1), atol=1e-5)


def test_the_open_loop_fed_its_own_predictions_is_the_closed_loop(built):
    closed = run(built(Feedback([RNN(4)], 2), 3), X)
    opened = built(Feedback([RNN(4)], 2, "truth"), 5)
    again = run(opened, np.concatenate([X, closed], axis=-1))
    np.testing.assert_allclose(again, closed, atol=1e-6)


def test_cells_that_read_out_need_no_head(built):
    cell = built(Feedback([RNN(4), Jordan(4, outputs=2)], 2), 3)
    assert cell.readout is None
    assert run(cell, X).shape == (2, 7, 2)


def test_cells_that_learn_their_states_when_built_can_be_fed_back(built):
    cell = built(Feedback([NARX(4, 2, input_delays=(0, 2))], 2), 3)
    assert cell.state_size == [2, 2, 2, 2, 2, 5, 5]
    y, *states = Recurrent(cell, return_state=True)(X)
    assert [state.shape[-1] for state in states] == cell.state_size
    assert np.isfinite(ops.convert_to_numpy(y)).all()


def test_a_trained_cell_keeps_its_weights_when_the_loop_is_closed(built):
    inner = built(RNN(4), 5)
    before = inner.get_weights()
    Recurrent(Feedback([inner], 2))(X)
    for weight, old in zip(inner.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def run(cell, inputs):
    return ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(inputs))
