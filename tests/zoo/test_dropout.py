"""What is dropped in training: parts of the input, and of what the products recall of the hidden
state; one mask a sequence, in our loop and in Keras's."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.zoo.cells import (
    CELLS,
    GRU,
    LSTM,
    RNN,
    Elman,
    Feedback,
    Jordan,
    Residual,
    TimeAware,
    serving,
)

X = np.random.default_rng(1).normal(size=(2, 8, 3)).astype("float32")
RECALLING = [name for name, cell in CELLS.items() if cell.supports_recurrent_dropout]
FEW = ("tdnn", "gru", "lru", "conv_gru")
EVERY_CELL = pytest.mark.parametrize(
    "name", [n if n in FEW else pytest.param(n, marks=pytest.mark.slow) for n in CELLS]
)


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


@EVERY_CELL
def test_a_dropped_input_is_one_that_has_been_masked_alike_at_every_step(name):
    x, cell = items(name), CELLS[name](4, dropout=0.5, seed=1)
    loop = Recurrent(cell, return_sequences=True)
    loop.build(x.shape)
    states = cell.get_initial_state(len(x), x.shape[2:-1])
    with cell.dropping(ops.convert_to_tensor(x[:, 0]), states):
        mask = numpy(cell._dropout_mask)
        dropped = numpy(loop(x))
    assert set(mask.flat) == {0, 2}
    np.testing.assert_allclose(dropped, numpy(loop(x * mask[:, None])), atol=1e-6)
    assert not np.allclose(dropped, numpy(loop(x)))


@EVERY_CELL
def test_a_seed_draws_the_same_again(name):
    first, again, other = (
        with_weights(CELLS[name](4, **_rates(name), seed=seed), items(name)) for seed in (5, 5, 6)
    )
    twice = [numpy(first(items(name), training=True)) for _ in range(2)]
    assert not np.allclose(*twice)  # each sequence draws its own
    np.testing.assert_array_equal(numpy(again(items(name), training=True)), twice[0])
    assert not np.allclose(numpy(other(items(name), training=True)), twice[0])


WRAPPED = {
    "feedback": lambda: Feedback([GRU(4, dropout=0.3, recurrent_dropout=0.3, seed=5)], 2),
    "residual": lambda: Residual(LSTM(3, dropout=0.3, recurrent_dropout=0.3, seed=5)),
    "time_aware": lambda: TimeAware(Residual(Jordan(6, dropout=0.3, seed=5))),
    "deep": lambda: Feedback([Residual(Elman(5, recurrent_dropout=0.3, seed=5))], 2),
}


@pytest.mark.parametrize("name", ["gru", "lmu", *WRAPPED])
def test_keras_own_loop_drops_the_same(name):
    """And in training alone, though it draws what would be dropped in inference too."""
    ours, theirs = (
        with_weights(
            WRAPPED[name]() if name in WRAPPED else CELLS[name](4, **_rates(name), seed=5), X, kind
        )
        for kind in (Recurrent, keras.layers.RNN)
    )
    expected = numpy(ours(X, training=True))
    np.testing.assert_allclose(numpy(theirs(X, training=True)), expected, atol=1e-5)
    for training in ({}, {"training": False}):
        np.testing.assert_allclose(numpy(theirs(X, **training)), numpy(ours(X)), atol=1e-5)
    assert not np.allclose(numpy(ours(X)), expected)


@pytest.mark.slow
def test_a_cell_in_keras_own_stack_and_in_both_directions_trains():
    keras.utils.set_random_seed(0)
    rates = {"dropout": 0.5, "recurrent_dropout": 0.5}
    cells = [GRU(4, **rates), Residual(LSTM(4, **rates)), Feedback([RNN(4, **rates)], 3)]
    stacked = keras.layers.RNN(keras.layers.StackedRNNCells(cells), return_sequences=True)
    both = keras.layers.Bidirectional(keras.layers.RNN(TimeAware(GRU(4, **rates))))
    model = keras.Sequential([keras.Input((8, 3)), stacked, both])
    model.compile("sgd", "mse")
    before = [numpy(weight) for weight in model.trainable_weights]
    y = np.zeros((2, 8), "float32")
    trained, tested = model.train_on_batch(X, y), model.test_on_batch(X, y)
    assert trained != pytest.approx(tested, rel=1e-3)
    assert any(
        (numpy(w) != old).any() for w, old in zip(model.trainable_weights, before, strict=True)
    )
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict_on_batch(X))


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
    deep = stack([GRU(4), GRU(4, dropout=0.5)])
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


def with_weights(cell, x, kind=Recurrent):
    """A loop whose cell has the weights that cells of its kind always have here."""
    loop = kind(cell)
    loop.build(x.shape)
    for k, weight in enumerate(cell.trainable_weights):
        weight.assign(np.random.default_rng(k).normal(size=weight.shape) / 2)
    return loop


def _rates(name):
    return {"dropout": 0.3} | ({"recurrent_dropout": 0.3} if name in RECALLING else {})


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
