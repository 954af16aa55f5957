"""Tables at predict time: matched by name, refused where they mean something else."""

import warnings

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import future_rows, read_like, read_series, require_rows
from rnnzoo.errors import ArgumentError, DataError


@pytest.fixture
def table(hourly):
    return hourly.rename(columns={"ds": "date", "y": "load"})


@pytest.fixture
def series(table):
    return read_series(
        table, time="date", target="load", past=["wind"], future=["price"], name="grid"
    )


def test_users_names_ours_or_a_series(table, series):
    shuffled = table[["price", "load", "wind", "date"]]
    for source in (shuffled, series.frame, series, table.set_index("date")):
        again = read_like(source, series.schema)
        assert again.schema == series.schema
        pd.testing.assert_frame_equal(again.frame, series.frame)


def test_files(table, series, tmp_path):
    table.to_csv(tmp_path / "more.csv", index=False)
    pd.testing.assert_frame_equal(
        read_like(tmp_path / "more.csv", series.schema).frame, series.frame
    )


def test_one_row_is_enough(table, series):
    assert len(read_like(table[:1], series.schema)) == 1
    assert read_like(table[:5], series.schema).schema.frequency == "h"


def test_a_single_midnight_with_a_zone_is_an_instant(table):
    series = read_series(table, time="date", target="load", zone="UTC")
    for midnight in (pd.Timestamp("2016-08-01", tz="Europe/Paris"), "2016-08-01T00:00+02:00"):
        row = read_like(table[["date", "load"]][:1].assign(date=midnight), series.schema)
        assert row.times[0] == pd.Timestamp("2016-07-31 22:00")


def test_repairs_are_passed_on(table, series):
    table.loc[3, "load"] = np.nan
    again = read_like(table.drop(index=8), series.schema, missing="interpolate", gaps="fill")
    assert len(again.repairs) == 2 and len(again) == 40
    with pytest.raises(DataError, match="'load' has 1 missing value, first at row 3"):
        read_like(table, series.schema)
    with pytest.raises(ArgumentError, match="`gaps`"):
        read_like(table, series.schema, gaps="no")


def test_missing_column(table, series):
    with pytest.raises(DataError, match=r"fitted with columns that are not here: 'load', 'wind'"):
        read_like(table.drop(columns=["wind", "load"]), series.schema)
    with pytest.raises(DataError, match="There is no column 'date'"):
        read_like(table.drop(columns="date"), series.schema)
    stray = table.rename(columns={"load": "y"})  # not our form: there is no unique_id
    with pytest.raises(DataError, match="not here: 'load'"):
        read_like(stray, series.schema)


def test_extra_columns_are_named_once(table, series):
    extra = table.assign(rain=1.0, note="text", sun=2)
    with pytest.warns(UserWarning, match="'rain', 'sun' were not used") as caught:
        read_like(extra, series.schema)
    assert len(caught) == 1 and "note" not in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_like(series, series.schema)


def test_another_step(table, series):
    daily = table.assign(date=pd.date_range("2016-07-01", periods=40))
    with pytest.raises(DataError, match=r"step by 'D', where 'h' is expected"):
        read_like(daily, series.schema)
    with pytest.raises(DataError, match=r"step by 'D', where 'h' is expected"):
        read_like(daily, series.schema, gaps="fill")
    with pytest.raises(DataError, match=r"step by '30min', where 'h' is expected"):
        read_like(
            table.assign(date=pd.date_range("2016-07-01", periods=40, freq="30min")), series.schema
        )
    with pytest.raises(DataError, match=r"1 gap at a step of 'h'"):
        read_like(table.drop(index=9), series.schema, gaps="error")
    with pytest.warns(UserWarning, match="1 missing time was inserted with the values of the row"):
        repaired = read_like(table.drop(index=9), series.schema)
    assert repaired.frame["y"][9] == repaired.frame["y"][8] and repaired.filled[9].all()


def test_a_week_of_trading_days():
    ds = pd.bdate_range("2020-01-01", periods=60)
    schema = read_series(pd.DataFrame({"ds": ds, "y": 1.0})).schema
    assert len(read_like(pd.DataFrame({"ds": ds[3:8], "y": 1.0}), schema)) == 5
    with pytest.raises(DataError, match=r"step by 'D', where 'B' is expected"):
        read_like(pd.DataFrame({"ds": pd.date_range(ds[0], periods=20), "y": 1.0}), schema)


# Known-future columns.


@pytest.fixture
def ahead(series):
    return series.schema.times_after(series.times[-1], 6)


def test_exactly_these_times(series, ahead, tmp_path):
    wide = pd.date_range(ahead[0], periods=20, freq="h")[::-1]
    table = pd.DataFrame({"date": wide, "price": np.arange(20.0)})
    table.loc[0, "price"] = np.nan  # the last time, which is not asked for
    expected = [[19], [18], [17], [16], [15], [14]]
    np.testing.assert_array_equal(future_rows(table, series.schema, ahead), expected)
    ours = table.rename(columns={"date": "ds"}).assign(unique_id="grid")
    np.testing.assert_array_equal(future_rows(ours, series.schema, ahead), expected)
    by_index = table.set_index("date")
    np.testing.assert_array_equal(future_rows(by_index, series.schema, ahead), expected)
    table.to_csv(tmp_path / "future.csv", index=False)
    np.testing.assert_array_equal(
        future_rows(tmp_path / "future.csv", series.schema, ahead), expected
    )


def test_none_needed(hourly, ahead):
    assert future_rows(None, read_series(hourly).schema, ahead).shape == (6, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: None, ["'price'", "2016-07-02 16:00 to 2016-07-02 21:00", "6 steps of 'h'"]),
        (lambda t: t[:4], ["'price'", "2 of 6 times are missing", "first 2016-07-02 20:00"]),
        (lambda t: t[:0], ["6 of 6 times are missing"]),
        (lambda t: t.drop(columns="price"), ["'price'", "not here"]),
        (lambda t: t.assign(price=np.nan), ["'price'", "no value at all"]),
        (
            lambda t: t.assign(price=[1, np.nan, 1, 1, 1, 1]),
            ["'price'", "row 1 (2016-07-02 17:00)"],
        ),
        (lambda t: t.assign(price=[1, 1, np.inf, 1, 1, 1]), ["'price'", "infinite", "row 2"]),
        (lambda t: t.assign(price="cheap"), ["'price'", "non-numeric", "row 0 ('cheap')"]),
        (lambda t: pd.concat([t, t[2:3]]), ["repeated", "row 6 (2016-07-02 18:00)"]),
    ],
)
def test_future_refused(series, ahead, change, words):
    table = pd.DataFrame({"date": ahead, "price": np.arange(6.0)})
    with pytest.raises(DataError) as caught:
        future_rows(change(table), series.schema, ahead)
    for word in words:
        assert word in str(caught.value)


def test_require_rows(series):
    require_rows(series, 40, "look-back 30 + horizon 10")
    with pytest.raises(DataError, match=r"'grid' needs at least 41 rows \(window\), has 40\.$"):
        require_rows(series, 41, "window")
    with pytest.raises(
        DataError, match=r'rnnzoo.read_panel\(…, short="drop", fewest=41\), or --sh'
    ):
        require_rows(series, 41, "window", among=3)
