"""Random tables through all that a forecaster does: laws hold, or an error of ours says why not."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rnnzoo import Forecaster, RnnzooError, read_panel

KINDS = [
    {"cell": "gru"},
    {"cell": "rnn", "difference": "step", "scaling": "robust"},
    {"cell": "lstm", "strategy": "segment", "segment": 4},
    {"cell": "narx"},
]
SMALL = {"horizon": 2, "lookback": 8, "units": 2, "epochs": 1, "refit": False}


@st.composite
def tables(draw):
    """A table, the number of its rows that are fitted, and how it is read."""
    rows = draw(st.integers(6, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    t = np.arange(rows)
    shapes = {
        "noise": rng.normal(size=rows),
        "season": np.sin(t * 2 * np.pi / 7) + 0.1 * rng.normal(size=rows),
        "trend": t + 0.1 * rng.normal(size=rows),
        "constant": np.zeros(rows),
        "counts": rng.poisson(0.4, rows).astype(float),
        "walk": np.cumsum(rng.normal(size=rows)),
        "outlier": np.where(t == rows // 2, 1e6, rng.normal(size=rows)),
    }
    y = shapes[draw(st.sampled_from(sorted(shapes)))]
    power = draw(st.sampled_from([0, 0, 0, 3, -3, 30, -30, 90, -90, 120, -120, 300]))
    y = y * 10.0**power + draw(st.sampled_from([0.0, 5.0, -1e9]))
    missing = draw(st.sampled_from([0.0, 0.0, 0.1, 0.9]))
    y = np.where(rng.random(rows) < missing, np.nan, y)
    frame = pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=rows), "y": y})
    if draw(st.booleans()):
        frame["x"] = rng.normal(size=rows)
    return frame, draw(st.integers(rows // 2, rows)), draw(st.sampled_from(KINDS))


def values(forecast):
    return forecast["yhat"].to_numpy()


def chain(table, fitted, kind, folder):
    """Fits, forecasts, saves, loads, tests and updates; checks the laws on the way."""
    past = [column for column in table if column == "x"]
    forecaster = Forecaster(**SMALL | kind)
    columns = {"time": "ds", "target": "y", "past": past, "missing": "mask"}
    forecaster.fit(read_panel(table[:fitted], **columns))
    now = forecaster.predict(level=[80])
    assert np.isfinite(values(now)).all()
    twin = Forecaster.load(forecaster.save(folder / "model"))
    pd.testing.assert_frame_equal(twin.predict(level=[80]), now, check_exact=True)
    if fitted == len(table):
        return
    result = twin.backtest(table, baselines=())
    assert np.isfinite(result.forecasts[result.model]).all()
    for row in range(fitted, len(table)):
        twin.update(table[row : row + 1])
    streamed, batch = values(twin.predict()), values(forecaster.predict(table))
    size = np.nanmax(np.abs(table["y"].to_numpy()), initial=0)
    np.testing.assert_allclose(streamed, batch, rtol=1e-4, atol=1e-5 * size)


def run(example, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of constant rows, few errors, far values
        try:
            table, fitted, kind = example
            chain(table, fitted, kind, folder)
        except RnnzooError as error:
            assert str(error)


def campaign(examples):
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=checks, derandomize=True,
        database=None,
    )  # fmt: skip


@campaign(8)
@given(tables())
def test_a_few_tables(tmp_path, example):
    run(example, tmp_path)


@pytest.mark.soak
@campaign(1000)
@given(tables())
def test_many_tables(tmp_path, example):
    run(example, tmp_path)
