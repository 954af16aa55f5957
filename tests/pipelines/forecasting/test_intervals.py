"""Intervals and samples of forecasters, from their past errors."""

import warnings
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, ArgumentTypeError, Ensemble, Forecaster, read_panel
from rnnzoo.datasets import Schema
from rnnzoo.pipelines.evaluation.conformal import ErrorMemory
from rnnzoo.pipelines.forecasting.past_errors import rows_between

COLUMNS = ["unique_id", "ds", "cutoff", "step", "yhat"]
SETTINGS = {"horizon": 4, "lookback": 14, "units": 4, "epochs": 2, "seed": 1}


@pytest.fixture(scope="module")
def table():
    """Two series that share most of their steps, without covariates."""
    rng = np.random.default_rng(2)
    common, rows = rng.normal(size=420), np.arange(420)
    series = [
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": pd.date_range("2020-01-01", periods=420),
                "y": 30 + 5 * np.sin(rows * 2 * np.pi / 7) + size * (common + rng.normal(size=420)),
            }
        )
        for name, size in (("a", 1.0), ("b", 5.0))
    ]
    return pd.concat(series, ignore_index=True)


def before(table, day):
    return table[table["ds"] < pd.Timestamp("2020-01-01") + pd.Timedelta(days=day)]


def between(table, first, end):
    return before(table, end)[~before(table, end)["ds"].isin(before(table, first)["ds"])]


@pytest.fixture(scope="module")
def fitted(table):
    return Forecaster("gru", **SETTINGS).fit(before(table, 360)).fitted_


@pytest.fixture
def forecaster(fitted):
    return Forecaster.of(fitted)


@pytest.fixture(scope="module")
def ensembles(table):
    return [Ensemble([Forecaster("gru", **SETTINGS)], n_seeds=2).fit(before(table, 360))]


def same(one, other):
    for field in fields(ErrorMemory):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def test_columns_are_those_of_neuralforecast(forecaster):
    found = forecaster.predict(level=[80, 97.5], quantiles=[0.1, 0.5])
    names = ["lo-97.5", "lo-80", "hi-80", "hi-97.5", "ql0.1", "ql0.5"]
    assert [*found] == [*COLUMNS, *[f"yhat-{name}" for name in names]]
    plain = forecaster.predict()
    assert [*plain] == COLUMNS
    pd.testing.assert_frame_equal(found[COLUMNS], plain)
    low, near, high, far, tenth, median = found[found.columns[5:]].to_numpy().T
    low, near = found["yhat-lo-97.5"], found["yhat-lo-80"]
    high, far = found["yhat-hi-80"], found["yhat-hi-97.5"]
    assert ((low < near) & (near < median) & (median < high) & (high < far)).all()
    np.testing.assert_allclose(near, tenth)


def test_samples_are_rows(forecaster):
    found = forecaster.predict(samples=300)
    assert [*found] == ["unique_id", "ds", "cutoff", "step", "sample", "yhat"]
    assert len(found) == 300 * 8 and found["sample"].unique().tolist() == [*range(300)]
    pd.testing.assert_frame_equal(found, forecaster.predict(samples=300))
    quantiles = forecaster.predict(quantiles=[0.1, 0.9])
    drawn = found.groupby(["unique_id", "ds"])["yhat"].quantile([0.1, 0.9]).unstack().to_numpy()
    width = np.ptp(quantiles[["yhat-ql0.1", "yhat-ql0.9"]].to_numpy(), axis=1)
    expected = quantiles[["yhat-ql0.1", "yhat-ql0.9"]].to_numpy()
    assert (np.abs(drawn - expected) < 0.15 * width[:, None]).all()
    one, other = (g["yhat"].to_numpy() for _, g in found[found["step"] == 1].groupby("unique_id"))
    assert np.corrcoef(one, other)[0, 1] > 0.15  # the series share steps


def test_what_is_read_row_by_row_is_what_is_read_at_once(fitted, table):
    rows = between(table, 360, 372)
    at_once = fitted.after_update(rows)
    streamed = fitted
    for _, day in rows.groupby("ds"):
        streamed = streamed.after_update(day)
    np.testing.assert_allclose(streamed.errors.pending, at_once.errors.pending, rtol=1e-5)
    one, other = (
        Forecaster.of(fit).predict(level=[50, 90]).select_dtypes("number")
        for fit in (streamed, at_once)
    )
    np.testing.assert_allclose(one, other, rtol=1e-5)
    assert (at_once.errors.rows - fitted.errors.rows).tolist() == [12, 12]


