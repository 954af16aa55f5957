import numpy as np
import pytest
import sklearn.metrics
from rnnzoo.pipelines.evaluation import metrics
from scipy import stats
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

rng = np.random.default_rng(0)
TRUTH, FORECAST = rng.normal(size=(2, 30, 4))


def test_mae_and_rmse_as_scikit_learn():
    assert metrics.mae(TRUTH, FORECAST) == pytest.approx(mean_absolute_error(TRUTH, FORECAST))
    rmse = root_mean_squared_error(TRUTH.ravel(), FORECAST.ravel())
    assert metrics.rmse(TRUTH, FORECAST) == pytest.approx(rmse)


def test_per_lead():
    by_lead = metrics.mae(TRUTH, FORECAST, axis=0)
    for lead in range(4):
        expected = mean_absolute_error(TRUTH[:, lead], FORECAST[:, lead])
        assert by_lead[lead] == pytest.approx(expected)


def test_nan_is_not_scored():
    truth = TRUTH.copy()
    truth[3:, 1] = np.nan
    assert metrics.mae(truth, FORECAST, axis=0)[1] == pytest.approx(
        mean_absolute_error(TRUTH[:3, 1], FORECAST[:3, 1])
    )


def test_mase_worked_by_hand():
    training = np.array([1.0, 5.0, 2.0, 8.0])  # season 2: |2-1|, |8-5| -> mean 2
    assert metrics.naive_scale(training, season=2) == 2
    truth, forecast = np.array([[10.0, 10.0]]), np.array([[13.0, 9.0]])
    assert metrics.mase(truth, forecast, scale=2.0) == 1.0


@pytest.mark.parametrize("training", [np.ones(10), np.arange(3.0)], ids=["constant", "too short"])
def test_mase_is_undefined_not_infinite(training):
    assert np.isnan(metrics.naive_scale(training, season=5))
    assert np.isnan(metrics.mase(TRUTH, FORECAST, metrics.naive_scale(training, season=5)))


def test_skill():
    assert metrics.skill(1.0, 4.0) == 0.75
    assert metrics.skill(6.0, 4.0) == -0.5
    assert np.isnan(metrics.skill(1.0, 0.0))


def test_against_scikit_learn():
    rng = np.random.default_rng(0)
    truth, forecast = rng.normal(size=(2, 50, 4))
    assert metrics.mae(truth, forecast) == pytest.approx(
        sklearn.metrics.mean_absolute_error(truth, forecast)
    )
    assert metrics.rmse(truth, forecast) == pytest.approx(
        np.sqrt(sklearn.metrics.mean_squared_error(truth, forecast))
    )
    assert metrics.r_squared(truth[:, 0], forecast[:, 0]) == pytest.approx(
        sklearn.metrics.r2_score(truth[:, 0], forecast[:, 0])
    )
    for level in (0.1, 0.5, 0.8):
        expected = sklearn.metrics.mean_pinball_loss(truth.ravel(), forecast.ravel(), alpha=level)
        assert metrics.pinball(truth, forecast, level) == pytest.approx(expected)


def test_smape_as_in_m4():
    truth, forecast = np.array([[100.0, 0.0, 50.0]]), np.array([[50.0, 0.0, 50.0]])
    assert metrics.smape(truth, forecast) == pytest.approx((200 * 50 / 150 + 0 + 0) / 3)
    assert metrics.smape(truth, -truth) == pytest.approx(400 / 3)


def test_owa():
    assert metrics.owa(13.912, 1.193, 18.383, 2.395) == pytest.approx(0.627, abs=5e-4)
    assert metrics.owa(5, 2, 5, 2) == 1


def test_mase_of_several_series():
    truth, forecast = np.zeros((3, 2)), np.array([[1.0, 2.0], [10.0, 20.0], [7.0, 7.0]])
    scale = np.array([1.0, 10.0, np.nan])  # the last series is constant: not scored
    assert metrics.mase(truth, forecast, scale) == pytest.approx(1.5)
    np.testing.assert_allclose(metrics.mase(truth, forecast, scale, axis=0), [1, 2])
    assert np.isnan(metrics.mase(truth, forecast, np.full(3, np.nan)))
    assert np.isnan(metrics.mase(truth, forecast, metrics.naive_scale(np.ones(9), 1)))


def test_crps_of_a_gaussian():
    """Closed form: σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π)."""
    truth = np.array([[0.3, -1.2, 2.0]])
    levels = np.arange(1, 200) / 200
    quantiles = np.broadcast_to(stats.norm.ppf(levels)[:, None, None], (199, 1, 3))
    z = truth[0]
    closed = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
    np.testing.assert_allclose(metrics.crps(truth, quantiles, levels, axis=0), closed, atol=2e-3)


def test_crps_of_a_point_is_the_absolute_error():
    truth, point = np.array([[1.0, 5.0]]), np.array([[2.0, 2.0]])
    levels = np.array([0.1, 0.5, 0.9])
    assert metrics.crps(truth, np.stack([point] * 3), levels) == pytest.approx(2.0)


def test_coverage():
    truth = np.array([[1.0, 2.0, 3.0, np.nan]])
    assert metrics.coverage(truth, np.full((1, 4), 1.0), np.full((1, 4), 2.5)) == 2 / 3
    assert np.isnan(metrics.coverage(truth, truth * np.nan, truth))
