from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, DataError, Forecaster, LeakError, read_series
from rnnzoo.pipelines.evaluation.significance import diebold_mariano, rmse_ratio
from rnnzoo.pipelines.forecasting.backtest.charts import (
    calibration_chart,
    fan_chart,
    forecast_chart,
)
from rnnzoo.pipelines.forecasting.backtest.recording import record
from rnnzoo.pipelines.forecasting.backtest.result import Backtest

TRAINING = 320


class RecordedMetrics(dict):
    """A recorder that remembers."""

    def metrics(self, values, step=None):
        self.update(values)

    def series(self, name, values):
        self[name] = values


def of_errors(errors, rows=None, scale=1.0):
    """A backtest of series that are zero, from models' errors `(series, origins, leads)`."""
    series, origins, leads = errors["naive-last"].shape
    rows = np.tile(np.arange(origins), (series, 1)) if rows is None else np.array(rows)
    days = pd.Timestamp("2020-01-01").to_datetime64() + np.arange(rows.max() + leads + 1) * (
        np.timedelta64(1, "D")
    )
    at = rows.ravel()
    flat = {name: values.reshape(-1, leads) for name, values in errors.items()}
    return Backtest(
        model=next(iter(errors)), name="zeros",
        ids=np.repeat([f"series-{i}" for i in range(series)], origins).astype(object),
        rows=at, origins=pd.DatetimeIndex(days[at]), times=days[at[:, None] + 1 + np.arange(leads)],
        truth=-flat["naive-last"], forecasts={k: v - flat["naive-last"] for k, v in flat.items()},
        level=np.zeros(len(at)), scale=np.repeat(np.broadcast_to(scale, series), origins),
        parameters=1, seconds=1.0, target="y", unit="",
    )  # fmt: skip


def test_the_backtest_is_each_origin_on_its_own(forecaster, waves):
    """Law 5."""
    result = forecaster.backtest(waves, stride=15, baselines=())
    for i, cutoff in enumerate(result.origins):
        rows = int((waves["day"] <= cutoff).sum())
        alone = forecaster.predict(waves[:rows], future=waves[rows : rows + 5][["day", "holiday"]])
        ours = result.forecasts[result.model][i]
        np.testing.assert_allclose(ours, alone["yhat"], rtol=1e-5)
        assert result.times[i].tolist() == alone["ds"].to_numpy().tolist()


def test_what_comes_later_changes_nothing_before(kind, forecaster, whole, waves):
    """Law 2: everything after a cut is overwritten."""
    cut = 350
    other = waves.copy()
    other.loc[cut:, ["sales", "wind", "holiday"]] = 1e3
    with pytest.warns(UserWarning, match="50 values further than 10 standard deviations"):
        after = forecaster.backtest(other, baselines=None if kind == "stateful" else ())
    known = whole.times[:, -1] < waves["day"].to_numpy()[cut]
    assert known.sum() > 20
    for name, forecasts in after.forecasts.items():
        np.testing.assert_array_equal(whole.forecasts[name][known], forecasts[known])
    np.testing.assert_array_equal(whole.scale, after.scale)


def test_every_origin_of_what_fit_did_not_see(of_gru, waves):
    result = of_gru
    assert len(result.origins) == (400 - TRAINING) - 5 + 1
    assert result.origins[0] == waves["day"][TRAINING - 1]
    assert result.times[0, 0] == waves["day"].to_numpy()[TRAINING]
    assert result.times[-1, -1] == waves["day"].to_numpy()[-1]
    rows = TRAINING + np.arange(len(result.origins))[:, None] + np.arange(5)
    np.testing.assert_array_equal(result.truth, waves["sales"].to_numpy()[rows])


def test_more_rows_than_one_read(gru, of_gru, waves, monkeypatch):
    monkeypatch.setattr("rnnzoo.pipelines.forecasting.strategies.reader.READ", 33)
    pieces = gru.backtest(waves, baselines=())
    np.testing.assert_allclose(of_gru.forecasts["gru"], pieces.forecasts["gru"], rtol=1e-5)


def test_baselines_are_always_beside(forecaster, whole):
    result = whole
    assert result.baselines == [
        "naive-last", "naive-seasonal", "naive-drift", "linear-ar", "ets", "theta",
    ]  # fmt: skip
    board = result.leaderboard
    assert set(board["model"]) == {forecaster.cell, *result.baselines}
    assert board["mae"].is_monotonic_increasing
    row = board.set_index("model").loc[forecaster.cell]
    assert row["parameters"] == forecaster.parameters_
    assert row["skill"] == pytest.approx(
        1 - row["mae"] / board.set_index("model").loc[result.reference, "mae"]
    )
    assert row["mase"] == pytest.approx(row["mae"] / result.scale[0])


