"""Keras cells in `Recurrent`: saved, made anew, and refused where they do not fit."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, ArgumentTypeError, Recurrent
from rnnzoo.zoo.cells import GRU, KerasCell, as_cell

X = np.random.default_rng(1).normal(size=(3, 5, 3)).astype("float32")


class Wide(keras.layers.Layer):
    """Its output is wider than its state."""

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
        return ops.concatenate([h, 2 * h], axis=-1), [h]


class Several(Wide):
    """It returns one state too many."""

    def call(self, inputs, states):
        h = self.advanced(inputs, states[0])
        return h, [h, h]


class Narrow(Wide):
    """It returns a state of another size."""

    def call(self, inputs, states):
        h = self.advanced(inputs, states[0])
        return h, [h[:, :2]]


CELLS = {
    "lstm": lambda: keras.layers.LSTMCell(4),
    "stacked": lambda: [keras.layers.LSTMCell(4, dropout=0.4), keras.layers.GRUCell(2)],
    "wide": lambda: Wide(4),
}


def network(loop):
    layers = [keras.Input(X.shape[1:]), keras.layers.Masking(), loop, keras.layers.Dense(2)]
    return keras.Sequential(layers)


def assert_same(found, expected):
    np.testing.assert_array_equal(*map(ops.convert_to_numpy, (found, expected)))


def again(model, way, path):
    """The model, saved and loaded or made anew, with its weights."""
    if way == "cloned":
        clone = keras.models.clone_model(model)
        clone.set_weights(model.get_weights())
        return clone
    model.save(path / "model.keras")
    return keras.models.load_model(path / "model.keras")


@pytest.mark.parametrize("way", ["saved", "cloned"])
@pytest.mark.parametrize("name", CELLS)
def test_it_is_saved_and_cloned(name, way, tmp_path):
    model = network(Recurrent(CELLS[name]()))
    with keras.saving.custom_object_scope({"Wide": Wide}):
        copy = again(model, way, tmp_path)
    assert_same(copy(X), model(X))


def test_a_config_makes_several_loops():
    config = Recurrent(CELLS["stacked"]()).get_config()
    first, second = (Recurrent.from_config(config) for _ in range(2))
    assert first.get_config() == second.get_config() == config


def test_a_registered_cell_is_found_by_itself(tmp_path):
    @keras.saving.register_keras_serializable("test_adapter")
    class Registered(Wide):
        pass

    model = network(Recurrent(Registered(4)))
    assert_same(again(model, "saved", tmp_path)(X), model(X))


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_quantized_it_gives_what_keras_gives():
    models = [network(loop(CELLS["lstm"]())) for loop in (keras.layers.RNN, Recurrent)]
    models[1].set_weights(models[0].get_weights())
    for model in models:
        model.quantize("int8")
    assert_same(models[1](X), models[0](X))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's")
@pytest.mark.parametrize("name", ["lstm", "wide"])
def test_it_is_exported(name, tmp_path):
    import tensorflow as tf

    model = network(Recurrent(CELLS[name]()))
    model.export(tmp_path / "saved", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "saved")
    np.testing.assert_allclose(loaded.serve(X), model(X), atol=1e-6)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            keras.layers.LSTMCell,
            r"must be a RecurrentCell or a Keras cell.*make one: LSTMCell\(8\)",
        ),
        (keras.layers.LSTM(4), "a loop over one: give its cell, LSTMCell"),
        ("gru", 'by name is rnnzoo.CELLS\\["gru"\\]'),
        ([], r"must be a RecurrentCell.*cell=\[\]"),
        ([GRU(4), "gru"], "must be a RecurrentCell.*cell='gru'"),
        (keras.layers.Dense(4), "an object with `state_size`"),
    ],
)
def test_what_is_no_cell_is_refused(cell, message):
    with pytest.raises(ArgumentTypeError, match=message):
        Recurrent(cell)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (Several(4), r"must return \(output, states\).*\[\(2, 4\)\].*\[\(2, 4\), \(2, 4\)\]"),
        (Narrow(4), r"Received: shapes \[\(2, 2\)\]"),
        (keras.layers.GRUCell(4, activity_regularizer="l2"), "`activity_regularizer` to Recurrent"),
    ],
)
def test_a_cell_that_does_not_keep_its_word_is_refused(cell, message):
    with pytest.raises(ArgumentError, match=message):
        Recurrent(cell)(X)


def test_states_of_the_wrong_shape_are_refused():
    loop = Recurrent(keras.layers.LSTMCell(4))
    with pytest.raises(ArgumentError, match=r"`initial_state` must hold .*\[\(3, 4\), \(3, 4\)\]"):
        loop(X, initial_state=[np.zeros((3, 4), "float32")])


def test_a_cell_of_the_zoo_is_left_as_it_is():
    cell = GRU(4)
    assert as_cell("cell", cell) is cell
    assert KerasCell(keras.layers.LSTMCell(4)).state_size == [4, 4, 4]
