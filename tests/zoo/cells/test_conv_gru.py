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


def test_on_a_single_place_it_is_the_unit_over_vectors(built):
    X = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32")
    images, vectors = built(ConvGRU(4, 1), 1, 3), built(GRU(4), 3)
    images.set_weights([w.reshape(v.shape) for w, v in
                        zip(vectors.get_weights(), images.weights, strict=True)])  # fmt: skip
    one = Recurrent(images)(X[:, :, None])[:, 0]
    np.testing.assert_allclose(
        ops.convert_to_numpy(one), ops.convert_to_numpy(Recurrent(vectors)(X)), atol=1e-6
    )


def test_vectors_are_refused():
    with pytest.raises(ArgumentError, match="reads images of 1 to 3 axes"):
        Recurrent(ConvGRU(3))(np.zeros((2, 4, 3), "float32"))


def σ(x):
    return 1 / (1 + np.exp(-x))
