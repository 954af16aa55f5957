"""The second training, on all rows: where it fails, the first network forecasts."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from keras import ops
from rnnzoo import Ensemble, FitError, Forecaster
from rnnzoo.pipelines.forecasting.fitting import TrainedNetwork


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


@pytest.fixture(scope="module")
def trained(spike) -> TrainedNetwork:
    """A small network of rectified units. Tests set the growth of its state."""
    settings = {"horizon": 2, "lookback": 8, "units": 2, "epochs": 2, "linear_lags": 0}
    return Forecaster("irnn", **settings).train(spike.assign(y=np.sin(np.arange(120) / 5)))


def with_growth(network: TrainedNetwork, growth: float) -> TrainedNetwork:
    """Sets by how much the state of a network changes from row to row, by its weights alone."""
    for weight in network.strategy.network.weights:
        if weight.name in ("U_1", "b"):
            weight.assign(growth * np.eye(2) if weight.name == "U_1" else np.full(2, 0.1))
    return network


class SecondGrows(TrainedNetwork):
    """A network whose second training ends with a state that grows."""

    def refitted(self, checkpoint=None, chosen=None):
        return with_growth(super().refitted(checkpoint, chosen), 1.1)


def a_copy(trained, kind=TrainedNetwork):
    return kind(**{one.name: getattr(trained, one.name) for one in fields(trained)})


def test_a_state_that_grows_is_seen_where_the_rows_are_read_twice(trained):
    sound = with_growth(trained, 0.5).reading_on
    assert sound.near == pytest.approx(sound.far, rel=0.01) and sound.failure() == ""
    assert trained.finished().refit_failure == ""
    with pytest.warns(UserWarning, match=r"irnn that the validation rows chose .* grow"):
        with_growth(a_copy(trained), 1.1).finished()


def test_the_first_network_forecasts_where_the_second_one_grows(trained):
    network = a_copy(with_growth(trained, 0.5), SecondGrows)
    with pytest.warns(UserWarning, match=r"training of irnn, on all rows, failed: .* grow"):
        fitted = network.finished()
    assert "times as large" in fitted.refit_failure
    assert fitted.strategy is trained.strategy
