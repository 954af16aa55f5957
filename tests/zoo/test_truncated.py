"""Chunks of a long sequence: the state goes on, the gradient does not."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, sequence, stack
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import GRU, LSTM, NARX, Elman
from rnnzoo.zoo.models import StateCarrier, fit_truncated, run_chunks, stateful_network

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 12, 3)).astype("float32")
CELLS = {
    "lstm": lambda: LSTM(4),
    "elman": lambda: Elman(4, truncate=False),
    "narx": lambda: NARX(4, 2, (0, 3), (1, 5)),
}
EVERY = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)


def stateful(cell):
    layer = Recurrent(cell, return_sequences=True, stateful=True)
    return keras.Sequential([keras.Input((None, 3), batch_size=2), layer])


@EVERY
@pytest.mark.parametrize("steps", [5, 12])
def test_the_outputs_are_those_of_the_whole(make, steps, built):
    cell = built(make(), 3)
    whole = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(X))
    np.testing.assert_allclose(run_chunks(stateful(cell), X, steps), whole, atol=1e-5)


@EVERY
def test_the_gradient_ends_at_the_seam(make, built):
    """That of the second chunk is the whole's with the state at the seam held constant."""
    cell = built(make(), 3)
    loop = Recurrent(cell, return_sequences=True, return_state=True)
    carrying = Recurrent(cell, return_sequences=True, stateful=True)
    carrying.build((2, 6, 3))

    def held():
        _, *states = loop(X[:, :6])
        seam = [ops.stop_gradient(state) for state in states]
        return ops.sum(loop(X[:, 6:], initial_state=seam)[0])

    _, *states = loop(X[:, :6])
    for variable, state in zip(carrying.states, states, strict=True):
        variable.assign(state)
    chunk = gradient(lambda: ops.sum(carrying(X[:, 6:])), cell.trainable_weights)
    for one, other in zip(chunk, gradient(held, cell.trainable_weights), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_what_was_read_many_chunks_ago_is_remembered():
    """A sign at the first step, asked for at all of 40, trained 5 at a time: without the carried
    state no later chunk could know it."""
    keras.utils.set_random_seed(1)
    sign = np.sign(RNG.normal(size=(16, 1, 1))).astype("float32")
    x, y = np.zeros((2, 16, 40, 1), "float32")
    x[:, :1], y[:] = sign, sign
    layer = Recurrent(LSTM(6), return_sequences=True, stateful=True)
    model = keras.Sequential([keras.Input((None, 1), batch_size=16), layer, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.03), "mse")
    losses = fit_truncated(model, x, y, steps=5, epochs=15)
    assert len(losses) == 15
    last = run_chunks(model, x, 5)[:, -5:]
    assert np.mean((last - sign) ** 2) < 0.1  # 1 for who knows nothing


def test_a_deep_sequence_network_carries_its_states():
    layers = stack([LSTM(4), GRU(5)], return_sequences=True, stateful=True)
    model = sequence(layers, 3, 1, "many_to_many", batch_size=2)
    np.testing.assert_allclose(run_chunks(model, X, 5), run_chunks(model, X, 12), atol=1e-6)
    model.compile("sgd", "mse")
    assert len(fit_truncated(model, X, X[..., :1], steps=5)) == 1


def test_a_network_whose_states_are_inputs_is_carried():
    network = stateful_network([GRU(5)], inputs=3, horizon=2).network
    carrier = StateCarrier(network, inputs=1, batch=2)
    whole = ops.convert_to_numpy(network([X, np.zeros((2, 5), "float32")])[0])
    np.testing.assert_allclose(run_chunks(carrier, X, 5), whole, atol=1e-6)
    carrier.compile("sgd", "mse")
    assert len(fit_truncated(carrier, X, whole, steps=5)) == 1


def test_every_pass_begins_at_zero(built):
    model = stateful(built(LSTM(4), 3))
    np.testing.assert_array_equal(run_chunks(model, X, 5), run_chunks(model, X, 5))


def test_a_network_that_carries_nothing_is_refused():
    model = keras.Sequential([keras.Input((None, 3)), Recurrent(LSTM(4))])
    with pytest.raises(ArgumentError, match="stateful=True"):
        run_chunks(model, X, 5)


def test_bad_arguments_are_refused(built):
    model = stateful(built(LSTM(4), 3))
    with pytest.raises(ArgumentError, match="Received: steps=0"):
        run_chunks(model, X, 0)
    with pytest.raises(ArgumentTypeError, match="Received: steps=2.5"):
        run_chunks(model, X, 2.5)
    with pytest.raises(ArgumentError, match=r"same batch and steps.*\(2, 12, 3\) and \(2, 11, 4\)"):
        fit_truncated(model, X, np.zeros((2, 11, 4)), 5)
