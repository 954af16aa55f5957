"""Times as people write them: read where they can be read in one way only."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import read_like, read_series
from rnnzoo.errors import DataError

DAYS = pd.date_range("2020-01-01", periods=40)
HOURS = pd.date_range("2020-01-01", periods=40, freq="h")
DATES = HOURS.strftime("%Y-%m-%d")
MONTHS = pd.date_range("2020-01-01", periods=30, freq="MS")
QUARTERS = pd.date_range("1998-01-01", periods=20, freq="QS")
WEEKS = pd.date_range("2014-12-01", periods=20, freq="W-MON")  # 2015 has 53 weeks
ISO = [week.isocalendar() for week in WEEKS]
ZERO = pd.Timestamp("1899-12-30")


def read(written, **how):
    return read_series(pd.DataFrame({"ds": list(written), "y": np.arange(len(written))}), **how)


ONE_WAY = {
    **{form: (DAYS, DAYS.strftime(form)) for form in (
        "%Y/%m/%d", "%Y.%m.%d", "%b %d, %Y", "%d-%b-%Y", "%d %B %Y", "%a, %d %b %Y", "%Y年%m月%d日",
        "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p",
        "%Y-%m-%d %I:%M %p", "%Y%m%d", "%Y-%m-%d %H:%M UTC",
    )},
    **{form: (MONTHS, MONTHS.strftime(form)) for form in (
        "%b %Y", "%B %Y", "%Y %b", "%Y-%m", "%YM%m", "%Y/%m", "%Y%m",
    )},
    "no zeros": (DAYS, [f"{d.year}/{d.month}/{d.day}" for d in DAYS]),
    "quarters": (QUARTERS, [f"{d.year}Q{d.quarter}" for d in QUARTERS]),
    "quarters first": (QUARTERS, [f"Q{d.quarter} {d.year}" for d in QUARTERS]),
    "half years": (QUARTERS[::2], [f"{d.year}-S{1 + (d.month > 6)}" for d in QUARTERS[::2]]),
    "weeks": (WEEKS, [f"{y}-W{w:02d}" for y, w, _ in ISO]),
    "weeks and days": (WEEKS, [f"{y}W{w:02d}1" for y, w, _ in ISO]),
    "years": (pd.date_range("1990", periods=20, freq="YS"), range(1990, 2010)),
    "ends of days": (DAYS[1:], [f"{d:%Y-%m-%d} 24:00" for d in DAYS[:-1]]),
    "digits of hours": (HOURS, HOURS.strftime("%Y%m%d%H").astype(int)),
    "seconds since 1970": (HOURS, HOURS.as_unit("s").astype("int64")),
    "their floats": (HOURS, HOURS.as_unit("s").astype("int64").astype(float)),
    "milliseconds": (DAYS, DAYS.as_unit("ms").astype("int64")),
    "spreadsheet days": (DAYS, (DAYS - ZERO).days),
    "spreadsheet hours": (HOURS, (HOURS - ZERO) / pd.Timedelta(days=1)),
}  # fmt: skip


@pytest.mark.parametrize("what", ONE_WAY)
def test_read_in_the_one_way_that_there_is(what):
    times, written = ONE_WAY[what]
    series = read(written)
    assert series.times.tolist() == times.tolist()
    if series.schema.time_format:  # told, and kept for tables of few rows
        assert any(series.schema.time_format in said for said in series.repairs)
    later = pd.DataFrame({"ds": list(written)[:1], "y": [1.0]})
    assert read_like(later, series.schema).times[0] == times[0]


@pytest.mark.parametrize(
    ("written", "words", "format"),
    [
        (["01/02/2020", "02/02/2020", "03/02/2020"], "Day and month are not guessed", "%d/%m/%Y"),
        (["13/01/20", "14/01/20", "15/01/20"], "Day and month are not guessed", "%d/%m/%y"),
        (["01.02.2020 10:00", "02.02.2020 10:00"], "not guessed", "%d.%m.%Y %H:%M"),
        (["Jan-20", "Feb-20", "Mar-20"], "not guessed", "%b-%y"),
        (["01-Jan-20", "02-Jan-20"], "not guessed", "%d-%b-%y"),
        ([20000, 20001, 20002], "numbers are not times", "excel"),
        ([1, 2, 3], "numbers are not times", "unix s"),
    ],
)
def test_refused_with_a_format_that_reads_it(written, words, format):
    with pytest.raises(DataError, match=words) as raised:
        read(written)
    assert f'"{format}"' in str(raised.value)
    assert len(read(written, time_format=format)) == len(written)


@pytest.mark.parametrize(
    "written",
    [["2014-W54", "2014-W55"], ["1998Q5", "1998Q6"], ["Foo 2014", "Bar 2014"],
     ["31/04/2020", "30/04/2020"], ["2020/13/01", "2020/14/01"], ["1990.08", "1990.17"],
     ["20200230", "20200231"], ["13/13/2020", "14/14/2020"]],
)  # fmt: skip
def test_what_is_no_time_is_read_as_none(written):
    with pytest.raises(DataError, match="Column 'ds'"):
        read(written)


def test_weeks_may_be_said_by_their_format():
    assert read(ONE_WAY["weeks"][1], time_format="%G-W%V").times[0] == WEEKS[0]


@pytest.mark.parametrize(
    ("columns", "time"),
    [
        ({"date": DATES, "clock": HOURS.strftime("%H:%M:%S")}, ["date", "clock"]),
        ({"date": HOURS.normalize(), "clock": HOURS.time}, ["date", "clock"]),
        ({"date": HOURS.normalize(), "hour": HOURS.hour}, ["date", "hour"]),
        (
            {"y": HOURS.year, "m": HOURS.month, "d": HOURS.day, "h": HOURS.hour},
            ["y", "m", "d", "h"],
        ),
    ],
)
def test_a_time_in_several_columns(columns, time):
    frame = pd.DataFrame({**columns, "target": np.arange(40.0)})
    series = read_series(frame, time=time, target="target")
    assert series.times.tolist() == HOURS.tolist() and series.schema.time_parts == tuple(time)
    assert read_like(frame[5:8], series.schema).times.tolist() == HOURS[5:8].tolist()


def test_fiscal_years_are_no_months():
    years = [f"{year}/{(year + 1) % 100:02d}" for year in range(2001, 2011)]
    with pytest.raises(DataError, match=r"13 months.*times.str\[:4\]"):
        read(years)
    assert read(pd.Series(years).str[:4]).schema.frequency == "YS-JAN"  # the remedy
