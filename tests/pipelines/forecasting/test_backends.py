"""The pipeline on the backend of this process; `make test` runs it on all three."""

import numpy as np
import pytest
from rnnzoo import Forecaster

KNOWN = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}


@pytest.mark.parametrize("cell", ["lstm", "narx"])
def test_fit_stream_save_and_load(waves, tmp_path, cell):
    future = waves[150:153][["day", "holiday"]]
    forecaster = Forecaster(cell, horizon=3, lookback=10, units=3, epochs=2)
    forecaster.fit(waves[:140], **KNOWN)
    streamed = forecaster.update(waves[140:149]).update(waves[149:150]).predict(future=future)
    batch = forecaster.predict(waves[:150], future=future)
    np.testing.assert_allclose(streamed["yhat"], batch["yhat"], rtol=1e-5)
    twin = Forecaster.load(forecaster.save(tmp_path / "model"))
    assert twin.predict(future=future)["yhat"].tolist() == streamed["yhat"].tolist()
    assert np.isfinite(forecaster.backtest(waves[:180]).forecasts[cell]).all()
