"""The same recurrence in Keras, in torch and here: weights carried over, outputs the same."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import CELLS, GRU, LSTM, RNN, Elman
from rnnzoo.zoo.convert import from_keras, from_torch, to_keras

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")

LAYERS = {
    "lstm": lambda **k: keras.layers.LSTM(4, **k),
    "gru": lambda **k: keras.layers.GRU(4, **k),
    "gru-before": lambda **k: keras.layers.GRU(4, reset_after=False, **k),
    "lstm-hard": lambda **k: keras.layers.LSTM(4, "relu", "hard_sigmoid", **k),
    "gru-hard": lambda **k: keras.layers.GRU(4, None, "hard_sigmoid", **k),
    "rnn": lambda **k: keras.layers.SimpleRNN(4, **k),
    "rnn-elu": lambda **k: keras.layers.SimpleRNN(4, activation="elu", **k),
}
MADE = {
    "lstm": lambda: LSTM(4),
    "gru": lambda: GRU(4),
    "gru-before": lambda: GRU(4, reset="before"),
    "lstm-hard": lambda: LSTM(4, activation="elu", recurrent_activation="hard_sigmoid"),
    "gru-hard": lambda: GRU(4, activation="linear", recurrent_activation="hard_sigmoid"),
    "gru-bare": lambda: GRU(4, use_bias=False),
    "lstm-drops": lambda: LSTM(4, dropout=0.1, recurrent_dropout=0.2),
    "rnn": lambda: RNN(4),
    "rnn-relu": lambda: RNN(4, activation="relu"),
}


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_a_keras_layer_computes_the_same_as_a_cell(name, use_bias):
    layer = random(LAYERS[name](use_bias=use_bias, return_sequences=True))
    expected = numpy(layer(X))
    cell = from_keras(layer)
    assert cell.use_bias == use_bias
    np.testing.assert_allclose(run(cell), expected, atol=1e-5)


IMAGES = {
    1: {"kernel_size": 3, "strides": 2},
    2: {"kernel_size": (3, 2), "strides": (2, 1), "recurrent_activation": "hard_sigmoid"},
    3: {"kernel_size": (2, 1, 3)},
}


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("rank", IMAGES)
def test_a_convolutional_layer_computes_the_same_as_a_cell(rank, padding):
    options = IMAGES[rank] | {"padding": padding, "return_sequences": True}
    there_and_back(rank, options, (7, 5, 4)[:rank])


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_one_with_gaps_too(padding):
    there_and_back(2, {"kernel_size": 3, "dilation_rate": (1, 2), "padding": padding}, (5, 7))


def there_and_back(rank, options, places):
    kind = getattr(keras.layers, f"ConvLSTM{rank}D")
    x = np.random.default_rng(1).normal(size=(2, 3, *places, 2)).astype("float32")
    layer = random(kind(2, **options), x.shape)
    cell, every = from_keras(layer), options.get("return_sequences", False)
    expected = numpy(layer(x))
    loop = Recurrent(cell, return_sequences=every)
    assert loop.compute_output_shape(x.shape) == expected.shape
    np.testing.assert_allclose(numpy(loop(x)), expected, atol=1e-5)
    with pytest.raises(ArgumentError, match="images of a fixed size"):
        to_keras(cell)
    fixed = type(cell).from_config(cell.get_config())
    fixed.build((None, *places, 2))
    fixed.set_weights(cell.get_weights())
    again = to_keras(fixed, return_sequences=every)
    np.testing.assert_allclose(numpy(again(x)), expected, atol=1e-5)


@pytest.mark.parametrize("name", MADE)
def test_a_cell_computes_the_same_as_a_keras_layer(name, built):
    cell = built(MADE[name](), 3)
    layer = to_keras(cell, return_sequences=True)
    np.testing.assert_allclose(numpy(layer(X)), run(cell), atol=1e-5)


@pytest.mark.parametrize("name", MADE)
def test_there_and_back_again_is_the_same_cell(name, built):
    cell = built(MADE[name](), 3)
    again = from_keras(to_keras(cell))
    assert plain(again) == plain(cell)
    for one, other in zip(again.get_weights(), cell.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_arguments_of_the_loop_reach_the_layer(built):
    layer = to_keras(built(GRU(4), 3), return_state=True, go_backwards=True, name="turned")
    assert (layer.return_state, layer.go_backwards, layer.name) == (True, True, "turned")


@pytest.mark.parametrize(
    "name, options",
    [
        ("LSTM", {}),
        ("LSTM", {"num_layers": 2, "batch_first": True}),
        ("LSTM", {"bias": False}),
        ("GRU", {}),
        ("GRU", {"num_layers": 3}),
        ("GRU", {"bias": False, "batch_first": True}),
        ("RNN", {}),
        ("RNN", {"num_layers": 2, "nonlinearity": "relu"}),
        ("RNN", {"bias": False}),
    ],
)
def test_a_torch_module_computes_the_same_as_its_cells(name, options):
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    module = getattr(torch.nn, name)(3, 4, **options).cpu()
    x = torch.tensor(X) if module.batch_first else torch.tensor(X).swapaxes(0, 1)
    with torch.no_grad():
        expected = module(x)[0]
    expected = (expected if module.batch_first else expected.swapaxes(0, 1)).numpy()
    cells = from_torch(module)
    assert len(cells) == module.num_layers
    outputs = stack(cells, return_sequences=True)(X)
    np.testing.assert_allclose(numpy(outputs), expected, atol=1e-5)


@pytest.mark.parametrize(
    "layer, received",
    [
        (lambda: keras.layers.GRU(4, recurrent_activation="relu"), "recurrent_activation='relu'"),
        (lambda: keras.layers.SimpleRNN(4, activation=np.tanh), "activation=<ufunc"),
        (
            lambda: keras.layers.ConvLSTM1D(4, 3, data_format="channels_first"),
            "data_format='channels_first'",
        ),
    ],
)
def test_a_keras_layer_that_computes_otherwise_is_refused(layer, received):
    layer = layer()
    layer.build(X.shape if not hasattr(layer, "filters") else (2, 7, 3, 5))
    with pytest.raises(ArgumentError, match=f"Received: {received}"):
        from_keras(layer)


def test_a_keras_layer_without_weights_is_refused():
    with pytest.raises(ArgumentError, match="must be built"):
        from_keras(keras.layers.GRU(4))


@pytest.mark.parametrize(
    "layer",
    [
        lambda: keras.layers.Dense(4),
        lambda: keras.layers.Bidirectional(keras.layers.GRU(4)),
        lambda: GRU(4),
        lambda: "gru",
    ],
)
def test_only_some_kinds_of_keras_layers_are_converted(layer):
    with pytest.raises(ArgumentTypeError, match="must be a Keras LSTM, GRU, SimpleRNN or .*Receiv"):
        from_keras(layer())


@pytest.mark.parametrize(
    "cell, received",
    [
        (lambda: LSTM(4, peepholes=True), "peepholes=True"),
        (lambda: LSTM(4, coupled=True), "coupled=True"),
        (lambda: GRU(4, reset="none"), "a GRU with reset='none'"),
        (lambda: GRU(4, recurrent_activation="tanh"), "recurrent_activation='tanh'"),
        (lambda: RNN(4, taps=(1, 2)), r"taps=\[1, 2\]"),
        (lambda: RNN(4, taps=(2,)), r"taps=\[2\]"),
    ],
)
def test_a_cell_that_computes_otherwise_is_refused(cell, received, built):
    with pytest.raises(ArgumentError, match=f"Received: {received}"):
        to_keras(built(cell(), 3))


def test_a_cell_without_weights_is_refused():
    with pytest.raises(ArgumentError, match="must be built"):
        to_keras(GRU(4))


@pytest.mark.parametrize("name", CELLS.keys() - {"lstm", "gru", "rnn", "conv_lstm"})
def test_cells_that_keras_has_not_are_refused(name):
    with pytest.raises(ArgumentTypeError, match="must be an LSTM, a GRU, an RNN or a .*Received"):
        to_keras(CELLS[name](4))


@pytest.mark.parametrize("argument", ["units", "activation", "use_bias", "unheard_of"])
def test_arguments_that_are_not_the_loops_are_refused(argument, built):
    with pytest.raises(ArgumentError, match=f"Received: arguments='{argument}'"):
        to_keras(built(GRU(4), 3), **{argument: 1})


@pytest.mark.parametrize(
    "options, received",
    [
        ({"bidirectional": True}, "bidirectional=True"),
        ({"proj_size": 2}, "proj_size=2"),
        ({"dropout": 0.5, "num_layers": 2}, "dropout=0.5"),
    ],
)
def test_a_torch_module_that_computes_otherwise_is_refused(options, received):
    torch = pytest.importorskip("torch")
    with pytest.raises(ArgumentError, match=f"Received: {received}"):
        from_torch(torch.nn.LSTM(3, 4, **options))


@pytest.mark.parametrize("module", ["lstm", LSTM(4), Elman(4), None])
def test_only_three_kinds_of_torch_modules_are_converted(module):
    with pytest.raises(ArgumentTypeError, match=r"must be a torch.nn.LSTM, GRU or RNN.*Received"):
        from_torch(module)


def random(layer, shape=X.shape):
    """The layer with all its weights, biases too, set to random numbers."""
    layer.build(shape)
    rng = np.random.default_rng(2)
    layer.set_weights([rng.normal(size=w.shape) / 2 for w in layer.get_weights()])
    return layer


def plain(cell):
    """The config, with what every cell takes, whether it was given or not."""
    common = {"use_bias": True, "dropout": 0.0, "recurrent_dropout": 0.0}
    return common | cell.get_config() | {"name": None}


def run(cell):
    return numpy(Recurrent(cell, return_sequences=True)(X))


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
