"""Calendars, transforms, schedules, averages and ensembles: what they promise."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, ArgumentTypeError, DataError, Ensemble, Forecaster, read_series
from rnnzoo.datasets import TimeSeriesPanel
from rnnzoo.pipelines.forecasting.preprocessing.calendar import (
    calendar_rows,
    choose_cycles,
    columns,
)
from rnnzoo.pipelines.forecasting.preprocessing.power import (
    fit_power,
    inverse_power_transform,
    power_transform,
)

TINY = {"horizon": 3, "lookback": 10, "units": 3, "epochs": 2, "seed": 1, "refit": False}
TINY_OF = {
    "stateful": TINY,
    "closed_loop": TINY,
    "segment": TINY | {"batch_size": 512},  # all windows: one shape to trace
}


@pytest.fixture(scope="module")
def growing():
    """A swing that grows with its level."""
    t = np.arange(200)
    y = np.exp(t / 60 + 0.3 * np.sin(t / 5))
    return pd.Series(y, pd.date_range("2020-01-01", periods=200), name="y")


def panel(periods, freq):
    return TimeSeriesPanel.of(
        read_series(pd.Series(0.0, pd.date_range("2020", periods=periods, freq=freq), name="y"))
    )


@pytest.mark.parametrize(
    ("periods", "freq", "cycles"),
    [
        (24 * 30, "h", ("day", "week")),
        (24 * 800, "h", ("day", "week", "year")),
        (30, "D", ("week",)),
        (800, "D", ("week", "year")),
        (60, "MS", ("year",)),
        (10, "min", ()),
    ],
)
def test_cycles_that_the_training_span_can_teach(periods, freq, cycles):
    assert choose_cycles("auto", panel(periods, freq)) == cycles


def test_calendar_rows_are_sines_of_local_clocks():
    noon = pd.DatetimeIndex(["2024-07-01 10:00"])  # a Monday, in Paris 12:00
    rows = calendar_rows(noon, ("day", "week"), "Europe/Paris")
    expected = [np.sin(np.pi), np.sin(2 * np.pi), np.cos(np.pi), np.cos(2 * np.pi)]
    angles = 2 * np.pi / 14 * np.array([1, 2])
    np.testing.assert_allclose(rows[0], [*expected, *np.sin(angles), *np.cos(angles)], atol=1e-9)
    assert rows.shape[1] == columns(("day", "week"))


@pytest.mark.parametrize("strategy", TINY_OF)
def test_the_calendar_is_known_ahead(strategy, waves, tmp_path):
    table = waves[["day", "sales"]]
    forecaster = Forecaster(strategy=strategy, calendar=["week"], **TINY_OF[strategy])
    forecaster.fit(table[:150], time="day", target="sales")
    ahead = forecaster.predict()
    loaded = Forecaster.load(forecaster.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(loaded.predict(), ahead)
    result = forecaster.backtest(table[:200], audit=True, baselines=["naive-last"])
    alone = forecaster.predict(table[:170])
    np.testing.assert_allclose(result.forecasts["gru"][20], alone["yhat"], rtol=1e-4)


@pytest.mark.parametrize("name", ["log", "box-cox"])
def test_a_power_and_back(name):
    y = np.random.default_rng(0).gamma(2.0, 3.0, 300)
    power = fit_power(name, y)
    np.testing.assert_allclose(inverse_power_transform(power_transform(y, power, str), power), y)
    assert (power == 0) == (name == "log")


@pytest.mark.parametrize("strategy", ["stateful", "segment"])
def test_forecasts_of_a_transformed_target_are_in_its_own_unit(strategy, growing, tmp_path):
    forecaster = Forecaster(strategy=strategy, transform="log", **TINY_OF[strategy]).fit(
        growing[:150]
    )
    forecast = forecaster.predict()["yhat"].to_numpy()
    assert (np.abs(forecast / growing.iloc[149] - 1) < 0.5).all()
    result = forecaster.backtest(growing, baselines=["naive-last"])
    alone = forecaster.predict(growing[:171])
    np.testing.assert_allclose(result.forecasts["gru"][21], alone["yhat"], rtol=1e-4)
    loaded = Forecaster.load(forecaster.save(tmp_path / "model"))
    np.testing.assert_array_equal(loaded.warm_up(growing[:150]).predict()["yhat"], forecast)


def test_a_logarithm_of_nothing(growing):
    with pytest.raises(DataError, match="'y': 1 value of 'y', first at 2020-01-06, is not above 0"):
        Forecaster(transform="log", **TINY).fit(growing.where(growing.index != "2020-01-06", 0.0))


def test_a_schedule_and_averages_end_in_other_weights(waves):
    table = waves[["day", "sales"]][:200]
    found = [
        Forecaster(**TINY | settings).fit(table, time="day", target="sales").predict()["yhat"]
        for settings in (
            {},
            {"schedule": "plateau", "learning_rate": 0.01},
            {"ema_momentum": 0.9},
            {"dropout": 0.5},
        )
    ]
    for other in found[1:]:
        assert not np.array_equal(found[0], other)


def test_the_averages_are_what_is_used_and_kept(waves):
    """Each step keeps all of the average: the network stays as it began."""
    table = waves[["day", "sales"]][:200]
    fixed = Forecaster(**TINY | {"ema_momentum": 0.999999, "epochs": 3})
    fixed.fit(table, time="day", target="sales")
    assert np.ptp(fixed.history_.score) < 1e-3
    assert fixed.history_.loss[0] != fixed.history_.loss[-1]


def test_a_combination_is_the_mean_of_its_members(waves, tmp_path):
    table = waves[["day", "sales"]]
    one = Forecaster(**TINY)
    both = Ensemble([one], n_seeds=2).fit(table[:150], time="day", target="sales")
    single = [m.predict()["yhat"].to_numpy() for m in both.members_]
    assert not np.array_equal(*single)
    np.testing.assert_allclose(both.predict()["yhat"], np.mean(single, axis=0))
    result = both.backtest(table[:200], baselines=["naive-last", "linear-ar"])
    assert result.model == "mean of 2 gru" and result.baselines == ["naive-last", "linear-ar"]
    assert result.parameters == both.parameters_ == 2 * both.members_[0].parameters_
    alone = [m.backtest(table[:200], baselines=()).errors("gru")["mae"] for m in both.members_]
    assert result.members["mae"].tolist() == alone and result.members["seed"].tolist() == [1, 2]
    loaded = Ensemble.load(both.save(tmp_path / "both"))
    pd.testing.assert_frame_equal(loaded.predict(), both.predict())
    loaded.update(table[150:151])
    again = both.predict(table[:151])["yhat"]
    np.testing.assert_allclose(loaded.predict()["yhat"], again, rtol=1e-4)
    np.testing.assert_allclose(result.forecasts[result.model][1], again, rtol=1e-4)


def test_an_ensemble_reads_as_a_whole_or_not_at_all(waves):
    """The second member needs more history than there is: the first has not moved either."""
    table = waves[["day", "sales"]]
    tiny = {"horizon": 2, "units": 2, "epochs": 1}
    pair = [Forecaster("rnn", lookback=n, seed=n, **tiny) for n in (4, 40)]
    both = Ensemble(pair).fit(table[:150], time="day", target="sales")
    before = both.predict()
    with pytest.raises(DataError, match="look-back"):
        both.warm_up(table[150:170])
    pd.testing.assert_frame_equal(both.predict(), before)
    both.update(table[150:152])
    assert (both.predict()["cutoff"] > before["cutoff"]).all()


@pytest.mark.parametrize(
    ("ensemble", "error", "words"),
    [
        (Ensemble([]), ArgumentTypeError, "list of forecasters"),
        (Ensemble([1]), ArgumentTypeError, "hold Forecasters"),
        (Ensemble([Forecaster()], aggregation="mode"), ArgumentError, "aggregation='mode'"),
        (Ensemble([Forecaster()], n_seeds=0), ArgumentError, "n_seeds"),
        (Ensemble([Forecaster(), Forecaster(seed=1)], n_seeds=2), ArgumentError, "same network"),
        (
            Ensemble([Forecaster(horizon=2), Forecaster()]),
            ArgumentError,
            r"one horizon.*\[1, 2\]",
        ),
    ],
)
def test_what_cannot_be_combined(ensemble, error, words, waves):
    with pytest.raises(error, match=words):
        ensemble.fit(waves)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"calendar": "week"}, ArgumentTypeError, "a list of cycles"),
        ({"calendar": ["weak"]}, ArgumentError, "Did you mean week"),
        ({"calendar": ["day", "day"]}, ArgumentError, "twice"),
        ({"transform": "ln"}, ArgumentError, "transform='ln'"),
        ({"schedule": "cosinus"}, ArgumentError, "Did you mean cosine"),
        ({"ema_momentum": 1.0}, ArgumentError, "ema_momentum"),
        ({"dropout": -0.1}, ArgumentError, "dropout"),
        (
            {"window_normalization": "instance", "strategy": "stateful"},
            ArgumentError,
            "Only `strategy",
        ),
        ({"channels": "mixed", "strategy": "closed_loop"}, ArgumentError, "Only `str"),
        ({"channels": "mixed", "cell": "narx"}, ArgumentError, "not segment"),
        ({"channels": "all"}, ArgumentError, "channels='all'"),
        ({"scaling": "robuts"}, ArgumentError, "Did you mean robust"),
        ({"scaling": "running", "strategy": "segment"}, ArgumentError, "each window"),
        ({"scaling": "running", "cell": "narx"}, ArgumentError, "own forecasts"),
        (
            {"difference": "step", "window_normalization": "last"},
            ArgumentError,
            "no level to subtract",
        ),
        ({"difference": "seasonal"}, ArgumentError, "Did you mean season"),
        ({"segment": 5, "strategy": "stateful"}, ArgumentError, "segment=5"),
        ({"segment": 20, "strategy": "segment"}, ArgumentError, "at least one segment"),
        ({"batch_size": 0}, ArgumentError, "batch_size"),
        ({"strategy": "closed_loop", "dropout": 0.1}, ArgumentError, "dropout must be 0"),
    ],
)
def test_settings_that_cannot_be_used(settings, error, words, waves):
    with pytest.raises(error, match=words):
        Forecaster(**TINY | settings).fit(waves[["day", "sales"]], time="day", target="sales")
