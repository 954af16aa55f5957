import numpy as np
import pytest
from rnnzoo.pipelines.forecasting.baselines import (
    DirectAR,
    baselines,
    last_value,
    linear_ar,
    seasonal,
)
from rnnzoo.pipelines.windows import origins_between
from sklearn.linear_model import LinearRegression

Y = np.random.default_rng(0).normal(size=200).cumsum()
ORIGINS = origins_between(150, 200, 10)


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


@pytest.mark.parametrize("block", [65536, 37])
def test_direct_ar_is_least_squares_per_lead(block, monkeypatch):
    monkeypatch.setattr("rnnzoo.pipelines.forecasting.baselines.BLOCK", block)
    order, horizon, rows = 5, 3, 150
    model = DirectAR(order, horizon).fit(Y[:rows])
    for lead in (1, 2, 3):
        t = np.arange(order - 1, rows - lead)
        lags = np.stack([Y[t - i] for i in range(order)], axis=1)
        expected = LinearRegression().fit(lags, Y[t + lead])
        np.testing.assert_allclose(model.weights_[1:, lead - 1], expected.coef_)
        forecast = model.predict(Y, np.array([170]))[0, lead - 1]
        assert forecast == pytest.approx(expected.predict([Y[170 - np.arange(order)]])[0])


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


def test_no_baseline_looks_past_an_origin():
    before = baselines(Y, ORIGINS[:1], 10, training_rows=150, season=7, order=5)
    changed = Y.copy()
    changed[ORIGINS[0] + 1 :] = 1e6
    after = baselines(changed, ORIGINS[:1], 10, training_rows=150, season=7, order=5)
    assert before.keys() == {"naive-last", "naive-seasonal", "linear-ar"}
    for name, forecast in before.items():
        np.testing.assert_array_equal(forecast, after[name])
