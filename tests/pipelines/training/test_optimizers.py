"""Optimizers: by name, by config, as objects; and what the estimators make of them."""

import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from keras.optimizers import schedules
from rnnzoo import (
    ArgumentError,
    ArgumentTypeError,
    CheckpointError,
    Ensemble,
    Forecaster,
    ModelFileError,
    NextFrame,
)
from rnnzoo.pipelines.forecasting.recipe import Recipe
from rnnzoo.pipelines.training.optimizers import (
    NAMES,
    has_schedule,
    new_from_setting,
    new_optimizer,
    own_settings,
)
from sklearn.base import clone

TINY = {"cell": "rnn", "horizon": 2, "lookback": 8, "units": 2, "epochs": 2, "refit": False}
KINDS = (Forecaster, NextFrame)


@keras.saving.register_keras_serializable("tests")
class Lazy(keras.optimizers.SGD):
    """One of a user's own."""


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(7)
    y = 20 + 5 * np.sin(np.arange(60) / 8) + rng.normal(size=60)
    return pd.Series(y, pd.date_range("2020-01-01", periods=60), name="y")


def weights(forecaster):
    return forecaster.strategy_.network.get_weights()


def assert_same(one, other):
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_name_takes_the_rate_the_schedule_and_the_averages():
    for name, kind in NAMES.items():
        found = new_optimizer(name, 0.125, steps=100)
        # torch has classes of its own for some, under the same name
        assert (type(found).__name__, float(found.learning_rate)) == (kind.__name__, 0.125)
        assert found.clipnorm == 1.0 and not found.use_ema and not has_schedule(found)
    found = new_optimizer("SGD", 0.125, "cosine", 0.9, steps=100)
    assert has_schedule(found) and found.use_ema and found.ema_momentum == 0.9
    rates = [float(found.learning_rate.value) if hasattr(found.learning_rate, "value")
             else float(found._learning_rate(step)) for step in (0, 5, 100)]  # fmt: skip
    np.testing.assert_allclose(rates, [0.0125, 0.125, 0.00125], rtol=1e-5)
    assert type(new_optimizer("tests>Lazy", 0.1, steps=1)) is Lazy


def test_an_object_is_copied_with_all_it_has():
    given = keras.optimizers.RMSprop(0.25, rho=0.5, use_ema=True, ema_momentum=0.75, clipvalue=2.0)
    given.build([keras.Variable(np.ones(3))])
    one, other = new_from_setting(given), new_from_setting(given)
    assert one is not other and not one.built
    assert one.get_config() | {"name": ""} == given.get_config() | {"name": ""}
    told = {"learning_rate": 0.25, "schedule": "plateau", "ema_momentum": 0.75}
    assert own_settings(given) == told and own_settings("sgd") == own_settings(None) == {}


def test_the_recipe_says_what_was_used():
    def from_data(**settings):
        stateful = {"strategy": "stateful"} | settings
        found = Recipe.from_data(Forecaster(**stateful).settings, [2_000], 7)
        return found.optimizer, found.learning_rate, found.schedule, found.ema_momentum, found.loss

    assert from_data() == ("adam", 0.01, "plateau", 0.0, "mae")
    asked = {"optimizer": "sgd", "learning_rate": 0.5, "ema_momentum": 0.9, "loss": "huber"}
    assert from_data(**asked) == ("sgd", 0.5, "plateau", 0.9, "huber")
    decay = schedules.ExponentialDecay(0.5, 10, 0.5)
    words = "ExponentialDecay(initial_learning_rate=0.5, decay_steps=10, decay_rate=0.5, "
    words = f"SGD(learning_rate={words}staircase=False))"
    used = (words, 0.5, "ExponentialDecay", 0.0, "mae")
    assert from_data(optimizer=keras.optimizers.SGD(decay)) == used
    config = {"class_name": "SGD", "config": {"momentum": 0.9}}
    told = ("SGD(momentum=0.9)", 0.01, "plateau", 0.0, "mae")
    assert from_data(optimizer=config) == told


def test_adam_by_name_and_mae_are_what_is_taken_where_nothing_is_said(series):
    said = Forecaster(optimizer="adam", loss="mae", **TINY).fit(series)
    assert_same(said, Forecaster(**TINY).fit(series))


