"""A Keras cell in `Recurrent` gives what it gives in `keras.layers.RNN`, bit for bit."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops, tree
from rnnzoo import Recurrent, stack
from rnnzoo.zoo.cells import GRU, LSTM

X = np.random.default_rng(1).normal(size=(3, 5, 3)).astype("float32")
IMAGES = np.random.default_rng(2).normal(size=(3, 5, 4, 2)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1], [1, 0, 0, 1, 1]], "bool")
JAX = keras.backend.backend() == "jax"


class Own(keras.layers.Layer):
    """A cell of one's own; each below is peculiar in one way."""

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units

    def build(self, input_shape):
        shape = (input_shape[-1] + self.units, self.units)
        self.kernel = self.add_weight(shape=shape, name="kernel")

    def advanced(self, inputs, state):
        return ops.tanh(ops.matmul(ops.concatenate([inputs, state], axis=-1), self.kernel))

    def call(self, inputs, states):
        h = self.advanced(inputs, states[0])
        return h, [h]


class Wide(Own):
    """Its output is wider than its state, and it does not say so."""

    def call(self, inputs, states):
        h = self.advanced(inputs, states[0])
        return ops.concatenate([h, 2 * h], axis=-1), [h]


class Nested(Own):
    """Its states are lists in lists."""

    def __init__(self, units: int, **kwargs):
        super().__init__(units, **kwargs)
        self.state_size: Any = [[units, 2], [1]]
        self.output_size = units

    def get_initial_state(self, batch_size=None):
        zeros = [ops.zeros((batch_size, n)) for n in (self.units, 2, 1)]
        return [zeros[:2], zeros[2:]]

    def call(self, inputs, states):
        (h, a), (b,) = states
        h = self.advanced(inputs, h)
        return h + b, [[h, a + h[:, :2]], [b + 1]]


class Begun(Own):
    """It does not begin at zero."""

    def get_initial_state(self, batch_size=None):
        return [0.5 * ops.ones((batch_size, self.units))]


class Trained(Own):
    """It is another in training."""

    def call(self, inputs, states, training=False):
        h = self.advanced(inputs, states[0])
        return (2 * h if training else h), [h]


class Images(Own):
    """It reads images."""

    def build(self, input_shape):
        *self.places, channels = input_shape[1:]
        self.kernel = self.add_weight(shape=(3, channels + self.units, self.units), name="kernel")

    def advanced(self, inputs, state):
        both = ops.concatenate([inputs, state], axis=-1)
        return ops.tanh(ops.conv(both, self.kernel, padding="same", data_format="channels_last"))

    def get_initial_state(self, batch_size=None):
        return [ops.ones((batch_size, *self.places, self.units))]


class Plain:
    """No layer at all."""

    state_size = 3
    compute_dtype = "float32"

    def call(self, inputs, states):
        h = ops.tanh(inputs + states[0])
        return h, [h]

    __call__ = call


CELLS = {
    "lstm": lambda: keras.layers.LSTMCell(4),
    "gru": lambda: keras.layers.GRUCell(4),
    "simple": lambda: keras.layers.SimpleRNNCell(4),
    "stacked": lambda: [keras.layers.LSTMCell(4), keras.layers.GRUCell(2)],
    "one": lambda: Own(4),
    "wide": lambda: Wide(4),
    "nested": lambda: Nested(4),
    "begun": lambda: Begun(4),
    "trained": lambda: Trained(4),
    "images": lambda: Images(4),
    "plain": Plain,
    "dropout": lambda: keras.layers.LSTMCell(4, dropout=0.4, recurrent_dropout=0.4, seed=1),
    "dropout-stacked": lambda: [
        keras.layers.GRUCell(4, dropout=0.4, recurrent_dropout=0.4, seed=1),
        keras.layers.LSTMCell(2, dropout=0.4, recurrent_dropout=0.4, seed=1),
    ],
}


def pair(name, **arguments):
    """Keras's loop and ours over such a cell each, with the same weights; and sequences."""
    x = IMAGES if name == "images" else X
    theirs, ours = (loop(CELLS[name](), **arguments) for loop in (keras.layers.RNN, Recurrent))
    theirs.build(x.shape)
    ours.build(x.shape)
    ours.cell.set_weights(theirs.get_weights())
    return theirs, ours, x


def flat(tensors):
    return [ops.convert_to_numpy(each) for each in tree.flatten(tensors)]


