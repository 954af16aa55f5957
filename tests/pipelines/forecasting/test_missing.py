"""Values that are missing and stay so: `missing="mask"`."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import Forecaster, read_panel

COLUMNS = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}
TINY = {"horizon": 4, "lookback": 12, "units": 6, "epochs": 2, "seed": 1, "refit": False}


@pytest.fixture(scope="module")
def holes(waves):
    rng = np.random.default_rng(2)
    frame = waves[:260].copy()
    frame.loc[rng.random(260) < 0.2, "sales"] = np.nan
    frame.loc[rng.random(260) < 0.2, "wind"] = np.nan
    frame.loc[:1, "sales"] = np.nan  # nothing to carry forward
    return frame


def masked(frame):
    return read_panel(frame, **COLUMNS, missing="mask")


@pytest.fixture(
    scope="module",
    params=[("gru", None), ("narx", None), ("elman", "step")],
    ids=["stateful", "closed loop", "differences"],
)
def forecaster(request, holes):
    cell, difference = request.param
    return Forecaster(cell, difference=difference, **TINY).fit(masked(holes[:220]))


def after(frame, rows):
    return frame[rows : rows + 4][["day", "holiday"]]


def test_it_is_told_how_many(holes):
    repairs = masked(holes).repairs
    count = int(holes["sales"].isna().sum())
    assert any("'sales'" in text and str(count) in text for text in repairs)


def test_forecasts_are_whole_and_streamed_as_read_at_once(forecaster, holes):
    forecaster.warm_up(masked(holes[:220]))
    for first, last in ((220, 221), (221, 230)):
        forecaster.update(masked(holes[first:last]) if first < 220 else holes[first:last])
    streamed = forecaster.predict(future=after(holes, 230))
    batch = forecaster.predict(holes[:230], future=after(holes, 230))
    assert np.isfinite(batch["yhat"]).all()
    np.testing.assert_allclose(streamed["yhat"], batch["yhat"], rtol=1e-5)


def test_what_is_missing_is_not_scored(forecaster, holes):
    result = forecaster.backtest(holes)
    assert np.isnan(result.truth).any()
    for forecast in result.forecasts.values():
        assert np.isfinite(forecast).all()
    error = np.abs(result.forecasts[result.model] - result.truth)
    assert result.scores()["mae"] == pytest.approx(np.nanmean(error))
    assert not np.isnan(result.by_lead["mae"]).any()


def test_whether_the_future_will_be_observed_is_not_known(forecaster, holes):
    """Law 2, for the mask itself: what is missing after an origin changes nothing before."""
    other = holes.copy()
    later = other.index >= 240
    other.loc[later, ["sales", "wind"]] = np.where(
        holes.loc[later, ["sales", "wind"]].isna(), 5.0, np.nan
    )
    other.loc[240, ["sales", "wind"]] = 1.0
    before = forecaster.backtest(holes, baselines=())
    after = forecaster.backtest(other, baselines=())
    early = before.origins < holes["day"][240]
    np.testing.assert_array_equal(
        before.forecasts[before.model][early], after.forecasts[after.model][early]
    )


def test_the_network_is_told_what_is_missing(forecaster, holes):
    """The value carried forward, written in, is not the same as a missing one."""
    last = holes[:230].index[-1]
    there, gone = holes[:230].copy(), holes[:230].copy()
    there.loc[last, "sales"] = there["sales"][:last].ffill().iloc[-1]
    gone.loc[last, "sales"] = np.nan
    future = after(holes, 230)
    one, other = (forecaster.predict(frame, future=future)["yhat"] for frame in (there, gone))
    assert not np.allclose(one, other, rtol=1e-6)


def test_the_audit_passes_with_holes(forecaster, holes):
    result = forecaster.backtest(holes, audit=True, baselines=["naive-last"])
    assert result.audit.checked["the feature missing values"] > 0


def test_without_a_value_to_learn_from(holes):
    empty = holes.assign(wind=np.where(np.arange(260) < 250, np.nan, 1.0))
    with pytest.raises(ValueError, match="'wind' has no value in its first"):
        Forecaster("gru", **TINY).fit(masked(empty))


def test_a_forecast_of_half_the_values_is_still_better_than_naive(holes):
    settings = TINY | {"epochs": 25, "units": 12, "learning_rate": 0.02}
    result = Forecaster("gru", **settings).fit(masked(holes[:220])).backtest(holes)
    assert result.scores()["skill"] > 0.1
    assert pd.notna(result.leaderboard["mae"]).all()
