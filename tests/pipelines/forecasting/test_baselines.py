import numpy as np
import pytest
from rnnzoo.errors import ArgumentError
from rnnzoo.pipelines.forecasting.baselines.autoregression import (
    DirectAR,
    aic_order,
    fit_ar,
)
from rnnzoo.pipelines.forecasting.baselines.base import BaselineTask, carried_forward
from rnnzoo.pipelines.forecasting.baselines.naive import Drift, LastValue, SeasonalValue
from rnnzoo.pipelines.forecasting.baselines.table import BASELINES, baselines
from rnnzoo.pipelines.training.windows import origins_between
from sklearn.linear_model import LinearRegression
from statsmodels.tsa.ar_model import ar_select_order

Y = np.random.default_rng(0).normal(size=200).cumsum()
ORIGINS = origins_between(150, 200, 10)


def last_value(y, origins, horizon):
    return LastValue().roll(y, origins, horizon)[0]


def seasonal(y, origins, horizon, season):
    return SeasonalValue(season).roll(y, origins, horizon)[0]


def drift(y, origins, horizon):
    return Drift().roll(y, origins, horizon)[0]


def linear_ar(y, origins, horizon, training_rows, season, order):
    fitted = fit_ar(BaselineTask(y[:training_rows], horizon, season, order, int(origins[0]) + 1))
    return fitted and fitted.roll(y, origins, horizon)[0]


def test_last_value():
    found = last_value(Y, ORIGINS, 10)
    assert found.shape == (len(ORIGINS), 10)
    np.testing.assert_array_equal(found, np.tile(Y[ORIGINS][:, None], 10))


@pytest.mark.parametrize("season", [1, 3, 10, 24])
def test_seasonal_repeats_the_last_known_season(season):
    found = seasonal(Y, ORIGINS, 10, season)
    for i, origin in enumerate(ORIGINS):
        for lead in range(1, 11):
            row = origin + lead
            while row > origin:
                row -= season
            assert found[i, lead - 1] == Y[row]


def test_seasonal_without_a_season_of_history_repeats_the_value():
    assert seasonal(Y, np.array([2]), 3, season=12).tolist() == [[Y[2]] * 3]


def test_drift_is_the_line_through_the_first_and_the_last_value():
    found = drift(Y, ORIGINS, 10)
    for i, origin in enumerate(ORIGINS):
        line = np.polyfit([0, origin], [Y[0], Y[origin]], 1)
        np.testing.assert_allclose(found[i], np.polyval(line, origin + np.arange(1, 11)))


def test_drift_at_the_first_row_is_its_value():
    assert drift(Y, np.array([0]), 2).tolist() == [[Y[0], Y[0]]]


@pytest.mark.parametrize("block", [65536, 37])
@pytest.mark.parametrize("missing", [0, 0.1, 0.5])
def test_direct_ar_is_least_squares_per_lead(block, missing, monkeypatch):
    """Of the rows whose target is known; a missing lag is the last value known."""
    monkeypatch.setattr("rnnzoo.pipelines.forecasting.baselines.autoregression.BLOCK", block)
    order, horizon, rows = 5, 3, 150
    y = gappy(missing)
    known = carried_forward(y)
    model = DirectAR(order, horizon).fit(y[:rows])
    for lead in (1, 2, 3):
        t = np.arange(order - 1, rows - lead)
        t = t[~np.isnan(y[t + lead])]
        lags = np.stack([known[t - i] for i in range(order)], axis=1)
        expected = LinearRegression().fit(lags, y[t + lead])
        np.testing.assert_allclose(model.weights_[1:, lead - 1], expected.coef_)
        forecast = model.predict(y, np.array([160, 170]))[1, lead - 1]
        assert forecast == pytest.approx(expected.predict([known[170 - np.arange(order)]])[0])


def gappy(missing):
    y = Y.copy()
    y[1:][np.random.default_rng(1).random(len(y) - 1) < missing] = np.nan
    return y