def test_by_lead(of_gru):
    result = of_gru
    leads = result.by_lead[result.by_lead["model"] == "gru"]
    assert leads["step"].tolist() == [1, 2, 3, 4, 5]
    error = np.abs(result.forecasts["gru"] - result.truth)
    np.testing.assert_allclose(leads["mae"], error.mean(axis=0))
    np.testing.assert_allclose(leads["mae"].mean(), result.scores()["mae"])


def test_the_frame_holds_every_forecast(gru, waves):
    result = gru.backtest(waves, stride=20, baselines=["naive-last"])
    frame = result.frame()
    assert frame.columns.tolist()[:5] == ["unique_id", "ds", "cutoff", "step", "y"]
    assert len(frame) == len(result.origins) * 5
    assert ((frame["ds"] - frame["cutoff"]) == pd.to_timedelta(frame["step"], unit="D")).all()


def test_a_later_start(gru, waves):
    result = gru.backtest(waves, start="2020-12-01", baselines=())
    assert result.times[0, 0] == np.datetime64("2020-12-01")


def test_a_start_that_fit_has_seen(gru, waves):
    with pytest.raises(ArgumentError, match="`fit` used rows up to 2020-11-15.*start=2020-06-01"):
        gru.backtest(waves, start="2020-06-01")


@pytest.mark.parametrize("start", ["soon", "2020-12-01T00:00Z"])
def test_a_start_that_is_no_time(gru, waves, start):
    with pytest.raises(ArgumentError, match=f"`start` must be a time.*{start}"):
        gru.backtest(waves, start=start)


def test_a_season_longer_than_the_training_span_leaves_mase_undefined(waves):
    series = read_series(waves[["day", "sales"]], time="day", target="sales", season=365)
    forecaster = Forecaster(horizon=2, lookback=8, units=2, epochs=1).fit(series[:300])
    scores = forecaster.backtest(series).scores()
    assert np.isnan(scores["mase"])
    assert np.isfinite(scores["skill"])


def test_nothing_left_to_score(gru, waves):
    with pytest.raises(ArgumentError, match=r"nothing to score.*data\[:-5\]"):
        gru.backtest(waves[:TRAINING])


def test_a_series_without_its_history(gru, waves):
    with pytest.raises(DataError, match="history included.*has 10"):
        gru.backtest(waves[TRAINING - 10 :])


def test_refitted_it_knows_what_came_until_then(fit, waves):
    """The forecasts of each block of origins are those of a network fitted just before it."""
    forecaster = fit(cell="elman", epochs=1)
    fixed = forecaster.backtest(waves, stride=2, baselines=()).forecasts["elman"]
    result = forecaster.backtest(waves, refit=40, stride=2, baselines=())
    assert len(result.origins) == 38
    np.testing.assert_array_equal(result.forecasts["elman"], fixed)
    result = forecaster.backtest(waves, refit=20, stride=2)
    later = fit(cell="elman", epochs=1, rows=TRAINING + 40).backtest(waves, stride=2)
    for name, forecasts in later.forecasts.items():
        np.testing.assert_array_equal(result.forecasts[name][20:], forecasts)
    assert not np.array_equal(result.forecasts["elman"][20:], fixed[20:])
    assert result.seconds > forecaster.history_.seconds


def test_the_audit_finds_no_leak(forecaster, waves):
    result = forecaster.backtest(waves, audit=True, baselines=["naive-last", "linear-ar"])
    assert result.audit.leads["shortest"].dt.days.tolist() == [1, 2, 3, 4, 5]
    assert result.audit.checked[f"the forecasts of {result.model}"] > 1000
    assert result.audit.checked["the feature scaled inputs"] > 3000


def test_an_audit_of_a_network_that_looks_ahead(gru, waves, monkeypatch):
    honest = type(gru.strategy_).forecast_origins

    def peeking(self, rows, origins, horizon):
        found = honest(self, rows, origins, horizon)
        return [
            f + one.target[o + 1][:, None] for f, one, o in zip(found, rows, origins, strict=True)
        ]

    monkeypatch.setattr(type(gru.strategy_), "forecast_origins", peeking)
    with pytest.raises(LeakError, match="the forecasts of gru"):
        gru.backtest(waves, audit=True, baselines=())


