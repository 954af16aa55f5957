import numpy as np
import pytest
from rnnzoo.pipelines import metrics
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