def test_an_object_serves_several_fits(series, tmp_path):
    """It is trained by none, shared by clones, and saved and loaded with what they are."""
    given, loss = keras.optimizers.SGD(0.25, momentum=0.5), keras.losses.Huber(0.5)
    one = Forecaster(optimizer=given, loss=loss, **TINY).fit(series)
    other = clone(one)
    assert other.optimizer is given and other.loss is loss and "SGD" in repr(other)
    assert not given.built and int(given.iterations) == 0
    loaded = Forecaster.load(one.save(tmp_path / "model"))
    assert loaded.recipe_ == one.recipe_ and loaded.recipe_.loss == "Huber(delta=0.5)"
    assert loaded.recipe_.optimizer == "SGD(learning_rate=0.25, momentum=0.5)"
    assert type(loaded.loss) is keras.losses.Huber
    # what an earlier fit chose is taken over, and it does not clash with what the object brings
    assert_same(one, loaded.with_recipe().fit(series))


def double(truth, forecast):
    return 2 * abs(truth - forecast)


def test_a_function_that_is_not_known_is_not_loaded(series, tmp_path):
    one = Forecaster(loss=double, **TINY | {"epochs": 1}).fit(series, checkpoint=tmp_path / "kept")
    with pytest.warns(UserWarning, match="cannot be loaded as things are: `loss` names the"):
        one.save(tmp_path / "model")
    with pytest.raises(ModelFileError, match=r"model is no forecaster.*'double'.*Register it with"):
        Forecaster.load(tmp_path / "model")
    with pytest.raises(CheckpointError, match=r"settings.loss was {.*'double'.*} and is 'mae'"):
        clone(one).set_params(loss="mae").fit(series, checkpoint=tmp_path / "kept")
    keras.saving.register_keras_serializable("tests")(double)
    assert Forecaster.load(tmp_path / "model").loss is double
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        one.save(tmp_path / "model")
    assert Forecaster.load(tmp_path / "model").loss is double


def test_twins_are_told_by_what_their_optimizers_are(series):
    pair = [Forecaster(optimizer=keras.optimizers.SGD(rate), **TINY) for rate in (0.1, 0.1)]
    with pytest.raises(ArgumentError, match="Two members are the same network"):
        Ensemble(pair).fit(series)


SGD = keras.optimizers.SGD
REFUSED = {
    "a name misspelt": ({"optimizer": "sdg"}, ArgumentError, "Did you mean sgd"),
    "a number": ({"optimizer": 3}, ArgumentTypeError, "must be a name such as 'sgd'"),
    "a class": ({"optimizer": SGD}, ArgumentTypeError, r"a class: give an object of it, SGD\("),
    "a loss": ({"optimizer": {"class_name": "Huber"}}, ArgumentTypeError, "or an object of keras"),
    "a config misspelt": ({"optimizer": {"class_name": "SDG"}}, ArgumentError, "Did you mean SGD"),
    "a base": ({"optimizer": keras.optimizers.Optimizer(0.1)}, ArgumentError, "such as SGD"),
    "several": (
        {"optimizer": keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(SGD()))},
        ArgumentError, "must have one learning rate",
    ),
    "a rate that is a function": (
        {"optimizer": SGD(lambda: 0.1)}, ArgumentError, "cannot be made from its config alone",
    ),
    "a rate beside an object": (
        {"optimizer": SGD(0.1), "learning_rate": 0.2},
        ArgumentError, "has its own.*leave learning_rate out; or give.*learning_rate=0.2",
    ),
    "a rate beside a config": (
        {"optimizer": {"class_name": "SGD"}, "learning_rate": 0.2}, ArgumentError, "has its own",
    ),
    "a loss misspelt": ({"loss": "hubre"}, ArgumentError, "Did you mean huber"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_before_the_work(name, kind):
    settings, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        kind(**settings).check()


def test_a_schedule_or_averages_beside_an_object():
    settings = {"schedule": "cosine", "ema_momentum": 0.9}
    with pytest.raises(ArgumentError, match="leave schedule and ema_momentum out"):
        Forecaster(optimizer=SGD(0.1), **settings).check()
