"""Intervals of a network with a head: its quantiles, recalibrated by its past."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import Ensemble, Forecaster
from rnnzoo.pipelines.evaluation.distributions import LEVELS

ROWS, FITTED, HORIZON = 200, 140, 3
TINY = {"horizon": HORIZON, "lookback": 8, "units": 3, "epochs": 2}
KINDS = {
    "counts": {"head": "negative_binomial"},
    "numbers": {"head": "quantiles", "transform": "log"},
    "segments": {"head": "normal", "strategy": "segment", "batch_size": 512},
}


@pytest.fixture(scope="module")
def sold() -> pd.DataFrame:
    """Counts with a weekly wave, all above 0."""
    t = np.arange(ROWS)
    mean = np.exp(1 + np.sin(2 * np.pi * t / 7))
    y = 1.0 + np.random.default_rng(0).negative_binomial(2, 2 / (2 + mean))
    return pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=ROWS), "y": y})


@pytest.fixture(scope="module", params=KINDS)
def fit(request, sold):
    return Forecaster("gru", **TINY | KINDS[request.param]).fit(sold[:FITTED])


@pytest.fixture(scope="module")
def tested(fit, sold):
    return fit.backtest(sold, audit=True, baselines=["naive-last"])


def test_a_backtest_streams_what_predict_says_after_an_update(fit, tested, sold, tmp_path):
    levels = [0.1, 0.5, 0.9]
    quantiles = tested.quantiles(levels)
    assert np.isfinite(quantiles).all() and (np.diff(quantiles, axis=0) >= 0).all()
    loaded = Forecaster.load(fit.save(tmp_path / "model"))
    last = int(tested.rows[-1]) + 1
    loaded.update(sold[FITTED : FITTED + 20]).update(sold[FITTED + 20 : last])
    columns = [f"yhat-ql{level}" for level in levels]
    found = loaded.predict(quantiles=levels)[columns].to_numpy().T
    np.testing.assert_allclose(found, quantiles[:, -1], rtol=1e-3, atol=1e-3)
    again = Forecaster.load(loaded.save(tmp_path / "later"))
    pd.testing.assert_frame_equal(again.predict(level=[80]), loaded.predict(level=[80]))


def test_counts_have_intervals_and_samples_of_counts(fit, tested):
    samples = fit.predict(samples=50)["yhat"].to_numpy()
    whole = (samples == samples.round()).all() and samples.min() >= 0
    assert whole == (fit.head == "negative_binomial")
    found = tested.quantiles([0.05, 0.95])
    assert (found == found.round()).all() == whole


def test_a_backtest_has_what_the_head_says_and_intervals_that_its_past_corrects(fit, tested, sold):
    panel = fit.fitted_.panel(sold)
    (alone,) = fit.fitted_.forecast_quantiles_origins(panel, [tested.rows], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(tested.of_head[..., len(LEVELS) // 2], alone[1])
    assert (tested.quantiles([0.1, 0.9]) != alone[[0, 2]]).mean() > 0.2
    assert tested.audit is not None


def test_where_past_errors_are_used_instead(sold):
    """A closed loop would be rolled out from every row; an ensemble has no head of its own."""
    loop = Forecaster("narx", **TINY | {"epochs": 1, "head": "normal"}).fit(sold[:FITTED])
    assert not loop.fitted_.errors.of_distributions
    assert np.isfinite(loop.backtest(sold[:150], baselines=()).quantiles([0.1, 0.9])).all()
    member = Forecaster("gru", **TINY | {"epochs": 1, "head": "normal"})
    ensemble = Ensemble([member], n_seeds=2).fit(sold[:FITTED])
    assert not ensemble.fitted_.errors.of_distributions
    result = ensemble.backtest(sold[:150], baselines=())
    assert np.isfinite(result.quantiles([0.1, 0.9])).all() and result.of_head is None
    assert np.isfinite(ensemble.update(sold[FITTED:150]).predict(level=[80])["yhat-lo-80"]).all()
