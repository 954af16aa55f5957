"""A candidate that fails, for all series or some, does not end the fit or the forecast."""

import warnings

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, AutoForecaster, DataError, read_panel
from rnnzoo.pipelines.forecasting.auto import combination, selection
from rnnzoo.pipelines.forecasting.auto.baselines import SeriesBaselines

QUICK = {"effort": "quick", "max_minutes": 0.02}


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    t = np.arange(132)
    y = np.exp(0.02 * t + 0.3 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 0.03, 132)) * 100
    return pd.DataFrame({"ds": pd.date_range("2011-01-01", periods=132, freq="MS"), "y": y})


@pytest.fixture(scope="module")
def of_logarithms(sales) -> AutoForecaster:
    """A fit with a network of the logarithm, which takes part although it has seen little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "FEW", 0)
        patch.setattr(combination, "SHRINKAGE", 1e9)
        auto = AutoForecaster(horizon=3, **QUICK).fit(sales[:120])
    assert "gru-difference" in auto.weights_
    assert all(one.transform.power_ == "log" for one in auto.fitted_networks)
    return auto


def clone(auto: AutoForecaster) -> AutoForecaster:
    twin = AutoForecaster(**auto.get_params(deep=False))
    twin.fitted_ = auto.fitted_
    return twin


def zero_at(sales: pd.DataFrame, row: int, value: float = 0.0) -> pd.DataFrame:
    return sales.assign(y=sales["y"].where(sales.index != row, value))


LEFT_OUT = r"'y': 1 value of 'y' not above 0, first at 2021-03-01.*gru"


def test_an_update_with_a_zero_leaves_out_models_of_the_logarithm(of_logarithms, sales, tmp_path):
    auto, table = clone(of_logarithms), zero_at(sales, 122)
    with pytest.warns(UserWarning, match=LEFT_OUT):
        auto.update(table[120:128])
    auto.update(table[128:130])  # warned of once
    frame = auto.predict(level=[80])
    assert np.isfinite(frame["yhat"]).all() and np.isfinite(frame["yhat-hi-80"]).all()
    one = auto.fitted_.baselines[0]
    parts = {name: each.forecast(3) for name, each in one.members.items() if "log" not in name}
    shares = {name: auto.weights_[name] for name in parts}
    expected = sum(shares[n] * parts[n] for n in parts) / sum(shares.values())
    np.testing.assert_allclose(frame["yhat"], expected)
    loaded = AutoForecaster.load(auto.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(loaded.predict(level=[80]), frame)


def test_a_history_with_a_zero_is_read_and_forecast(of_logarithms, sales):
    table = zero_at(sales, 122, -1.0)
    with pytest.warns(UserWarning, match=LEFT_OUT):
        anew = of_logarithms.predict(table[:130])
    with pytest.warns(UserWarning, match=LEFT_OUT):
        warm = clone(of_logarithms).warm_up(table[:130])
    pd.testing.assert_frame_equal(warm.predict(), anew)
    with pytest.warns(UserWarning, match=LEFT_OUT):
        stepped = clone(of_logarithms).update(table[120:130])
    pd.testing.assert_frame_equal(stepped.predict(), anew, rtol=1e-4)
    stepped.warm_up(sales[:120])
    pd.testing.assert_frame_equal(stepped.predict(), of_logarithms.predict(sales[:120]))


def test_a_backtest_over_a_zero_scores_every_origin(of_logarithms, sales):
    result = of_logarithms.backtest(zero_at(sales, 122))
    assert np.isfinite(result.forecasts["auto"]).all()
    before = result.rows < 122
    alike = of_logarithms.backtest(sales).forecasts["auto"]
    np.testing.assert_array_equal(result.forecasts["auto"][before], alike[before])


@pytest.mark.parametrize("rows", [120, 132])
def test_trained_anew_with_a_zero_a_network_of_the_logarithm_is_left_out(
    of_logarithms, sales, rows
):
    table = zero_at(sales, 108)[:rows]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        auto = of_logarithms.retrained(table)
    gone = [str(one.message).split(" is left out")[0] for one in caught]
    logarithms = [n for n in of_logarithms.weights_ if "log" in n or n.startswith("gru")]
    assert sorted(gone) == sorted(logarithms)
    assert not auto.fitted_networks
    assert np.isfinite(auto.predict()["yhat"]).all()
    assert sum(auto.weights_.values()) == pytest.approx(1)
    left_out = auto.candidates_.set_index("model")["failure"]["gru-difference"]
    assert left_out == "a value is not above 0, and it reads the logarithm"


def panel_of(sales, **others):
    tables = [sales.assign(unique_id="a")]
    tables += [table.assign(unique_id=one) for one, table in others.items()]
    return read_panel(pd.concat(tables))


def test_a_baseline_that_cannot_be_fitted_to_one_series_serves_the_others(sales):
    rng = np.random.default_rng(0)
    low = sales.assign(y=rng.normal(size=len(sales)))
    auto = AutoForecaster(horizon=2, **QUICK).fit(panel_of(sales, b=low))
    found = auto.candidates_.set_index("model").loc["ets-log"]
    assert np.isfinite(found["error"]) and found["failure"].startswith("series 'b': ")
    assert "a training value is not above 0" in found["failure"]
    assert np.isfinite(auto.predict()["yhat"]).all()
    if "ets-log" in auto.weights_:
        there = ["ets-log" in one.members for one in auto.fitted_.baselines]
        assert there == [True, False]


def test_a_baseline_that_raises_for_one_series_is_named(sales, monkeypatch):
    from rnnzoo.pipelines.forecasting.auto import baselines

    fit = baselines.fit_baseline

    def fails(name, y, *how):
        if name == "ets" and y[0] > 1000:
            raise np.linalg.LinAlgError("singular")
        return fit(name, y, *how)

    monkeypatch.setattr(baselines, "fit_baseline", fails)
    tall = sales.assign(y=sales["y"] * 100)
    auto = AutoForecaster(horizon=2, **QUICK).fit(panel_of(sales, b=tall, c=tall))
    found = auto.candidates_.set_index("model").loc["ets"]
    assert found["failure"] == "series 'b', and 1 other: singular"
    assert np.isfinite(auto.predict()["yhat"]).all()


def test_where_no_model_can_forecast_the_seasonal_value_does():
    one, failures = SeriesBaselines.fit(np.arange(8.0), ["ets", "linear-ar"], 3, 4)
    assert set(failures) == {"ets", "linear-ar"}
    made, stand_in, _ = one.after(np.arange(8.0)).roll(np.empty(0), np.array([-1]), 3)
    assert made == {} and stand_in.tolist() == [[4, 5, 6]]


@pytest.mark.parametrize("rows", [2, 3, 5, 12, 20, 26])
def test_few_rows_are_forecast_by_baselines_alone(sales, rows, tmp_path):
    auto = AutoForecaster(horizon=12, **QUICK).fit(sales[:rows])
    table = auto.candidates_.set_index("model")
    assert "rows" in table["failure"][table.index.str.startswith("gru")].iloc[0]
    assert not auto.fitted_networks and sum(auto.weights_.values()) == pytest.approx(1)
    frame = auto.predict()
    assert len(frame) == 12 and np.isfinite(frame["yhat"]).all()
    loaded = AutoForecaster.load(auto.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(loaded.predict(), frame)
    auto.update(sales[rows : rows + 2])
    whole = loaded.predict(sales[: rows + 2])
    pd.testing.assert_frame_equal(auto.predict(), whole, rtol=1e-9)
    result = auto.backtest(sales)
    assert np.isfinite(result.forecasts["auto"]).all() and len(result.origins) > 10
    again = auto.retrained(sales[: rows + 6])
    assert np.isfinite(again.predict()["yhat"]).all()


def test_intervals_of_few_rows_are_wide_or_missing_and_it_is_said(sales):
    with pytest.warns(UserWarning, match="past error"):
        wide = AutoForecaster(horizon=4, **QUICK).fit(sales[:18]).predict(level=[80])
    assert (wide["yhat-lo-80"] < wide["yhat-hi-80"]).all()
    naive = AutoForecaster(horizon=4, **QUICK).fit(sales[:2])
    assert naive.why_.startswith("naive-seasonal forecasts: the rows are too few to compare")
    with pytest.warns(UserWarning, match="there is none yet"):
        none = naive.predict(level=[80])
    assert none["yhat-lo-80"].isna().all()


def test_a_network_is_not_judged_by_a_few_origins(sales):
    """Of 24 rows a network can be trained, and the best of eight on four rows is so by chance."""
    planned = AutoForecaster(horizon=1, **QUICK).fit(sales[:24])
    reasons = planned.candidates_.set_index("model")["failure"]
    assert (
        "hold 5 origins" in reasons["gru-difference"] and "at least 8" in reasons["gru-difference"]
    )
    assert not planned.fitted_networks and planned.plan(read_panel(sales[:24])).recipe is not None
    enough = AutoForecaster(horizon=1, **QUICK).fit(sales[:40])
    assert np.isfinite(enough.candidates_.set_index("model")["error"]["gru-difference"])


def test_why_a_baseline_could_not_be_fitted():
    y = np.arange(8.0)
    names = ["ets", "linear-ar-log", "seasonal-ar"]
    assert SeriesBaselines.fit(y, names, 3, 1)[1] == {
        "ets": "too few rows: 8 known training values",
        "linear-ar-log": "a training value is not above 0, and it reads the logarithm",
        "seasonal-ar": "there is no season",
    }
    y = np.where(np.arange(40) == 4, np.nan, np.arange(40.0))
    why = "the value one season after the first one is missing"
    assert SeriesBaselines.fit(y, ["seasonal-ar"], 3, 4)[1] == {"seasonal-ar": why}


def test_why_the_seasonal_value_forecasts_alone_and_a_network_is_left_out(sales):
    alone = AutoForecaster(horizon=4, **QUICK).fit(sales[:2]).candidates_
    (why,) = alone["failure"][alone["weight"] == 1]
    assert why.startswith("it forecasts alone: the validation rows hold no whole horizon")
    table = AutoForecaster(horizon=3, **QUICK).fit(sales[:120]).candidates_.set_index("model")
    network, simple = table.loc["gru-difference"], table.drop("gru-difference")
    refused = network["error"] >= simple["error"].min()
    assert ("fewer than 1,000 training rows" in network["failure"]) == refused


def test_what_needs_a_network_says_that_there_is_none(sales):
    auto = AutoForecaster(horizon=12, **QUICK).fit(sales[:20])
    with pytest.raises(ArgumentError, match="too few for a network"):
        auto.error_by_history(sales)
    assert auto.plan(read_panel(sales[:20])).training == [14]
    with pytest.raises(DataError, match="at least 19 rows"):
        auto.plan(read_panel(sales[:18]), reserved=17)


def test_settings_that_no_network_can_use_are_refused(sales):
    with pytest.raises(ArgumentError, match="engine"):
        AutoForecaster(horizon=3, engine="engine", **QUICK).fit(sales)
