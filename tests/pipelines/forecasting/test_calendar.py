"""Several series are cut, refitted and audited by one calendar; what was interpolated is not
scored, and not known before its gap is closed."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentTypeError, Forecaster, read_panel, read_series
from rnnzoo.datasets import TimeSeriesPanel
from rnnzoo.experiments.tasks.forecast.data import split
from rnnzoo.pipelines.forecasting import forecaster as module
from rnnzoo.pipelines.forecasting.auto.selection import _HeldOut
from rnnzoo.pipelines.forecasting.auto.split import Split
from rnnzoo.pipelines.forecasting.backtest.charts import fan_chart
from rnnzoo.pipelines.forecasting.past_errors import errors_of_held_out

TINY = {"horizon": 2, "lookback": 6, "units": 2, "epochs": 1, "refit": False}


def shop(name, first, rows, seed):
    y = np.random.default_rng(seed).normal(size=rows).cumsum()
    days = pd.date_range(first, periods=rows)
    return pd.DataFrame({"unique_id": name, "ds": days, "y": y})


@pytest.fixture(scope="module")
def staggered():
    """One series begins as the other is half over; a third ends before the test."""
    return read_panel(
        pd.concat(
            [
                shop("early", "2020-01-01", 100, 1),
                shop("late", "2020-02-20", 90, 2),
                shop("over", "2020-01-01", 60, 3),
            ]
        )
    )


@pytest.fixture(scope="module")
def holed():
    """A random walk, half of which is missing."""
    y = np.random.default_rng(4).normal(size=200).cumsum()
    y[np.random.default_rng(5).random(200) < 0.5] = np.nan
    y[0] = y[-1] = 0.0
    return pd.Series(y, pd.date_range("2020", periods=200), name="y")


def test_a_table_is_cut_at_one_time(staggered):
    cut = split(staggered, 30)
    assert cut.begins == pd.Timestamp("2020-04-20")
    assert cut.rows == [0, 30, 0]
    before = staggered.before(cut.begins)
    assert [series.times[-1] for series in before] == [
        pd.Timestamp("2020-04-09"), pd.Timestamp("2020-04-19"), pd.Timestamp("2020-02-29")
    ]  # fmt: skip


def test_series_that_end_before_the_test_only_train(staggered):
    forecaster = Forecaster(**TINY).fit(staggered.before("2020-04-01"))
    result = forecaster.backtest(staggered, audit=True, baselines=["naive-last"])
    assert set(result.ids) == {"early", "late"}
    assert result.origins.min() == pd.Timestamp("2020-03-31")


def test_a_network_that_has_seen_a_later_row_of_another_series_is_told_of(staggered):
    forecaster = Forecaster(**TINY).fit(staggered[:-20])
    with pytest.warns(UserWarning, match="'early' is scored from .* rows of 'late' up to"):
        forecaster.backtest(staggered, baselines=())


def test_refits_see_no_later_row_of_any_series(staggered, monkeypatch):
    fitted = []
    honest = module.Forecaster.fit

    def watched(self, panel, **columns):
        fitted.append(max(series.times[-1] for series in panel))
        return honest(self, panel, **columns)

    forecaster = Forecaster("rnn", **TINY).fit(staggered.before("2020-03-20"))  # of seven fits
    monkeypatch.setattr(module.Forecaster, "fit", watched)
    simple = ["naive-last", "naive-seasonal", "naive-drift", "linear-ar"]
    result = forecaster.backtest(staggered, refit=40, audit=True, baselines=simple)
    calendar = result.origins.unique().sort_values()
    assert fitted[: len(calendar[40::40])] == list(calendar[40::40])
    assert set(result.ids) == {"early", "late"}
    assert not any(np.isnan(forecasts).any() for forecasts in result.forecasts.values())


def test_interpolated_values_teach_no_forecast_what_comes(holed):
    """A line through a gap knows its far end: no model may gain by it, and none is scored on it."""
    series = read_series(holed, missing="interpolate")
    observed = int(holed[150:].notna().sum())
    forecaster = Forecaster(**TINY).fit(series[:150])
    simple = ["naive-last", "naive-drift"]
    with pytest.warns(UserWarning, match=rf"{50 - observed} of the 50 values .* interpolated"):
        result = forecaster.backtest(series, audit=True, baselines=simple)
    assert int((~np.isnan(result.truth[:, 0])).sum()) == int(holed[150:-1].notna().sum())
    np.testing.assert_array_equal(result.level, holed.ffill()[149:-2])
    masked = (
        Forecaster(**TINY)
        .fit(read_series(holed, missing="mask")[:150])
        .backtest(read_series(holed, missing="mask"), baselines=simple)
    )
    for name in simple:
        np.testing.assert_allclose(result.forecasts[name], masked.forecasts[name])


def test_fitted_up_to_an_open_gap_nothing_of_its_far_end_is_known(holed):
    gap = int(np.flatnonzero(holed.isna())[20])
    series = read_series(holed, missing="interpolate")
    changed = holed.copy()
    changed[gap + 1 :] += 1000
    found = [
        Forecaster(**TINY).fit(one[: gap + 1]).predict()["yhat"]
        for one in (series, read_series(changed, missing="interpolate"))
    ]
    np.testing.assert_array_equal(*found)


@pytest.fixture(scope="module")
def futures(holed):
    """The same series with two values at its end, which are read into the gap before it."""
    gap = slice(int(np.flatnonzero(holed[:-1].notna())[-5]) + 1, -1)
    pair = []
    for end in (0.0, 1000.0):
        y = holed.copy()
        y.iloc[gap], y.iloc[-1] = np.nan, end
        pair.append(TimeSeriesPanel.of(read_series(y, missing="interpolate")))
    assert pair[0].series[0].filled[gap].all()
    return pair


def test_validation_reads_nothing_interpolated_from_later_rows(futures):
    made = [Forecaster(**TINY).train(panel) for panel in futures]
    np.testing.assert_array_equal(*[one.validation().forecasts for one in made])
    np.testing.assert_array_equal(*[one.rows[0].features[:-1] for one in made])


def test_past_errors_are_of_forecasts_that_read_nothing_interpolated_from_later_rows(futures):
    trained = Forecaster(**TINY).train(futures[0])
    fitted, split = trained.fitted(), Split(trained.plan.training, trained.validation().origins)
    until = split.training[0]
    fitted = fitted.after_warm_up(futures[0][:until])
    seen = []

    def forecast(panel, origins):
        seen.append(fitted.forecast_origins(panel, origins))
        return seen[-1]

    for panel in futures:
        errors_of_held_out(forecast, panel, split.training, 2)
    np.testing.assert_array_equal(*seen)
    known = [_HeldOut(panel, split, 2).y[0][:-1] for panel in futures]
    np.testing.assert_array_equal(*known)
    replayed = [fitted.replayed(fitted.rows_after(panel))[0] for panel in futures]
    np.testing.assert_array_equal(*replayed)


def test_arguments_of_another_kind(gru, waves):
    with pytest.raises(ArgumentTypeError, match="a list of names. Received: baselines='naive"):
        gru.backtest(waves, baselines="naive-last")
    with pytest.raises(ArgumentTypeError, match="`audit` must be True or False"):
        gru.backtest(waves, audit="no")


def test_a_start_after_the_end(gru, waves):
    with pytest.raises(ValueError, match="nothing to score: start=2031-01-01, the data end at"):
        gru.backtest(waves, start="2031-01-01")


def test_times_come_back_in_the_zone_of_the_table():
    hours = pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Paris")
    y = pd.Series(np.sin(np.arange(60) / 4), hours, name="y")
    forecaster = Forecaster(**TINY).fit(y[:40])
    ahead = forecaster.predict()
    assert ahead["ds"].tolist() == list(hours[40:42])
    assert ahead["cutoff"].tolist() == [hours[39]] * 2
    result = forecaster.backtest(y, start=hours[45], baselines=["naive-last"], audit=True)
    assert f"After {hours[44]:%Y-%m-%d %H:%M}+02:00" in str(result.audit)
    assert result.frame()["ds"].iloc[0] == hours[45]
    assert fan_chart(result).axes[0].get_xlabel() == "time (Europe/Paris)"