def test_without_baselines_there_is_no_skill(gru, of_gru, waves):
    result = gru.backtest(waves, baselines=())
    assert list(result.forecasts) == ["gru"] and result.reference == ""
    assert np.isnan(result.scores()["skill"])
    beside = result.with_baselines_of(of_gru)
    pd.testing.assert_frame_equal(beside.leaderboard, of_gru.leaderboard)
    pd.testing.assert_frame_equal(beside.distributions, of_gru.distributions)
    again = result.with_baselines_of(of_gru)  # which now knows the intervals of its baselines
    pd.testing.assert_frame_equal(again.distributions, of_gru.distributions)
    assert again.intervals("ets") is of_gru.intervals("ets")
    with pytest.raises(ArgumentError, match="same origins"):
        result.with_baselines_of(gru.backtest(waves, stride=2, baselines=["naive-last"]))


def test_a_baseline_that_is_unknown(gru, waves):
    with pytest.raises(ArgumentError, match="naive-lust.*Did you mean naive-last"):
        gru.backtest(waves, baselines=["naive-lust"])


def test_tests_of_skill_are_those_of_its_errors(gru, of_gru, waves):
    result = of_gru
    found = result.tests.set_index(["model", "step"]).loc[("gru", 3)]
    errors = [(result.forecasts[n] - result.truth)[:, 2] for n in ("gru", result.reference)]
    expected = diebold_mariano(*errors, lead=3)
    assert (found["statistic"], found["p"]) == (expected.statistic, expected.p_value)
    apart = gru.backtest(waves, stride=5)  # forecasts that do not overlap
    errors = [(apart.forecasts[n] - apart.truth)[:, 4] for n in ("gru", apart.reference)]
    found = apart.tests.set_index(["model", "step"]).loc[("gru", 5)]
    assert found["p"] == diebold_mariano(*errors, lead=1).p_value


def test_beside_the_random_walk(of_gru):
    result = of_gru
    table = result.against_random_walk().set_index(["model", "step"])
    assert set(table.index.get_level_values("step")) == {1, 5}
    row = table.loc[("gru", 5)]
    walk = result.forecasts["naive-last"]
    ratio = result.by_lead.set_index(["model", "step"])["rmse"]
    assert row["ratio"] == pytest.approx(ratio["gru", 5] / ratio["naive-last", 5])
    up = result.truth[:, 4] > walk[:, 4]
    assert row["majority"] == max(up.mean(), 1 - up.mean())
    assert row["right"] == np.mean((result.forecasts["gru"][:, 4] > walk[:, 4]) == up)


def test_series_in_units_of_their_own_weigh_the_same():
    rng = np.random.default_rng(0)
    walk = rng.normal(size=(2, 200, 1))
    errors = {"gru": walk * [[[0.9]], [[3.0]]], "naive-last": walk}
    alike = of_errors(errors).against_random_walk().iloc[0]
    units = np.array([1000.0, 1.0])
    scaled = {name: values * units[:, None, None] for name, values in errors.items()}
    row = of_errors(scaled, scale=units).against_random_walk().iloc[0]
    pd.testing.assert_series_equal(row, alike)
    assert row["ratio"] == pytest.approx(np.sqrt((errors["gru"] ** 2).sum() / (walk**2).sum()))
    over_time = [np.sqrt((e[..., 0] ** 2).mean(axis=0)) for e in errors.values()]
    assert row["lower"] == pytest.approx(rmse_ratio(*over_time).lower)


@pytest.mark.parametrize(("shift", "overlap"), [(0, 1), (2, 2)])
def test_origins_of_all_series_overlap(shift, overlap):
    """Five days ahead every fifth day: twice as many forecasts at once, if days differ."""
    rows = [np.arange(0, 200, 5) + own for own in (0, shift)]
    errors = np.random.default_rng(1).normal(size=(2, 2, 40, 5))
    result = of_errors({"gru": errors[0], "naive-last": errors[1]}, rows)
    merged = np.sort(np.unique(rows))
    of = {row: np.abs(errors[:, np.equal(rows, row), 4]).mean(axis=1) for row in merged}
    d = np.array([of[row] for row in merged]).T
    expected = diebold_mariano(*d, lead=overlap)
    other = result.model if result.reference == "naive-last" else "naive-last"
    found = result.tests.set_index(["model", "step"]).loc[(other, 5)]
    assert found["p"] == pytest.approx(expected.p_value)


