"""Calendars: patterns of weekdays and hours, found in rows, as text, counted and followed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rnnzoo.datasets.steps import Sessions, canonical, pattern_of, steps_of
from rnnzoo.errors import ArgumentError

HOURS = st.lists(st.integers(0, 24 * 60 - 1), min_size=1, max_size=6, unique=True).map(sorted)
MINUTE = pd.Timedelta(minutes=1)


@st.composite
def calendars(draw):
    """A calendar with some weekdays off, of days or of hours, and some days off."""
    daily = draw(st.booleans())
    week = draw(
        st.lists(st.none() | HOURS, min_size=7, max_size=7).filter(lambda w: w.count(None) < 7)
    )
    off = draw(st.lists(st.integers(0, 60), max_size=3, unique=True))
    return Sessions(
        tuple(
            None if hours is None else () if daily else tuple(h * MINUTE for h in hours)
            for hours in week
        ),
        frozenset(np.datetime64("2024-01-01") + day for day in off),
    )


@settings(max_examples=60, deadline=None)
@given(calendar=calendars(), steps=st.integers(1, 40), day=st.integers(0, 30))
def test_a_calendar_counts_what_follows(calendar, steps, day):
    assert Sessions.parse(str(calendar)) == calendar
    last = calendar.after(pd.Timestamp("2024-01-01") + day * pd.Timedelta(days=1), 1)[0]
    ahead = calendar.after(last, steps)
    assert len(ahead) == steps and (np.diff([last, *ahead]) > pd.Timedelta(0)).all()
    numbers, off, at = calendar.count(pd.DatetimeIndex([last, *ahead]).as_unit("us"))
    assert numbers.tolist() == list(range(steps + 1)) and not off.any()
    assert calendar.between(last, ahead[-1]) == steps
    assert calendar.continues(last, ahead[0])
    np.testing.assert_array_equal(calendar.before(ahead[-1], steps)[1:], ahead[:-1])
    np.testing.assert_array_equal(at(numbers[1:]), ahead.to_numpy())
    for time in ahead:
        hours = calendar.week[time.day_of_week]
        assert hours is not None and (not hours or time - time.normalize() in hours)
        assert time.to_datetime64().astype("datetime64[D]") not in calendar.closed


def bars(days, opens="9h30min", step="5min", count=78):
    return pd.DatetimeIndex(
        [d + pd.Timedelta(opens) + i * pd.Timedelta(step) for d in days for i in range(count)]
    )


TRADING = pd.bdate_range("2024-01-02", periods=60)
LUNCH = bars(TRADING, step="15min", count=8).union(bars(TRADING, "13h", "15min", 8))
WORLD = pd.date_range("2024-01-07 17:00", "2024-03-29 16:00", freq="h")
WORLD = WORLD[
    ~((WORLD.day_of_week == 5) | ((WORLD.day_of_week == 6) & (WORLD.hour < 17)))
    & ~((WORLD.day_of_week == 4) & (WORLD.hour >= 17))
]
EVERY = pd.date_range("2024-01-01", periods=140)


@pytest.mark.parametrize(
    ("times", "name"),
    [
        (TRADING, "B"),
        (TRADING.delete([10, 30]), "B"),
        (TRADING.union(pd.DatetimeIndex(["2024-02-03", "2024-03-03"])), "B"),
        (EVERY[EVERY.day_of_week != 5], "Mon Tue Wed Thu Fri Sun"),
        (EVERY[~EVERY.day_of_week.isin([4, 5])], "Mon Tue Wed Thu Sun"),
        (EVERY[EVERY.day_of_week.isin([0, 2, 4])], "Mon Wed Fri"),
        (bars(TRADING), "Mon Tue Wed Thu Fri 09:30-15:55/5min"),
        (bars(TRADING[:3]), "Mon Tue Wed Thu Fri 09:30-15:55/5min"),
        (LUNCH, "Mon Tue Wed Thu Fri 09:30-11:15/15min 13:00-14:45/15min"),
        (
            WORLD,
            "Mon Tue Wed Thu 00:00-23:00/60min; Fri 00:00-16:00/60min; Sun 17:00-23:00/60min",
        ),
    ],
)
def test_a_plain_pattern_is_found(times, name):
    pattern = pattern_of(times.as_unit("us"))
    assert str(pattern) == name == str(steps_of(name))
    assert not pattern.count(times)[1].any()


@pytest.mark.parametrize("step", ["h", "3h", "D", "2D", "7D", "MS", "QS"])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_steps_without_pauses_have_no_pattern(step, missing):
    times = pd.date_range("2024-01-01", periods=300, freq=step)
    assert pattern_of(times[np.random.default_rng(0).random(300) >= missing].as_unit("us")) is None


def test_a_custom_calendar_of_pandas_is_kept_or_refused():
    six = pd.offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Fri Sun", holidays=["2024-01-15"])
    assert canonical(six) == "Mon Tue Wed Thu Fri Sun except 2024-01-15"
    ahead = steps_of(canonical(six)).after(pd.Timestamp("2024-01-12"), 3)
    assert ahead.tolist() == pd.date_range("2024-01-12", periods=4, freq=six)[1:].tolist()
    assert canonical("C") == "B"
    for other in (pd.offsets.CustomBusinessMonthEnd(), pd.offsets.CustomBusinessHour()):
        with pytest.raises(ArgumentError, match='calendar="rows"'):
            canonical(other)
    with pytest.raises(ArgumentError, match="one day of a custom calendar"):
        canonical(2 * six)


@pytest.mark.parametrize(
    ("old", "new"),
    [("M", "'ME' or 'MS'"), ("3M", "'3ME' or '3MS'"), ("A-DEC", "'YE-DEC' or 'YS-DEC'"),
     ("H", "'h'"), ("15T", "'15min'"), ("Q", "'QE' or 'QS'")],
)  # fmt: skip
def test_old_names_are_answered_with_the_new_ones(old, new):
    with pytest.raises(ArgumentError, match=f"calls this frequency {new}") as raised:
        canonical(old)
    for name in new.split(" or "):  # the remedy works
        assert steps_of(canonical(name.strip("'")))
    assert f"frequency='{old}'" in str(raised.value)


@pytest.mark.parametrize(
    "bad", ["Mon 25:00", "Mon Fr", "Mon 10:00; Tue", "rows/x", "Mon 10:00 9:00"]
)
def test_what_is_no_calendar_is_refused(bad):
    with pytest.raises(ArgumentError, match="`frequency` must be"):
        canonical(bad)
