import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.cells import STLSTM

SIZES = {1: (5,), 2: (4, 3), 3: (3, 2, 2)}


@pytest.mark.parametrize("levels, layer_norm", [(1, False), (3, False), (2, True)])
@pytest.mark.parametrize("rank", SIZES)
def test_forward(rank, levels, layer_norm, built, convolved):
    def product(images, name):
        """A convolution, normalized as the authors' public code does, over each image whole."""
        z = convolved(images, w[name])
        if not layer_norm:
            return z
        axes = tuple(range(1, z.ndim))
        z = (z - z.mean(axes, keepdims=True)) / np.sqrt(z.var(axes, keepdims=True) + 1e-5)
        return z * w[f"scale_{name}"] + w[f"shift_{name}"]

    X = np.random.default_rng(1).normal(size=(2, 4, *SIZES[rank], 2)).astype("float32")
    cell = built(STLSTM(3, levels, layer_norm=layer_norm), *X.shape[2:])
    w = {weight.name: ops.convert_to_numpy(weight) for weight in cell.weights}
    zero = np.zeros((2, *SIZES[rank], 3))
    H, C, M, expected = [zero] * levels, [zero] * levels, zero, []
    for x in np.moveaxis(X, 1, 0):
        for k in range(levels):
            W, U, V, P = (f"{name}_{k + 1}" for name in "WUVP")
            Q, b = w[f"Q_{k + 1}"], w[f"b_{k + 1}"]
            x_i, x_f, x_g, y_i, y_f, y_g, x_o = np.split(product(x, W) + b, 7, axis=-1)
            h_i, h_f, h_g, h_o = np.split(product(H[k], U), 4, axis=-1)
            m_i, m_f, m_g = np.split(product(M, V), 3, axis=-1)
            C[k] = σ(x_f + h_f) * C[k] + σ(x_i + h_i) * np.tanh(x_g + h_g)
            M = σ(y_f + m_f) * M + σ(y_i + m_i) * np.tanh(y_g + m_g)
            both = np.concatenate([C[k], M], axis=-1)
            x = H[k] = σ(x_o + h_o + product(both, P)) * np.tanh(convolved(both, Q))
        expected.append(x)
    outputs, *last = Recurrent(cell, return_sequences=True, return_state=True)(X)
    assert_close(outputs, np.stack(expected, axis=1))
    for state, value in zip(last, [*H[::-1], *C[::-1], M], strict=True):
        assert_close(state, value)


def test_layers_are_levels_of_one_cell():
    (cell,) = STLSTM.stacked(3, 4, kernel_size=5)
    assert (cell.levels, cell.kernel_size) == (3, 5)
    assert len(cell.state_size) == 7


def test_the_levels_at_which_they_are_set_are_kept():
    (cell,) = STLSTM.stacked(3, 4, levels=2)
    assert cell.levels == 2


def test_a_norm_needs_to_know_the_size_of_the_images():
    with pytest.raises(ArgumentError, match=r"must be fixed. Received: shape=\(None, None, 3, 2\)"):
        STLSTM(3, layer_norm=True).build((None, None, 3, 2))
    cell = STLSTM(3, layer_norm=True)
    cell.build((None, 4, 3, 2))
    shapes = {weight.name: weight.shape for weight in cell.weights}
    assert (shapes["scale_W_1"], shapes["shift_P_2"]) == ((4, 3, 21), (4, 3, 3))


def test_it_has_no_strides():
    with pytest.raises((TypeError, ValueError), match="strides"):
        STLSTM(3, strides=2)


def test_vectors_are_refused():
    with pytest.raises(ArgumentError, match="reads images of 1 to 3 axes"):
        Recurrent(STLSTM(3))(np.zeros((2, 4, 3), "float32"))


def σ(x):
    return 1 / (1 + np.exp(-x))


def assert_close(found, expected):
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)
