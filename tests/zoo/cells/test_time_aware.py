import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import GRU, NARX, RNN, TDNN, Clockwork, ConvLSTM, TimeAware

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 9, 3)).astype("float32")
X[0, 2:5, 0] = X[0, 4, 1] = X[1, 0] = X[1, 7, 2] = np.nan
GAPS = RNG.uniform(0.5, 3, size=(2, 9, 1)).astype("float32")


@pytest.mark.parametrize("gaps", [False, True])
def test_forward(gaps, built):
    """GRU-D: the cell inside is stepped by hand, on what the wrapper is to hand it."""
    cell = built(TimeAware(GRU(4), gaps), 3 + gaps)
    w, v, W, b = (numpy(weight) for weight in cell.weights[:4])
    h, last, waited = np.zeros((2, 4)), np.zeros((2, 3)), np.zeros((2, 3))
    expected = []
    for t in range(X.shape[1]):
        x, k = np.nan_to_num(X[:, t]), ~np.isnan(X[:, t])
        δ = waited + (GAPS[:, t] if gaps else 1)
        γ, Γ = np.exp(-np.maximum(0, w * δ + v)), np.exp(-np.maximum(0, δ @ W + b))
        x_hat = np.where(k, x, γ * last)
        u = np.concatenate([x_hat, k], axis=1).astype("float32")
        h = numpy(cell.cell(ops.convert_to_tensor(u), [(Γ * h).astype("float32")])[0])
        last, waited = np.where(k, x, last), np.where(k, 0, δ)
        expected.append(h)
    inputs = np.concatenate([X, GAPS], axis=-1) if gaps else X
    outputs = Recurrent(cell, return_sequences=True)(inputs)
    np.testing.assert_allclose(numpy(outputs), np.stack(expected, axis=1), atol=1e-5)


def test_a_missing_value_breaks_no_gradient(built):
    loop = Recurrent(built(TimeAware(GRU(4)), 3))
    loop.build(X.shape)
    for slope in gradient(lambda: ops.sum(loop(X)), loop.trainable_weights):
        assert np.isfinite(slope).all()


def test_a_long_gap_makes_it_forget(built):
    cell = built(TimeAware(GRU(4), gaps=True), 4)
    cell.W.assign(np.full(cell.W.shape, 0.1))
    cell.b.assign(np.zeros(cell.b.shape))
    loop = Recurrent(cell)
    whole = np.nan_to_num(np.concatenate([X, np.ones_like(GAPS)], axis=-1))
    other = whole.copy()
    other[:, :-1, :3] += 1
    near = np.abs(numpy(loop(whole)) - numpy(loop(other))).max()
    whole[:, -1, 3] = other[:, -1, 3] = 100
    far = np.abs(numpy(loop(whole)) - numpy(loop(other))).max()
    assert near > 0.01
    assert far < 1e-6


@pytest.mark.parametrize("inner", [lambda: RNN(4, taps=(1, 3)), lambda: Clockwork(4, (1, 2))])
def test_taps_and_phases_never_fade(inner, built):
    """One step at a decay that lets nothing through: taps move on, phases count."""
    cell = built(TimeAware(inner()), 3)
    cell.b.assign(np.full(cell.b.shape, 1e3))
    states = [RNG.normal(size=(2, n)).astype("float32") for n in cell.state_size]
    faded = [0 * states[0], *states[1:]]
    x = ops.convert_to_tensor(np.nan_to_num(X[:, 0]))
    plain = cell.cell(ops.concatenate([x, ops.ones_like(x)], axis=-1), faded[:-2])[1]
    after = cell(x, states)[1]
    for one, other in zip(after, plain, strict=False):
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-6)


def test_it_learns_from_a_series_with_holes():
    target = np.nanmean(X, axis=(1, 2), keepdims=True)[:, 0]
    model = keras.Sequential([keras.Input((9, 3)), Recurrent(TimeAware(GRU(4)))])
    model.add(keras.layers.Dense(1))
    model.compile(keras.optimizers.Adam(0.05), "mse")
    losses = [float(model.train_on_batch(X, target)) for _ in range(60)]
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize("inner", [NARX(4), TDNN(4), ConvLSTM(4)])
def test_a_cell_without_a_hidden_state_over_vectors_is_refused(inner):
    with pytest.raises(ArgumentError, match=f"Received: {type(inner).__name__}"):
        TimeAware(inner)


def test_a_gap_alone_is_no_input():
    with pytest.raises(ArgumentError, match="Received: an input 1 wide"):
        Recurrent(TimeAware(GRU(4), gaps=True))(GAPS)


def test_only_cells_are_wrapped():
    with pytest.raises(ArgumentTypeError, match="Received: cell='gru'"):
        TimeAware("gru")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
