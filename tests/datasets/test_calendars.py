"""Tables of days, sessions and rows: what a step is, in whose local time, and which rows follow."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import read_like, read_panel, read_series
from rnnzoo.errors import DataError

MADRID, NEW_YORK = "Europe/Madrid", "America/New_York"
NOONS = pd.date_range("2024-03-01 12:00", periods=60, tz=MADRID)  # clocks change on the 31st
CLOSES = (pd.bdate_range("2024-01-02", periods=120) + pd.Timedelta("16h")).tz_localize(NEW_YORK)
BARS = pd.DatetimeIndex(
    [
        day + pd.Timedelta("9h30min") + i * pd.Timedelta("15min")
        for day in pd.bdate_range("2024-02-26", periods=20)  # clocks change on March 10th
        for i in range(26)
    ]
).tz_localize(NEW_YORK)
MONTHS = pd.date_range("2024-01-01", periods=14, freq="MS", tz=MADRID)


def table(times, **columns):
    return pd.DataFrame({"ds": times, "y": np.arange(float(len(times))), **columns})


def texts(times):
    return [time.isoformat() for time in times]


@pytest.mark.parametrize(
    "times", [NOONS, CLOSES, BARS, MONTHS], ids=["noon", "close", "bar", "month"]
)
@pytest.mark.parametrize("form", ["zone", "utc", "utc text", "local"])
def test_steps_of_a_day_and_sessions_count_in_local_time(times, form):
    zone, utc = str(times.tz), times.tz_convert("UTC")
    forms = {"zone": times, "utc": utc, "utc text": texts(utc), "local": times.tz_localize(None)}
    given = forms[form]
    series = read_series(table(given), zone=None if form == "zone" else zone)
    assert series.times.tolist() == times.tz_localize(None).tolist()
    assert (series.schema.zone, series.schema.clock) == ("", zone)
    ahead = series.schema.times_after(series.times[-1], 3)
    assert (ahead - ahead.normalize() == times[0] - times[0].normalize()).any()
    later = read_like(table(given[-3:]), series.schema)  # however few rows
    assert later.times.tolist() == series.times[-3:].tolist()
    utc = read_like(table(times.tz_convert("UTC")[-3:]), series.schema)
    assert utc.times.tolist() == later.times.tolist()


@pytest.mark.parametrize("times", [NOONS, MONTHS], ids=["noon", "month"])
def test_without_a_zone_the_changing_hour_is_named(times):
    frame = table(times.tz_convert("UTC"))
    with pytest.raises(DataError, match='clocks change: say whose, zone="') as raised:
        read_series(frame)
    assert "resample" not in str(raised.value)  # it would file values under the day before


def test_odd_sessions_and_holidays_are_kept_and_nothing_is_made_up():
    days = pd.bdate_range("2023-01-02", periods=280).delete([10, 100, 101])
    odd = pd.DatetimeIndex(["2023-03-04", "2023-11-12 18:15", "2024-01-20"])
    times = days.union(odd)
    for how in ({}, {"frequency": "B"}, {"gaps": "fill"}):
        series = read_series(table(times), **how)
        assert (series.schema.frequency, len(series), series.repairs) == ("B", 280, ())
    assert series.schema.times_after(series.times[-1], 1)[0] == pd.Timestamp("2024-01-29")


def test_days_that_are_never_there_are_a_calendar():
    every = pd.date_range("2024-01-01", periods=200)
    series = read_series(table(every[every.day_of_week != 5]))
    assert (series.schema.frequency, series.schema.season) == ("Mon Tue Wed Thu Fri Sun", 6)
    ahead = series.schema.times_after(pd.Timestamp("2024-07-19"), 2)
    assert ahead.tolist() == [pd.Timestamp("2024-07-21"), pd.Timestamp("2024-07-22")]


def test_a_week_of_days_is_no_trading_calendar():
    with pytest.raises(DataError, match="step by 'D', where 'B' is expected"):
        read_series(table(pd.date_range("2024-01-01", periods=60)), frequency="B")


def test_rows_are_steps_where_that_is_said():
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        np.cumsum(np.random.default_rng(0).integers(1, 60, 100)), unit="min"
    )
    with pytest.raises(DataError, match='no regular step.*calendar="rows"'):
        read_series(table(times))
    for how in ({"calendar": "rows"}, {"frequency": "rows"}):  # the remedy
        series = read_series(table(times), **how)
        assert len(series) == 100 and series.schema.frequency.startswith("rows/")
        ahead = series.schema.times_after(series.times[-1], 2)
        assert (np.diff([series.times[-1], *ahead]) > pd.Timedelta(0)).all()
    two = read_series(table(BARS.tz_localize(None)[:52]), calendar="rows")
    assert two.schema.frequency == "Mon Tue Wed Thu Fri 09:30-15:45/15min"


def test_series_of_one_calendar_share_it():
    bars = BARS.tz_localize(None)
    long = pd.concat([table(bars[26 * i :]).assign(unique_id=one) for i, one in enumerate("ab")])
    panel = read_panel(long)
    assert panel.schema.frequency.startswith("Mon Tue Wed Thu Fri 09:30")
    assert [len(one) for one in panel] == [520, 494]
    padded = read_panel(long, short="pad", fewest=520).series[1]
    assert padded.times.tolist() == bars.tolist()


@pytest.mark.parametrize("order", ["forward", "backward", "days backward", "days and hours too"])
@pytest.mark.parametrize("lone", [False, True])
def test_a_repeated_hour_is_told_by_the_direction_of_the_file(order, lone):
    utc = pd.date_range("2004-10-29 05:00", periods=24 * 4, freq="h")
    local = utc.tz_localize("UTC").tz_convert(NEW_YORK).tz_localize(None)
    frame = table(local)
    if lone:  # the second of the two was dropped
        frame = frame[~local.duplicated()]
    days = frame["ds"].dt.normalize()
    if order == "backward":
        frame = frame[::-1]
    elif order != "forward":
        parts = [frame[days == day] for day in sorted(days.unique(), reverse=True)]
        frame = pd.concat([part[::-1] if "too" in order else part for part in parts])
    series = read_series(frame, zone=NEW_YORK)
    assert series.times.tolist() == utc.tolist()
    known = series.frame["y"].dropna()
    assert known.tolist() == known.index.tolist() and len(known) == len(utc) - lone


def test_a_few_gaps_are_left_missing():
    times = pd.date_range("2024-01-01", periods=200)
    frame = table(times, price=np.arange(200.0), holiday=np.arange(200.0))
    holed = frame.drop(index=[50, 120, 121])
    series = read_series(holed, past=["price"], future=["holiday"])
    assert len(series) == 200 and series.schema.masked and "3 missing times" in series.repairs[0]
    gone = series.frame.iloc[[50, 120, 121]]
    assert gone[["y", "price"]].isna().all(axis=None)
    assert gone["holiday"].tolist() == [49, 119, 119]  # nothing from later
    with pytest.raises(DataError, match="2 gaps"):
        read_series(holed, past=["price"], gaps="error")
    many = frame.drop(index=range(50, 55))
    with pytest.raises(DataError, match="1 gap at a step of 'D'.*5 missing") as raised:
        read_series(many)
    assert len(read_series(many, missing="mask", gaps="fill")) == 200  # the remedies offered
    assert len(read_series(many, gaps="fill")) == 200
    assert len(read_series(many, calendar="rows")) == 195
    assert "--missing mask --gaps fill" in str(raised.value)


def test_sessions_in_another_clock_than_theirs_are_refused():
    """Else the hours ahead would be those of the other half of the year."""
    days = pd.bdate_range("2023-02-01", periods=220)
    hours = pd.timedelta_range("09:30:00", "15:30:00", freq="h")
    times = pd.DatetimeIndex(np.add.outer(days.to_numpy(), hours.to_numpy()).ravel())
    utc = times.tz_localize(NEW_YORK).tz_convert("UTC")
    for given in (utc, utc.tz_localize(None)):
        with pytest.raises(DataError, match="sessions move by an hour.*zone="):
            read_series(table(given))
    series = read_series(table(utc), zone=NEW_YORK)  # the remedy
    assert series.times.tolist() == times.tolist()


def test_what_is_absent_within_sessions_is_counted():
    days = pd.bdate_range("2024-01-01", periods=30)
    bars = pd.DatetimeIndex([d + pd.Timedelta(i, "min") for d in days for i in range(390)])
    series = read_series(table(bars.delete(slice(5000, 5300))))
    assert "300 times of the calendar" in series.repairs[0] and len(series) == len(bars) - 300


@pytest.mark.parametrize("form", ["own", "UTC"])
def test_days_of_clocks_that_skip_midnight(form):
    zone = "America/Sao_Paulo"
    days = pd.date_range("2015-01-01", "2018-12-31").tz_localize(zone, nonexistent="shift_forward")
    given = {"own": days, "UTC": days.tz_convert("UTC")}[form]
    series = read_series(table(given), zone=None if form == "own" else zone)
    assert series.schema.frequency == "D" and (series.times == series.times.normalize()).all()
    assert len(series) == len(days)


def test_midnights_elsewhere_are_dates():
    days = pd.date_range("2024-01-01", periods=60)
    series = read_series(table(days.tz_localize(NEW_YORK)))
    later = pd.date_range("2024-03-01", periods=5)
    for zone in ("UTC", NEW_YORK):
        again = read_like(table(later.tz_localize(zone)), series.schema)
        assert again.times.tolist() == later.tolist()


def test_one_row_off_the_steps_is_an_error_of_ours():
    months = read_series(table(pd.date_range("2020-01-01", periods=40, freq="MS")))
    with pytest.raises(DataError, match="1 time does not fall on a step of 'MS'"):
        read_like(table(pd.to_datetime(["2023-05-15"])), months.schema)
    with pytest.raises(DataError, match="step by 'W-MON', where 'W-SUN' is expected"):
        read_series(table(pd.date_range("2024-01-01", periods=60, freq="W-MON")), frequency="W")
    trading = read_series(table(pd.bdate_range("2024-01-02", periods=60)))
    assert len(read_like(table(pd.to_datetime(["2024-03-30"])), trading.schema)) == 1  # odd session


def reported(times, step, following):
    return pytest.param(times, step, following, id=step)


@pytest.mark.parametrize(
    ("times", "step", "following"),
    [
        reported(  # OpenBB #4993: a share that does not trade every day
            pd.bdate_range("2024-01-02", periods=300)[np.random.default_rng(0).random(300) > 0.12],
            "B",
            "2025-02-25",
        ),
        reported(  # pandas #39556: a year of hours in a zone with summer time
            pd.date_range("2018", "2019", tz="CET", freq="h", inclusive="left"),
            "h",
            "2018-12-31 23:00",
        ),
        reported(
            pd.date_range("2005-01-01", periods=120, freq="MS"), "MS", "2015-01-01"
        ),  # pyaf 86
        reported(
            pd.period_range("2019-01-01", "2019-01-03", freq="10min"), "10min", "2019-01-03 00:10"
        ),
        reported(["2010-12-31 22:30", "2011-01-01 00:00"], "90min", "2011-01-01 01:30"),  # pytimetk
    ],
)
def test_reported_steps(times, step, following):
    series = read_series(table(times))
    assert (series.schema.frequency, len(series)) == (step, len(times))
    ahead = series.schema.times_after(series.times[-1], 1)
    assert ahead[0] == pd.Timestamp(following)


def test_reported_closes_with_holidays_and_a_zone():
    """sktime #3543."""
    days = pd.bdate_range("2020-01-02", periods=260, tz=NEW_YORK).delete([50, 100, 101])
    series = read_series(pd.Series(np.arange(257.0), index=days.rename("Date"), name="Close"))
    assert series.schema.frequency == "B" and len(series) == 257
    assert series.schema.times_after(series.times[-1], 1)[0] == pd.Timestamp("2020-12-31")


def test_reported_months_on_their_30th_and_rows_that_are_only_numbered():
    """prophet #835 and nixtla #655: refused, with what is then read."""
    ends = pd.to_datetime(["2019-02-28", *(f"2019-{month:02}-30" for month in range(3, 13))])
    with pytest.raises(DataError, match=r'to_period\("M"\).dt.to_timestamp') as raised:
        read_series(table(ends))
    firsts = pd.Series(ends).dt.to_period("M").dt.to_timestamp()
    assert read_series(table(firsts)).schema.frequency == "MS"
    with pytest.raises(DataError, match="only count the rows.*pd.date_range") as raised:
        read_series(table(range(1, 101)))
    code = str(raised.value).split("= ")[-1].rstrip(".")
    times = eval(code, {"pd": pd, "frame": table(range(100))})
    assert read_series(table(times)).schema.frequency == "D"
