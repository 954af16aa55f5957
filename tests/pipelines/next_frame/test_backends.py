"""The pipeline on the backend of this process; `make test` runs it on all three."""

import numpy as np
from rnnzoo import NextFrame


def test_fit_roll_out_save_and_load(clips, settings, tmp_path):
    network = NextFrame(**settings | {"cell_options": {"peepholes": True}}).fit(clips)
    assert np.isfinite(network.evaluate(clips).leaderboard["mse"]).all()
    forecast = network.predict(clips.test[:2, :3], steps=6)
    np.testing.assert_allclose(forecast[:, :4], network.predict(clips.test[:2, :3]), atol=1e-6)
    twin = NextFrame.load(network.save(tmp_path / "model"))
    np.testing.assert_array_equal(twin.predict(clips.test[:2, :3], steps=6), forecast)
