import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import Jordan

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")


@pytest.mark.parametrize("truncate", [True, False])
@pytest.mark.parametrize("mu", [0.0, 0.7])
def test_forward(mu, truncate, built):
    cell = built(Jordan(4, 2, mu, output_activation="sigmoid", truncate=truncate), 3)
    W, V, b, O, d = cell.get_weights()
    y, m, expected = np.zeros((2, 2)), np.zeros((2, 2)), []
    for t in range(X.shape[1]):
        m = mu * m + (1 - mu) * y
        h = np.tanh(X[:, t] @ W + m @ V + b)
        y = 1 / (1 + np.exp(-(h @ O + d)))
        expected.append(y)
    np.testing.assert_allclose(run(cell), np.stack(expected, axis=1), atol=1e-5)


def test_the_memory_is_a_running_average_of_the_outputs(built):
    mu = 0.7
    y, _, m = Recurrent(built(Jordan(4, 2, mu), 3), return_sequences=True, return_state=True)(X)
    past = ops.convert_to_numpy(y)[:, :-1]
    shares = (1 - mu) * mu ** np.arange(past.shape[1])[::-1]
    average = (past * shares[:, None]).sum(axis=1)
    np.testing.assert_allclose(ops.convert_to_numpy(m), average, atol=1e-6)


def test_it_puts_out_as_many_as_it_has_units_unless_told(built):
    assert run(built(Jordan(4), 3)).shape == (2, 7, 4)


def run(cell):
    return ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
