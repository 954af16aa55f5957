import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import ConvLSTM, Feedback, Residual

RNG = np.random.default_rng(1)
SIZES = {1: (5,), 2: (4, 5), 3: (3, 4, 2)}
KERAS = {1: keras.layers.ConvLSTM1D, 2: keras.layers.ConvLSTM2D, 3: keras.layers.ConvLSTM3D}


def clip(rank):
    return RNG.normal(size=(2, 4, *SIZES[rank], 3)).astype("float32")


@pytest.mark.parametrize("peepholes", [False, True])
@pytest.mark.parametrize("rank", SIZES)
def test_forward(rank, peepholes, built, convolved):
    cell = built(ConvLSTM(2, 3, peepholes), *SIZES[rank], 3)
    x = clip(rank)
    H, C = RNG.normal(size=(2, 2, *SIZES[rank], 2)).astype("float32")
    outputs, *last = Recurrent(cell, return_sequences=True, return_state=True)(
        x, initial_state=[H, C]
    )
    expected = []
    W, U, b, *P = cell.get_weights()
    P_i, P_f, P_o = P[0] if P else (0, 0, 0)
    for X in np.moveaxis(x, 1, 0):
        i, f, g, o = np.split(convolved(X, W) + convolved(H, U) + b, 4, axis=-1)
        i, f = σ(i + P_i * C), σ(f + P_f * C)
        C = f * C + i * np.tanh(g)
        H = σ(o + P_o * C) * np.tanh(C)
        expected.append(H)
    assert_close(outputs, np.stack(expected, axis=1))
    assert_close(last[0], H)
    assert_close(last[1], C)


