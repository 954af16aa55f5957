"""Scalings, differences and mixed channels: back in their own unit, streamed as in one pass."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, DataError, Forecaster, read_panel, read_series
from rnnzoo.pipelines.forecasting.preprocessing.power import spread_by_level
from rnnzoo.pipelines.forecasting.preprocessing.rows import lead_anchors, undo_differences
from rnnzoo.pipelines.forecasting.preprocessing.scaling import Scaler, running
from sklearn.base import clone

TINY = {"horizon": 9, "lookback": 14, "units": 3, "epochs": 2, "seed": 1, "refit": False}
SEGMENT = TINY | {"strategy": "segment", "batch_size": 512}  # all windows: one shape to trace
WEEK = 7


@pytest.fixture(scope="module")
def table():
    """A week, a trend, and weather that is known up to now."""
    rng = np.random.default_rng(0)
    t = np.arange(260)
    y = 50 + t / 10 + 5 * np.sin(2 * np.pi * t / WEEK) + rng.normal(0, 0.3, 260)
    days = pd.date_range("2020-01-06", periods=260)
    return pd.DataFrame({"ds": days, "y": y, "wind": rng.normal(size=260)})


@pytest.fixture(scope="module")
def wide(table):
    other = table["y"].to_numpy()[::-1].copy()
    return pd.DataFrame({"ds": table["ds"], "north": table["y"], "south": other})


WAYS = [
    ("stateful", {"difference": "season"}),
    ("stateful", {"scaling": "running", "difference": "step"}),
    ("closed_loop", {"scaling": "robust"}),
    ("segment", {"difference": "season"}),
    *(
        pytest.param(*way, marks=pytest.mark.slow)
        for way in (
            ("stateful", {"scaling": "running"}),
            ("stateful", {"scaling": "robust"}),
            ("closed_loop", {"difference": "season"}),
            ("segment", {"scaling": "robust"}),
        )
    ),
]


@pytest.mark.parametrize(("strategy", "way"), WAYS)
def test_streamed_is_read_at_once_and_the_backtest_forecasts_each_origin(
    strategy, way, table, tmp_path
):
    tiny = SEGMENT if strategy == "segment" else TINY | {"strategy": strategy}
    forecaster = Forecaster(**tiny, **way)
    forecaster.fit(table[:200], past=["wind"])
    for row in range(200, 210):
        forecaster.update(table[row : row + 1])
    streamed = forecaster.predict()
    forecaster.warm_up(table[:210])
    np.testing.assert_allclose(streamed["yhat"], forecaster.predict()["yhat"], rtol=2e-5)
    result = forecaster.backtest(table, baselines=["naive-last"], audit=True)
    origin = 209 - 199
    np.testing.assert_allclose(result.forecasts["gru"][origin], streamed["yhat"], rtol=2e-5)
    loaded = Forecaster.load(forecaster.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(loaded.predict(), forecaster.predict())
    loaded.update(table[210:212])
    forecaster.update(table[210:212])
    pd.testing.assert_frame_equal(loaded.predict(), forecaster.predict())


@pytest.mark.parametrize("lag", [1, 3, 7])
def test_levels_undo_differences(lag):
    y = np.random.default_rng(lag).normal(size=30)
    steps = y[10:22] - y[10 - lag : 22 - lag]
    base = y[10 - lag : 10]
    np.testing.assert_allclose(undo_differences(base, steps), y[10:22])
    np.testing.assert_array_equal(lead_anchors(base, 5), [base[k % lag] for k in range(5)])


def test_an_untrained_seasonal_difference_forecasts_the_season_before(table):
    """The head of a stateful network, its weights set to zero, leaves what it counts from."""
    forecaster = Forecaster(difference="season", **TINY).fit(table[["ds", "y"]][:200])
    network = forecaster.strategy_.network
    network.set_weights([np.zeros_like(w) for w in network.get_weights()])
    week = table["y"].to_numpy()[193:200]
    np.testing.assert_allclose(forecaster.predict()["yhat"], np.resize(week, 9))


def test_a_table_without_a_season_has_no_seasonal_difference():
    y = pd.Series(np.arange(80.0), pd.date_range("2020", periods=80, freq="YE"), name="y")
    with pytest.raises(ArgumentError, match="no season"):
        Forecaster(difference="season", **TINY).fit(y)


def test_running_statistics_are_those_of_a_loop_and_can_be_carried_on():
    rng = np.random.default_rng(1)
    y = np.cumsum(rng.normal(size=50))
    y[[0, 7, 8, 31]] = np.nan
    start, span, least = np.array([0.3, 2.0]), 9, 0.1
    α, m, v, expected = 2 / (span + 1), start[0], start[1] ** 2 - least**2, []
    for value in y:
        if value == value:
            d = value - m
            m, v = m + α * d, (1 - α) * (v + α * d**2)
        expected.append([m, np.sqrt(v + least**2)])
    at_once = running(y, start, span, least)
    np.testing.assert_allclose(at_once, expected)
    first = running(y[:20], start, span, least)
    np.testing.assert_allclose(running(y[20:], first[-1], span, least), at_once[20:])
    far = running(np.r_[np.full(400, 0.5), 0.7], start, span, 0.0)[-1]
    np.testing.assert_allclose(far[0], 0.5 + α * 0.2)


def test_a_series_that_moves_away_stays_in_the_range_that_was_learned(table):
    """Half as much again: of a fixed scale most values are out of reach, a running one follows."""
    forecaster = Forecaster(scaling="running", **TINY).fit(table[["ds", "y"]][:200])
    rows = forecaster.transform_.rows(
        [
            series
            for series in forecaster.fitted_.panel(table[["ds", "y"]].assign(y=table["y"] * 1.4))
        ]
    )
    assert np.abs(rows[0].features[100:, 0]).max() < 4
    fixed = forecaster.transform_.level_["y"].transform(rows[0].last_observed)
    assert fixed[100:].mean() > 4


def test_robust_is_moved_by_no_outlier():
    values = np.random.default_rng(2).normal(3.0, 2.0, (5001, 1))
    clean = Scaler(robust=True).fit(values)
    np.testing.assert_allclose([clean.mean_[0], clean.scale_[0]], [3, 2], rtol=0.05)
    values[:50] = 1e6
    again = Scaler(robust=True).fit(values)
    np.testing.assert_allclose([again.mean_[0], again.scale_[0]], [3, 2], rtol=0.1)
    rain = np.array([[0.0]] * 90 + [[5.0]] * 10)
    assert Scaler(robust=True).fit(rain).scale_[0] == rain.std()


@pytest.mark.parametrize(("power", "slope"), [(0.0, 0.0), (1.0, 1.0), (0.5, 0.5)])
def test_the_spread_by_level_is_the_power_by_which_swings_grow(power, slope):
    rng = np.random.default_rng(3)
    level = np.repeat(np.geomspace(10, 1000, 40), 25)
    y = level + level**power * rng.normal(0, 0.3, 1000)
    assert spread_by_level(y, 25) == pytest.approx(slope, abs=0.1)
    assert np.isnan(spread_by_level(y - 2000, 25)) and np.isnan(spread_by_level(y[:50], 25))


def test_the_logarithm_is_chosen_where_swings_grow():
    t = np.arange(240)
    days = pd.date_range("2020", periods=240)
    growing = pd.Series(np.exp(t / 60 + 0.3 * np.sin(2 * np.pi * t / 7)), days, name="y")
    even = pd.Series(100 + t / 6 + np.sin(2 * np.pi * t / 7), days, name="y")
    for y, chosen in ((growing, "log"), (even, None)):
        assert Forecaster(transform="auto", **TINY).fit(y).transform_.power_ == chosen


def test_mixed_channels_read_each_other(wide, tmp_path):
    forecaster = Forecaster(channels="mixed", **SEGMENT)
    forecaster.fit(wide[:200], time="ds", target=["north", "south"])
    before = forecaster.predict()
    moved = wide[:200].assign(south=wide["south"] + 3.0)
    after = forecaster.predict(moved)
    north = before["unique_id"] == "north"
    assert not np.allclose(before["yhat"][north], after["yhat"][north])
    alone = Forecaster(**SEGMENT)
    alone.fit(wide[:200], time="ds", target=["north", "south"])
    unmoved = alone.predict()["yhat"][north], alone.predict(moved)["yhat"][north]
    np.testing.assert_array_equal(*unmoved)
    forecaster.warm_up(wide[:205])
    streamed = Forecaster.load(forecaster.save(tmp_path / "model")).update(wide[205:210])
    result = forecaster.backtest(wide, baselines=["naive-last"], audit=True)
    own = result.ids == "north"
    expected = streamed.predict()["yhat"][north]
    np.testing.assert_allclose(result.forecasts["gru"][own][10], expected, rtol=2e-5)


def test_channels_that_are_told_apart_are_forecast_apart(wide):
    """Two series that are one: only the embedding can tell them apart."""
    same = wide.assign(south=wide["north"])
    for channels, apart in (("independent", False), ("embedded", True)):
        forecaster = Forecaster(channels=channels, **SEGMENT)
        forecast = forecaster.fit(same[:200], time="ds", target=["north", "south"]).predict()
        halves = np.split(forecast["yhat"].to_numpy(), 2)
        assert np.allclose(*halves) != apart


def test_mixed_channels_need_all_series_at_the_same_times(wide):
    forecaster = Forecaster(channels="mixed", **SEGMENT)
    long = wide.melt("ds", var_name="unique_id", value_name="y")
    late = long[(long["unique_id"] == "north") | (long["ds"] > wide["ds"][3])]
    with pytest.raises(DataError, match="has other times than 'north'"):
        Forecaster(channels="mixed", **SEGMENT).fit(late)
    forecaster.fit(long)
    with pytest.raises(DataError, match="every series that was fitted"):
        forecaster.predict(long[long["unique_id"] == "north"])


def test_seasonal_differences_that_are_not_known_are_neither_read_nor_trained_on(table):
    """Of the first week no step is known: it stands at the mean; a shorter history is refused."""
    forecaster = Forecaster(difference="season", **TINY).fit(table[["ds", "y"]][:200])
    (rows,) = forecaster.transform_.rows(forecaster.fitted_.panel(table[["ds", "y"]][:200]))
    np.testing.assert_array_equal(rows.features[:WEEK, 0], 0)
    assert np.abs(rows.features[WEEK:, 0]).max() < 5
    with pytest.raises(DataError, match="7 rows before it to take differences from"):
        forecaster.predict(table[["ds", "y"]][200 - 14 - 6 : 200])


def test_a_plateau_is_the_same_in_any_unit(table):
    found = [
        Forecaster(**TINY | {"epochs": 12, "patience": 3})
        .fit(table[["ds", "y"]][:200].assign(y=table["y"] * unit))
        .predict()["yhat"]
        / unit
        for unit in (1.0, 2.0**-30)
    ]
    np.testing.assert_array_equal(*found)


def test_fewer_leads_of_segments_read_the_calendar_of_whole_ones(table):
    forecaster = Forecaster(calendar=["week"], **SEGMENT)
    forecaster.fit(table[["ds", "y"]][:200])
    whole = forecaster.predict()["yhat"]
    for horizon in (1, 3):
        few = forecaster.predict(horizon=horizon)["yhat"]
        np.testing.assert_allclose(few, whole[:horizon], rtol=1e-6)


def test_a_logarithm_is_not_chosen_where_one_of_the_rows_has_none():
    t = np.arange(240)
    y = np.exp(t / 60 + 0.3 * np.sin(2 * np.pi * t / 7))
    y[-1] = 0  # among the rows that choose the weights
    table = pd.Series(y, pd.date_range("2020", periods=240), name="y")
    assert Forecaster(transform="auto", **TINY).fit(table).transform_.power_ is None


@pytest.mark.parametrize("strategy", ["stateful", "closed_loop", "segment"])
def test_a_refit_takes_what_the_first_fit_chose(table, strategy):
    """Where more rows would choose otherwise: a look-back that is a share of them."""
    growing = table[["ds", "y"]].assign(y=np.exp(table["y"] / 20))
    forecaster = Forecaster(
        horizon=9, units=3, epochs=1, transform="auto", strategy=strategy, batch_size=512
    ).fit(growing[:100])
    with_recipe = forecaster.with_recipe().fit(growing[:200])
    assert with_recipe.recipe_.lookback == forecaster.lookback_
    assert with_recipe.transform_.power_ == forecaster.transform_.power_
    anew = clone(forecaster).plan(read_series(growing[:200])).recipe
    assert anew.lookback != forecaster.lookback_


def test_errors_by_warm_up_are_in_the_unit_of_the_target(table):
    growing = table[["ds", "y"]].assign(y=np.exp(table["y"] / 10))
    forecaster = Forecaster(transform="log", **TINY).fit(growing[:200])
    error = forecaster.error_by_history(growing)["mae"].iloc[0]
    scores = forecaster.backtest(growing, baselines=()).scores()
    assert error == pytest.approx(scores["mae"], rel=0.5)


def test_held_out_rows_without_a_value():
    y = pd.Series(np.arange(80.0), pd.date_range("2020", periods=80), name="y")
    y[-30:] = np.nan
    with pytest.raises(DataError, match="No series has a value in the rows held out"):
        Forecaster(**TINY).fit(read_panel(y, missing="mask"))
