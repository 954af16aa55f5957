"""Weights of rows in training: read with the table, and relative to their mean."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rnnzoo import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    Ensemble,
    Forecaster,
    read_panel,
    read_series,
)
from rnnzoo.datasets import TimeSeriesPanel, read_panel_like
from rnnzoo.pipelines.forecasting.plan import Plan
from rnnzoo.pipelines.forecasting.strategies.segment import _Windows
from rnnzoo.pipelines.forecasting.weights import split_weights, with_weights
from rnnzoo.zoo.losses import MeanSquared

ROLES = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}


def weighed(waves, weights):
    return waves.assign(w=weights)


def rows_of(forecaster, waves, weights, loss=None):
    """The scaled rows of a table, and what they weigh."""
    panel = read_panel(weighed(waves, weights), weight="w", **ROLES)
    rows = forecaster.transform_.rows(panel)
    plan = Plan(forecaster.horizon, forecaster.recipe_, [len(waves)], [0], 0)
    return with_weights(rows, panel, None, plan, loss)


def batches(forecaster, rows):
    """Inputs, targets and perhaps weights of all that one strategy trains on."""
    strategy = forecaster.strategy_
    if strategy.name == "segment":
        rng = np.random.default_rng(0)
        sizes = (strategy.lookback, strategy.segment, strategy.horizon, 1000)
        return _Windows(rows, strategy._inputs, strategy._targets, *sizes, rng)[0]
    return strategy.chunks(rows, 16, 0).batch(np.arange(60)[None])


KINDS = ["stateful", "segment", "closed loop, any cell"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_zero_is_a_target_that_is_missing(kind, forecasters, waves):
    gone = np.arange(80) % 7 == 3
    forecaster, some = forecasters[kind], waves[:80]
    found = batches(forecaster, rows_of(forecaster, some, 3.0 * ~gone))
    assert len(found) == 2  # those that weigh something weigh alike
    inputs, targets = batches(forecaster, rows_of(forecaster, some, 1.0))
    for one, other in zip(found[0], inputs, strict=True):
        np.testing.assert_array_equal(one, other)
    numbers = np.arange(80) + 1.0
    row = batches(forecaster, rows_of(forecaster, some, numbers))[2] * numbers.mean() - 1
    expected = np.where(gone[row.round().astype(int)], np.nan, targets)
    np.testing.assert_array_equal(found[1], expected)


@pytest.mark.parametrize("kind", KINDS)
def test_each_target_has_the_weight_of_its_row(kind, forecasters, waves):
    """Whatever the row from which it is forecast; a factor before all weights changes nothing."""
    own = np.random.default_rng(1).uniform(0.5, 2, 80)
    forecaster = forecasters[kind]
    _, targets, weights = batches(forecaster, rows_of(forecaster, waves[:80], own))
    level = forecaster.transform_.rows(read_panel(waves[:80], **ROLES))[0]
    relative = own / own.mean()
    if kind == "stateful":
        expected = relative[np.minimum(np.arange(60)[:, None] + np.arange(1, 6), 79)][None]
    elif kind == "segment":
        rows = {float(one): k for k, one in enumerate(level.features[:, 0])}
        there = ~np.isnan(targets)
        expected = np.ones(targets.shape)
        expected[there] = [relative[rows[float(one)]] for one in targets[there]]
        weights = np.where(there, weights, 1)
    else:
        expected = np.repeat(relative[None, :60, None], targets.shape[-1], axis=-1)
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    again = batches(forecaster, rows_of(forecaster, waves[:80], 1000 * own))[2]
    np.testing.assert_allclose(np.where(np.isnan(targets), 1, again), weights, rtol=1e-6)


def test_equal_weights_are_none(gru, waves):
    for weights in (1.0, 0.3):
        assert rows_of(gru, waves[:80], weights)[0].weight.shape == (80, 0)
    assert rows_of(gru, waves[:80], np.arange(80) + 1.0)[0].weight.shape == (80, 1)


def test_weights_of_rows_that_do_not_train_count_for_nothing(gru, waves):
    panel = read_panel(weighed(waves[:80], np.where(np.arange(80) < 60, 2.0, 9.0)), weight="w",
                       **ROLES)  # fmt: skip
    plan = Plan(gru.horizon, gru.recipe_, [60], [20], 0)
    rows = gru.transform_.rows(panel)
    assert with_weights(rows, panel, None, plan, None) is rows


def table(weights=(1.0, 1.0)):
    rng = np.random.default_rng(3)
    t = np.arange(60)
    days = pd.date_range("2020-01-01", periods=60)
    several = [
        pd.DataFrame({"unique_id": one, "ds": days, "w": weight,
                      "y": level + 3 * np.sin(t / 4) + 0.1 * rng.normal(size=60)})
        for one, level, weight in zip("ab", (0.0, 50.0), weights, strict=True)
    ]  # fmt: skip
    return pd.concat(several, ignore_index=True)


TINY = {"cell": "rnn", "horizon": 2, "lookback": 8, "units": 2, "epochs": 1, "refit": False}


def fitted(weights=(1.0, 1.0), **how):
    return Forecaster(**TINY).fit(table(weights), **how)


def assert_same(one, other):
    pairs = zip(one.strategy_.network.get_weights(), other.strategy_.network.get_weights(),
                strict=True)  # fmt: skip
    for a, b in pairs:
        np.testing.assert_array_equal(a, b)


class RecordedParameters:
    def parameters(self, values):
        self.values = values

    def metrics(self, values, step=None): ...


@pytest.fixture(scope="module")
def by_column():
    told = RecordedParameters()
    return fitted((1.0, 0.25), sample_weight="w", recorder=told), told.values


def test_a_fit_by_column_by_series_and_by_a_table_that_was_read(by_column, tmp_path):
    """They are one, kept by the model, and used again where a backtest fits anew."""
    forecaster, told = by_column
    assert told["sample_weight"] == "w" and forecaster.schema_.weight == "w"
    ensemble = Ensemble([Forecaster(**TINY)])
    ensemble.fit(table(), sample_weight={"a": 2.0, "b": 0.5})
    (by_series,) = ensemble.members_
    assert_same(by_series, forecaster)
    panel = read_panel(table((1.0, 0.25)), weight="w")
    loaded = Forecaster.load(by_series.save(tmp_path / "model"))
    assert_same(loaded.refitted(TimeSeriesPanel.of(read_panel(table()))), forecaster)
    assert_same(forecaster.refitted(panel), forecaster)


def test_a_backtest_that_fits_anew_needs_the_weights(by_column):
    forecaster, _ = by_column
    longer = pd.concat([table((1.0, 0.25))] * 2)
    longer["ds"] = [*table()["ds"], *(table()["ds"] + pd.Timedelta(days=60))]
    forecaster.backtest(longer.drop(columns="w"), baselines=(), stride=30)
    with pytest.raises(DataError, match="fitted with columns that are not here: 'w'"):
        forecaster.backtest(longer.drop(columns="w"), baselines=(), refit=30)
    assert forecaster.backtest(longer, baselines=(), refit=50, stride=25).seconds > 0


def test_forecasting_needs_no_weights(by_column):
    forecaster, _ = by_column
    expected = forecaster.predict(table())
    pd.testing.assert_frame_equal(forecaster.predict(table().drop(columns="w")), expected)
    gone = table().assign(w=np.nan)
    pd.testing.assert_frame_equal(forecaster.predict(gone), expected)


def test_one_weight_a_row_follows_the_row(waves):
    """Through sorting, repeated times, gaps and rows put before."""
    own = np.arange(40) + 1.0
    frame = weighed(waves[:40], own)
    shuffled = frame.sample(frac=1, random_state=0)
    series = read_series(shuffled, weight="w", **ROLES)
    np.testing.assert_array_equal(series.values(["w"])[:, 0], own)
    assert series.schema.weight == "w" and "w" not in series.schema.others
    np.testing.assert_array_equal(series[5:9].values(["w"])[:, 0], own[5:9])
    holes = read_series(frame.drop([10, 11, 12]), weight="w", gaps="fill", missing="mask", **ROLES)
    np.testing.assert_allclose(holes.values(["w"])[:, 0], own)  # linear in time
    twice = pd.concat([frame, frame[7:8].assign(w=10.0)])
    merged = read_series(twice, weight="w", duplicates="mean", **ROLES)
    assert merged.values(["w"])[7, 0] == 9.0
    longer = read_panel(frame, weight="w", short="pad", fewest=42, **ROLES).series[0]
    np.testing.assert_array_equal(longer.values(["w"])[:3, 0], [1.0, 1.0, 1.0])
    wide = frame.assign(other=frame["sales"] + 1).drop(columns=["wind", "holiday"])
    both = read_panel(wide, time="day", target=["sales", "other"], weight="w")
    assert [one.values(["w"])[4, 0] for one in both] == [5.0, 5.0]
    again = read_panel(both, zone=None, unit="kg")
    assert again.schema.weight == "w" and again.series[1].values(["w"])[4, 0] == 5.0


def test_a_table_like_another_has_weights_where_they_are_asked_for():
    schema = read_panel(table(), weight="w").schema
    assert read_panel_like(table(), schema).schema == replace(schema, weight="")
    assert read_panel_like(table(), schema, weights=True).series[0].values(["w"])[0, 0] == 1.0


def broken(place, value):
    frame = table()
    frame.loc[place, "w"] = value
    return frame


def refit(data, **how):
    return Forecaster(**TINY).fit(data, **how)


READ = read_panel(table())
REFUSED = {
    "missing": (lambda: refit(broken(3, np.nan), sample_weight="w"), DataError,
                r"'w' has 1 missing value, first at row 3 .*0 for one that is not to count"),
    "below 0": (lambda: refit(broken(62, -1.0), sample_weight="w"), DataError,
                r"'w' has 1 weight below 0, first at row 62 \('b', 2020-01-03\)"),
    "infinite": (lambda: refit(broken(3, np.inf), sample_weight="w"), DataError, "infinite"),
    "text": (lambda: refit(table().assign(w="x"), sample_weight="w"), DataError, "'w'"),
    "no column": (lambda: refit(table(), sample_weight="v"), DataError, "no column 'v'"),
    "of two roles": (lambda: refit(table(), sample_weight="w", past=["w"]), DataError, "2 roles"),
    "the target": (lambda: refit(table(), sample_weight="y"), DataError, "'y'"),
    "read without": (lambda: refit(READ, sample_weight="w"), DataError, r'weight="w"\)'),
    "all zero": (lambda: refit(table((0.0, 0.0)), sample_weight="w"), DataError,
                 "All training targets have the weight 0"),
    "an array": (lambda: refit(table(), sample_weight=np.ones(120)), ArgumentTypeError,
                 "frame.assign"),
    "no name": (lambda: read_panel(table(), weight=3), ArgumentTypeError, "name of a column"),
    "a series without": (lambda: refit(table(), sample_weight={"a": 1.0}), ArgumentError,
                         "a weight for every series.*1 series: 'b'"),
    "of no series": (lambda: refit(table(), sample_weight={"a": 1.0, "bb": 1}), ArgumentError,
                     "not in the table: 1 series: 'bb'. Did you mean b"),
    "below 0 by series": (lambda: split_weights({"a": -1}), ArgumentError, "must be 0 or above"),
    "none by series": (lambda: split_weights({"a": np.nan}), ArgumentError, "must be 0 or above"),
    "text by series": (lambda: split_weights({"a": "1"}), ArgumentTypeError, "must be a number"),
    "sequences": (lambda: Forecaster(loss=MeanSquared(), **TINY).fit(
                      table((1.0, 0.5)), sample_weight="w"), ArgumentError, "as a whole"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_weights_that_cannot_be_used(name):
    call, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        call()
