import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import LRU

X = np.random.default_rng(1).normal(size=(2, 11, 3)).astype("float32")
STATES = np.random.default_rng(2).normal(size=(3, 2, 4)).astype("float32")


@pytest.mark.parametrize("engine", ["scan", "parallel"])
@pytest.mark.parametrize("real", [False, True])
def test_forward(real, engine, built):
    cell = built(LRU(4, outputs=4, real=real), 3)
    w = {weight.name: ops.convert_to_numpy(weight) for weight in cell.weights}
    zero = {"theta": 0, "B_im": 0, "C_im": 0} | w
    λ = np.exp(-np.exp(w["nu"]) + 1j * zero["theta"])
    B, C = w["B"] + 1j * zero["B_im"], w["C"] + 1j * zero["C_im"]
    s = STATES[1] + (0 if real else 1j) * STATES[2]
    expected = []
    for x in np.moveaxis(X, 1, 0):
        s = λ * s + np.exp(w["gamma"]) * (x @ B)
        expected.append((s @ C).real + x @ w["D"])
    loop = Recurrent(cell, return_sequences=True, return_state=True, engine=engine)
    outputs, *last = loop(X, initial_state=list(STATES[: 2 if real else 3]))
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), np.stack(expected, 1), atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(last[1]), s.real, atol=1e-5)


def test_a_new_network_begins_in_the_ring_at_even_power():
    cell = LRU(500, radius=(0.8, 0.95))
    cell.build((None, 3))
    r = np.exp(-np.exp(ops.convert_to_numpy(cell.ν)))
    assert 0.8 <= r.min() < 0.82 and 0.94 < r.max() <= 0.9501
    np.testing.assert_allclose(np.exp(2 * ops.convert_to_numpy(cell.γ)), 1 - r**2, rtol=1e-3)


@pytest.mark.parametrize("real, engine", [(True, "scan"), (False, "scan"), (False, "parallel")])
def test_in_half_precision_it_forgets_as_slowly_as_in_full(real, engine):
    ends = []
    for dtype in ("float32", "mixed_bfloat16"):
        keras.utils.set_random_seed(1)
        cell = LRU(64, outputs=1, radius=(0.99, 0.9999), real=real, dtype=dtype)
        loop = Recurrent(cell, return_state=True, engine=engine)
        loop.build((1, 30, 1))
        start = [np.ones((1, n), "float32") for n in cell.state_size]
        y, _, *s = loop(np.zeros((1, 30, 1), "float32"), initial_state=start)
        ends.append(np.concatenate([ops.convert_to_numpy(part) for part in s]))
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    assert np.abs(np.linalg.norm(ends[1], axis=0)).max() < np.sqrt(len(s))
    np.testing.assert_allclose(ends[1], ends[0], atol=1e-4)


@pytest.mark.parametrize("radius", [(0.9,), (0.9, 1.0), (0.9, 0.5), (-0.1, 0.5), (0, 0)])
def test_a_ring_that_is_none_is_refused(radius):
    with pytest.raises(ArgumentError, match="Received: radius="):
        LRU(4, radius=radius)


@pytest.mark.parametrize("radius", [0.9, "0.9", ("0.1", 0.9)])
def test_a_ring_is_two_numbers(radius):
    with pytest.raises(ArgumentTypeError, match="Received: radius="):
        LRU(4, radius=radius)