def test_a_step_that_no_forecast_has(gru, waves):
    result = gru.backtest(waves, stride=20, baselines=["naive-last"])
    assert result.against_random_walk([2])["step"].unique().tolist() == [2]
    with pytest.raises(ArgumentError, match="at least 1. Received: steps=0"):
        result.against_random_walk([0])
    with pytest.raises(ArgumentError, match="the horizon, 5. Received: 200"):
        result.against_random_walk([200])


def test_a_model_that_is_not_in_it(gru, waves):
    result = gru.backtest(waves, stride=20, baselines=["naive-last"])
    with pytest.raises(ArgumentError, match="Did you mean naive-last"):
        result.quantiles([0.5], "naive-lost")
    with pytest.raises(ArgumentError, match="`name` must be one of gru"):
        result.scores("nope")


def test_few_origins_tell_nothing_of_luck(gru, waves):
    result = gru.backtest(waves, stride=20, baselines=["naive-last", "linear-ar"])
    assert len(result.origins) == 4
    assert result.tests["p"].isna().all() and result.leaderboard["p"].isna().all()
    table = result.against_random_walk()
    assert table[["lower", "upper"]].isna().all(axis=None)
    assert (table["calls"] == 4).all() and np.isfinite(table["ratio"]).all()


def test_a_price_is_known_by_its_last_value():
    walk = np.random.default_rng(2).normal(size=(1, 100, 1))
    for better, is_random_walk_like in ((1.1, True), (0.97, True), (0.8, False)):  # 3 % may be luck
        errors = {"gru": walk, "naive-last": walk, "naive-seasonal": better * walk}
        assert of_errors(errors).is_random_walk_like == is_random_walk_like
    assert of_errors(
        {"gru": walk, "naive-last": walk, "naive-drift": 0.5 * walk}
    ).is_random_walk_like


def test_every_run_has_its_ratio_to_the_random_walk(gru, of_gru, waves):
    result = of_gru
    table = result.against_random_walk().set_index(["model", "step"])
    for model in ("gru", "linear-ar"):
        record(result, told := RecordedMetrics(), model)
        assert told["test/ratio_random_walk"] == table.loc[(model, 1), "ratio"]
        for end in ("", "_lower", "_upper"):
            assert told[f"test/direction{end}"] == table.loc[(model, 1), f"right{end}"]
    record(result, told := RecordedMetrics(), "naive-last")
    assert "test/direction" not in told and told["test/mae"] > 0
    record(gru.backtest(waves, baselines=()), told := RecordedMetrics())
    assert "test/direction" not in told


def test_quantiles_are_calibrated_on_earlier_errors_alone(of_gru):
    result = of_gru
    low, _ = result.quantiles([0.2, 0.8])
    assert np.isfinite(low).all()  # from the first origin on
    changed = replace(result, truth=result.truth.copy())
    changed.truth[result.times > result.origins.to_numpy()[40]] += 100
    again = changed.quantiles([0.2, 0.8])
    np.testing.assert_array_equal(again[0][:41], low[:41])
    table = result.calibration.set_index(["model", "nominal"])
    assert set(table.index.get_level_values("nominal")) == {0.2, 0.5, 0.8, 0.9, 0.95}
    assert table.loc[("gru", 0.5), "coverage"] == pytest.approx(0.5, abs=0.15)
    assert table.loc["gru", "width"].dropna().is_monotonic_increasing


def test_every_interval_is_judged_from_the_first_origin_on(of_gru):
    result = of_gru
    table = result.calibration.set_index(["model", "nominal"]).loc["gru"]
    assert table["count"].tolist() == [76 * 5] * 5
    low, high = result.quantiles([0.25, 0.75])
    there = ~np.isnan(low)
    inside = (low <= result.truth) & (result.truth <= high)
    assert table.loc[0.5, "coverage"] == pytest.approx(inside[there].mean())
    assert table.loc[0.5, "width"] == pytest.approx((high - low)[there].mean())


def test_its_charts_are_drawn(gru, waves, tmp_path):
    result = gru.backtest(waves, stride=3, baselines=["naive-last"])
    for draw in (forecast_chart, fan_chart, calibration_chart):
        figure = draw(result)
        figure.savefig(tmp_path / "chart.png")
        (axes,) = figure.axes
        assert "sales" in axes.get_title() and axes.get_ylabel()
    labels = [text.get_text() for text in fan_chart(result).legends[0].get_texts()]
    assert labels == ["90 %", "50 %", "gru", "truth"]


def test_a_recorder_is_told(gru, waves):
    result = gru.backtest(waves, recorder=(told := RecordedMetrics()), baselines=["naive-last"])
    assert told["test/mae"] == result.scores()["mae"]
    assert len(told["horizon/mae"]) == 5
