"""The rules of `docs/recipe.md`: what follows from the data where nothing is said."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, Forecaster
from rnnzoo.pipelines.forecasting.recipe import Recipe

HOUR, DAY, WEEK, YEAR = 24, 7, 52, 12  # seasons of hourly, daily, weekly and monthly tables
QUARTER_HOUR = 96


def from_data(training, season, horizon, **settings):
    return Recipe.from_data(Forecaster(horizon=horizon, **settings).settings, training, season)


@pytest.mark.parametrize(
    ("training", "season", "horizon", "settings", "strategy", "why"),
    [
        ([20_000], HOUR, 96, {}, "segment", "two segments of 24 or more"),
        ([20_000], HOUR, 47, {}, "stateful", "less than two segments of 24"),
        ([8640] * 7, HOUR, 47, {}, "segment", "7 series are read alike"),
        ([800] * 400, HOUR, 48, {}, "segment", "400 series are read alike"),
        ([600] * 358 + [67], WEEK, 13, {}, "segment", "359 series are read alike"),
        ([40] * 200, YEAR, 8, {}, "stateful", "too many series have too few rows for a window"),
        ([5000] * 3 + [90], HOUR, 48, {}, "segment", "4 series are read alike"),
        ([90] * 3 + [12_000], HOUR, 48, {}, "stateful", "too few rows for a window"),
        ([9999], HOUR, 48, {}, "segment", "9,999 rows are too few to learn a state"),
        ([999], HOUR, 48, {}, "stateful", "999 rows are too few to learn from windows"),
        ([8640], HOUR, 24, {"segment": 6}, "segment", "reads segments"),
        ([2000], DAY, 7, {}, "segment", "2,000 rows are too few to learn a state"),
        ([1800], YEAR, 24, {"difference": "step"}, "stateful", "carried state"),
        ([8640], HOUR, 96, {"cell": "narx"}, "closed_loop", "feeds back"),
        ([8640], HOUR, 96, {"cell": "jordan"}, "closed_loop", "feeds back"),
        ([8640], HOUR, 96, {"strategy": "stateful"}, "stateful", "as set"),
        ([8640], HOUR, 24, {"channels": "mixed"}, "segment", "together"),
        ([8640], HOUR, 24, {"window_normalization": "instance"}, "segment", "normalized"),
    ],
)
def test_the_strategy_and_why(training, season, horizon, settings, strategy, why):
    recipe = from_data(training, season, horizon, **settings)
    assert recipe.strategy == strategy and why in recipe.why


@pytest.mark.parametrize(
    ("training", "season", "horizon", "expected"),
    [
        # seven channels of an hourly table for a year
        (
            [8640] * 7, HOUR, 96,
            {"lookback": 720, "segment": 24, "units": 128, "batch_size": 64, "epochs": 6,
             "learning_rate": 3e-4, "dropout": 0.3, "window_normalization": "last", "calendar": []},
        ),
        # hundreds of short hourly series
        (
            [652] * 169 + [912] * 245, HOUR, 48,
            {"lookback": 312, "segment": 24, "units": 128, "batch_size": 128, "epochs": 10,
             "learning_rate": 1e-3, "dropout": 0.0, "window_normalization": "instance",
             "transform": "auto"},
        ),
        # six years of hours, a day ahead
        (
            [55_231], HOUR, 24,
            {"lookback": 96, "units": 64, "batch_size": 16, "epochs": 36, "schedule": "cosine",
             "ema_momentum": 0.98, "calendar": "auto", "learning_rate": 0.01},
        ),
        # four years of days, a week ahead
        (
            [1000], DAY, 7,
            {"strategy": "segment", "lookback": 210, "segment": 7, "units": 32, "batch_size": 64,
             "epochs": 300, "patience": 150, "schedule": "cosine", "dropout": 0.3,
             "window_normalization": "last", "transform": "auto", "linear_lags": 0},
        ),
        # the same with a carried state
        (
            [1001], DAY, 7,
            {"strategy": "stateful", "lookback": 28, "units": 32, "epochs": 500, "patience": 100,
             "schedule": "plateau", "ema_momentum": 0.0, "calendar": [], "transform": "none",
             "linear_lags": 15, "early_stopping": True},
        ),
        # nine months of days: too few to choose an epoch by
        (
            [280], DAY, 7,
            {"lookback": 28, "epochs": 100, "schedule": "cosine", "learning_rate": 0.003,
             "linear_lags": 15, "early_stopping": False},
        ),
        # weekly series, most of them long: one short series does not decide for all
        (
            [600] * 358 + [67], WEEK, 13,
            {"strategy": "segment", "segment": 13, "lookback": 299, "transform": "auto"},
        ),
        # segments divide a long season, and the window holds several
        ([30_000], QUARTER_HOUR, 96, {"strategy": "segment", "segment": 48, "lookback": 1440}),
        # a small table that is to be read by segments: steps enough, none lost in averages
        (
            [300], HOUR, 48, {"epochs": 300, "learning_rate": 1e-3, "ema_momentum": 0.0},
        ),
        # two years of months: a look-back is at most a quarter of the rows
        ([24], YEAR, 6, {"lookback": 6, "units": 32}),
    ],
)  # fmt: skip
def test_what_follows_from_season_number_and_length(training, season, horizon, expected):
    asked = {(300,): {"strategy": "segment"}, (1001,): {"strategy": "stateful"}}
    found = from_data(training, season, horizon, **asked.get(tuple(training), {})).to_dict()
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("rows, epochs", [(200, 100), (4000, 100), (1000, 500)])
def test_a_closed_loop_leaves_its_linear_start_slowly(rows, epochs):
    found = from_data([rows], 1, 1, cell="narx").to_dict()
    assert (found["schedule"], found["learning_rate"]) == ("cosine", 0.003)
    assert not found["early_stopping"] and found["lookback"] == 24
    assert found["epochs"] == epochs
    bent = from_data([rows], 1, 1, cell="narx", cell_options={"output_activation": "tanh"})
    assert (bent.schedule, bent.early_stopping, bent.lookback) == ("plateau", True, 8)


def test_what_is_asked_for_is_used():
    asked = {
        "strategy": "segment", "lookback": 50, "segment": 10, "units": 5, "batch_size": 7,
        "epochs": 3, "patience": 2, "learning_rate": 0.1, "schedule": "plateau",
        "ema_momentum": 0.0, "dropout": 0.0, "window_normalization": "instance",
        "calendar": ["day"], "transform": "log",
    }  # fmt: skip
    found = from_data([8640], HOUR, 96, **asked).to_dict()
    assert {name: found[name] for name in asked} == asked
    whole = from_data([8640], HOUR, 96, **asked | {"segment": 24})
    assert (whole.lookback, whole.segment) == (48, 24)


def test_the_recipe_is_kept_with_the_model(tmp_path):
    y = np.sin(np.arange(300) * 2 * np.pi / 24)
    table = pd.Series(y, pd.date_range("2020", periods=300, freq="h"), name="y")
    asked = {"epochs": 1, "units": 2, "segment": 24, "batch_size": 120}  # all windows at once
    forecaster = Forecaster(horizon=48, **asked).fit(table)
    assert forecaster.recipe_.strategy == forecaster.strategy_.name == "segment"
    assert forecaster.lookback_ == forecaster.recipe_.lookback == 120
    loaded = Forecaster.load(forecaster.save(tmp_path / "model"))
    assert loaded.recipe_ == forecaster.recipe_


@pytest.mark.parametrize(
    "settings",
    [
        {"linear_lags": -1},
        {"linear_lags": 4, "strategy": "closed_loop"},
        {"linear_lags": 4, "strategy": "segment"},
        {"linear_lags": 4, "head": "negative_binomial"},
    ],
)
def test_a_linear_path_where_there_is_none(settings):
    with pytest.raises(ArgumentError, match="linear_lags"):
        Forecaster(**settings).check()
