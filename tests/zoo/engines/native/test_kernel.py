"""Arrays are checked before the kernels get them."""

import numpy as np
import pytest
from rnnzoo import ArgumentError
from rnnzoo.zoo.cells import LSTM
from rnnzoo.zoo.engines.native.engine import PLANS
from rnnzoo.zoo.engines.native.kernel import Kernel, number_of_threads
from rnnzoo.zoo.engines.native.library import available_cores


@pytest.fixture
def kernel():
    cell = LSTM(4)
    cell.build((None, 3))
    return Kernel(PLANS[LSTM](cell, 3), "outputs", 1)


def arrays(**other):
    shapes = {"x": (2, 5, 3), "h": (2, 4), "c": (2, 4), "W": (3, 16), "U": (4, 16), "b": (16,)}
    return [np.zeros(shape, "float32") for shape in (shapes | other).values()]


@pytest.mark.parametrize(
    "other, name",
    [
        ({"x": (2, 5, 4)}, "sequences"),
        ({"x": (2, 0, 3)}, "sequences"),
        ({"x": (5, 3)}, "sequences"),
        ({"h": (3, 4)}, "initial_state"),
        ({"c": (2, 5)}, "initial_state"),
        ({"W": (3, 15)}, "weight"),
        ({"U": (5, 16)}, "weight"),
        ({"b": (1, 16)}, "weight"),
    ],
)
def test_wrong_shapes(kernel, other, name):
    with pytest.raises(ArgumentError, match=f"`{name}` must have the shape"):
        kernel.forward(arrays(**other), None, None, True)


def test_wrong_masks_dropout_gradients_and_numbers_of_arrays(kernel):
    with pytest.raises(ArgumentError, match="`mask` must have the shape"):
        kernel.forward(arrays(), np.ones((2, 4), bool), None, True)
    with pytest.raises(ArgumentError, match="`dropout` must have the shape"):
        kernel.forward(arrays(), None, np.ones((2, 3)), True)
    with pytest.raises(ValueError, match="zip"):
        kernel.forward(arrays()[:-1], None, None, True)
    token, results = kernel.forward(arrays(), None, None, True)
    with pytest.raises(ArgumentError, match="`gradient` must have the shape"):
        kernel.backward(token, arrays(), None, None, [r[:1] for r in results])


def test_other_layouts_and_types_are_converted(kernel):
    given = [np.random.default_rng(0).normal(size=a.shape) for a in arrays()]
    _, expected = kernel.forward([a.astype("float32") for a in given], None, None, False)
    turned = [np.asfortranarray(a) for a in given]
    _, found = kernel.forward(turned, None, None, False)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_empty_batch(kernel):
    empty = arrays(x=(0, 5, 3), h=(0, 4), c=(0, 4))
    token, results = kernel.forward(empty, None, None, True)
    assert [r.shape for r in results] == [(0, 5, 4), (0, 4), (0, 4)]
    gradients = kernel.backward(token, empty, None, None, results)
    assert not any(each.any() for each in gradients[3:])


def test_the_number_of_threads(monkeypatch):
    monkeypatch.delenv("RNNZOO_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert number_of_threads(0) == available_cores()
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert number_of_threads(0) == 3
    assert number_of_threads(2) == 2
    monkeypatch.setenv("RNNZOO_THREADS", "5")
    assert number_of_threads(2) == 5
