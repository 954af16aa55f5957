"""`AutoForecaster`: candidates, their weights, and what follows from them."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from rnnzoo import (
    ArgumentError,
    ArgumentTypeError,
    AutoForecaster,
    Ensemble,
    FitError,
    Forecaster,
    read_panel,
)
from rnnzoo.pipelines.forecasting.auto import candidates
from rnnzoo.pipelines.forecasting.auto.combination import (
    Candidate,
    combination_weights,
    inverse_square_weights,
    validation_error,
    weighted_mean,
)
from rnnzoo.pipelines.forecasting.auto.selection import _admitted
from rnnzoo.pipelines.forecasting.baselines.table import baselines
from rnnzoo.pipelines.recorder import NullRecorder
from rnnzoo.zoo.cells import GRU
from sklearn.base import clone


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    """Six years of months: a trend, a season that grows with the level, and noise."""
    rng = np.random.default_rng(3)
    t = np.arange(72)
    y = np.exp(0.01 * t + 0.3 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 0.03, 72)) * 100
    return pd.DataFrame({"ds": pd.date_range("2015-01-01", periods=72, freq="MS"), "y": y})


@pytest.fixture(scope="module")
def auto(sales: pd.DataFrame) -> AutoForecaster:
    return AutoForecaster(horizon=3, effort="quick", max_minutes=0.02).fit(sales[:60])


def test_a_forecast_is_the_weighted_mean_of_networks_and_baselines(auto, sales):
    weights = auto.weights_
    assert sum(weights.values()) == pytest.approx(1)
    y = sales["y"].to_numpy()[:60]
    names = [name for name in weights if name not in auto.fitted_.networks]
    found = baselines(y, np.array([59]), 3, 60, 12, names=names)
    parts = {name: forecasts[0] for name, forecasts in found.items()}
    for name, one in auto.fitted_.networks.items():
        parts[name] = one.forecast(None, None, None)["yhat"].to_numpy()
    expected = sum(weight * parts[name] for name, weight in weights.items())
    np.testing.assert_allclose(auto.predict()["yhat"], expected)


def test_candidates_are_ranked_by_rows_that_trained_none_of_them(auto):
    table = auto.candidates_
    assert list(table) == ["model", "error", "weight", "seconds", "failure"]
    assert table["error"].dropna().is_monotonic_increasing
    assert {"linear-ar", "seasonal-ar", "ets", "ets-log", "gru-difference"} <= set(table["model"])
    assert table["weight"].sum() == pytest.approx(1)
    ofs = table.set_index("model")
    simple = ofs["error"].drop("gru-difference").min()
    if ofs.loc["gru-difference", "error"] >= simple:  # of few rows
        assert ofs.loc["gru-difference", "weight"] == 0


def test_the_choice_and_its_figures_are_given_in_words(auto):
    table, why = auto.candidates_, auto.why_
    used = table[table["weight"] > 0]
    assert why.startswith(f"Of {len(table)} candidates {len(used)} forecast, weighted by")
    for name, weight, error in used[["model", "weight", "error"]].itertuples(index=False):
        assert f"{name} {weight:.0%} ({error:.3f})" in why
    for name in table["model"][table["weight"] == 0]:
        assert name in why.split("Without a share")[1]


def test_new_rows_give_the_forecast_of_a_whole_history(auto, sales, tmp_path):
    whole = auto.predict(sales[:66])
    stepped = AutoForecaster.load(auto.save(tmp_path / "model"))
    for row in range(60, 66):
        stepped.update(sales[row : row + 1])
    pd.testing.assert_frame_equal(stepped.predict(), whole, rtol=1e-4)


def test_saved_and_loaded_forecasts_are_the_same(auto, tmp_path):
    auto.save(tmp_path / "model")
    loaded = AutoForecaster.load(tmp_path / "model")
    pd.testing.assert_frame_equal(loaded.predict(), auto.predict())
    pd.testing.assert_frame_equal(loaded.candidates_, auto.candidates_)
    assert loaded.get_params() == auto.get_params()


LOADED = """
import sys
from rnnzoo import AutoForecaster
print(AutoForecaster.load(sys.argv[1]).predict()["yhat"].tolist())
"""


def test_it_is_loaded_in_a_new_process(auto, tmp_path):
    """Which has imported no more than the package."""
    assert any(name.startswith("ets") for name in auto.weights_)
    folder = auto.save(tmp_path / "model")
    command = [sys.executable, "-W", "ignore", "-c", LOADED, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, auto.predict()["yhat"], rtol=1e-6)


def test_a_backtest_combines_the_forecasts_of_its_members(auto, sales):
    result = auto.backtest(sales)
    assert result.model == "auto"
    assert "linear-ar" in result.baselines and "ets-log" not in result.baselines
    origin = auto.predict(sales[:63])["yhat"]
    at = int(np.flatnonzero(result.rows == 62)[0])
    np.testing.assert_allclose(result.forecasts["auto"][at], origin, rtol=1e-4)


def test_retrained_on_all_rows_it_forecasts_from_their_end(auto, sales):
    later = auto.retrained(sales)
    assert later.weights_ == auto.weights_
    assert (later.predict()["cutoff"] == sales["ds"].iloc[-1]).all()
    assert not np.allclose(later.predict()["yhat"], auto.predict(sales)["yhat"])


def test_intervals_come_from_errors_of_the_combination(auto, sales):
    frame = auto.predict(level=[50])
    assert (frame["yhat-lo-50"] < frame["yhat-hi-50"]).all()
    quantiles = auto.backtest(sales).quantiles([0.1, 0.9])
    assert np.isfinite(quantiles).all() and (quantiles[0] < quantiles[1]).all()
    later = auto.retrained(sales)
    assert later.fitted_.errors.rows[0] == auto.fitted_.errors.rows[0] + 12


def test_series_in_another_order_keep_their_own_errors(sales):
    noisy = sales.assign(y=sales["y"] + 20 * np.random.default_rng(0).normal(size=len(sales)))
    both = {"a": sales.assign(unique_id="a"), "b": noisy.assign(unique_id="b")}
    first = read_panel(pd.concat([both["a"], both["b"]]))
    turned = pd.concat([both["b"], both["a"]])
    one = Forecaster("gru", horizon=2, epochs=1, units=2, lookback=6)
    auto = AutoForecaster(horizon=2, effort="quick", max_minutes=0.02)
    for fitted in (clone(one).fit(first), auto.fit(first), Ensemble([one], n_seeds=2).fit(first)):
        frame = fitted.retrained(turned).predict(level=[50])
        width = (frame["yhat-hi-50"] - frame["yhat-lo-50"]).groupby(frame["unique_id"]).mean()
        assert width["b"] > 1.5 * width["a"]
        alone = fitted.retrained(both["b"]).predict(level=[50])
        assert set(alone["unique_id"]) == {"b"}


def test_baselines_alone_are_retrained_on_few_rows_and_forecast_far(auto, sales):
    """A network without a share is not there, and asks for nothing."""
    assert not auto.fitted_networks and auto.parameters_ == 0
    assert np.isfinite(auto.retrained(sales[:30]).predict()["yhat"]).all()
    assert len(auto.predict(horizon=7)) == 7


def test_a_later_zero_changes_no_earlier_forecast(sales):
    later = sales.assign(y=sales["y"].where(sales.index < 70, -1.0))
    y, changed = (table["y"].to_numpy() for table in (sales, later))
    origins = np.arange(60, 72)
    for name in ("ets-log", "linear-ar-log"):
        before = baselines(y, origins, 3, 60, 12, names=[name])[name]
        after = baselines(changed, origins, 3, 60, 12, names=[name])[name]
        np.testing.assert_allclose(after[:10], before[:10])
        assert np.isnan(after[10:]).all()


def test_a_candidate_that_fails_is_left_out_and_named(sales, monkeypatch):
    def two(training, season, cells, horizon, effort):
        return {"gru": {"cell": "gru", "epochs": 1}, "long": {"cell": "gru", "lookback": 500}}

    monkeypatch.setattr("rnnzoo.pipelines.forecasting.auto.forecaster.network_candidates", two)
    found = AutoForecaster(horizon=3).fit(sales).candidates_.set_index("model")
    assert "500" in found.loc["long", "failure"]
    assert found.loc["long", "weight"] == 0
    assert np.isfinite(found.loc["gru", "error"])


def test_several_series_share_the_weights(sales):
    other = sales.assign(y=sales["y"].to_numpy()[::-1] * 5)
    panel = read_panel(pd.concat([sales.assign(unique_id="a"), other.assign(unique_id="b")]))
    auto = AutoForecaster(horizon=2, effort="quick", max_minutes=0.02).fit(panel)
    assert auto.predict()["unique_id"].tolist() == ["a", "a", "b", "b"]


def test_weights_are_those_of_bates_and_granger():
    weights = inverse_square_weights({"a": 1.0, "b": 1.25, "far": 1.6, "failed": np.nan})
    assert list(weights) == ["a", "b"]
    assert weights["a"] / weights["b"] == pytest.approx(1.25**2)


def test_an_exact_candidate_has_all_the_weight():
    start = inverse_square_weights({"exact": 0.0, "other": 0.1})
    assert start == {"exact": 1.0}
    errors = {"exact": np.zeros(30, "float32"), "other": np.ones(30, "float32")}
    assert combination_weights(start, errors, blocks=5.0) == {"exact": 1.0}


def test_few_origins_leave_the_first_weights_and_many_decide():
    """Of errors of equal size the optimum is known: b and c cancel, and so leave nothing to a."""
    e = np.random.default_rng(0).normal(size=4_000).astype("float32")
    errors = {"a": e[::-1].copy(), "b": e, "c": -e}
    start = {"a": 0.8, "b": 0.1, "c": 0.1}
    few = combination_weights(start, errors, blocks=1e-9)
    assert few == pytest.approx(start, abs=1e-6)
    many = combination_weights(start, errors, blocks=1e9)
    assert many == pytest.approx({"b": 0.5, "c": 0.5}, abs=1e-3)
    between = combination_weights(start, errors, blocks=3.0)
    assert 0.02 < between["a"] < 0.8 and sum(between.values()) == pytest.approx(1)


def test_weights_do_not_depend_on_the_unit_or_on_the_order():
    rng = np.random.default_rng(1)
    errors = {name: rng.normal(size=500).astype("float32") for name in "abc"}
    start = inverse_square_weights({n: float(np.abs(e).mean()) for n, e in errors.items()})
    found = combination_weights(start, errors, blocks=10.0)
    turned = {name: 2048 * errors[name] for name in "cab"}
    assert combination_weights(start, turned, blocks=10.0) == pytest.approx(found, rel=1e-4)


def test_a_far_candidate_changes_nothing():
    rng = np.random.default_rng(2)
    near = {name: rng.normal(size=400).astype("float32") for name in "ab"}
    start = {"a": 0.5, "b": 0.5}
    alone = combination_weights(start, near, blocks=20.0)
    for size in (1e3, 1e9, 1e20):
        far = near | {"far": (size * rng.normal(size=400)).astype("float32")}
        assert combination_weights(start, far, blocks=20.0) == pytest.approx(alone, rel=1e-6)
    large = {name: errors * np.float32(1e25) for name, errors in near.items()}
    assert combination_weights(start, large, blocks=20.0) == pytest.approx(alone, rel=1e-4)


def test_many_candidates_that_are_alike_keep_their_shares():
    errors = {str(k): np.ones(30, "float32") for k in range(60)}
    start = dict.fromkeys(errors, 1 / 60)
    assert sum(combination_weights(start, errors, blocks=5.0).values()) == pytest.approx(1)


def test_a_candidate_with_a_missing_forecast_is_not_stacked():
    errors = {"a": np.ones(9, "float32"), "b": np.full(9, np.nan, "float32")}
    assert combination_weights({"a": 1.0}, errors, blocks=9.0) == {"a": 1.0}


def test_without_any_candidate_there_is_no_forecast():
    with pytest.raises(FitError, match="No candidate"):
        inverse_square_weights({"a": np.nan})


def test_a_missing_forecast_leaves_the_others_their_shares():
    forecasts = {"a": np.array([1.0, np.nan]), "b": np.array([3.0, 4.0])}
    np.testing.assert_allclose(weighted_mean(forecasts, {"a": 0.5, "b": 0.5}), [2.0, 4.0])


def test_errors_of_series_are_scaled_before_they_are_averaged():
    truth = [np.array([[1.0, np.nan]]), np.array([[100.0, 100.0]])]
    forecasts = [np.array([[2.0, 5.0]]), np.array([[110.0, 110.0]])]
    assert validation_error(truth, forecasts, [1.0, 10.0]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"effort": "much"}, ArgumentError),
        ({"cells": "gru"}, ArgumentTypeError),
        ({"cells": ["grue"]}, ArgumentError),
        ({"horizon": 0}, ArgumentError),
        ({"max_minutes": -1}, ArgumentError),
    ],
)
def test_settings_that_cannot_be_used(sales, settings, error):
    with pytest.raises(error):
        AutoForecaster(**{"horizon": 2} | settings).fit(sales)


@pytest.mark.parametrize(
    ("cell", "rows", "season", "horizon", "expected"),
    [
        ("gru", [72], 12, 12, ["gru-difference"]),
        ("gru", [2_000], 12, 12, ["gru-segment", "gru-instance", "gru"]),
        ("gru", [200] * 7, 52, 24, ["gru-segment", "gru-instance", "gru"]),
        ("gru", [20_000], 24, 24, ["gru", "gru-segment", "gru-instance"]),
        ("gru", [20_000], 24, 96, ["gru-segment", "gru-instance", "gru"]),
        ("gru", [600] * 150, 52, 13, ["gru-segment", "gru-instance", "gru"]),
        ("narx", [2_000], 12, 12, ["narx", "narx-difference"]),
        ("gru", [20] * 70, 12, 8, ["gru", "gru-difference"]),  # too short for windows
    ],
)
def test_the_networks_that_are_tried(cell, rows, season, horizon, expected):
    found = {
        effort: [*candidates.network_candidates(rows, season, [cell], horizon, effort)]
        for effort in candidates.EFFORTS
    }
    assert found["quick"] == expected[:1] and found["balanced"] == expected[:2]
    assert found["thorough"] == [f"{name}-{k}" for name in expected for k in (1, 2, 3)]


def test_of_few_rows_a_network_takes_part_only_if_it_is_better_than_every_baseline():
    tried = [Candidate("gru", 1.0), Candidate("ets", 0.9), Candidate("rnn", 0.8)]
    assert [*_admitted(tried, ["gru", "rnn"], rows=100)] == ["ets", "rnn"]
    assert len(_admitted(tried, ["gru", "rnn"], rows=1_000)) == 3
    assert [*_admitted(tried[:1], ["gru"], rows=100)] == ["gru"]  # there is no other


def test_names_of_baselines_are_a_list(auto, sales):
    with pytest.raises(ArgumentTypeError, match="list of names. Received: baselines='ets'"):
        auto.backtest(sales, baselines="ets")
    assert auto.backtest(sales, baselines=["ets"]).baselines == ["ets"]


def test_cells_of_one_name_are_numbered(sales):
    cells = ["gru", lambda units: GRU(units), "lstm", GRU]
    found = candidates.network_candidates([len(sales)], 12, cells, 3, "quick")
    assert list(found) == [f"{n}-difference" for n in ("gru", "gru (2)", "lstm", "gru (3)")]
    assert [one["cell"] for one in found.values()] == cells


class Log(NullRecorder):
    def __init__(self):
        self.values, self.steps = {}, []

    def parameters(self, values):
        assert not set(values) & set(self.values)
        self.values |= values

    def metrics(self, values, step=None):
        if step is not None:
            self.steps.append(step)


def test_epochs_and_weights_are_those_of_all_networks(sales):
    members = [Forecaster("gru", horizon=2, epochs=e, units=u) for e, u in ((2, 3), (5, 4))]
    ensemble, log = Ensemble(members), Log()
    ensemble.fit(sales, recorder=log)
    assert log.values["epochs"] == 7
    assert log.values["weights"] == sum(one.parameters_ for one in ensemble.members_)
    auto, log = AutoForecaster(horizon=3, cells=["gru", "rnn"], max_minutes=0.04), Log()
    auto.fit(sales, recorder=log)
    assert log.values["members"] == 2 and log.values["epochs"] >= max(log.steps)
    assert log.steps == sorted(set(log.steps))


def test_exponential_smoothing_is_tried_on_few_series_only(sales, monkeypatch):
    panel = read_panel(sales)
    assert "ets" in candidates.baseline_candidates(panel)
    monkeypatch.setattr(candidates, "SLOW_SERIES", 0)
    assert "ets" not in candidates.baseline_candidates(panel)
    assert "naive-seasonal" in candidates.baseline_candidates(panel)
