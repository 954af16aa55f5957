import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.cells import SCRN

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")


def test_forward(built):
    cell = built(SCRN(4, context=2, alpha=0.9), 3)
    A, B, P, R = cell.get_weights()
    h, s, expected = np.zeros((2, 4)), np.zeros((2, 2)), []
    for x in np.moveaxis(X, 1, 0):
        s = 0.1 * x @ B + 0.9 * s
        h = 1 / (1 + np.exp(-(s @ P + x @ A + h @ R)))
        expected.append(np.concatenate([h, s], axis=1))
    outputs = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), atol=1e-5)


def test_the_context_forgets_by_alpha_a_step(built):
    cell = built(SCRN(4, context=2, alpha=0.5), 3)
    start = np.ones((2, 6), "float32")
    silence = np.zeros((2, 3, 3), "float32")
    y = ops.convert_to_numpy(Recurrent(cell)(silence, initial_state=[start]))
    np.testing.assert_allclose(y[:, 4:], 0.5**3, rtol=1e-6)


def test_the_context_is_half_as_wide_unasked():
    assert SCRN(8).output_size == 12
    assert SCRN(1).output_size == 2


@pytest.mark.parametrize("name, value", [("alpha", 1), ("alpha", -0.1), ("context", 0)])
def test_bad_arguments_are_refused(name, value):
    with pytest.raises(ArgumentError, match=f"Received: {name}={value}"):
        SCRN(4, **{name: value})
