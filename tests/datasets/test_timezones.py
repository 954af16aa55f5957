"""The clock of a table is kept: later tables and single times are read by it."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import (
    FutureCovariates,
    Schema,
    TimeSeriesPanel,
    future_rows,
    read_like,
    read_panel,
    read_panel_like,
    read_series,
)
from rnnzoo.datasets.timezones import in_zone
from rnnzoo.errors import ArgumentError, DataError
from rnnzoo.messages import stamp

PARIS = "Europe/Paris"
SPRING = pd.date_range("2020-03-28 12:00", periods=60, freq="h", tz=PARIS)  # clocks go forward


def written(ds: pd.DatetimeIndex, how: str) -> pd.DataFrame:
    """Hours as local times of Paris, with that zone, with offsets, or in a format of their own."""
    forms = {
        "local": ds.tz_localize(None),
        "zoned": ds,
        "offsets": [time.isoformat() for time in ds],
        "formatted": ds.strftime("%d/%m/%Y %H:%M"),
    }
    y = np.arange(float(len(ds)))
    return pd.DataFrame({"ds": forms[how], "y": y, "price": y})


ASKED = {
    "local": {"zone": PARIS},
    "zoned": {},
    "offsets": {"zone": PARIS},
    "formatted": {"zone": PARIS, "time_format": "%d/%m/%Y %H:%M"},
}


@pytest.fixture(params=ASKED)
def how(request) -> str:
    return request.param


@pytest.fixture
def series(how):
    return read_series(written(SPRING[:40], how), future=["price"], **ASKED[how])


def utc(ds: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return ds.tz_convert("UTC").tz_localize(None)


def test_later_tables_are_read_by_the_same_clock(series, how):
    schema = series.schema
    assert (schema.zone, schema.time_format) == (PARIS, ASKED[how].get("time_format", ""))
    np.testing.assert_array_equal(series.times, utc(SPRING[:40]))
    later = written(SPRING[40:], how)
    for again in (read_like(later, schema), *read_panel_like(later, schema)):
        np.testing.assert_array_equal(again.times, utc(SPRING[40:]))
    ahead = schema.times_after(series.times[-1], 20)
    np.testing.assert_array_equal(future_rows(later, schema, ahead)[:, 0], np.arange(20.0))
    np.testing.assert_array_equal(
        FutureCovariates(later, schema).rows(ahead)[:, 0], np.arange(20.0)
    )


@pytest.mark.parametrize("other", ["local", "zoned", "offsets"])
def test_later_tables_may_say_their_zone_or_not(series, other):
    again = read_like(written(SPRING[40:], other), series.schema)
    np.testing.assert_array_equal(again.times, utc(SPRING[40:]))


def test_what_is_utc_already_is_not_converted_again(series, how):
    schema = series.schema
    again = [
        read_series(series, season=7),
        read_like(series, schema),
        *read_panel_like(series, schema),
        *read_panel_like(read_panel(series), schema),
        *read_panel(TimeSeriesPanel.of(series), name="grid"),
        read_series(series, zone="Asia/Tokyo"),  # the clocks to show, no other times
    ]
    for one in again:
        np.testing.assert_array_equal(one.times, series.times)
    assert [one.schema.zone for one in again] == [PARIS] * 5 + ["Asia/Tokyo"]
    assert again[0].schema.time_format == schema.time_format
    ahead = schema.times_after(series.times[-1], 20)
    later = read_series(written(SPRING[40:], how), future=["price"], **ASKED[how])
    np.testing.assert_array_equal(future_rows(later, schema, ahead)[:, 0], np.arange(20.0))


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (ZoneInfo("Asia/Tokyo"), "Asia/Tokyo"),
        ("America/New_York", "America/New_York"),
        ("UTC", "UTC"),
        (UTC, "UTC"),
        (timezone(timedelta(hours=3)), "UTC"),
    ],
)
def test_times_bring_their_zone(zone, name):
    table = written(pd.date_range("2020", periods=30, freq="h", tz=zone), "zoned")
    assert read_series(table).schema.zone == name
    assert read_series(table, zone=PARIS).schema.zone == PARIS  # the requested zone
    np.testing.assert_array_equal(read_series(table).times, read_series(table, zone=PARIS).times)


def test_where_no_time_has_a_zone_there_is_none(hourly):
    assert read_series(hourly).schema.zone == "" and read_series(hourly).schema.time_format == ""
    for tz in (None, PARIS):  # days are local days
        days = pd.DataFrame({"ds": pd.date_range("2020-03-20", periods=20, tz=tz), "y": 1.0})
        for zone in (None, PARIS):
            schema = read_series(days, zone=zone).schema
            assert schema.zone == ""
            assert read_like(days[-3:], schema).times[0] == pd.Timestamp("2020-04-06")


def test_zones_where_the_model_knows_none_are_refused(hourly):
    naive = read_series(hourly, future=["price"])
    zoned = hourly.assign(ds=hourly["ds"].dt.tz_localize(PARIS))
    ahead = naive.times[:3]
    for attempt in (
        lambda: read_like(zoned, naive.schema),
        lambda: read_panel_like(zoned, naive.schema),
        lambda: future_rows(zoned, naive.schema, ahead),
    ):
        with pytest.raises(DataError, match=r"Column 'ds' carries a time zone \(Europe/Paris\)"):
            attempt()
    series = read_series(zoned, future=["price"])
    with pytest.raises(DataError, match="read with Europe/Paris, those .* fitted on with none"):
        read_like(series, naive.schema)
    with pytest.raises(
        DataError, match=r'read with no zone.*rnnzoo.read_series\(…, zone="Europe/Paris"'
    ):
        read_panel_like(naive, series.schema)
    given = read_like(zoned, naive.schema, zone="UTC")  # it is known what the times are
    np.testing.assert_array_equal(given.times, series.times)


def test_times_in_messages_are_those_of_the_users_clocks(series, how):
    later = written(SPRING[40:], how)
    ahead = series.schema.times_after(series.times[-1], 30)
    with pytest.raises(DataError, match=r"10 of 30 times are missing, the first 2020-03-31 01:00"):
        future_rows(later, series.schema, ahead)
    with pytest.raises(DataError, match=r"gap.*2020-03-30 08:00\+02:00 \(row 3\) to 2020-03-30 10"):
        read_like(later.drop(index=4), series.schema, gaps="error")
    if how == "local":
        with pytest.raises(DataError, match=r"row 3 \(2020-03-30 08:00\+02:00\)"):
            read_like(later.assign(y=[0, 1, 2, np.nan, *range(16)]), series.schema)


def test_shown_times():
    time = pd.Timestamp("2020-03-29 01:00")
    assert stamp(time) == "2020-03-29 01:00" and stamp(time, PARIS) == "2020-03-29 03:00+02:00"
    assert stamp(pd.Timestamp("2020-01-01 23:00"), PARIS) == "2020-01-02 00:00+01:00"
    times = pd.DatetimeIndex([time])
    assert in_zone(times, "") is times and in_zone(times, PARIS)[0] == time.tz_localize("UTC")


# Single times.


def test_single_times_are_read_by_the_same_clock(series):
    schema, expected = series.schema, pd.Timestamp("2020-03-29 10:00")
    for value in (
        "2020-03-29 12:00", "2020-03-29T12:00+02:00", "2020-03-29T10:00Z",
        datetime(2020, 3, 29, 12), np.datetime64("2020-03-29T12:00"),
        pd.Timestamp("2020-03-29 12:00"), pd.Timestamp("2020-03-29 06:00", tz="America/New_York"),
    ):  # fmt: skip
        assert schema.instant(value) == expected and schema.instant(value).tz is None
    assert schema.instant(date(2020, 3, 29)) == pd.Timestamp("2020-03-28 23:00")
    if schema.time_format:
        assert schema.instant("29/03/2020 12:00") == expected


def test_single_times_without_a_zone():
    schema = Schema("grid", "ds", "y")
    for value in ("2020-03-29", date(2020, 3, 29), datetime(2020, 3, 29)):
        assert schema.instant(value) == pd.Timestamp("2020-03-29")
    assert replace(schema, time_format="%Y").instant("2020") == pd.Timestamp("2020-01-01")
    assert replace(schema, time_format="%Q").instant("2020-03-29") == pd.Timestamp("2020-03-29")


@pytest.mark.parametrize("zone", ["", PARIS])
@pytest.mark.parametrize(
    "value",
    [None, "", "20200329", "soon", "now", "today", "01/02/2020", "2020-02-30",
     5, 5.0, 20200329, True, pd.NaT, ["2020"], pd.Period("2020")],
)  # fmt: skip
def test_what_is_no_time(value, zone):
    with pytest.raises(ArgumentError, match="`start` must be a time, such as .*Received: start="):
        Schema("grid", "ds", "y", zone=zone).instant(value, "start")


def test_single_times_that_do_not_fit_the_clock():
    naive, paris = Schema("grid", "ds", "y"), Schema("grid", "ds", "y", zone=PARIS)
    for value in ("2020-03-29T12:00Z", pd.Timestamp("2020-03-29", tz=PARIS)):
        with pytest.raises(ArgumentError, match="`time` must be a time without a zone"):
            naive.instant(value)
    for value in ("2020-03-29 02:30", "2020-10-25 02:30"):
        with pytest.raises(ArgumentError, match="clocks skip or repeat in Europe/Paris"):
            paris.instant(value)
    assert paris.instant("2020-10-25T02:30+01:00") == pd.Timestamp("2020-10-25 01:30")


def test_a_table_is_cut_by_its_clock(series):
    panel = TimeSeriesPanel.of(series)
    for time in ("2020-03-29 12:00", SPRING[23], "2020-03-29T10:00Z"):
        assert len(panel.before(time).series[0]) == 23


def test_schemas_of_older_models():
    old = asdict(Schema("grid", "ds", "y"))
    del old["zone"], old["time_format"]
    assert (Schema(**old).zone, Schema(**old).time_format) == ("", "")


@pytest.mark.parametrize(("frequency", "skips"), [("h", True), ("3h", False), ("D", False)])
def test_a_gap_may_be_that_of_clocks_where_the_step_is_an_hour(frequency, skips):
    times = pd.date_range("2020-03-28", periods=40, freq=frequency).delete(20)
    with pytest.raises(DataError, match="have 1 gap at a step") as raised:
        read_series(pd.DataFrame({"ds": times, "y": np.arange(39.0)}), gaps="error")
    assert ("clocks went forward" in str(raised.value)) == skips
    repaired = read_series(pd.DataFrame({"ds": times, "y": np.arange(39.0)}))
    assert ("clocks went forward" in repaired.repairs[0]) == skips