def assert_same(found, expected):
    assert nesting(found) == nesting(expected)
    for one, other in zip(flat(found), flat(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def nesting(tensors):
    several = isinstance(tensors, (list, tuple))
    return [nesting(each) for each in tensors] if several else tuple(tensors.shape)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_it_gives_what_keras_gives(name, masked):
    # in its loop for JAX, Keras takes the first state for the last output; written out it does not
    theirs, ours, x = pair(name, return_sequences=True, return_state=True, unroll=JAX and masked)
    mask = ops.convert_to_tensor(MASK) if masked else None
    assert_same(ours(x, mask=mask, training=True), theirs(x, mask=mask, training=True))


@pytest.mark.parametrize("arguments", [{"go_backwards": True}, {"zero_output_for_mask": True}])
def test_it_loops_as_keras_does(arguments):
    theirs, ours, x = pair("lstm", return_sequences=True, return_state=True, **arguments)
    mask = ops.convert_to_tensor(MASK[:, ::-1])
    assert_same(ours(x, mask=mask), theirs(x, mask=mask))


@pytest.mark.parametrize("name", ["one", "stacked", "nested", "begun"])
def test_states_are_handed_over_as_in_keras(name):
    theirs, ours, x = pair(name, return_state=True)
    _, *states = theirs(x)
    assert_same(ours(x, initial_state=states), theirs(x, initial_state=states))


@pytest.mark.parametrize("name", ["lstm", "stacked", "begun"])
def test_a_loop_says_with_what_it_begins(name):
    theirs, ours, x = pair(name, return_state=True)
    assert_same(ours.get_initial_state(3), theirs.get_initial_state(3))
    _, *states = ours(x)
    assert_same(ours(x, initial_state=ours.get_initial_state(3))[1:], states)


@pytest.mark.parametrize("name", ["lstm", "wide", "begun"])
def test_states_are_kept_as_in_keras(name):
    theirs, ours, x = pair(name, stateful=True)
    first = ours(x)
    assert_same([first, ours(x)], [theirs(x), theirs(x)])
    ours.reset_states()
    assert_same(ours(x), first)


@pytest.mark.parametrize("name", ["lstm", "one", "dropout", "images"])
def test_it_trains_as_in_keras(name):
    # nor do masks over images work in Keras's loop for JAX
    *loops, x = pair(name, unroll=JAX and name == "images")
    for loop in loops:
        model = Masked(loop)
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.train_on_batch(x, np.ones(len(x), "float32"))
    before = pair(name)[0].get_weights()
    theirs, ours = (loop.get_weights() for loop in loops)
    for one, other in zip(ours, theirs, strict=True):
        # what the steps add to the gradient of a convolution comes in another order
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 if name == "images" else 0)
    assert not np.array_equal(ours[0], before[0])


class Masked(keras.Model):
    """One number of an item, by a loop that passes over some steps."""

    def __init__(self, loop, **kwargs):
        super().__init__(**kwargs)
        self.loop = loop

    def call(self, x, training=None):
        first = x[:, :, 0] if len(x.shape) > 3 else x
        outputs = self.loop(x, mask=first[..., 0] > -1, training=training)
        return ops.mean(outputs, axis=tuple(range(1, len(outputs.shape))))


def test_a_list_of_our_cells_is_one_after_the_other():
    cells = [GRU(4), LSTM(2)]
    listed, stacked = Recurrent(cells, return_state=True), stack(cells, return_state=True)
    output, of_gru, of_lstm = listed(X)
    expected = stacked(X)
    for one, other in zip(flat([output, of_gru, of_lstm]), flat(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_our_cells_drop_in_a_list_too():
    loop = Recurrent([GRU(4, dropout=0.5, recurrent_dropout=0.5, seed=1), GRU(2)])
    plain, dropped = flat([loop(X), loop(X, training=True)])
    assert not np.allclose(plain, dropped)
    np.testing.assert_array_equal(flat(loop(X))[0], plain)


def test_its_dtype_is_its_cells_and_the_loop_may_have_another():
    cell = keras.layers.LSTMCell(4, dtype="float16")
    assert Recurrent(cell).compute_dtype == "float16"
    theirs, ours, x = pair("lstm", dtype="mixed_float16", return_state=True)
    assert ours.cell.compute_dtype == "float32"
    assert_same(ours(x), theirs(x))
    assert {each.dtype for each in flat(ours(x))} == {np.dtype("float16")}
