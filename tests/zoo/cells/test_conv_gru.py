import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.cells import GRU, ConvGRU

SPATIAL = {1: (5,), 2: (4, 3), 3: (3, 2, 2)}


@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_forward(rank, reset, built, convolved):
    X = np.random.default_rng(1).normal(size=(2, 4, *SPATIAL[rank], 2)).astype("float32")
    cell = built(ConvGRU(3, reset=reset), *X.shape[2:])
    W, U, b, *b2 = cell.get_weights()
    (W_z, W_r, W_g), (U_z, U_r, U_g) = np.split(W, 3, axis=-1), np.split(U, 3, axis=-1)
    b_z, b_r, b_g = np.split(b, 3)
    H, expected = np.zeros((2, *SPATIAL[rank], 3)), []
    for x in np.moveaxis(X, 1, 0):
        z = σ(convolved(x, W_z) + convolved(H, U_z) + b_z)
        r = σ(convolved(x, W_r) + convolved(H, U_r) + b_r)
        if reset == "before":
            G = np.tanh(convolved(x, W_g) + b_g + convolved(r * H, U_g))
        else:
            G = np.tanh(convolved(x, W_g) + b_g + r * (convolved(H, U_g) + b2[0]))
        H = (1 - z) * H + z * G
        expected.append(H)
    outputs = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), atol=1e-5)


@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize(
    "activations", [{}, {"activation": None, "recurrent_activation": "hard_sigmoid"}]
)
def test_on_a_single_place_it_is_the_unit_over_vectors(activations, reset, built):
    X = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32")
    options = {"reset": reset} | activations
    images, vectors = built(ConvGRU(4, 1, **options), 1, 3), built(GRU(4, **options), 3)
    images.set_weights([w.reshape(v.shape) for w, v in
                        zip(vectors.get_weights(), images.weights, strict=True)])  # fmt: skip
    one = Recurrent(images)(X[:, :, None])[:, 0]
    np.testing.assert_allclose(
        ops.convert_to_numpy(one), ops.convert_to_numpy(Recurrent(vectors)(X)), atol=1e-6
    )


@pytest.mark.parametrize(
    "reset, more", [("before", {"strides": (2, 1)}), ("after", {"dilation_rate": 2})]
)
def test_the_inputs_convolution_may_leave_fewer_places(reset, more, built):
    """As the same cell with padding on an input that has been convolved so beforehand."""
    X = np.random.default_rng(1).normal(size=(2, 3, 7, 6, 2)).astype("float32")
    cell = built(ConvGRU(3, (3, 2), reset=reset, padding="valid", **more), 7, 6, 2)
    drives = ops.conv(X.reshape(6, 7, 6, 2), cell.W, padding="valid", **more) + cell.b
    places = (3, 5) if "strides" in more else (3, 4)
    plain = built(ConvGRU(3, (3, 2), reset=reset), *places, 9)
    plain.set_weights([_one_place((3, 2, 9)), *cell.get_weights()[1:2], *_biases(cell)])
    expected = Recurrent(plain, return_sequences=True)(ops.reshape(drives, (2, 3, *places, 9)))
    loop = Recurrent(cell, return_sequences=True)
    assert loop.compute_output_shape(X.shape) == (2, 3, *places, 3)
    np.testing.assert_allclose(
        ops.convert_to_numpy(loop(X)), ops.convert_to_numpy(expected), atol=1e-5
    )


def _one_place(shape):
    """A kernel that hands each channel on: 1 at the place that padding lays on the same place."""
    *size, channels = shape
    kernel = np.zeros((*size, channels, channels), "float32")
    kernel[tuple((n - 1) // 2 for n in size)] = np.eye(channels)
    return kernel


def _biases(cell):
    """The first is in the drives already."""
    _, _, b, *more = cell.get_weights()
    return [0 * b, *more]


def test_vectors_are_refused():
    with pytest.raises(ArgumentError, match="reads images of 1 to 3 axes"):
        Recurrent(ConvGRU(3))(np.zeros((2, 4, 3), "float32"))


def σ(x):
    return 1 / (1 + np.exp(-x))
