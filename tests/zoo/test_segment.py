"""The segment network: a worked reference, and what it may and may not see."""

import json

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo.errors import ArgumentError, ArgumentTypeError
from rnnzoo.zoo.backend.compiled import compiled
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import CELLS, GRU, LSTM, NARX, ConvLSTM, Elman, serving
from rnnzoo.zoo.models import segment

BATCH, LOOKBACK, SEGMENT, HORIZON = 3, 14, 4, 10  # 2 rows are left out, 2 leads cut
EVERYTHING = {"channels": 3, "extras": 2, "futures": 2, "width": 5}
#: What a cell needs for all of its weights to matter over three segments.
OPTIONS = {
    "elman": {"truncate": False},
    "jordan": {"truncate": False},
    "clockwork": {"periods": (1, 2)},
    "narx": {"outputs": 3},
}
FEW = ["tdnn", "elman", "narx", "lstm", "clockwork", "lru", "lmu"]
VECTORS = [name for name in CELLS if name not in serving("next_frame")]


@pytest.mark.parametrize("window_normalization", ["last", "instance", None])
def test_a_worked_reference(window_normalization):
    elman = Elman(3, truncate=False)
    model = network([elman], **EVERYTHING, window_normalization=window_normalization)
    window, extras, ahead, channel = (x.astype("float64") for x in inputs(**EVERYTHING))
    (E, e), (p,), (q,), (F,), (O, o) = (
        model.get_layer(name).get_weights()
        for name in ("embedding", "places", "channels", "future", "head")
    )
    W, U, b = elman.get_weights()
    found = run(model, *inputs(**EVERYTHING))
    for item in range(BATCH):
        x = window[item, 2:]
        μ = {"last": x[-1], "instance": x.mean(), None: 0}[window_normalization]
        σ = x.std() if window_normalization == "instance" else 1
        s = np.zeros(3)
        for i in range(3):
            beside = extras[item, 2 + 4 * i : 6 + 4 * i].ravel()
            X = np.concatenate([(x[4 * i : 4 * i + 4] - μ) / σ, beside])
            s = np.tanh(np.maximum(X @ E + e, 0) @ W + s @ U + b)
        padded, forecast = np.concatenate([ahead[item], np.zeros((2, 2))]), []
        for j in range(3):
            asked = np.concatenate([p[j], q[int(channel[item])]])
            asked = asked + padded[4 * j : 4 * j + 4].ravel() @ F
            forecast += [*(np.tanh(asked @ W + s @ U + b) @ O + o)]
        np.testing.assert_allclose(
            found[item], σ * np.array(forecast[:10]) + μ, rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("sizes", [(8, 4, 8), (9, 4, 1), (5, 1, 3)])
def test_any_lookback_segment_and_horizon(sizes):
    lookback, w, horizon = sizes
    model = segment([GRU(3)], lookback, w, horizon)
    assert model.output_shape == (None, horizon)
    assert run(model, np.zeros((2, lookback), "float32")).shape == (2, horizon)


@pytest.mark.parametrize("name", VECTORS)
def test_any_cell_over_vectors_serves(name):
    model = network([CELLS[name](4, **OPTIONS.get(name, {}))], **EVERYTHING)
    assert model.output_shape == (None, HORIZON)


@pytest.mark.parametrize("name", FEW)
def test_every_weight_around_a_cell_gets_a_gradient(name):
    model = network([CELLS[name](4, **OPTIONS.get(name, {}))], **EVERYTHING)
    given = inputs(**EVERYTHING)
    wish = ops.convert_to_tensor(normal(BATCH, HORIZON))
    slopes = gradient(lambda: ops.sum(model(given) * wish), model.trainable_weights)
    for weight, slope in zip(model.trainable_weights, slopes, strict=True):
        assert np.isfinite(slope).all(), weight.path
        assert slope.any(), weight.path


def test_a_constant_added_to_the_window_is_added_to_the_forecast():
    model, (x, *others) = network([LSTM(3)], **EVERYTHING), inputs(**EVERYTHING)
    shifted = run(model, x + 3, *others)
    np.testing.assert_allclose(shifted, run(model, x, *others) + 3, atol=1e-5)
    bare = network([LSTM(3)], window_normalization=None)
    assert np.abs(run(bare, x + 3) - run(bare, x) - 3).min() > 1e-3


def test_units_do_not_matter_to_an_instance_normalised_network():
    model = network([LSTM(3)], **EVERYTHING, window_normalization="instance")
    celsius, *others = inputs(**EVERYTHING)
    found = run(model, 1.8 * celsius + 32, *others)
    np.testing.assert_allclose(found, 1.8 * run(model, celsius, *others) + 32, atol=1e-4)


def test_a_window_that_does_not_move_has_a_forecast():
    still = np.full((1, LOOKBACK), 7, "float32")
    found = run(network([GRU(3)], window_normalization="instance"), still)
    np.testing.assert_allclose(found, 7, atol=1e-3)


@pytest.mark.parametrize("which", [0, 1])
def test_rows_that_fill_no_segment_are_not_read(which):
    model, given = network([GRU(3)], **EVERYTHING), inputs(**EVERYTHING)
    call = compiled(model)
    (before,) = call(given)
    given[which][:, :2] += 9
    np.testing.assert_array_equal(before, call(given)[0])
    given[which][:, 2] += 9
    assert not np.allclose(before, call(given)[0])


def test_what_is_known_of_a_lead_moves_its_segment_alone():
    call, given = compiled(network([GRU(3)], **EVERYTHING)), inputs(**EVERYTHING)
    (before,) = call(given)
    for lead in range(1, HORIZON + 1):
        moved = inputs(**EVERYTHING)
        moved[2][:, lead - 1] += 1
        own = np.arange(HORIZON) // SEGMENT == (lead - 1) // SEGMENT
        np.testing.assert_array_equal((call(moved)[0] != before).all(axis=0), own)


def test_every_window_of_the_batch_goes_its_own_way():
    model, given = network([GRU(4), LSTM(3)], **EVERYTHING), inputs(**EVERYTHING)
    order = [2, 0, 1]
    permuted = run(model, *[array[order] for array in given])
    np.testing.assert_allclose(permuted, run(model, *given)[order], atol=1e-5)


def test_channels_differ_by_their_embedding_alone():
    model = network([GRU(4)], channels=2)
    x, channel = np.repeat(normal(1, LOOKBACK), 2, axis=0), np.array([0, 1], "int32")
    first, second = run(model, x, channel)
    assert not np.allclose(first, second)
    layer = model.get_layer("channels")
    layer.set_weights([np.zeros_like(layer.get_weights()[0])])
    first, second = run(model, x, channel)
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_dropout_is_for_training_only():
    model, x = network([GRU(8)], dropout=0.5), [normal(BATCH, LOOKBACK)]
    np.testing.assert_array_equal(numpy(model(x)), numpy(model(x, training=False)))
    assert not np.allclose(numpy(model(x)), numpy(model(x, training=True)))


def test_a_network_is_made_again_from_its_config():
    model, given = network([GRU(4), LSTM(3)], **EVERYTHING), inputs(**EVERYTHING)
    again = keras.Model.from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(run(model, *given), run(again, *given))


REFUSED = {
    "one cell": (lambda: network(GRU(2)), ArgumentTypeError, "list of cells"),
    "a layer": (lambda: network([keras.layers.Dense(2)]), ArgumentTypeError, "cells alone"),
    "no cell": (lambda: network([]), ArgumentError, "at least one cell"),
    "images": (lambda: network([ConvLSTM(2)]), ArgumentError, "reads images"),
    "truth": (lambda: network([NARX(2, feedback="truth")]), ArgumentError, "no truth"),
    "a copied state": (lambda: network([Elman(2)]), ArgumentError, "truncate=False"),
    "short": (lambda: segment([GRU(2)], 3, 4, 1), ArgumentError, "lookback=3, segment=4"),
    "narrow": (lambda: network([GRU(1)], channels=2), ArgumentError, "width=1, channels=2"),
    "unknown": (
        lambda: network([GRU(2)], window_normalization="lats"),
        ArgumentError,
        "must be one of last, instance",
    ),
    "all dropped": (lambda: network([GRU(2)], dropout=1), ArgumentError, "dropout=1"),
    "half a row": (lambda: network([GRU(2)], extras=0.5), ArgumentTypeError, "extras=0.5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_built_is_refused(case):
    build, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        build()


def network(cells, **arguments):
    """With random weights, biases too."""
    model = segment(cells, LOOKBACK, SEGMENT, HORIZON, **arguments)
    rng = np.random.default_rng(2)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape) / 2)
    return model


def run(model, *given):
    return compiled(model)(given)[0]


def inputs(channels, extras, futures, width):
    rng = np.random.default_rng(1)
    shapes = [(BATCH, LOOKBACK), (BATCH, LOOKBACK, extras), (BATCH, HORIZON, futures)]
    return [*[rng.normal(size=shape).astype("float32") for shape in shapes],
            np.arange(BATCH, dtype="int32") % channels]  # fmt: skip


def normal(*shape):
    return np.random.default_rng(5).normal(size=shape).astype("float32")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
