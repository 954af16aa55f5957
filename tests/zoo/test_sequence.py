import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import GRU, LSTM, Jordan
from rnnzoo.zoo.losses import MeanSquared
from rnnzoo.zoo.models import padded, sequence

RNG = np.random.default_rng(1)
ITEMS = [RNG.normal(size=(length, 3)).astype("float32") for length in (2, 6, 4)]
X, MASK = padded(ITEMS)


@pytest.mark.parametrize("kind, shape", [("many_to_one", (3, 2)), ("many_to_many", (3, 6, 2))])
def test_many_steps_are_read(kind, shape):
    model = sequence([GRU(4), keras.layers.Dropout(0.1), LSTM(5)], 3, 2, kind)
    assert model.predict_on_batch(X).shape == shape


def test_items_of_different_lengths_are_each_read_to_their_end():
    model = sequence([GRU(4), LSTM(5)], 3, 2, masked=True)
    together = model.predict_on_batch([X, MASK])
    for item, answer in zip(ITEMS, together, strict=True):
        alone = model.predict_on_batch([item[None], np.ones((1, len(item)), bool)])
        np.testing.assert_allclose(answer, alone[0], atol=1e-6)


def test_one_vector_becomes_many_steps():
    model = sequence([GRU(4)], 3, 2, "one_to_many", activation="sigmoid", steps=5)
    x = X[:, 0]
    y = model.predict_on_batch(x)
    assert y.shape == (3, 5, 2)
    (loop,) = [layer for layer in model.layers if isinstance(layer, Recurrent)]
    cell, v, s = loop.cell, np.zeros((3, 2), "float32"), np.zeros((3, 4), "float32")
    for t in range(5):  # fed back by hand
        u = np.concatenate([v, x if t == 0 else 0 * x], axis=1)
        s = ops.convert_to_numpy(cell.cells[0](ops.convert_to_tensor(u), [s])[0])
        v = ops.convert_to_numpy(cell.readout(s))
        np.testing.assert_allclose(y[:, t], 1 / (1 + np.exp(-v)), atol=1e-5)


@pytest.mark.parametrize("kind, rank", [("many_to_one", 3), ("one_to_many", 2)])
def test_the_batch_can_be_fixed(kind, rank):
    shape = sequence([GRU(4)], 3, 2, kind, steps=5, batch_size=7).input_shape
    assert (shape[0], len(shape)) == (7, rank)


def test_nan_in_the_padding_hurts_nobody():
    x, y = padded(ITEMS, np.nan)[0], padded([item[:, :2] for item in ITEMS], np.nan)[0]
    model = sequence([keras.layers.Dense(3), GRU(4)], 3, 2, "many_to_many", masked=True)
    model.compile("sgd", MeanSquared())
    losses = model.fit([x, MASK], y, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


def test_both_directions_are_read_and_other_layers_taken():
    both = keras.layers.Bidirectional(Recurrent(GRU(4)))
    assert sequence(both, 3, 2).predict_on_batch(X).shape == (3, 2)
    deep = stack([GRU(4), keras.layers.Dense(3)], return_sequences=True)
    head = keras.layers.Dense(2, "softmax")
    y = sequence(deep, 3, 2, "many_to_many", head=head).predict_on_batch(X)
    np.testing.assert_allclose(y.sum(axis=-1), 1, atol=1e-5)


def test_a_cell_that_reads_out_needs_no_head():
    cell = Jordan(4, outputs=2)
    model = sequence([cell], 3, 2)
    assert model.count_params() == sum(np.prod(weight.shape) for weight in cell.weights)


def test_a_network_is_saved_and_loaded(tmp_path):
    model = sequence([GRU(4)], 3, 2, "one_to_many", steps=5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model.predict_on_batch(X[:, 0]), again.predict_on_batch(X[:, 0]))


def test_padding_keeps_items_and_says_where_they_are():
    assert MASK.sum(axis=1).tolist() == [2, 6, 4]
    for item, row, mask in zip(ITEMS, X, MASK, strict=True):
        np.testing.assert_array_equal(row[mask], item)
        assert not row[~mask].any()
    assert np.isnan(padded(ITEMS, np.nan)[0][~MASK]).all()


BAD = {
    "kind": ({"kind": "many_to_some"}, "Did you mean many_to_one"),
    "inputs": ({"inputs": 0}, "Received: inputs=0"),
    "outputs": ({"outputs": 0}, "Received: outputs=0"),
    "steps": ({"steps": 0}, "Received: steps=0"),
    "one to many without steps": ({"kind": "one_to_many"}, "needs `steps`"),
    "one to many, masked": ({"kind": "one_to_many", "steps": 3, "masked": True}, "masked=True"),
    "two activations": ({"head": keras.layers.Dense(2), "activation": "relu"}, "its own act"),
    "head": ({"head": keras.layers.Dense(7)}, "a head with 7"),
    "one answer of many": ({"layers": Recurrent(GRU(4), return_sequences=True)}, "last output"),
    "activation": ({"activation": "sotfmax"}, "`activation` must be the name"),
    "no layers": ({"layers": []}, "at least one cell"),
}


@pytest.mark.parametrize("changes, message", BAD.values(), ids=BAD)
def test_bad_arguments_are_refused(changes, message):
    arguments = {"layers": [GRU(4)], "inputs": 3, "outputs": 2} | changes
    with pytest.raises(ArgumentError, match=message):
        sequence(**arguments)


@pytest.mark.parametrize("layers", [GRU(4), "gru", None])
def test_layers_are_a_list(layers):
    with pytest.raises(ArgumentTypeError, match="Received: layers="):
        sequence(layers, 3, 2)


@pytest.mark.parametrize("items", [[], [np.ones(3)], [np.ones((2, 3)), np.ones((2, 4))]])
def test_items_that_do_not_go_together_are_refused(items):
    with pytest.raises(ArgumentError, match="Received: shapes"):
        padded(items)


@pytest.mark.parametrize("items", [["a"], 5, None])
def test_items_are_numbers(items):
    with pytest.raises(ArgumentTypeError, match="`items` must be arrays of numbers"):
        padded(items)
