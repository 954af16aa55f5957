"""Recurrent dropout: what the products recall of the hidden state, one mask a sequence."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.zoo.cells import CELLS, GRU, LSTM, RNN, Feedback, Residual, serving

X = np.random.default_rng(1).normal(size=(2, 8, 3)).astype("float32")
RECALLING = [name for name, cell in CELLS.items() if cell.recalls]


def items(name):
    return X[:, :, :, None] if name in serving("next_frame") else X


@pytest.mark.parametrize("name", RECALLING)
def test_it_acts_in_training_alone(name):
    keras.utils.set_random_seed(1)
    loop = Recurrent(CELLS[name](8, recurrent_dropout=0.5))
    x = items(name)
    trained, used = numpy(loop(x, training=True)), numpy(loop(x))
    assert not np.allclose(used, trained)
    plain = Recurrent(CELLS[name](8))
    plain.build(x.shape)
    plain.set_weights([numpy(weight) for weight in loop.trainable_weights])
    np.testing.assert_array_equal(numpy(plain(x)), used)


@pytest.mark.parametrize("name", CELLS.keys() - set(RECALLING))
def test_a_cell_that_recalls_nothing_refuses_it(name):
    with pytest.raises(ArgumentError, match="Received: recurrent_dropout=0.5"):
        CELLS[name](4, recurrent_dropout=0.5)


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ArgumentError, match=f"Received: recurrent_dropout={rate}"):
        GRU(4, recurrent_dropout=rate)


def test_one_mask_lasts_for_the_whole_sequence():
    """h_t = h_{t−1} ⊙ mask + 1 with U = I: each unit counts at 1 / (1 − rate) or not at all."""
    keras.utils.set_random_seed(1)
    cell = RNN(50, activation="linear", recurrent_initializer="identity", recurrent_dropout=0.5)
    loop = Recurrent(cell, return_sequences=True)
    loop.build((1, 4, 1))
    cell.W.assign(np.ones(cell.W.shape))
    ones = np.ones((1, 4, 1), "float32")
    h, again = (numpy(loop(ones, training=True))[0] for _ in range(2))
    assert not np.array_equal(h, again)
    counted = [np.array_equal(unit, [1, 3, 7, 15]) for unit in h.T]
    dropped = [np.array_equal(unit, [1, 1, 1, 1]) for unit in h.T]
    assert sum(counted) + sum(dropped) == 50
    assert 10 < sum(dropped) < 40


def test_cells_within_cells_and_stacks_drop_too():
    keras.utils.set_random_seed(1)
    wrapped = Recurrent(Feedback([Residual(LSTM(5, recurrent_dropout=0.5))], 2))
    deep = stack([GRU(4), GRU(4, recurrent_dropout=0.5)])
    for layer in (wrapped, deep):
        np.testing.assert_array_equal(numpy(layer(X)), numpy(layer(X)))
        assert not np.allclose(numpy(layer(X, training=True)), numpy(layer(X)))


def test_fit_trains_with_it_and_predict_is_without():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 3)), Recurrent(GRU(4, recurrent_dropout=0.5))])
    model.compile("sgd", "mse")
    y = np.zeros((2, 4), "float32")
    trained = model.train_on_batch(X, y)
    assert trained != pytest.approx(model.test_on_batch(X, y), rel=1e-4)
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict_on_batch(X))


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
