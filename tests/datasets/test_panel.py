"""Several series at once: long and wide tables, static columns, short series, one step."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import (
    FutureCovariates,
    TimeSeriesPanel,
    future_rows,
    read_like,
    read_panel,
    read_panel_like,
    read_series,
)
from rnnzoo.errors import ArgumentError, ArgumentTypeError, DataError


@pytest.fixture
def long(hourly) -> pd.DataFrame:
    """Three series of 40, 30 and 20 hours; `size` is static."""
    spans = {"B": hourly, "NA": hourly[10:], "0001": hourly[:20]}
    tables = [
        table.assign(unique_id=one, y=table["y"] * (i + 1), size=float(i))
        for i, (one, table) in enumerate(spans.items())
    ]
    return pd.concat(tables, ignore_index=True)


def each_alone(frame: pd.DataFrame, **arguments) -> list[pd.DataFrame]:
    """The law: a panel holds what reading each series on its own gives."""
    return [
        read_series(table, **arguments).frame for _, table in frame.groupby("unique_id", sort=False)
    ]


def assert_same(panel: TimeSeriesPanel, frames: list[pd.DataFrame]) -> None:
    assert len(panel) == len(frames)
    for series, frame in zip(panel, frames, strict=True):
        pd.testing.assert_frame_equal(series.frame, frame)


def test_long_tables(long, tmp_path):
    panel = read_panel(long, past=["wind"], future=["price"], static=["size"], unit="MW")
    assert panel.ids == ("B", "NA", "0001") and panel.repairs == ()
    assert_same(panel, each_alone(long, past=["wind"], future=["price"]))
    assert [series.static for series in panel] == [(0.0,), (1.0,), (2.0,)]
    assert (panel.schema.name, panel.schema.frequency, panel.schema.season) == ("y", "h", 24)
    assert [s.schema.name for s in panel] == list(panel.ids)
    assert {s.schema.static for s in panel} == {("size",)} and panel.schema.unit == "MW"
    long.to_csv(tmp_path / "grid.csv", index=False)
    long.to_parquet(tmp_path / "grid.parquet")
    for file in ("grid.csv", "grid.parquet"):
        again = read_panel(
            tmp_path / file, past=["wind"], future=["price"], static=["size"], name="g"
        )
        assert again.schema.name == "g" and again.ids == panel.ids
        assert_same(again, [series.frame for series in panel])
    assert read_panel(panel) is panel
    assert read_panel(panel.series[0]).ids == ("B",)


@pytest.mark.parametrize("alias", ["h", "D", "B", "2MS", "QE-DEC"])
def test_shuffled_holed_and_repeated_is_as_each_alone(alias):
    rng = np.random.default_rng(0)
    tables = []
    for one, start in enumerate(("2020-01-01", "2020-02-01", "2020-07-01")):
        ds = pd.date_range(start, periods=60, freq=alias)
        y = rng.normal(size=60)
        y[rng.integers(1, 59, 4)] = np.nan
        table = pd.DataFrame({"unique_id": f"s{one}", "ds": ds, "y": y, "x": rng.normal(size=60)})
        table = pd.concat([table.drop(index=[5, 6, 30 + one]), table[9:11]])
        tables.append(table.sample(frac=1, random_state=one))
    # the rows of the series in turns
    frame = pd.concat(tables).sample(frac=1, random_state=5, ignore_index=True)
    asked = {"missing": "interpolate", "duplicates": "mean", "gaps": "fill", "past": ["x"]}
    panel = read_panel(frame, frequency=alias, **asked)
    assert_same(panel, each_alone(frame, frequency=alias, **asked))
    assert all("3 series: " in repair for repair in panel.repairs)
    assert len(panel.repairs) == 3 + (alias != "B")


def test_one_series_without_ids(hourly):
    panel = read_panel(hourly.drop(index=3), gaps="fill")
    series = read_series(hourly.drop(index=3), gaps="fill")
    assert panel.ids == ("y",) and panel.repairs == series.repairs
    pd.testing.assert_frame_equal(panel.series[0].frame, series.frame)


def test_wide_tables(hourly):
    panel = read_panel(hourly, target=["wind", "y"], future=["price"], name="grid")
    assert panel.ids == ("wind", "y") and panel.schema.name == "grid"
    for series in panel:
        np.testing.assert_array_equal(series.frame["y"], hourly[series.unique_id])
        np.testing.assert_array_equal(series.frame["price"], hourly["price"])
        np.testing.assert_array_equal(series.times, hourly["ds"])
    again = read_panel_like(hourly, panel.schema, panel.ids)
    assert_same(again, [series.frame for series in panel])
    hourly.loc[3, "wind"] = np.nan
    with pytest.raises(DataError, match=r"'wind' has 1 missing value, first at row 3 \(2016"):
        read_panel(hourly, target=["wind", "y"])
    for columns, kwargs, error in (
        ([], {}, ArgumentError),
        (["y"], {"static": ["price"]}, ArgumentError),
        ([1], {}, ArgumentTypeError),
    ):
        with pytest.raises(error, match="Received"):
            read_panel(hourly, target=columns, **kwargs)
    with pytest.raises(DataError, match="no column 'unique_id'"):
        read_panel(hourly.assign(unique_id="A"), target=["wind", "y"])


def test_short_series(long):
    long = pd.concat([long, long[:1].assign(unique_id="one", y=7.0)])
    with pytest.raises(DataError, match=r"1 of 4 series have fewer than 2 rows: 'one' \(1\)"):
        read_panel(long)
    dropped = read_panel(long, short="drop", fewest=21)
    assert dropped.ids == ("B", "NA")
    assert dropped.repairs == (
        "2 series with fewer than 21 rows were left out (2 series: '0001', 'one').",
    )
    padded = read_panel(long, short="pad", fewest=30)
    assert [len(series) for series in padded] == [40, 30, 30, 30]
    assert "2 series" in padded.repairs[0] and "39 rows" in padded.repairs[0]
    last = padded.series[3]
    assert set(last.frame["y"]) == {7.0} and last.times[-1] == long["ds"].iloc[0]
    np.testing.assert_array_equal(padded.series[2].frame["y"][:11], np.zeros(11))
    assert (np.diff(last.times) == pd.Timedelta("1h")).all()
    with pytest.raises(DataError, match="No series has 99 rows"):
        read_panel(long, short="drop", fewest=99)


def test_all_series_have_one_step(long):
    daily = long[long.unique_id == "0001"].assign(
        unique_id="daily", ds=pd.date_range("2016-07-01", periods=20)
    )
    mixed = pd.concat([long, daily])
    with pytest.raises(DataError, match=r"step by 'h', but 1 of 4 do not: 'daily' by 'D'"):
        read_panel(mixed)
    with pytest.raises(DataError, match=r"step by 'D', but 3 of 4 do not: 'B' by 'h'"):
        read_panel(mixed, frequency="D")
    with pytest.raises(DataError, match=r"Series 'NA': The times have 1 gap.*row 44\) to"):
        read_panel(long.drop(index=45).reset_index(drop=True), gaps="error")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": [np.nan] * 40 + [1.0] * 50}, ["'y' has no value at all in 1 series: 'B'"]),
        ({"size": np.arange(90.0)}, ["'size' is static", "series 'B'", "row 0 (0), row 1 (1)"]),
        ({"size": [np.nan] + [1.0] * 89}, ["'size' has 1 missing value", "'B', 2016-07-01"]),
        ({"unique_id": [None] + ["A"] * 89}, ["'unique_id' has 1 missing id", "row 0"]),
        ({"unique_id": "B", "size": 1.0}, ["50 rows repeat", "row 70"]),
    ],
)
def test_refused(long, change, words):
    with pytest.raises(DataError) as caught:
        read_panel(long.assign(**change), static=["size"], missing="interpolate")
    for word in words:
        assert word in str(caught.value)


def test_notes_name_the_series(long):
    long.loc[[3, 50], "y"] = np.nan
    with pytest.raises(DataError, match=r"row 3 \('B', 2016-07-01 03:00\), row 50 \('NA', "):
        read_panel(long)


# Missing values that stay.


def test_masked(long):
    long.loc[[3, 4, 50], "y"] = np.nan
    panel = read_panel(long.drop(index=8), past=["wind"], missing="mask", gaps="fill")
    assert panel.schema.masked
    assert panel.repairs == (
        "Column 'y': 3 missing values were left missing (2 series: 'B', 'NA').",
        "1 missing time was inserted without values (1 series: 'B').",
    )
    assert np.flatnonzero(panel.series[0].frame["y"].isna()).tolist() == [3, 4, 8]
    long.loc[3, "price"] = np.nan
    with pytest.raises(DataError, match="'price' has 1 missing value"):
        read_panel(long, future=["price"], missing="mask")
    assert read_panel(panel) is panel
    assert read_panel(panel, season=7).series[0].frame["y"].isna().sum() == 3
    again = read_panel_like(long, panel.schema, panel.ids)  # the schema allows it
    assert again.series[1].frame["y"].isna().sum() == 1
    one = read_like(panel.series[0], panel.schema)
    assert one.frame["y"].isna().sum() == 3 and one.schema.masked
    with pytest.raises(DataError, match="3 missing values"):
        read_panel_like(long, panel.schema, missing="error")
    with pytest.raises(ArgumentError, match="fitted on complete series"):
        read_like(long[:5].drop(columns="unique_id"), read_series(long[:3]).schema, missing="mask")


# Again, for predicting.


def test_like(long):
    panel = read_panel(long, past=["wind"], static=["size"])
    part = long[long.unique_id != "B"].drop(columns="size")
    statics = {series.unique_id: series.static for series in panel}
    again = read_panel_like(part, panel.schema, panel.ids, statics)
    assert again.ids == ("NA", "0001") and again.schema == panel.schema
    assert_same(again, [series.frame for series in panel][1:])
    assert [series.static for series in again] == [(1.0,), (2.0,)]
    assert read_panel_like(panel, panel.schema, panel.ids).series[2].static == (2.0,)
    with pytest.raises(DataError, match="'size' of series 'NA' are not known"):
        read_panel_like(part, panel.schema, panel.ids)
    with pytest.raises(DataError, match=r"unseen series.*1 series: '00001'. Did you mean '0001'"):
        read_panel_like(long.replace({"0001": "00001"}), panel.schema, panel.ids)
    alone = part[:5].drop(columns="unique_id")
    with pytest.raises(DataError, match="does not say which of them"):
        read_panel_like(alone, panel.schema, panel.ids, statics)
    assert read_panel_like(alone, panel.schema, ["NA"], statics).ids == ("NA",)


def test_static_columns_are_those_that_the_model_knows(long):
    panel = read_panel(long, static=["size"])
    statics = {series.unique_id: series.static for series in panel}
    for source in (long, long.astype({"size": "float32"}), panel, long[long.unique_id == "NA"]):
        for series in read_panel_like(source, panel.schema, panel.ids, statics):
            assert series.static == statics[series.unique_id]
    changed = long.assign(size=long["size"].replace({1.0: 1.5}))
    for source in (changed, read_panel(changed, static=["size"])):
        with pytest.raises(DataError) as caught:
            read_panel_like(source, panel.schema, panel.ids, statics)
        for word in ("'size' is static", "series 'NA'", "knows 1.0", "here it is 1.5", "Correct"):
            assert word in str(caught.value)
    assert read_panel_like(changed, panel.schema).series[1].static == (1.5,)  # nothing is known


def test_one_of_several(long):
    panel = read_panel(long)
    with pytest.raises(DataError, match=r"3 series.*frame.unique_id == \"B\".*read_panel"):
        read_series(long)
    with pytest.raises(DataError, match=r"panel holds 3 series.*panel.series\[0\]"):
        read_series(panel)
    assert read_series(read_panel(panel.series[1])) is panel.series[1]


def test_future_of_several(long):
    schema = read_panel(long, future=["price"]).schema
    times = schema.times_after(pd.Timestamp("2016-07-01 11:00"), 3)
    ahead = FutureCovariates(long, schema)
    for one in ("B", "NA", "0001"):
        own = long[(long.unique_id == one) & long.ds.isin(times)]
        np.testing.assert_array_equal(ahead.rows(times, one)[:, 0], own["price"])
        np.testing.assert_array_equal(
            future_rows(long, schema, times, unique_id=one)[:, 0], own["price"]
        )
    with pytest.raises(DataError, match=r"'price' of series 'C' are missing"):
        future_rows(long, schema, times, unique_id="C")
    with pytest.raises(DataError, match="holds 3 series"):
        future_rows(long, schema, times)
    late = schema.times_after(pd.Timestamp("2016-07-01 18:00"), 3)
    with pytest.raises(DataError, match=r"of series '0001'.*2 of 3 times are missing"):
        future_rows(long, schema, late, unique_id="0001")
