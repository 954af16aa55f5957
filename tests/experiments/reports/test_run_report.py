"""The page that each run keeps: what it says, and that it runs nothing that it is told."""

import re
from dataclasses import replace

import numpy as np
import pytest
from rnnzoo import Forecaster, read_panel
from rnnzoo.experiments.tasks.forecast.report import PICTURES, run_report
from rnnzoo.experiments.tasks.frames.files import run_report as frames_report
from rnnzoo.pipelines.next_frame.evaluation import Evaluation

HOSTILE = "<img src=x onerror=alert(1)> & {{ 7 * 7 }}"
COLOR = "#0072B2"


@pytest.fixture(scope="module")
def panel(waves):
    frame = waves[:150][["day", "sales"]].copy()
    frame.loc[40, "sales"] = np.nan
    how = {"missing": "interpolate", "unit": "kg"}
    return read_panel(frame, time="day", target="sales", name=HOSTILE, **how)


@pytest.fixture(scope="module")
def backtest(panel):
    forecaster = Forecaster("gru", horizon=2, lookback=8, units=2, epochs=1)
    return forecaster.fit(panel[:-30]).backtest(panel, audit=True)


@pytest.fixture
def pictures(tmp_path):
    (tmp_path / "forecast.png").write_bytes(b"\x89PNG")
    return tmp_path


def test_it_says_what_was_found_and_done(backtest, panel, pictures):
    page = run_report(
        backtest, panel, COLOR, pictures, {"units": 2, "difference": "step", "calendar": []}
    )
    assert "<td>calendar</td><td>none</td>" in page
    for model in backtest.forecasts:
        assert model in page
    assert f"{backtest.scores()['mae']:.3f}" in page
    assert "sales, kg" in page
    for name in backtest.forecasts:
        scores = backtest.interval_scores(name)
        assert f">{scores['winkler']:.3f}<" in page or f">{scores['winkler']:.1f}<" in page
        assert f">{100 * scores['worst']:.1f} %<" in page
    assert "1 missing value" in page  # a repair
    assert "No leak" in page
    assert "<td>difference</td><td>step</td>" in page
    assert page.count("data:image/") == 1  # pictures that are not there are left out
    assert PICTURES["forecast.png"][0] in page


def test_it_needs_no_network_and_escapes_names(backtest, panel, pictures):
    page = run_report(backtest, panel, COLOR, pictures, {HOSTILE: HOSTILE})
    assert "<img src=x" not in page
    assert "{{ 7 * 7 }}" in page  # as it was given, not 49
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)


def test_a_network_that_may_be_lucky_is_said_to_be(backtest, panel, pictures):
    best = min(backtest.baselines, key=lambda name: backtest.scores(name)["mae"])
    noise = np.random.default_rng(0).normal(size=backtest.truth.shape) / 100
    for shift, told in ((noise, "That may be luck (p = "), (50.0, "Luck alone would hardly")):
        forecasts = backtest.forecasts | {backtest.model: backtest.forecasts[best] + shift}
        page = run_report(replace(backtest, forecasts=forecasts), panel, COLOR, pictures, {})
        assert f"the best baseline, {best} (" in page
        assert told in page
    assert (
        "p &lt; 0.001" in page and "p 0.000" not in page and '<td class="number">0.000' not in page
    )


def test_frames(pictures):
    rng = np.random.default_rng(0)
    models = {"conv_lstm": 1.0, "mean-image": 2.0, "repeat-last": 3.0, "zeros": 4.0}
    errors = {
        name: {key: level + rng.random((5, 3)) for key in ("mse", "mae", "ssim", "psnr")}
        for name, level in models.items()
    }
    evaluation = Evaluation("film", "conv_lstm", 4, errors, [], 100, 2.5)
    page = frames_report(evaluation, COLOR, pictures, {"filters": 8})
    assert "3 frames rolled out after 4, 5 test clips" in page
    assert "than the best baseline, mean-image (" in page
    assert "<td>filters</td><td>8</td>" in page