def test_an_update_of_one_series_leaves_the_other(fitted, table):
    rows = between(table, 360, 365)
    updated = fitted.after_update(rows[rows["unique_id"] == "b"])
    np.testing.assert_array_equal(updated.errors.slow[:, 0], fitted.errors.slow[:, 0])
    assert not np.array_equal(updated.errors.slow[:, 1], fitted.errors.slow[:, 1])


def test_larger_errors_widen_later_intervals(forecaster, table):
    wide = between(table, 360, 390).copy()
    wide["y"] += 40 * (-1.0) ** np.arange(len(wide))
    with warnings.catch_warnings(action="ignore"):  # far from what was fitted
        forecaster.update(wide)
        shaken = forecaster.predict(level=[80])
    calm = Forecaster.of(forecaster.fitted_)
    width = (shaken["yhat-hi-80"] - shaken["yhat-lo-80"]).mean()
    assert width > 20 and calm.predict(level=[80]).equals(shaken)


def test_another_history_has_the_errors_of_the_fit(fitted, table):
    forecaster = Forecaster.of(fitted)
    there = forecaster.predict(before(table, 300), level=[80])
    forecaster.warm_up(before(table, 300))
    pd.testing.assert_frame_equal(forecaster.predict(level=[80]), there)
    errors = forecaster.fitted_.errors
    assert (errors.age == 0).all() and (errors.rows - fitted.errors.rows == -60).all()
    np.testing.assert_array_equal(errors.window, fitted.errors.window)


def test_saved_is_loaded(forecaster, ensembles, table, tmp_path):
    for k, one in enumerate((forecaster, ensembles[0])):
        twin = type(one).load(one.save(tmp_path / str(k)))
        pd.testing.assert_frame_equal(
            one.predict(level=[80]), twin.predict(level=[80]), check_exact=True
        )
        pd.testing.assert_frame_equal(one.predict(samples=9), twin.predict(samples=9))
        same(one.fitted_.errors, twin.fitted_.errors)


def test_an_ensemble_has_its_own_errors(ensembles, table):
    (ensemble,) = ensembles
    assert ensemble.fitted_.errors.slow.mean() != ensemble.members_[0].fitted_.errors.slow.mean()
    before_update = ensemble.fitted_.errors
    ensemble.update(between(table, 360, 366))
    assert (ensemble.fitted_.errors.rows - before_update.rows).tolist() == [6, 6]
    assert not np.array_equal(ensemble.fitted_.errors.slow, before_update.slow)
    ensemble.warm_up(before(table, 360))
    assert [*ensemble.predict(level=[80])][-2:] == ["yhat-lo-80", "yhat-hi-80"]
    assert ensemble.fitted_.errors.rows.tolist() == before_update.rows.tolist()
    result = ensemble.backtest(before(table, 380), baselines=())
    assert np.isfinite(result.quantiles([0.1, 0.9])).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"level": [0, 80]}, "`level` must hold numbers above 0 and below 100"),
        ({"level": [0.8]}, r"`level` is in percent, from 1 on: \[80\]"),
        ({"level": [100]}, "`level` must hold numbers above 0 and below 100"),
        ({"level": [80, 80]}, "each once, rising"),
        ({"level": [95, 80]}, "each once, rising"),
        ({"level": []}, "`level` must hold"),
        ({"quantiles": [0.0]}, "`quantiles` must hold numbers above 0 and below 1"),
        ({"quantiles": [0.1, 1.0]}, "above 0 and below 1,"),
        ({"quantiles": [0.9, 0.1]}, "each once, rising"),
        ({"samples": 0}, "`samples` must be at least 1"),
        ({"samples": 10**9}, "must hold at most 50,000,000 numbers"),
        ({"samples": 3, "level": [80]}, "without `quantiles` and `level`"),
    ],
)
def test_what_cannot_be_given(forecaster, ensembles, wrong, message):
    for one in (forecaster, ensembles[0]):
        with pytest.raises(ArgumentError, match=message):
            one.predict(**wrong)


@pytest.mark.parametrize("wrong", [{"level": 80}, {"quantiles": "0.1"}, {"level": [True]}])
def test_no_list_of_numbers(forecaster, wrong):
    with pytest.raises(ArgumentTypeError, match="must be a list of numbers, as"):
        forecaster.predict(**wrong)


