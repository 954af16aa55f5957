"""The leaks that public notebooks have, planted one by one: the audit catches each."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import LeakError, read_series
from rnnzoo.pipelines.forecasting.backtest.leakage import LeakTrace, audit

ROWS, TRAINING, HORIZON = 160, 120, 3
LAGS = 4


@pytest.fixture(scope="module")
def prices():
    """A share: what its close is forecast from is known at the close."""
    rng = np.random.default_rng(5)
    close = 50 + rng.normal(size=ROWS).cumsum()
    frame = pd.DataFrame(
        {
            "ds": pd.bdate_range("2020-01-01", periods=ROWS),
            "y": close,
            "high": close + rng.uniform(0, 1, ROWS),
            "volume": rng.uniform(1, 2, ROWS),
        }
    )
    return read_series(frame, past=["high", "volume"], name="share")


def pipeline(leak=""):
    """A linear forecaster on scaled features, whole but for one `leak`."""

    def run(panel):
        (series,) = panel
        y, high, volume = series.values(["y", "high", "volume"]).T
        seen = y if leak == "a scaler fitted on the whole series" else y[:TRAINING]
        mean, scale = seen.mean(), seen.std()
        level = (y - mean) / scale
        smooth = pd.Series(level).rolling(5, min_periods=1).mean()
        if leak == "a feature shifted back in time":
            smooth = smooth.shift(-2).ffill()
        denoised = level
        if leak == "the whole series denoised before the split":
            spectrum = np.fft.rfft(level)
            spectrum[20:] = 0
            denoised = np.fft.irfft(spectrum, ROWS)
        today = np.roll(high, -1) if leak == "the same day's high as an input" else high
        features = np.column_stack([smooth, denoised, today, volume])

        origins = np.arange(TRAINING - 1, ROWS - HORIZON)
        targets = origins[:, None] + np.arange(1, HORIZON + 1)
        rows = np.arange(LAGS, TRAINING - 1)
        if leak == "a random split":
            rows = np.random.default_rng(0).permutation(ROWS - 1)[: len(rows)]
        penalties = [1e-6, 1e-2, 1.0]
        choosing_rows = np.arange(TRAINING - 30, TRAINING - 1)  # the last training rows choose
        if leak == "the model chosen on the test span":
            choosing_rows = np.arange(TRAINING, ROWS - 1)
        weights = [_ridge(features[rows], level[rows + 1] - level[rows], p) for p in penalties]
        errors = [
            _one_step(features[choosing_rows], level[choosing_rows], w) - level[choosing_rows + 1]
            for w in weights
        ]
        best = weights[int(np.argmin([np.mean(e**2) for e in errors]))]

        steps = []
        known, inputs = level[origins], features[origins]
        for lead in range(HORIZON):
            known = _one_step(inputs, known, best)
            steps.append(known)
            if leak == "steps fed with the truth":
                known = level[targets[:, lead]]
            inputs = np.column_stack([known, inputs[:, 1:]])
        forecasts = np.stack(steps, axis=1) * scale + mean
        fitted = {"mean": mean, "scale": scale, "weights": best}
        return [
            LeakTrace(
                {name: np.asarray(value) for name, value in fitted.items()},
                TRAINING - 1,
                {"inputs": features},
                origins,
                {"linear": forecasts},
                {"linear": forecasts - y[targets]},
            )
        ]

    return run


def _ridge(features, steps, penalty):
    inputs = np.column_stack([np.ones(len(features)), features])
    return np.linalg.solve(inputs.T @ inputs + penalty * np.eye(5), inputs.T @ steps)


def _one_step(features, level, weights):
    return level + weights[0] + features @ weights[1:]


def test_a_pipeline_without_a_leak_passes(prices):
    found = audit(pipeline(), prices, HORIZON)
    assert found.checked["the forecasts of linear"] > 100
    assert found.checked["the fitted scale"] == 6  # three cuts, two ways each
    assert found.cuts["cutoff"].tolist()[0] == prices.times[TRAINING - 1]


def test_it_tells_the_exact_lead_of_every_forecast(prices):
    found = audit(pipeline(), prices, HORIZON)
    days = pd.to_timedelta(["1D", "2D", "3D"])
    assert found.leads["shortest"].tolist() == days.tolist()
    assert found.leads["longest"].tolist() == (days + pd.Timedelta("2D")).tolist()  # weekends
    assert "lead 1: 1 days to 3 days (38 forecasts)" in str(found)


@pytest.mark.parametrize(
    ("leak", "seen_in"),
    [
        ("a scaler fitted on the whole series", "the fitted mean"),
        ("a feature shifted back in time", "the feature inputs"),
        ("the whole series denoised before the split", "the feature inputs"),
        ("steps fed with the truth", "the forecasts of linear"),
        ("a random split", "the fitted weights"),
        ("the model chosen on the test span", "the fitted weights"),
        ("the same day's high as an input", "the feature inputs"),
    ],
)
def test_every_leak_is_caught(prices, leak, seen_in):
    with pytest.raises(LeakError, match=f"A leak.*series 'share' by 2020-.*changed.*: .*{seen_in}"):
        audit(pipeline(leak), prices, HORIZON)
