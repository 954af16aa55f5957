"""One network over several series of different length and size."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import DataError, Forecaster

ROWS = {"long": 240, "short": 150, "late": 150}
TEST = 30
COLUMNS = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}
TINY = {"horizon": 4, "lookback": 10, "units": 5, "epochs": 2, "seed": 1, "refit": False}


@pytest.fixture(scope="module")
def shops(waves):
    """Shops of different size and age; `late` opened later."""
    parts = [
        waves[:240].assign(unique_id="long"),
        waves[:150].assign(unique_id="short", sales=100 * waves["sales"][:150]),
        waves[90:240].assign(unique_id="late", sales=waves["sales"][90:240] - 30),
    ]
    area = {"long": 10.0, "short": 30.0, "late": 20.0}
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(area=frame["unique_id"].map(area))


def without_the_last(shops, rows):
    return shops[shops.groupby("unique_id").cumcount(ascending=False) >= rows]


@pytest.fixture(scope="module", params=["gru", "narx"])
def forecaster(request, shops):
    return Forecaster(request.param, **TINY).fit(
        without_the_last(shops, TEST), **COLUMNS, static=["area"]
    )


def after(shops, rows):
    """The four rows of each series that follow all but its last `rows`."""
    left = shops.groupby("unique_id").cumcount(ascending=False)
    return shops[(left < rows) & (left >= rows - 4)][["unique_id", "day", "holiday"]]


def test_the_forecast_holds_every_series(forecaster, shops):
    forecast = forecaster.predict(future=after(shops, TEST))
    assert forecast["unique_id"].tolist() == [one for one in ROWS for _ in range(4)]
    assert forecast["step"].tolist() == [1, 2, 3, 4] * 3
    cutoffs = without_the_last(shops, TEST).groupby("unique_id", sort=False)["day"].max()
    assert (
        forecast.groupby("unique_id", sort=False)["cutoff"].first().equals(cutoffs.rename("cutoff"))
    )
    sizes = forecast.groupby("unique_id")["yhat"].mean()
    assert sizes["short"] > 1000 > sizes["long"] > 0 > sizes["late"]


def test_each_series_is_read_as_if_it_were_alone(forecaster, shops):
    """Shorter series neither see nor hold up the longer ones."""
    history = without_the_last(shops, 20)
    future = after(shops, 20)
    together = forecaster.predict(history, future=future)
    for one in ROWS:
        alone = forecaster.predict(history[history["unique_id"] == one], future=future)
        expected = together[together["unique_id"] == one]
        np.testing.assert_allclose(alone["yhat"], expected["yhat"], rtol=1e-5)


def test_series_are_streamed_each_at_its_own_pace(forecaster, shops):
    forecaster.warm_up(without_the_last(shops, TEST))
    more = without_the_last(shops, 20)
    rest = more[~more.index.isin(without_the_last(shops, TEST).index)]
    forecaster.update(rest[rest["unique_id"] != "short"])
    forecaster.update(rest[rest["unique_id"] == "short"])
    streamed = forecaster.predict(future=after(shops, 20))
    batch = forecaster.predict(more, future=after(shops, 20))
    pd.testing.assert_frame_equal(streamed, batch, rtol=1e-5)
    with pytest.raises(DataError, match="New rows of series 'long' must follow|must follow"):
        forecaster.update(shops[shops["unique_id"] == "long"])


def test_the_backtest_is_each_origin_of_each_series_on_its_own(forecaster, shops):
    with pytest.warns(UserWarning, match="'short' .* may know what came later"):
        result = forecaster.backtest(shops, stride=9, baselines=["naive-last"])
    assert list(dict.fromkeys(result.ids)) == list(ROWS)
    for i in range(0, len(result.ids), 2):
        known = shops[shops["unique_id"] == result.ids[i]]
        history = known[known["day"] <= result.origins[i]]
        alone = forecaster.predict(history, future=known[["unique_id", "day", "holiday"]])
        np.testing.assert_allclose(result.forecasts[result.model][i], alone["yhat"], rtol=1e-5)
        assert result.level[i] == history["sales"].iloc[-1]


def test_series_of_different_size_are_ranked_by_scaled_errors(forecaster, shops):
    with pytest.warns(UserWarning, match="'short' .* may know what came later"):
        result = forecaster.backtest(shops)
    assert result.error == "mase"
    row = result.leaderboard.set_index("model").loc[result.model]
    error = np.abs(result.forecasts[result.model] - result.truth) / result.scale[:, None]
    assert row["mase"] == pytest.approx(error.mean())
    assert result.leaderboard["mase"].is_monotonic_increasing
    for one in ROWS:
        y = without_the_last(shops, TEST).query("unique_id == @one")["sales"].to_numpy()
        scale = np.abs(y[7:] - y[:-7]).mean()
        np.testing.assert_allclose(result.scale[result.ids == one], scale)


def test_saved_with_the_state_of_every_series(forecaster, shops, tmp_path):
    forecaster.warm_up(without_the_last(shops, TEST))
    twin = Forecaster.load(forecaster.save(tmp_path / "model"))
    future = after(shops, TEST)
    pd.testing.assert_frame_equal(twin.predict(future=future), forecaster.predict(future=future))


def test_a_static_covariate_is_read(shops):
    training = without_the_last(shops, TEST)
    forecasts = [
        Forecaster("gru", **TINY).fit(training.assign(area=area), **COLUMNS, static=["area"])
        for area in (training["area"], training["area"].replace({10.0: 90.0}))
    ]
    one, other = (f.predict(future=after(shops, TEST))["yhat"] for f in forecasts)
    assert not np.allclose(one, other)


def test_columns_of_a_wide_table_are_a_series_each(waves):
    wide = waves.assign(b=waves["sales"] * 2).rename(columns={"sales": "a"})[:150]
    forecaster = Forecaster("elman", **TINY).fit(wide, time="day", target=["a", "b"])
    forecast = forecaster.predict()
    assert forecast["unique_id"].tolist() == ["a"] * 4 + ["b"] * 4
    np.testing.assert_allclose(forecast["yhat"][4:], 2 * forecast["yhat"][:4], rtol=1e-4)


def test_a_series_that_was_not_fitted(forecaster, shops):
    unknown = shops[shops["unique_id"] == "late"].assign(unique_id="lake")
    with pytest.raises(DataError, match="'lake'.*late"):
        forecaster.predict(unknown, future=after(shops, 20))


@pytest.fixture(scope="module")
def uneven():
    """Days of three series, of which one is shorter than the window of the others."""
    rng, rows = np.random.default_rng(0), {"a": 120, "b": 120, "c": 16}
    days = {one: pd.date_range("2024-01-01", periods=120)[-count:] for one, count in rows.items()}
    parts = [
        pd.DataFrame({"unique_id": one, "day": ds, "sales": rng.normal(size=len(ds)).cumsum()})
        for one, ds in days.items()
    ]
    return pd.concat(parts, ignore_index=True)


WINDOWS = {"horizon": 3, "lookback": 24, "segment": 4, "units": 4, "epochs": 2, "batch_size": 512}


def test_a_series_shorter_than_the_window_is_read_as_if_it_had_begun_with_its_first_value(uneven):
    forecaster = Forecaster(**WINDOWS, validation=0.0).fit(uneven, time="day", target="sales")
    short = uneven[uneven["unique_id"] == "c"]
    forecast = forecaster.predict(short)["yhat"].to_numpy()
    days = pd.date_range(end=short["day"].iloc[0], periods=20)[:-1]
    before = pd.DataFrame({"unique_id": "c", "day": days, "sales": short["sales"].iloc[0]})
    filled = forecaster.predict(pd.concat([before, short]))["yhat"].to_numpy()
    np.testing.assert_allclose(forecast, filled, rtol=1e-6)
    streamed = forecaster.warm_up(short[:5]).update(short[5:9]).update(short[9:]).predict()
    np.testing.assert_allclose(streamed[streamed["unique_id"] == "c"]["yhat"], forecast, rtol=1e-6)


def test_windows_of_short_series_train_too(uneven):
    """Only the short series can teach what only it shows."""
    spike = uneven.assign(sales=np.where(uneven["unique_id"] == "c", 1.0, uneven["sales"]))
    spike.loc[spike["unique_id"] == "c", "sales"] += np.arange(16) % 2
    settings = WINDOWS | {"epochs": 1, "refit": False, "validation": 0.0, "seed": 0}
    found = [
        Forecaster(**settings).fit(table, time="day", target="sales").predict()["yhat"]
        for table in (uneven, spike)
    ]
    ids = [one for one in "abc" for _ in range(3)]
    other = pd.Series(ids) != "c"
    assert not np.allclose(found[0][other], found[1][other], rtol=1e-6)


def test_a_series_too_short_for_a_segment_is_refused(uneven):
    table = pd.concat([uneven[uneven["unique_id"] != "c"], uneven[-9:]])
    with pytest.raises(DataError, match=r"'c'.*at least 10 rows \(segment 4 \+ horizon 3"):
        Forecaster(**WINDOWS, validation=0.0).fit(table, time="day", target="sales")
