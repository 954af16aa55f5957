"""The second training, on all rows: where it fails, the first network forecasts."""

import numpy as np
import pandas as pd
import pytest
from keras import ops
from rnnzoo import Ensemble, FitError, Forecaster


@pytest.fixture(scope="module")
def spike() -> pd.DataFrame:
    """A wave whose validation rows hold one value far from all others."""
    y = np.sin(np.arange(120) / 5)
    y[110] = 50
    return pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=120), "y": y})


def fragile(truth, forecast):
    """The absolute error, which overflows where a value is far from all others."""
    return ops.abs(truth - forecast) * ops.where(ops.max(ops.abs(truth)) > 8, np.nan, 1.0)


def one(**settings) -> Forecaster:
    tiny = {"horizon": 2, "lookback": 8, "units": 2, "epochs": 2, "linear_lags": 0}
    return Forecaster("gru", **tiny | {"loss": fragile} | settings)


def test_the_first_network_forecasts_where_the_second_training_fails(spike):
    with pytest.warns(UserWarning, match=r"training of gru, on all rows, failed: .*diverged"):
        forecaster = one().fit(spike)
    assert "diverged" in forecaster.refit_failure_
    alone = one(refit=False).fit(spike)
    assert alone.refit_failure_ == ""
    pd.testing.assert_frame_equal(forecaster.predict(), alone.predict())


def test_the_failure_is_saved(spike, tmp_path):
    forecaster = Forecaster("gru", horizon=2, lookback=8, units=2, epochs=2).fit(spike)
    object.__setattr__(forecaster.fitted_, "refit_failure", "diverged")
    assert Forecaster.load(forecaster.save(tmp_path / "model")).refit_failure_ == "diverged"


def test_members_of_an_ensemble_too(spike):
    with pytest.warns(UserWarning, match="second training"):
        ensemble = Ensemble([one(), one(loss=None, seed=5)]).fit(spike)
    failures = [member.refit_failure_ for member in ensemble.members_]
    assert "diverged" in failures[0] and failures[1] == ""
    assert np.isfinite(ensemble.predict()["yhat"]).all()


def test_trained_anew_on_request_a_failure_is_an_error(spike):
    with pytest.warns(UserWarning, match="second training"):
        forecaster = one().fit(spike)
    with pytest.warns(UserWarning, match="further than 10"), pytest.raises(FitError):
        forecaster.retrained(spike)