@pytest.mark.parametrize("block", [65536, 37])
@pytest.mark.parametrize("order", [1, 2, 3, 6])
@pytest.mark.parametrize("offset", [0, 1e9])
def test_aic_chooses_the_order_that_statsmodels_does(block, order, offset, monkeypatch):
    monkeypatch.setattr("rnnzoo.pipelines.forecasting.baselines.autoregression.BLOCK", block)
    y = autoregressive(order)
    expected = ar_select_order(y, 12, ic="aic").ar_lags[-1]
    assert expected >= order
    assert aic_order(y + offset, 12) == expected


def autoregressive(order, rows=400):
    y, noise = np.zeros(rows), np.random.default_rng(order).normal(size=rows)
    for t in range(order, rows):
        y[t] = 0.5 * y[t - order] + 0.4 * y[t - 1] * (order > 1) + noise[t]
    return y


def test_aic_with_missing_targets_leaves_out_their_rows():
    y = autoregressive(3)
    y[np.random.default_rng(0).random(400) < 0.2] = np.nan
    y[0] = 0
    known, largest = carried_forward(y), 8
    t = np.arange(largest, 400)
    t = t[~np.isnan(y[t])]
    aic = []
    for order in range(1, largest + 1):
        lags = np.stack([known[t - i] for i in range(1, order + 1)], axis=1)
        residuals = y[t] - LinearRegression().fit(lags, y[t]).predict(lags)
        aic.append(len(t) * np.log(np.sum(residuals**2) / len(t)) + 2 * (order + 1))
    assert aic_order(y, largest) == 1 + np.argmin(aic)


@pytest.mark.parametrize(
    ("y", "order"),
    [(np.full(100, 7.0), 1), (np.sin(np.arange(100)), 2), (1e4 + np.sin(np.arange(100)), 2)],
    ids=["constant", "sine", "sine far from zero"],
)
def test_aic_of_an_exact_recurrence_is_its_order(y, order):
    assert aic_order(y, 12) == order


