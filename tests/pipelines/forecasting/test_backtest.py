import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, DataError, Forecaster, read

TRAINING = 320


def test_the_backtest_is_each_origin_on_its_own(forecaster, waves):
    """Law 5."""
    result = forecaster.backtest(waves, stride=15)
    for i, cutoff in enumerate(result.origins):
        rows = int((waves["day"] <= cutoff).sum())
        alone = forecaster.predict(waves[:rows], future=waves[rows : rows + 5][["day", "holiday"]])
        ours = result.forecasts[result.model][i]
        np.testing.assert_allclose(ours, alone["yhat"], rtol=1e-5)
        assert result.times[i].tolist() == alone["ds"].to_numpy().tolist()


def test_what_comes_later_changes_nothing_before(forecaster, waves):
    """Law 2: everything after a cut is overwritten."""
    cut = 350
    other = waves.copy()
    other.loc[cut:, ["sales", "wind", "holiday"]] = 1e3
    before, after = forecaster.backtest(waves), forecaster.backtest(other)
    known = before.times[:, -1] < waves["day"].to_numpy()[cut]
    assert known.sum() > 20
    for name in before.forecasts:
        np.testing.assert_array_equal(before.forecasts[name][known], after.forecasts[name][known])
    np.testing.assert_array_equal(before.scale, after.scale)


def test_every_origin_of_what_fit_did_not_see(gru, waves):
    result = gru.backtest(waves)
    assert len(result.origins) == (400 - TRAINING) - 5 + 1
    assert result.origins[0] == waves["day"][TRAINING - 1]
    assert result.times[0, 0] == waves["day"].to_numpy()[TRAINING]
    assert result.times[-1, -1] == waves["day"].to_numpy()[-1]
    rows = TRAINING + np.arange(len(result.origins))[:, None] + np.arange(5)
    np.testing.assert_array_equal(result.truth, waves["sales"].to_numpy()[rows])


def test_more_rows_than_one_read(gru, waves, monkeypatch):
    whole = gru.backtest(waves)
    monkeypatch.setattr("rnnzoo.pipelines.forecasting.reading.READ", 33)
    pieces = gru.backtest(waves)
    np.testing.assert_allclose(whole.forecasts["gru"], pieces.forecasts["gru"], rtol=1e-5)


def test_baselines_are_always_beside(forecaster, waves):
    result = forecaster.backtest(waves)
    assert result.baselines == [
        "naive-last", "naive-seasonal", "naive-drift", "linear-ar", "ets", "theta",
    ]  # fmt: skip
    board = result.leaderboard
    assert set(board["model"]) == {forecaster.cell, *result.baselines}
    assert board["mae"].is_monotonic_increasing
    row = board.set_index("model").loc[forecaster.cell]
    assert row["parameters"] == forecaster.parameters_
    assert row["skill"] == pytest.approx(
        1 - row["mae"] / board.set_index("model").loc[result.reference, "mae"]
    )
    assert row["mase"] == pytest.approx(row["mae"] / result.scale[0])


def test_by_lead(gru, waves):
    result = gru.backtest(waves)
    leads = result.by_lead[result.by_lead["model"] == "gru"]
    assert leads["step"].tolist() == [1, 2, 3, 4, 5]
    error = np.abs(result.forecasts["gru"] - result.truth)
    np.testing.assert_allclose(leads["mae"], error.mean(axis=0))
    np.testing.assert_allclose(leads["mae"].mean(), result.scores()["mae"])


def test_the_frame_holds_every_forecast(gru, waves):
    result = gru.backtest(waves, stride=20)
    frame = result.frame()
    assert frame.columns.tolist()[:5] == ["unique_id", "ds", "cutoff", "step", "y"]
    assert len(frame) == len(result.origins) * 5
    assert ((frame["ds"] - frame["cutoff"]) == pd.to_timedelta(frame["step"], unit="D")).all()


def test_a_later_start(gru, waves):
    assert gru.backtest(waves, start="2020-12-01").times[0, 0] == np.datetime64("2020-12-01")


def test_a_start_that_fit_has_seen(gru, waves):
    with pytest.raises(ArgumentError, match="it saw rows up to 2020-11-15.*start=2020-06-01"):
        gru.backtest(waves, start="2020-06-01")


@pytest.mark.parametrize("start", ["soon", "2020-12-01T00:00Z"])
def test_a_start_that_is_no_time(gru, waves, start):
    with pytest.raises(ArgumentError, match=f"`start` must be a time.*{start}"):
        gru.backtest(waves, start=start)


def test_a_season_longer_than_the_training_span_leaves_mase_undefined(waves):
    series = read(waves[["day", "sales"]], time="day", target="sales", season=365)
    forecaster = Forecaster(horizon=2, lookback=8, units=2, epochs=1).fit(series[:300])
    scores = forecaster.backtest(series).scores()
    assert np.isnan(scores["mase"])
    assert np.isfinite(scores["skill"])


def test_nothing_left_to_score(gru, waves):
    with pytest.raises(ArgumentError, match=r"nothing to score.*data\[:-5\]"):
        gru.backtest(waves[:TRAINING])


def test_a_series_without_its_history(gru, waves):
    with pytest.raises(DataError, match="history included.*has 10"):
        gru.backtest(waves[TRAINING - 10 :])


def test_a_recorder_is_told(gru, waves):
    told = {}

    class Listener:
        def metrics(self, values, step=None):
            told.update(values)

        def series(self, name, values):
            told[name] = values

    result = gru.backtest(waves, recorder=Listener())
    assert told["test/mae"] == result.scores()["mae"]
    assert len(told["horizon/mae"]) == 5
