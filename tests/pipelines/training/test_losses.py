"""Losses of forecasters: over the values that are there, each on its own."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, ArgumentTypeError
from rnnzoo.pipelines.training.losses import MaskedLoss, check_values_loss, described
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.losses import MeanSquared

RNG = np.random.default_rng(0)
TRUTH, FORECAST = RNG.normal(size=(2, 3, 4, 2)).astype("float32")
GONE = np.where(RNG.random(TRUTH.shape) < 0.4, np.float32("nan"), TRUTH)
THERE = ~np.isnan(GONE)
WEIGHTS = RNG.uniform(0.5, 1.5, TRUTH.shape).astype("float32")


@keras.saving.register_keras_serializable("tests")
def square(truth, forecast):
    return ops.square(truth - forecast)


@keras.saving.register_keras_serializable("tests")
def mean_square(truth, forecast):
    return ops.mean(ops.square(truth - forecast), axis=-1)


def root(truth, forecast):
    """Its gradient is infinite where the error is 0."""
    return ops.sqrt(ops.abs(truth - forecast))


class Square(keras.losses.Loss):
    def call(self, truth, forecast):
        return ops.mean(ops.square(truth - forecast), axis=-1)


def huber(error, delta):
    return np.where(abs(error) <= delta, 0.5 * error**2, delta * (abs(error) - 0.5 * delta))


LOSSES = {
    "none": (None, abs),
    "mae": ("mae", abs),
    "mse": ("mse", np.square),
    "huber": ("Huber", lambda error: huber(error, 1.0)),
    "an object": (keras.losses.Huber(0.3), lambda error: huber(error, 0.3)),
    "a config": ({"class_name": "Huber", "config": {"delta": 0.3}}, lambda e: huber(e, 0.3)),
    "log_cosh": ("log_cosh", lambda error: np.log(np.cosh(error))),
    "a function": (square, np.square),
    "one that takes means": (mean_square, np.square),
    "a class of one's own": (Square(), np.square),
}


def value(loss, truth, forecast, weights=None):
    return float(loss(truth, forecast, weights))


@pytest.mark.parametrize("name", LOSSES)
def test_the_mean_over_what_is_there(name):
    given, error = LOSSES[name]
    check_values_loss(given)
    each = error(TRUTH - FORECAST)
    loss = MaskedLoss(given)
    assert value(loss, TRUTH, FORECAST) == pytest.approx(each.mean(), rel=1e-5)
    assert value(loss, GONE, FORECAST) == pytest.approx(each[THERE].mean(), rel=1e-5)
    assert value(loss, GONE * np.nan, FORECAST) == 0
    weighed = (each * WEIGHTS)[THERE].mean()
    assert value(loss, GONE, FORECAST, WEIGHTS) == pytest.approx(weighed, rel=1e-5)
    size = np.array([0.5, 4.0])
    relative = error((TRUTH - FORECAST) / size)[THERE].mean()
    assert value(MaskedLoss(given, size), GONE, FORECAST) == pytest.approx(relative, rel=1e-5)
    again = MaskedLoss.from_config(loss.get_config())
    assert value(again, GONE, FORECAST) == value(loss, GONE, FORECAST)


def test_how_it_is_reduced():
    each = np.square(TRUTH - FORECAST)

    def of(reduction, weights=None):
        loss = MaskedLoss(keras.losses.MeanSquaredError(reduction=reduction))
        return value(loss, GONE, FORECAST, weights)

    assert of("sum") == pytest.approx(each[THERE].sum(), rel=1e-5)
    assert of("sum", WEIGHTS) == pytest.approx((each * WEIGHTS)[THERE].sum(), rel=1e-5)
    assert of("mean") == of("sum_over_batch_size") == of("mean_with_sample_weight")
    expected = (each * WEIGHTS)[THERE].sum() / WEIGHTS[THERE].sum()
    assert of("mean_with_sample_weight", WEIGHTS) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("given", [None, "mse", square, root], ids=str)
def test_what_is_missing_has_no_gradient(given):
    forecast = keras.Variable(np.where(THERE, FORECAST, 0.0))
    weights = [None, WEIGHTS]
    for one in weights:
        (slope,) = gradient(lambda one=one: MaskedLoss(given)(GONE, forecast, one), [forecast])
        assert (slope[~THERE] == 0).all() and (slope[THERE] != 0).all() and np.isfinite(slope).all()


def test_a_loss_of_sequences_is_given_them_whole():
    expected = float(MeanSquared()(GONE, FORECAST))
    assert value(MaskedLoss(MeanSquared()), GONE, FORECAST) == expected
    assert value(MaskedLoss(MeanSquared()), GONE[..., 0], FORECAST[..., 0]) == pytest.approx(
        float(MeanSquared()(GONE[..., :1], FORECAST[..., :1]))
    )
    check_values_loss(MeanSquared())


def test_what_it_is_called():
    assert described(None, "mae") == "mae" and described("huber", "mae") == "huber"
    assert described(keras.losses.Huber(2.0), "mae") == "Huber(delta=2)"
    assert described(square, "mae").endswith("test_losses.square")


def average(truth, forecast):
    return ops.mean(ops.square(truth - forecast))


def logarithm(truth, forecast):
    return ops.log(forecast) - truth


def product(truth, forecast):
    return ops.matmul(truth, forecast)


def no_reduction():
    return keras.losses.Huber(reduction="none")


REFUSED = {
    "a name misspelt": ("hubre", ArgumentError, "Did you mean huber"),
    "a number": (3, ArgumentTypeError, "`loss` must be a name such as 'huber'.*loss=3"),
    "a class": (keras.losses.Huber, ArgumentTypeError, "It is a class: give an object, Huber()"),
    "an optimizer": (keras.optimizers.SGD(), ArgumentTypeError, "`loss` must be a name"),
    "its config": ({"class_name": "SGD"}, ArgumentTypeError, "`loss` must be a name"),
    "classes": ("categorical_crossentropy", ArgumentError, "compares classes.*mae, mse, huber"),
    "counts": (keras.losses.Poisson(), ArgumentError, r"The loss Poisson\(\) compares"),
    "no number": (no_reduction(), ArgumentError, "must be one number.*reduction='none'"),
    "one number for all": (average, ArgumentError, "a number for each value.*shape ()"),
    "not of negative ones": (logarithm, ArgumentError, "logarithm is nan for a truth of"),
    "an error": (product, ArgumentError, r"product fails on truth and forecast of shape \(2, 3"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_loss_of_values(name):
    given, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        check_values_loss(given)