def test_without_an_order_aic_chooses_it():
    y = autoregressive(6)
    chosen = aic_order(y[:360], (360 - 5) // 20)
    assert 6 <= chosen < 17
    found = linear_ar(y, np.array([370]), 5, training_rows=360, season=1, order=None)
    given = linear_ar(y, np.array([370]), 5, training_rows=360, season=1, order=chosen)
    np.testing.assert_array_equal(found, given)


def test_an_order_is_cut_to_the_history_of_the_first_origin():
    found = linear_ar(Y, np.array([2, 180]), 1, training_rows=150, season=1, order=5)
    np.testing.assert_array_equal(found, DirectAR(3, 1).fit(Y[:150]).predict(Y, np.array([2, 180])))


def test_too_few_rows_for_every_lead_fit_no_regression():
    assert linear_ar(Y, ORIGINS, 10, training_rows=19, season=1, order=1) is None
    assert linear_ar(Y, ORIGINS, 10, training_rows=20, season=1, order=1) is not None


def test_direct_ar_finds_an_ar_process():
    rng = np.random.default_rng(1)
    y = np.zeros(5000)
    for t in range(2, 5000):
        y[t] = 0.6 * y[t - 1] - 0.3 * y[t - 2] + rng.normal()
    np.testing.assert_allclose(DirectAR(2, 1).fit(y).weights_[1:, 0], [0.6, -0.3], atol=0.03)


def test_far_from_zero_it_keeps_its_digits():
    forecast = DirectAR(5, 3).fit(Y + 1e9).predict(Y + 1e9, ORIGINS) - 1e9
    np.testing.assert_allclose(forecast, DirectAR(5, 3).fit(Y).predict(Y, ORIGINS), atol=1e-4)


def test_the_linear_baseline_of_short_monthly_data_spans_a_season():
    season = np.tile(np.sin(np.arange(12)), 10)
    found = linear_ar(season, np.array([100]), 6, training_rows=100, season=12, order=48)
    np.testing.assert_allclose(found[0], season[101:107], atol=1e-8)


def test_direct_ar_of_a_constant_is_the_constant():
    forecast = DirectAR(3, 2).fit(np.full(50, 7.0)).predict(np.full(50, 7.0), np.array([49]))
    np.testing.assert_allclose(forecast, 7.0)


NAMES = ["naive-last", "naive-seasonal", "naive-drift", "linear-ar", "ets", "theta"]


@pytest.mark.parametrize("missing", [0, 0.1])
@pytest.mark.parametrize("later", ["other", "nan", "huge"])
def test_no_baseline_looks_past_an_origin(missing, later):
    y = gappy(missing)
    before = baselines(y, ORIGINS, 10, training_rows=150, season=7)
    assert list(before) == NAMES == list(BASELINES)
    for i in (0, 20, 40):
        origin = ORIGINS[i]
        changed = y.copy()
        rows = len(y) - origin - 1
        other = {"other": Y[:rows], "nan": np.full(rows, np.nan), "huge": np.full(rows, 1e30)}
        changed[origin + 1 :] = other[later]
        after = baselines(changed, ORIGINS, 10, training_rows=150, season=7)
        for name, forecast in before.items():
            assert np.isfinite(forecast).all()
            np.testing.assert_array_equal(forecast[: i + 1], after[name][: i + 1])


def test_nothing_is_fitted_on_what_follows_training():
    """A network's training span ends before its first origin here."""
    origins = ORIGINS[-1:]
    changed = Y.copy()
    changed[100:150] = Y[100:150].mean()
    found = baselines(changed, origins, 10, training_rows=100, season=7, names=["linear-ar"])
    order = aic_order(Y[:100], 7)
    expected = DirectAR(order, 10).fit(Y[:100]).predict(Y, origins)
    np.testing.assert_array_equal(found["linear-ar"], expected)


def test_missing_values_are_the_last_known():
    y = gappy(0.3)
    found = baselines(y, ORIGINS, 10, training_rows=150, season=7)
    filled = baselines(carried_forward(y), ORIGINS, 10, training_rows=150, season=7)
    for name in NAMES:
        assert np.array_equal(found[name], filled[name]) == (name != "linear-ar")


def test_before_the_first_known_value_nothing_can_be_said():
    y = np.concatenate([np.full(20, np.nan), Y])
    origins = np.concatenate([[3, 19], ORIGINS + 20])
    found = baselines(y, origins, 10, training_rows=170, season=7)
    without = baselines(Y, ORIGINS, 10, training_rows=150, season=7)
    assert list(found) == NAMES
    for name in NAMES:
        assert np.isnan(found[name][:2]).all()
        np.testing.assert_array_equal(found[name][2:], without[name])


def test_a_series_without_a_known_value():
    found = baselines(np.full(200, np.nan), ORIGINS, 10, training_rows=150, season=7)
    assert all(np.isnan(forecast).all() for forecast in found.values())


@pytest.mark.parametrize(
    ("training", "season", "absent"),
    [(150, 1, {"naive-seasonal"}), (19, 7, {"linear-ar"}), (9, 7, {"linear-ar", "ets", "theta"})],
)
def test_what_cannot_be_is_left_out(training, season, absent):
    found = baselines(Y, ORIGINS, 10, training, season)
    assert list(found) == [name for name in NAMES if name not in absent]
    assert all(np.isfinite(forecast).all() for forecast in found.values())


def test_only_the_names_that_are_wanted():
    assert list(baselines(Y, ORIGINS, 10, 150, 7, names=["ets", "naive-last"])) == [
        "naive-last",
        "ets",
    ]
    assert baselines(Y, ORIGINS, 10, 150, 7, names=[]) == {}
    with pytest.raises(ArgumentError, match="naive-last"):
        baselines(Y, ORIGINS, 10, 150, 7, names=["naiv-last"])


def test_no_origins_give_empty_forecasts():
    found = baselines(Y, np.arange(0), 10, training_rows=150, season=7)
    assert {name: f.shape for name, f in found.items()} == dict.fromkeys(NAMES, (0, 10))


def test_whole_numbers_and_single_precision_are_taken():
    whole = np.round(10 * Y)
    expected = baselines(whole, ORIGINS, 10, training_rows=150, season=7)
    for kind in ("int64", "float32"):
        found = baselines(whole.astype(kind), ORIGINS, 10, training_rows=150, season=7)
        for name in NAMES:
            np.testing.assert_array_equal(found[name], expected[name])
