"""Tasks that a network with set weights solves exactly, at any length."""

import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.datasets.sources.memory_tasks import addition, parity
from rnnzoo.zoo.cells import RNN, Elman


@pytest.mark.parametrize("steps", [7, 200])
def test_two_elman_units_compute_running_parity(steps):
    """h¹ = [x + p > ½], h² = [x + p > 1½], p = h¹ − h²: the parity is one or two, not both.

    A step from 0 to 1 is a tanh steep enough to be ±1 to the last bit, so with u = 2 h − 1:
    u = tanh(K (x + p − ½ …)), p = (u¹ − u²) / 2.
    """
    K = 100.0
    cell = Elman(2)
    cell.build((None, 1))
    W = np.full((1, 2), K)
    U = K * np.array([[0.5, 0.5], [-0.5, -0.5]])  # p from both units
    b = -K * np.array([0.5, 1.5])
    cell.set_weights([W, U, b])
    x, y = parity(20, steps, seed=1)
    start = -np.ones((20, 2), "float32")  # both below their steps: p = 0
    u = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(x, initial_state=[start]))
    np.testing.assert_array_equal((u[..., :1] - u[..., 1:]) / 2, y)


@pytest.mark.parametrize("bits", [4, 60])
def test_three_units_add_binary_numbers_of_any_length(bits):
    """hᵏ = [a + b + c ≥ k] for k = 1, 2, 3: the carry is h², the sum h¹ − h² + h³."""
    K = 100.0
    cell = RNN(3)
    cell.build((None, 2))
    W = np.full((2, 3), K)
    U = np.zeros((3, 3))
    U[1] = K / 2  # the carry, (u² + 1) / 2
    b = K * (0.5 - np.array([0.5, 1.5, 2.5]))
    cell.set_weights([W, U, b])
    x, y = addition(20, bits, seed=1)
    start = -np.ones((20, 3), "float32")
    u = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(x, initial_state=[start]))
    h = (u + 1) / 2
    np.testing.assert_array_equal(h[..., :1] - h[..., 1:2] + h[..., 2:], y)
