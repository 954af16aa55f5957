"""What `read` makes of frames: columns, steps, repairs, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import TimeSeries, read_series, steps_of
from rnnzoo.errors import ArgumentError, ArgumentTypeError, DataError


def days(*dates: str) -> pd.DataFrame:
    return pd.DataFrame({"ds": list(dates), "y": np.arange(float(len(dates)))})


def test_columns_types_and_schema(hourly):
    hourly["wind"] = hourly["wind"].astype("float32")
    series = read_series(
        hourly.rename(columns={"y": "load"}), target="load", past=["wind"], future=["price"]
    )
    assert list(series.frame) == ["unique_id", "ds", "y", "wind", "price"]
    assert {str(t) for t in series.frame.dtypes[2:]} == {"float64"}
    assert set(series.frame["unique_id"]) == {"load"}
    schema = series.schema
    assert (schema.time, schema.target, schema.past) == ("ds", "load", ("wind",))
    assert (schema.future, schema.frequency, schema.season) == (("price",), "h", 24)
    assert series.repairs == () and len(series) == 40


def test_index_and_pandas_series(hourly):
    by_index = read_series(hourly.set_index("ds"))
    assert by_index.schema.time == ""
    np.testing.assert_array_equal(by_index.frame["ds"], hourly["ds"])
    one = read_series(hourly.set_index("ds")["wind"])
    assert (one.schema.target, one.schema.time) == ("wind", "")
    np.testing.assert_array_equal(one.frame["y"], hourly["wind"])
    periods = pd.Series([1.0, 2.0, 3.0], pd.period_range("2020-01", periods=3, freq="M"))
    assert read_series(periods).schema.frequency == "MS"


def test_series_is_returned_or_read_again(hourly):
    series = read_series(hourly, past=["wind"], future=["price"], unit="MW")
    assert read_series(series) is series
    again = read_series(series, target="wind", season=7)
    assert (again.schema.target, again.schema.past, again.schema.future) == ("wind", (), ("price",))
    assert (again.schema.season, again.schema.unit) == (7, "MW")
    np.testing.assert_array_equal(again.frame["y"], hourly["wind"])


def test_frame_is_left_alone(hourly):
    shuffled = hourly.sample(frac=1, random_state=0)
    shuffled.loc[3, "wind"] = np.nan
    shuffled = pd.concat([shuffled, shuffled.iloc[:1]]).drop(index=7)
    before = shuffled.copy(deep=True)
    read_series(shuffled, past=["wind"], missing="interpolate", duplicates="mean", gaps="fill")
    pd.testing.assert_frame_equal(shuffled, before)


# Repairs: each is reported, in one sentence.


def test_sorted(hourly):
    series = read_series(hourly.iloc[[0, 2, 1, 3, 4, 6, 5]])
    assert series.repairs == ("2 rows were out of time order and sorted.",)
    np.testing.assert_array_equal(series.frame["y"], np.arange(7.0))


def test_missing_interpolated_linearly_in_time(hourly):
    hourly.loc[[0, 5, 6, 39], "y"] = np.nan
    series = read_series(hourly, missing="interpolate")
    assert series.repairs == ("Column 'y': 4 missing values were interpolated.",)
    np.testing.assert_allclose(series.frame["y"], [1, *range(1, 39), 38])


def test_duplicates_averaged(hourly):
    twice = pd.concat([hourly, hourly.iloc[[4]].assign(y=10.0)])
    series = read_series(twice, duplicates="mean")
    assert "2 rows shared their time with another and were replaced by the mean." in series.repairs
    assert series.frame["y"][4] == 7.0 and len(series) == 40


def test_gaps_filled(hourly):
    series = read_series(hourly.drop(index=[5, 6, 20]), gaps="fill")
    assert series.repairs == ("3 missing times were inserted and interpolated.",)
    np.testing.assert_allclose(series.frame["y"], np.arange(40.0))
    np.testing.assert_array_equal(series.frame["ds"], hourly["ds"])


def test_gaps_filled_in_months():
    series = read_series(days("2020-01", "2020-02", "2020-05", "2020-06"), gaps="fill")
    assert [t.month for t in series.times] == [1, 2, 3, 4, 5, 6]
    assert series.repairs == ("2 missing times were inserted and interpolated.",)


def test_zones_become_utc(hourly):
    hourly["ds"] = hourly["ds"].dt.tz_localize("Europe/Paris")
    series = read_series(hourly)
    assert "converted to UTC" in series.repairs[0] and "Europe/Paris" in series.repairs[0]
    assert series.times[0] == pd.Timestamp("2016-06-30 22:00")
    text = days("2020-01-01T00:00+01:00", "2020-01-01T00:00Z", "2020-01-01T02:00+0100")
    assert list(read_series(text).times.hour) == [23, 0, 1]


def test_days_with_a_zone_stay_days():
    paris = pd.date_range("2020-03-20", periods=20, tz="Europe/Paris")  # clocks change on the 29th
    for ds in (paris, [t.isoformat() for t in paris]):
        series = read_series(pd.DataFrame({"ds": ds, "y": 1.0}))
        assert series.schema.frequency == "D" and "dropped" in series.repairs[0]
        assert series.times[-1] == pd.Timestamp("2020-04-08")


def test_clock_change_is_no_gap_with_a_zone(hourly):
    hourly["ds"] = pd.date_range("2016-10-29 12:00", periods=40, freq="h", tz="Europe/Paris")
    assert len(read_series(hourly)) == 40
    with pytest.raises(DataError, match=r"1 row repeats .* row 15 .*with their zone"):
        read_series(hourly.assign(ds=hourly["ds"].dt.tz_localize(None)))


# Steps.


@pytest.mark.parametrize(
    ("alias", "season"),
    [
        ("15min", 96),
        ("h", 24),
        ("7h", 1),
        ("D", 7),
        ("2D", 1),
        ("B", 5),
        ("W-SUN", 52),
        ("W-WED", 52),
        ("MS", 12),
        ("ME", 12),
        ("BME", 12),
        ("2MS", 6),
        ("QS-FEB", 4),
        ("QE-DEC", 4),
        ("YS-JAN", 1),
        ("YE-DEC", 1),
        ("10s", 1),
    ],
)
def test_steps_are_found(alias, season):
    ds = pd.date_range("2019-11-20 00:00", periods=30, freq=alias)
    schema = read_series(pd.DataFrame({"ds": ds, "y": 1.0})).schema
    assert (schema.frequency, schema.season) == (alias, season)
    assert schema.times_after(ds[-1], 2)[-1] == ds[-1] + 2 * ds.freq
    given = read_series(pd.DataFrame({"ds": ds, "y": 1.0}), frequency=alias, season=3).schema
    assert (given.frequency, given.season) == (alias, 3)


def test_trading_days_are_taken_as_they_are():
    ds = pd.bdate_range("2020-01-01", periods=60).delete([8, 9, 30])
    series = read_series(pd.DataFrame({"ds": ds, "y": 1.0}), gaps="fill")
    assert series.schema.frequency == "B" and series.repairs == () and len(series) == 57
    long_hole = pd.bdate_range("2020-01-01", periods=60).delete(range(20, 35))
    with pytest.raises(DataError, match=r"1 gap at a step of 'B'.*15 missing"):
        read_series(pd.DataFrame({"ds": long_hole, "y": 1.0}))


def test_one_stray_first_time_does_not_set_the_grid(hourly):
    hourly.loc[0, "ds"] -= pd.Timedelta(minutes=7)
    with pytest.raises(DataError, match=r"1 time does not fall on a step of 'h'.*row 0 \("):
        read_series(hourly)


def test_time_format():
    frame = days("01/02/2024", "02/02/2024", "03/02/2024")
    assert read_series(frame, time_format="%d/%m/%Y").times[0] == pd.Timestamp("2024-02-01")
    years = pd.DataFrame({"ds": [1990, 1991, 1992], "y": [1.0, 2.0, 3.0]})
    assert read_series(years, time_format="%Y").schema.frequency == "YS-JAN"
    with pytest.raises(DataError, match=r"row 0 \('01/02/2024'\)"):
        read_series(frame, time_format="%Y/%m/%d")


def test_one_time_only(hourly):
    with pytest.raises(DataError, match="All rows are of 2016-07-01; at least 2 times"):
        read_series(hourly.assign(ds=hourly["ds"][0]), duplicates="mean")
    with pytest.raises(DataError, match="finer than a microsecond"):
        read_series(hourly.assign(ds=pd.date_range("2020", periods=40, freq="10ns")))


def test_times_past_the_last_that_can_be_held():
    schema = read_series(days("2020-01-01", "2020-01-02", "2020-01-03")).schema
    with pytest.raises(DataError, match="last time that can be held"):
        schema.times_after(pd.Timestamp.max.as_unit("ns"), 5)


# What is refused.


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        ({"y": [None] * 40}, {}, ["'y'", "no value at all"]),
        ({"y": [True, False] * 20}, {}, ["'y'", "true/false"]),
        ({"y": [True, None] * 20}, {}, ["'y'", "true/false"]),
        ({"y": ["1.5"] * 40}, {}, ["'y'", "40 numbers stored as text", "pd.to_numeric"]),
        ({"y": [1 + 2j] * 40}, {}, ["'y'", "40 non-numeric values", "row 0"]),
        ({"y": [2**70] * 40}, {}, ["'y'", "64 bits", "row 0"]),
        ({"y": [np.nan, np.inf] * 20}, {"missing": "interpolate"}, ["'y'", "20 infinite", "row 1"]),
        ({"ds": range(40)}, {}, ["'ds'", "numbers are not times"]),
        ({"ds": ["2020-01-01"] * 20 + ["soon"] * 20}, {}, ["'ds'", "row 20 ('soon')"]),
        ({"ds": [pd.NaT] * 40}, {}, ["'ds'", "40 missing times", "row 0, row 1, row 2, …"]),
        ({}, {"target": "yy"}, ["no column 'yy'", "Did you mean 'y'", "'wind'"]),
        ({}, {"time": "date"}, ["no column 'date'", "'ds'"]),
        ({}, {"past": ["Wind"]}, ["no column 'Wind'", "'wind'"]),
        ({}, {"past": ["y"]}, ["'y'", "2 roles"]),
        ({}, {"past": ["wind"], "future": ["wind"]}, ["'wind'", "2 roles"]),
        ({}, {"target": "wind", "past": ["y"]}, ["'y'", "Rename", "frame.rename"]),
        ({}, {"frequency": "D"}, ["step by 'h'", "'D' is expected", "resample"]),
        ({"unique_id": ["a", "b"] * 20}, {}, ["2 series", "frame[frame.unique_id"]),
    ],
)
def test_refused(hourly, change, arguments, words):
    with pytest.raises(DataError) as caught:
        read_series(hourly.assign(**change), **arguments)
    for word in words:
        assert word in str(caught.value)


def test_which_columns(hourly):
    with pytest.raises(DataError, match=r"holds the times: time=… .*'date', 'y', 'wind'"):
        read_series(hourly.rename(columns={"ds": "date"}))
    with pytest.raises(DataError, match=r"to forecast: target=… .*'ds', 'load'"):
        read_series(hourly.rename(columns={"y": "load"}))
    with pytest.raises(DataError, match="several columns named 'wind'"):
        read_series(hourly.rename(columns={"price": "wind"}))
    with pytest.raises(DataError, match="'ds' needs another name"):
        read_series(hourly.assign(date=hourly["ds"], ds=1.0), time="date", past=["ds"])


def test_too_much_missing_is_not_filled():
    frame = days("2020-01-01", "2020-01-02", "2020-01-03", "2021-01-01", "2021-01-02")
    with pytest.raises(DataError, match="More rows are missing than there are"):
        read_series(frame, gaps="fill")


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (ArgumentError, {"missing": "drop"}),
        (ArgumentError, {"duplicates": "first"}),
        (ArgumentError, {"gaps": True}),
        (ArgumentError, {"frequency": "fortnight"}),
        (ArgumentError, {"frequency": "-1D"}),
        (ArgumentError, {"season": 0}),
        (ArgumentTypeError, {"season": 2.5}),
        (ArgumentTypeError, {"past": 3}),
    ],
)
def test_arguments(hourly, error, arguments):
    with pytest.raises(error, match=f"`{next(iter(arguments))}`.*Received"):
        read_series(hourly, **arguments)


def test_slices_are_series(hourly):
    part = read_series(hourly)[-3:]
    assert isinstance(part, TimeSeries) and len(part) == 3 and list(part.frame.index) == [0, 1, 2]


@pytest.mark.parametrize(
    ("step", "horizon"),
    [("min", 48), ("6h", 4), ("h", 24), ("D", 7), ("2D", 3), ("B", 5), ("W-SUN", 13), ("MS", 12),
     ("BME", 12), ("3MS", 4), ("QS-OCT", 4), ("BQE-DEC", 4), ("YE-DEC", 6), ("SMS-15", 12)],
)  # fmt: skip
def test_the_default_horizon_suits_the_step(step, horizon):
    assert steps_of(step).horizon == horizon
