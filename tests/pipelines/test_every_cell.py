"""Every cell in every pipeline that it serves, by its name alone."""

from contextlib import nullcontext

import numpy as np
import pytest
from rnnzoo import Forecaster, NextFrame
from rnnzoo.zoo.cells import CELLS, serving

pytestmark = pytest.mark.slow

KNOWN = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}
FORECASTERS = [
    (name, strategy, layers)
    for name, kind in CELLS.items()
    for strategy in kind.serves
    for layers in ((1,) if kind.has_output_layer else (1, 2))
    if strategy != "next_frame"
]
#: Of these one epoch leaves a state without bound, and the fit says so.
GROWING = [("irnn", "closed_loop", 1)]


@pytest.mark.parametrize("cell, strategy, layers", FORECASTERS)
def test_a_forecaster_is_fitted_streamed_saved_and_loaded(cell, strategy, layers, waves, tmp_path):
    future = waves[130:133][["day", "holiday"]]
    forecaster = Forecaster(
        cell, horizon=3, lookback=10, units=4, epochs=1, layers=layers, strategy=strategy
    )
    grows = (cell, strategy, layers) in GROWING
    with pytest.warns(UserWarning, match="grow as it reads on") if grows else nullcontext():
        forecaster.fit(waves[:120], **KNOWN)
    streamed = forecaster.update(waves[120:129]).update(waves[129:130]).predict(future=future)
    batch = forecaster.predict(waves[:130], future=future)
    np.testing.assert_allclose(streamed["yhat"], batch["yhat"], rtol=1e-4)
    assert np.isfinite(forecaster.backtest(waves[:150]).forecasts[cell]).all()
    twin = Forecaster.load(forecaster.save(tmp_path / "model"))
    assert twin.predict(future=future)["yhat"].tolist() == streamed["yhat"].tolist()


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", serving("next_frame"))
def test_next_frames_are_rolled_out_saved_and_loaded(cell, layers, tmp_path):
    clips = np.random.default_rng(0).random((8, 6, 8, 8)).astype("float32")
    settings = {"context": 3, "horizon": 3, "patch": 4, "epochs": 1, "batch_size": 4}
    network = NextFrame(cell, filters=2, layers=layers, **settings).fit(clips)
    frames = network.predict(clips[:, :3], steps=4)
    assert frames.shape == (8, 4, 8, 8)
    twin = NextFrame.load(network.save(tmp_path / "model"))
    np.testing.assert_array_equal(twin.predict(clips[:, :3], steps=4), frames)
