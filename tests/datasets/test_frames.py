"""Frames of every shape: levels of columns and rows, named indices, other libraries, ids."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from rnnzoo.datasets import read_like, read_panel, read_panel_like, read_series
from rnnzoo.errors import ArgumentTypeError, DataError

DAYS = pd.bdate_range("2024-01-02", periods=40, name="Date")
Y = np.arange(40.0)
BASE = pd.DataFrame({"ds": DAYS, "y": Y})


def download(*tickers, first="Price"):
    """Prices as they are downloaded, with columns in two levels."""
    levels = [["Close", "Volume"], list(tickers)]
    columns = pd.MultiIndex.from_product(levels, names=["Price", "Ticker"])
    cells = np.arange(40.0)[:, None] + 100 * np.arange(len(columns))
    frame = pd.DataFrame(cells, index=DAYS, columns=columns)
    return frame if first == "Price" else frame.swaplevel(axis=1)


@pytest.mark.parametrize("first", ["Price", "Ticker"])
def test_a_download_of_one_share(first):
    series = read_series(download("ACME", first=first), target="Close", past=["Volume"])
    assert series.frame["y"].tolist() == Y.tolist() and series.frame["Volume"][0] == 100
    assert len(read_like(download("ACME", first=first)[-5:], series.schema)) == 5


@pytest.mark.parametrize("first", ["Price", "Ticker"])
def test_a_download_of_several_shares_is_a_panel(first):
    frame = download("ACME", "EMCA", first=first)
    other = [place for place, names in enumerate(frame.columns) if "EMCA" in names]
    frame.iloc[:3, other] = np.nan  # not traded on these days
    panel = read_panel(frame, target="Close", past=["Volume"])
    assert panel.ids == ("ACME", "EMCA") and [len(one) for one in panel] == [40, 37]
    with pytest.raises(DataError, match=r"one series is read.*frame\.xs") as raised:
        read_series(frame, target="Close")
    code = str(raised.value).split("Choose one: ")[1].split(";")[0]
    part = eval(code, {"frame": frame})  # the remedy
    assert len(read_series(part, target="Close")) == 40


def test_levels_that_mean_nothing_known_are_named():
    frame = download("ACME", "EMCA")
    with pytest.raises(DataError, match=r"two levels, level 0 \(Price\): 'Close'.*target='Close'"):
        read_panel(frame)
    with pytest.raises(DataError, match="3 levels"):
        read_panel(pd.concat({"x": frame}, axis=1), target="Close")


@pytest.mark.parametrize(
    "order", [["unique_id", "ds"], ["ds", "unique_id"], [None, None], ["shop", "day"]]
)
def test_rows_in_two_levels(order):
    levels = ["ab", DAYS[:30]] if order[0] != "ds" else [DAYS[:30], "ab"]
    index = pd.MultiIndex.from_product([list(levels[0]), list(levels[1])], names=order)
    panel = read_panel(pd.DataFrame({"y": np.arange(60.0)}, index=index))
    assert sorted(panel.ids) == ["a", "b"] and [len(one) for one in panel] == [30, 30]
    assert read_panel(pd.Series(np.arange(60.0), index=index)).ids == panel.ids


@pytest.mark.parametrize(
    ("frame", "time"),
    [
        (BASE.set_index(DAYS)[["y"]], "Date"),
        (BASE.set_index(DAYS)[["y"]], None),
        (BASE.set_index(DAYS.strftime("%Y-%m-%d"))[["y"]].rename_axis("Date"), "Date"),
        (BASE.set_index(pd.PeriodIndex(DAYS, freq="D", name="Date"))[["y"]], "Date"),
        (BASE.rename_axis("row"), "ds"),
    ],
)
def test_an_index_with_a_name(frame, time):
    assert read_series(frame, time=time).times.tolist() == DAYS.tolist()


KINDS = ["Int64", "Float64", "float32", "int8", "category", "Sparse[float]", "double[pyarrow]",
         "int64[pyarrow]", "object", pd.ArrowDtype(pa.decimal128(10, 2))]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_columns_of_every_numeric_kind(kind):
    cells = [Decimal(int(y)) for y in Y] if "decimal" in str(kind) else Y.astype(int)
    plain = "float" if str(kind).startswith("Sparse") else "object"
    values = pd.Series(cells).astype(plain)
    assert read_series(BASE.assign(y=values.astype(kind))).frame["y"].tolist() == Y.tolist()


@pytest.mark.parametrize(
    "cells",
    [pd.to_timedelta(Y, unit="h"), DAYS, pd.interval_range(0, 40), [[1, 2]] * 40, [{"a": 1}] * 40,
     [b"1"] * 40, Y + 1j, Y > 3, [str(y) for y in Y]],
)  # fmt: skip
def test_cells_that_are_no_numbers_are_named(cells):
    with pytest.raises(DataError, match="Column 'y'"):
        read_series(BASE.assign(y=cells))


STAMPS, TEXTS = DAYS.to_series(), DAYS.strftime("%Y-%m-%d")
PARIS = "timestamp[us, tz=Europe/Paris][pyarrow]"


@pytest.mark.parametrize(
    "times",
    [
        STAMPS.astype("timestamp[ns][pyarrow]"),
        STAMPS.astype("date32[day][pyarrow]"),
        STAMPS.dt.tz_localize("Europe/Paris").astype(PARIS),
        [day.date() for day in DAYS],
        pd.PeriodIndex(DAYS, freq="D"),
        pd.Categorical(DAYS),
        pd.Categorical(TEXTS),
        pd.array(TEXTS, "string[pyarrow]"),
    ],
)
def test_times_of_every_kind(times):
    values = times.array if isinstance(times, pd.Series) else times
    assert read_series(BASE.assign(ds=values)).times.tolist() == DAYS.tolist()


def test_tables_of_other_libraries():
    assert read_series(pa.table(BASE)).frame["y"].tolist() == Y.tolist()
    for other in (pa.chunked_array([Y]), Y, {"ds": DAYS, "y": Y}, [1.0], None):
        with pytest.raises(ArgumentTypeError, match="`source` must be"):
            read_series(other)


SHOPS = pd.concat([BASE.assign(store=store, item=item) for store in (1, 2) for item in "pq"])


def test_ids_of_other_columns():
    panel = read_panel(SHOPS, id=["store", "item"])
    assert panel.ids == ("1/p", "1/q", "2/p", "2/q") and panel.schema.id_parts == ("store", "item")
    assert read_panel_like(SHOPS[:20], panel.schema, panel.ids).ids == ("1/p",)
    named = SHOPS[:20].assign(unique_id="1/p").drop(columns=["store", "item"])
    assert read_panel_like(named, panel.schema, panel.ids).ids == ("1/p",)
    assert read_panel(SHOPS[SHOPS.item == "p"], id="store").ids == ("1", "2")
    with pytest.raises(DataError, match="no column 'stor'. Did you mean 'store'"):
        read_panel(SHOPS, id="stor")


def test_repeated_times_name_the_columns_that_tell_them_apart():
    """Not their mean, which would destroy what is told apart."""
    with pytest.raises(
        DataError, match=r"'store' and 'item'.*id=\[\"store\", \"item\"\]"
    ) as raised:
        read_panel(SHOPS)
    assert "mean" not in str(raised.value)
    clock = pd.DataFrame(
        {"ds": np.repeat(DAYS[:5], 24), "hour": [f"{i}:00" for i in range(24)] * 5}
    )
    clock["y"] = np.arange(120.0)
    with pytest.raises(DataError, match=r"time=\[\"ds\", \"hour\"\]") as raised:
        read_series(clock)
    assert "mean" not in str(raised.value)
    with pytest.raises(DataError, match="does not fall on|gap"):  # weekends are missing: all days
        read_series(clock, time=["ds", "hour"], gaps="error", frequency="h")
    merged = read_series(clock, duplicates="mean")  # asked for: done, and told
    assert "'hour' would tell them apart" in " ".join(merged.repairs)


def test_what_was_read_is_read_again_with_other_arguments():
    panel = read_panel(SHOPS, id=["store", "item"])
    for source in (panel, panel.series[0]):
        again = read_panel(source, unit="kg")
        assert again.ids == panel.ids[: len(again)] and again.schema.unit == "kg"
        assert again.schema.id_parts == panel.schema.id_parts
    joined = read_series(
        BASE.assign(date=DAYS, hour="10:00").drop(columns="ds"), time=["date", "hour"]
    )
    assert read_series(joined, season=7).times.tolist() == joined.times.tolist()
