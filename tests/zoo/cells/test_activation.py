"""Activations as functions, of Keras and of the user."""

import json

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, sequence
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import GRU, LSTM, NARX

X = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")


@keras.saving.register_keras_serializable("tests")
def steep(x):
    return ops.tanh(3 * x)


def test_a_function_of_keras_is_its_name():
    cell = LSTM(4, activation=keras.activations.relu, recurrent_activation=keras.ops.sigmoid)
    assert (cell.activation, cell.recurrent_activation) == ("relu", "sigmoid")


def test_a_registered_function_acts_and_is_saved(built, tmp_path):
    cell = built(GRU(4, activation=steep), 3)
    assert cell.activation == "tests>steep"
    plain = built(GRU(4), 3)
    run = lambda cell: ops.convert_to_numpy(Recurrent(cell)(X))  # noqa: E731
    assert not np.allclose(run(cell), run(plain))
    again = GRU.from_config(json.loads(json.dumps(cell.get_config())))
    np.testing.assert_array_equal(run(built(again, 3)), run(cell))

    network = sequence([cell], 3, 1, activation=steep)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    found, expected = (keras_model.predict_on_batch(X) for keras_model in (loaded, network))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (lambda x: x, ArgumentTypeError, "a function of your own has to have a name"),
        ("mine>unheard_of", ArgumentError, "its module registers with Keras: import that"),
        ("sotfmax", ArgumentError, "e.g. tanh, relu or linear"),
        (3, ArgumentTypeError, "must be a Keras activation or its name"),
    ],
)
def test_what_is_no_activation(given, error, message):
    with pytest.raises(error, match=message):
        NARX(4, output_activation=given)