def test_too_few_errors_are_said(table):
    one = before(table, 60)[lambda t: t["unique_id"] == "a"]
    small = Forecaster("gru", **SETTINGS | {"lookback": 7}).fit(one)
    with pytest.warns(UserWarning, match=r"past errors? of lead \d, and a quantile as far out as "):
        found = small.predict(level=[95])
    assert np.isfinite(found["yhat-lo-95"]).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        small.predict(level=[20])


def test_baselines_have_intervals_from_the_first_origin(forecaster, table):
    result = forecaster.backtest(table, baselines=["naive-last", "linear-ar"])
    for name in ("gru", "naive-last", "linear-ar"):
        assert np.isfinite(result.quantiles([0.1, 0.9], name)).all()
    table_ = result.distributions
    assert [*table_] == ["model", "crps", "coverage", "worst", "width", "winkler", "count"]
    assert set(table_["model"]) == set(result.forecasts)
    assert table_["crps"].is_monotonic_increasing
    assert table_["coverage"].between(0.6, 0.95).all() and (table_["worst"] <= 1).all()
    assert [*result.calibration] == [
        *("model", "nominal", "coverage", "width", "pinball", "count", "worst", "winkler")
    ]
    by_day = result.coverage_by_season()
    assert by_day["position"].tolist() == [*range(7)]
    assert by_day["count"].sum() == result.truth.size
    shares = result.reliability()
    assert shares["share"].is_monotonic_increasing


def test_a_later_start_knows_nothing_of_the_rows_between(forecaster, table):
    start = table["ds"].min() + pd.Timedelta(days=380)
    late = forecaster.backtest(table, start=start, baselines=["naive-last"])
    for name in late.forecasts:
        assert np.isfinite(late.quantiles([0.1, 0.9], name)).all()


def test_leads_whose_covariates_have_not_arrived_are_not_learned(gru, waves):
    errors = gru.fitted_.after_update(waves[320:323]).errors
    places = [(int(errors.now[0]) - back) % errors.age.shape[1] for back in (3, 2, 1)]
    made = np.isfinite(errors.pending[0, places])
    assert made.sum(axis=1).tolist() == [3, 2, 1] and made[:, 0].all()


@pytest.mark.parametrize("frequency", ["h", "D", "B", "MS"])
def test_rows_between_times(frequency):
    times = pd.date_range("2021-03-01", periods=30, freq=frequency)
    schema = Schema("a", "ds", "y", frequency=frequency)
    assert rows_between(schema, times[4], times[19]) == 15
    assert rows_between(schema, times[19], times[4]) == -15
    assert rows_between(schema, times[7], times[7]) == 0


def test_errors_of_series_that_begin_and_end_at_other_times_share_a_calendar(table):
    late = table[(table["unique_id"] == "a") | (table["ds"] >= "2020-06-01")]
    forecaster = Forecaster("gru", **SETTINGS).fit(before(late, 300))
    now = forecaster.fitted_.errors.now
    assert now[0] == now[1] == 300
    forecaster.update(between(late[late["unique_id"] == "b"], 300, 303))
    np.testing.assert_array_equal(forecaster.fitted_.errors.now, [300, 303])
    found = forecaster.predict(samples=20)
    assert np.isfinite(found["yhat"]).all()


def test_holidays_are_no_rows_of_the_shared_calendar():
    days = pd.bdate_range("2021-01-04", periods=120).delete([30, 50])
    rng = np.random.default_rng(0)
    tables = [
        pd.DataFrame({"unique_id": one, "ds": own, "y": rng.normal(size=len(own)).cumsum() + 50})
        for one, own in (("a", days), ("b", days[40:]))
    ]
    settings = SETTINGS | {"lookback": 8, "epochs": 1}
    panel = read_panel(pd.concat(tables))
    assert panel.schema.frequency == "B"
    now = Forecaster("gru", **settings).fit(panel).fitted_.errors.now
    assert now[0] == now[1] == 118


def test_an_earlier_history_has_samples_and_learns(waves):
    """As many rows before its end as the past errors lie before the end of the fit."""
    tiny = {"horizon": 2, "lookback": 8, "units": 2, "epochs": 1, "refit": False}
    forecaster = Forecaster("gru", **tiny).fit(waves[:200], time="day", target="sales")
    assert len(forecaster.predict(waves[:100], samples=5)) == 10
    before = forecaster.warm_up(waves[:100]).fitted_.errors
    assert len(forecaster.predict(samples=5)) == 10
    after = forecaster.update(waves[100:140]).fitted_.errors
    assert after.tracked[0] > before.tracked[0]
