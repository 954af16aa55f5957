import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import GRU
from rnnzoo.zoo.losses import CrossEntropy, Decorrelation, MeanSquared

RNG = np.random.default_rng(1)
TRUTH = RNG.normal(size=(3, 6, 2)).astype("float32")
TRUTH[0, 4:] = TRUTH[1, 2:] = TRUTH[2, 3, 0] = np.nan
FORECAST = RNG.normal(size=(3, 6, 2)).astype("float32")
CLASSES = RNG.integers(0, 2, (3, 6, 1)).astype("float32")
CLASSES[0, 4:] = CLASSES[1, 2:] = np.nan
LOSSES = {
    "squared": (MeanSquared, TRUTH),
    "classes": (CrossEntropy, CLASSES),
    "whole": (Decorrelation, TRUTH),
}
EVERY = pytest.mark.parametrize("loss, truth", LOSSES.values(), ids=LOSSES)


def squared(truth, forecast):
    return np.nanmean((truth - forecast) ** 2, axis=(1, 2)).mean()


def classes(truth, forecast):
    logs = forecast - np.log(np.exp(forecast).sum(axis=-1, keepdims=True))
    items = []
    for t, log in zip(truth, logs, strict=True):
        known = ~np.isnan(t[:, 0])
        items.append(-log[known, t[known, 0].astype(int)].mean())
    return np.mean(items)


def whole(truth, forecast):
    items = []
    for t, f in zip(truth, forecast, strict=True):
        known = ~np.isnan(t)
        items.append(np.mean([
            1 - np.corrcoef(t[known[:, k], k], f[known[:, k], k])[0, 1] for k in range(2)
        ]))  # fmt: skip
    return np.mean(items)


@pytest.mark.parametrize("name, reference", [("squared", squared), ("classes", classes),
                                             ("whole", whole)])  # fmt: skip
def test_against_numpy(name, reference):
    loss, truth = LOSSES[name]
    assert float(loss()(truth, FORECAST)) == pytest.approx(reference(truth, FORECAST), rel=1e-4)


@EVERY
def test_a_step_without_truth_changes_neither_loss_nor_gradient(loss, truth):
    forecast = keras.Variable(FORECAST)
    (slope,) = gradient(lambda: loss()(truth, ops.convert_to_tensor(forecast)), [forecast])
    assert np.isfinite(slope).all()
    missing = np.isnan(truth).all(axis=-1)
    assert not slope[missing].any()
    assert slope[~missing].any()
    other = np.where(missing[..., None], 1e6, FORECAST).astype("float32")
    assert float(loss()(truth, other)) == float(loss()(truth, FORECAST))


def test_the_correlation_is_no_sum_over_steps():
    """What a step counts depends on the others: the whole is not the mean of its halves."""
    truth, forecast = np.nan_to_num(TRUTH), FORECAST
    halves = [Decorrelation()(truth[:, s], forecast[:, s]) for s in (slice(3), slice(3, 6))]
    assert float(Decorrelation()(truth, forecast)) != pytest.approx(np.mean(halves), abs=1e-3)
    assert float(Decorrelation()(truth, 5 * truth + 2)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("size", [1e-6, 1e-3, 1e6])
def test_small_and_large_series_correlate_alike(size):
    truth, forecast = np.nan_to_num(TRUTH), FORECAST
    expected = float(Decorrelation()(truth, forecast))
    for sizes in ((size, 1), (1, size), (size, size)):
        found = Decorrelation()(sizes[0] * truth, sizes[1] * forecast)
        assert float(found) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("level", [0, 0.1, 1e6])
def test_a_constant_correlates_with_nothing_and_is_led_away(level):
    forecast = keras.Variable(np.full_like(FORECAST, level))
    truth = np.nan_to_num(TRUTH)
    for other in (truth, ops.convert_to_numpy(forecast)):
        found = Decorrelation()(other, ops.convert_to_numpy(forecast))
        assert float(found) == pytest.approx(1, abs=1e-2)
    loss = Decorrelation()
    (slope,) = gradient(lambda: loss(truth, ops.convert_to_tensor(forecast)), [forecast])
    assert np.isfinite(slope).all() and slope.any()


@pytest.mark.parametrize("wrong", [-1, 2, 9, 0.5])
def test_a_class_that_there_is_not_has_no_loss(wrong):
    truth = CLASSES.copy()
    truth[0, 1] = wrong
    assert np.isnan(float(CrossEntropy()(truth, FORECAST)))


def test_weights_are_those_of_items():
    weights = np.array([1, 0, 0], "float32")
    alone = MeanSquared()(TRUTH[:1], FORECAST[:1])
    weighed = MeanSquared()(TRUTH, FORECAST, sample_weight=weights)
    assert float(weighed) == pytest.approx(float(alone) / 3, rel=1e-5)
    with pytest.raises(ArgumentError, match=r"one weight per item.*shape=\(3, 6\)"):
        MeanSquared()(TRUTH, FORECAST, sample_weight=np.ones((3, 6), "float32"))
    with pytest.raises(ArgumentError, match=r"one weight per item.*shape=\(3, 3\)"):
        MeanSquared()(TRUTH[:, :3], FORECAST[:, :3], sample_weight=np.ones((3, 3), "float32"))


@EVERY
def test_a_series_without_any_truth_costs_nothing(loss, truth):
    none = np.full_like(truth, np.nan)
    forecast = keras.Variable(FORECAST)
    (slope,) = gradient(lambda: loss()(none, ops.convert_to_tensor(forecast)), [forecast])
    assert float(loss()(none, FORECAST)) == 0
    assert not slope.any()


@EVERY
def test_a_network_is_trained_by_it(loss, truth):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((6, 3)), Recurrent(GRU(2), return_sequences=True)])
    model.compile(keras.optimizers.Adam(0.05), loss())
    x = RNG.normal(size=(3, 6, 3)).astype("float32")
    losses = [float(model.train_on_batch(x, truth)) for _ in range(20)]
    assert losses[-1] < losses[0]
    assert isinstance(keras.losses.deserialize(keras.losses.serialize(loss())), loss)


def test_a_mask_of_keras_hides_steps_too():
    keras.utils.set_random_seed(1)
    x = RNG.normal(size=(3, 6, 3)).astype("float32")
    x[1, 4:] = 0
    layers = [keras.layers.Masking(), Recurrent(GRU(2), return_sequences=True)]
    model = keras.Sequential([keras.Input((6, 3)), *layers])
    model.compile("sgd", MeanSquared())
    truth = np.nan_to_num(TRUTH)
    hidden = truth.copy()
    hidden[1, 4:] = np.nan
    assert model.test_on_batch(x, truth) == pytest.approx(model.test_on_batch(x, hidden), rel=1e-6)


@EVERY
def test_only_sequences_are_compared(loss, truth):
    with pytest.raises(ArgumentError, match="must be sequences"):
        loss()(truth[:, 0], FORECAST[:, 0])


@pytest.mark.parametrize("loss", [MeanSquared, Decorrelation])
def test_channels_must_agree(loss):
    with pytest.raises(ArgumentError, match="the same channels"):
        loss()(TRUTH[..., :1], FORECAST)