def σ(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("rank", SIZES)
def test_it_is_keras_own_conv_lstm(rank, size, built):
    x = clip(rank)
    cell = built(ConvLSTM(4, size), *SIZES[rank], 3)
    theirs = KERAS[rank](4, size, padding="same", return_sequences=True)
    theirs.build(x.shape)
    assert [w.shape for w in theirs.weights] == [w.shape for w in cell.weights]
    theirs.set_weights(cell.get_weights())
    assert_close(Recurrent(cell, return_sequences=True)(x), ops.convert_to_numpy(theirs(x)))


def test_a_peephole_sees_its_own_place_and_channel(built):
    cell = built(ConvLSTM(2, 1, peepholes=True), 4, 3, 1)
    assert cell.P.shape == (3, 4, 3, 2)
    x = np.zeros((1, 4, 3, 1), "float32")
    H, C = (RNG.normal(size=(1, 4, 3, 2)).astype("float32") for _ in "HC")
    weights = ops.convert_to_numpy(cell.P)
    before = ops.convert_to_numpy(cell(x, [H, C])[0])
    weights[:, 2, 1, 0] += 1
    cell.P.assign(weights)
    changed = ops.convert_to_numpy(cell(x, [H, C])[0]) != before
    assert np.argwhere(changed).tolist() == [[0, 2, 1, 0]]


def test_a_new_network_remembers_and_has_no_peepholes_yet():
    cell = ConvLSTM(4, peepholes=True)
    cell.build((None, 3, 3, 1))
    np.testing.assert_array_equal(np.split(ops.convert_to_numpy(cell.b), 4)[1], np.ones(4))
    assert not ops.convert_to_numpy(cell.P).any()


def test_one_network_reads_images_of_any_size():
    inputs = keras.Input((None, None, None, 1))
    model = keras.Model(inputs, Recurrent(ConvLSTM(2), return_sequences=True)(inputs))
    assert model.output_shape == (None, None, None, None, 2)
    x = RNG.normal(size=(1, 3, 6, 5, 1)).astype("float32")
    whole = model.predict_on_batch(x)
    assert whole.shape == (1, 3, 6, 5, 2)
    # the first place sees, in one step, no further than the kernel reaches
    assert_close(model.predict_on_batch(x[:, :1, :2, :2])[0, 0, 0, 0], whole[0, 0, 0, 0])


def test_peepholes_need_images_of_one_size():
    with pytest.raises(ArgumentError, match=r"must be fixed. Received: shape=\(None, None, 3, 1"):
        Recurrent(ConvLSTM(2, peepholes=True)).build((None, None, None, 3, 1))


@pytest.mark.parametrize("shape", [(None, 3), (None, 2, 2, 2, 2, 3)])
def test_inputs_that_are_no_images_are_refused(shape):
    with pytest.raises(ArgumentError, match=r"images of 1 to 3 axes.*Received: shape=\(None"):
        ConvLSTM(2).build(shape)


@pytest.mark.parametrize("size", [0, (3, 0), (), (3, 3, 3, 3)])
def test_kernels_without_places_are_refused(size):
    with pytest.raises(ArgumentError, match="`kernel_size`.*Received: kernel_size="):
        ConvLSTM(2, size)


@pytest.mark.parametrize("size", [2.5, "3", True, (3, None)])
def test_kernel_sizes_are_whole_numbers(size):
    with pytest.raises(ArgumentTypeError, match="`kernel_size`.*Received: kernel_size="):
        ConvLSTM(2, size)


def test_a_kernel_of_other_axes_is_refused():
    with pytest.raises(ArgumentError, match=r"each of the 2 axes.*Received: kernel_size=\(3,\)"):
        ConvLSTM(2, (3,)).build((None, 4, 4, 1))


def test_images_shrink_from_cell_to_cell():
    deep = stack([ConvLSTM(2, strides=2), ConvLSTM(3, 2, padding="valid")], return_state=True)
    x = RNG.normal(size=(2, 3, 7, 6, 1)).astype("float32")
    expected = ((2, 3, 2, 3), (2, 4, 3, 2), (2, 4, 3, 2), (2, 3, 2, 3), (2, 3, 2, 3))
    assert deep.compute_output_shape(x.shape) == expected
    assert tuple(tuple(part.shape) for part in deep(x)) == expected


def test_places_that_are_not_known_stay_unknown():
    cell = ConvLSTM(2, 3, padding="valid", strides=(1, 2))
    assert cell.spatial((None, 8)) == (None, 3)
    inputs = keras.Input((None, None, 8, 1))
    model = keras.Model(inputs, Recurrent(cell)(inputs))
    assert model.output_shape == (None, None, 3, 2)
    assert model.predict_on_batch(np.zeros((1, 2, 5, 8, 1))).shape == (1, 3, 3, 2)


def test_a_stateful_loop_carries_states_of_the_size_that_is_left():
    loop = Recurrent(ConvLSTM(2, strides=2), stateful=True, return_sequences=True)
    x = RNG.normal(size=(2, 4, 5, 5, 1)).astype("float32")
    whole = ops.convert_to_numpy(Recurrent(loop.cell, return_sequences=True)(x))
    parts = [ops.convert_to_numpy(loop(part)) for part in (x[:, :2], x[:, 2:])]
    assert_close(np.concatenate(parts, axis=1), whole)


BAD = {
    "an unknown padding": (lambda: ConvLSTM(2, padding="causal"), "padding='causal'"),
    "no strides": (lambda: ConvLSTM(2, strides=0), "strides=0"),
    "half a gap": (lambda: ConvLSTM(2, dilation_rate=1.5), "dilation_rate=1.5"),
    "strides and gaps": (lambda: ConvLSTM(2, strides=2, dilation_rate=(1, 2)), "strides=2, dil"),
    "strides of other axes": (
        lambda: ConvLSTM(2, strides=(1, 2, 1)).build((None, 4, 4, 1)),
        r"strides=\(1, 2, 1\)",
    ),
    "images smaller than the kernel": (
        lambda: Recurrent(ConvLSTM(2, 3, padding="valid"))(np.zeros((1, 2, 4, 2, 1))),
        r"shape=\(1, 4, 2, 1\)",
    ),
    "less than the kernel covers": (
        lambda: ConvLSTM(2, 3, padding="valid", dilation_rate=2).build((None, 4, 1)),
        "dilation_rate=2",
    ),
    "fed with itself": (lambda: Feedback([ConvLSTM(2, strides=2)], 2), "cells="),
    "added to its input": (lambda: Residual(ConvLSTM(2, (1, 3), padding="valid")), "cell="),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_convolved_is_refused(case):
    make, received = BAD[case]
    with pytest.raises((ArgumentError, ArgumentTypeError), match=f"Received: .*{received}"):
        make()


def assert_close(found, expected):
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)
