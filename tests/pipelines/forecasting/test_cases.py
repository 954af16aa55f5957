"""What users of other libraries reported of their tables, and what is right: docs/cases.md."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import Forecaster, read_series
from rnnzoo.errors import DataError
from rnnzoo.pipelines.forecasting.baselines.autoregression import DirectAR

SMALL = {"horizon": 4, "lookback": 8, "units": 2, "epochs": 1}
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def shops():
    """Two shops on levels far apart, the second one first in the alphabet."""
    days = pd.date_range("2020-01-01", periods=60)
    parts = [
        pd.DataFrame({"unique_id": one, "ds": days, "y": level + RNG.normal(size=60), "promo": 1.0})
        for one, level in (("south", 10), ("north", 500))
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def of_shops(shops):
    return Forecaster("gru", **SMALL).fit(shops, future="promo")


@pytest.fixture
def ahead():
    days = pd.date_range("2020-03-01", periods=4)
    promo = {"north": [0.0, 1.0, 0.0, 1.0], "south": [1.0, 0.0, 1.0, 0.0]}
    return pd.concat(
        [pd.DataFrame({"unique_id": k, "ds": days, "promo": v}) for k, v in promo.items()]
    )


def levels(forecast):
    return forecast.groupby("unique_id")["yhat"].mean().round(-1).to_dict()


def test_future_rows_are_those_of_the_series_they_name(of_shops, ahead):
    whole = of_shops.predict(future=ahead)
    assert levels(whole) == {"north": 500, "south": 10}
    shuffled = of_shops.predict(future=ahead.sample(frac=1, random_state=1))
    np.testing.assert_array_equal(shuffled["yhat"], whole["yhat"])
    category = of_shops.predict(future=ahead.astype({"unique_id": "category"}))
    np.testing.assert_array_equal(category["yhat"], whole["yhat"])
    north = ahead[ahead.unique_id == "north"]
    with pytest.raises(
        DataError, match="of series 'south' are missing; there are 1 series: 'north'"
    ):
        of_shops.predict(future=north)
    with pytest.raises(DataError, match="holds 1 series: 'west', which the model does not know"):
        of_shops.predict(future=north.assign(unique_id="west"))
    with pytest.raises(DataError, match="'unique_id' has 1 missing id"):
        of_shops.predict(future=ahead.assign(unique_id=[None, *ahead["unique_id"][1:]]))
    shared = north.drop(columns="unique_id")  # says of nobody that it is theirs
    assert levels(of_shops.predict(future=shared)) == {"north": 500, "south": 10}


def test_a_model_of_one_named_series_takes_no_others_future(shops, ahead):
    one = shops[shops.unique_id == "north"]
    named = Forecaster("gru", **SMALL).fit(one, future="promo")
    other = ahead[ahead.unique_id == "south"]
    with pytest.raises(DataError, match="'south', which the model does not know"):
        named.predict(future=other)
    nameless = Forecaster("gru", **SMALL).fit(one.drop(columns="unique_id"), future="promo")
    assert len(nameless.predict(future=other)) == 4  # it has no name to differ from


def test_rows_may_come_in_any_order(shops):
    early = shops[shops.ds < "2020-02-10"]
    sorted_ = Forecaster("gru", **SMALL).fit(early).backtest(shops)
    mixed = early.sample(frac=1, random_state=0)
    shuffled = Forecaster("gru", **SMALL).fit(mixed).backtest(shops.sample(frac=1, random_state=2))
    a, b = (one.leaderboard.set_index("model")["mae"] for one in (sorted_, shuffled))
    baselines = [name for name in a.index if name != "gru"]  # its batches follow the order of ids
    np.testing.assert_allclose(a[baselines], b[baselines])


def test_columns_of_a_wide_table_keep_their_names():
    wide = pd.DataFrame({"ds": pd.date_range("2020", periods=60)})
    for name, level in (("z", 1000), ("a", 10), ("m", -50)):
        wide[name] = level + RNG.normal(size=60)
    forecaster = Forecaster("gru", **SMALL).fit(wide, target=["z", "a", "m"])
    expected = {"z": 1000, "a": 10, "m": -50}
    assert levels(forecaster.predict()) == expected
    assert levels(forecaster.predict(wide[["ds", "a", "m", "z"]])) == expected


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        ("Europe/Copenhagen", "2023-10-26", ["02:00:00+02:00", "02:00:00+01:00", "03:00:00+01:00"]),
        ("Australia/Sydney", "2025-10-02", ["01:00:00+10:00", "03:00:00+11:00", "04:00:00+11:00"]),
    ],
)
def test_forecasts_over_a_change_of_clocks(zone, start, expected):
    hours = pd.date_range(start, periods=24 * 3 + (2 if "Co" in zone else 1), freq="h", tz=zone)
    frame = pd.DataFrame({"ds": hours.tz_localize(None), "y": np.sin(np.arange(len(hours)))})
    forecaster = Forecaster("gru", **SMALL | {"horizon": 3}).fit(read_series(frame, zone=zone))
    assert [str(time)[11:] for time in forecaster.predict()["ds"]] == expected


def test_sessions_from_fit_to_a_loaded_model(tmp_path):
    days = pd.bdate_range("2024-02-19", periods=25)  # clocks change on March 10th
    bars = [
        day + pd.Timedelta("9h30min") + i * pd.Timedelta("1h") for day in days for i in range(7)
    ]
    times = pd.DatetimeIndex(bars).tz_localize("America/New_York")
    frame = pd.DataFrame({"ds": times, "y": 100 + RNG.normal(size=175), "promo": 1.0})
    forecaster = Forecaster("gru", **SMALL).fit(frame[:-40], future="promo")
    assert forecaster.schema_.frequency == "Mon Tue Wed Thu Fri 09:30-15:30/60min"
    assert np.isfinite(forecaster.backtest(frame).leaderboard["mae"]).all()
    forecaster.warm_up(frame[:-10])
    ahead = forecaster.predict(future=frame)
    assert ahead["ds"].tolist() == times.tz_localize(None)[-10:-6].tolist()
    loaded = Forecaster.load(forecaster.save(tmp_path / "model"))
    for one in (forecaster, loaded):
        one.update(frame[-10:-5].assign(ds=times.tz_convert("UTC")[-10:-5]))
    pd.testing.assert_frame_equal(loaded.predict(future=frame), forecaster.predict(future=frame))


def test_nothing_left_to_score_is_said(shops):
    one = shops[shops.unique_id == "north"][["ds", "y"]]
    unknown = read_series(one.assign(y=one["y"].where(np.arange(60) < 45)), missing="mask")
    forecaster = Forecaster("gru", **SMALL).fit(unknown[:-15])
    with pytest.raises(DataError, match=r"nothing to score.*all 15 rows.*data\[:-30\]"):
        forecaster.backtest(unknown)
    remedied = Forecaster("gru", **SMALL).fit(unknown[:-30]).backtest(unknown)
    assert np.isfinite(remedied.leaderboard["mae"]).all()


@pytest.mark.parametrize("unit", [1e-15, 1e-9, 1e12, 1e30])
def test_an_autoregression_is_the_same_in_every_unit(unit):
    y = 10 + np.sin(np.arange(120.0) * 2 * np.pi / 7) + 0.1 * RNG.normal(size=120)
    origins = np.arange(100, 117)
    plain = DirectAR(7, 3).fit(y[:100]).predict(y, origins)
    np.testing.assert_allclose(
        DirectAR(7, 3).fit(y[:100] * unit).predict(y * unit, origins), plain * unit
    )


def test_each_lead_has_the_covariate_of_its_own_time():
    """neuralforecast #727: a target that a known-future covariate decides."""
    frame = pd.DataFrame({"ds": pd.date_range("2000", periods=160, freq="MS")})
    frame["month"] = frame["ds"].dt.month.astype(float)
    frame["y"] = 10 * frame["month"]
    forecaster = Forecaster("gru", horizon=6, lookback=12, units=16, epochs=200)
    forecast = forecaster.fit(frame[:150], future="month").predict(future=frame[["ds", "month"]])
    np.testing.assert_allclose(forecast["yhat"], frame["y"][150:156], rtol=0.05)
