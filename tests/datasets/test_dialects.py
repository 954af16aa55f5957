"""Files that are written otherwise: separators, marks of numbers, encodings, lines above the
header. What is certain is read and said, what is not is refused with a remedy, which is applied."""

import gzip

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import Dialect, read_like, read_panel, read_series, table_columns
from rnnzoo.datasets.tabular import csv_file
from rnnzoo.errors import ArgumentError, ArgumentTypeError, DataError

from .conftest import days, remedies

READ = {  # cells of the column, separator: (values, words of the repairs)
    "decimal comma": (["1.234,56", "12,5", "3"], ";", [1234.56, 12.5, 3], ["comma and points"]),
    "points group": (["1.234", "12,5", "3"], ";", [1234, 12.5, 3], ["points between", "(1.234)"]),
    "comma, tabs": (["1,5", "1.234", "3"], "\t", [1.5, 1234, 3], ["tabs", "decimal comma"]),
    "comma, quoted": (['"1,5"', '"1,234"', "3"], ",", [1.5, 1.234, 3], ["decimal comma"]),
    "leading zero": (["1.234", "0.345", "3"], ";", [1.234, 0.345, 3], ["semicolons"]),
    "many digits": (["1234,567", "1,234", "3"], ";", [1234.567, 1.234, 3], ["decimal comma"]),
    "thousands": (['"1,234"', '"2,345.5"', "3"], ",", [1234, 2345.5, 3], ["commas between"]),
    "millions": (['"1,234,567"', '"2,345"', "3"], ",", [1234567, 2345, 3], ["(1,234,567)"]),
    "millions, points": (["1.234.567", "2.345", "3"], ";", [1234567, 2345, 3], ["(1.234.567)"]),
    "spaces": (["1 234,5", "3\u00a0000", "3"], ";", [1234.5, 3000, 3], ["spaces between"]),
    "quotes": (["1'234.5", "3’000", "-3"], ",", [1234.5, 3000, -3], ["quotes between"]),
    "powers of ten": (["1,5e3", "1,234", "-3"], ";", [1500, 1.234, -3], ["decimal comma"]),
    "whole numbers": (["1", "2", "-3"], ";", [1, 2, -3], ["separated by semicolons"]),
    "bars": (["1.5", "2", "3"], "|", [1.5, 2, 3], ["separated by bars"]),
}


@pytest.mark.parametrize("what", READ)
def test_what_is_certain_is_read_and_said(what, write):
    cells, sep, values, words = READ[what]
    path = write(days(cells, sep))
    for reader in (read_series, read_panel):
        series = reader(path)
        np.testing.assert_array_equal(series.frame["y"] if reader is read_series else
                                      series.series[0].frame["y"], values)  # fmt: skip
        for word in words:
            assert word in " ".join(series.repairs)


def test_an_ordinary_file_needs_no_word(write):
    assert read_series(write(days([1, 2.5, 3]))).repairs == ()
    assert read_series(write(days([1, 2.5, 3], "\t"), "data.tsv")).repairs == ()
    packed = gzip.compress(days([1, 2.5, 3], "\t").encode())
    for name in ("data.txt.gz", "data.tsv.gz"):
        np.testing.assert_array_equal(read_series(write(packed, name)).frame["y"], [1, 2.5, 3])


@pytest.mark.parametrize(
    ("cells", "sep", "values"),
    [
        (["1,234", "2,345", "3"], ";", ([1.234, 2.345, 3], [1234, 2345, 3])),
        (["1.234", "2.345", "3"], ";", ([1.234, 2.345, 3], [1234, 2345, 3])),
        (['"1,234"', '"2,345"', "3"], ",", ([1.234, 2.345, 3], [1234, 2345, 3])),
    ],
)
def test_marks_that_nothing_decides(cells, sep, values, write):
    path = write(days(cells, sep))
    with pytest.raises(DataError, match=r"'1.234' in line 2 may be 1\.234 or 1234") as caught:
        read_series(path)
    offered = remedies(caught)
    assert [[*one] for one in offered] == [["decimal"], ["thousands"]]
    for remedy, expected in zip(offered, values, strict=True):
        series = read_series(path, **remedy)
        np.testing.assert_array_equal(series.frame["y"], expected)
        assert "comma" not in " ".join(series.repairs)  # it was said


def test_another_column_decides_for_the_file(write):
    path = write("ds;y;w\n2024-01-01;1.234;0,5\n2024-01-02;2.345;1,5\n")
    np.testing.assert_array_equal(read_series(path, past=["w"]).values(["y", "w"]),
                                  [[1234, 0.5], [2345, 1.5]])  # fmt: skip
    with pytest.raises(DataError, match="may be"):  # it is not read
        read_series(path)


def test_far_down_the_file_counts_too(write, monkeypatch):
    """No cell of the head, nor of the first piece that is read, decides it."""
    monkeypatch.setattr(csv_file, "CELLS", 100)
    ds = pd.date_range("2024-01-01", periods=600).strftime("%Y-%m-%d")
    for sep, quote in ((";", ""), (",", '"'), ("\t", "")):
        last = [f"{quote}{cell}{quote}" for cell in [*["1,234"] * 9, "0,5"]]
        y = [*range(590), *last]
        path = write(f"ds{sep}y\n" + "".join(f"{t}{sep}{v}\n" for t, v in zip(ds, y, strict=True)))
        np.testing.assert_array_equal(
            read_series(path).frame["y"], [*range(590), *[1.234] * 9, 0.5]
        )


@pytest.mark.parametrize("cells", [["12,5", "12.5", "3"], ["12.5", "12,5", "3"]])
def test_two_marks_in_one_file(cells, write):
    path = write(days(cells, ";"))
    for decimal, line in ((None, cells.index("12,5")), (",", cells.index("12.5"))):
        with pytest.raises(DataError, match=rf"non-numeric value: line {line + 2} .*in one way"):
            read_series(path, decimal=decimal)


def test_wrong_grouping_is_no_number(write):
    for cell in ("1,23,456.5", "12,34", "1,2345", "0,123,456"):
        with pytest.raises(DataError, match="'y' has 1 non-numeric value"):
            read_series(write(days([f'"{cell}"', "2", "3"])), thousands=",")


def test_separator_that_is_not_certain(write):
    path = write("ds;y\n2024-01-01;1\n2024-01-02;2;0\n2024-01-03;3\n")
    with pytest.raises(DataError, match="seems to be separated by semicolons") as caught:
        read_series(path)
    (remedy,) = remedies(caught)
    with pytest.raises(DataError, match="Line 3 has 3 fields where the header has 2"):
        read_series(path, **remedy)
    both = write("ds,y;wind,x\n" + "2020-01-01,1;2,3\n2020-01-02,1;2,3\n")
    with pytest.raises(DataError, match="by commas or semicolons") as caught:
        read_series(both, target="wind,x")
    assert [remedy["separator"] for remedy in remedies(caught)] == [",", ";"]
    assert table_columns(both, separator=";") == ("ds,y", "wind,x")
    assert table_columns(both, separator=",") == ("ds", "y;wind", "x")
    for sign in (" ", "#", "tab", "\\t"):
        text = days([1, 2, 3], "\t" if len(sign) > 1 else sign)
        np.testing.assert_array_equal(
            read_series(write(text), separator=sign).frame["y"], [1, 2, 3]
        )


ABOVE = {  # lines above a table: whether they are left out by themselves
    "title": ("Sales report\n", True),
    "blank lines": ("Sales report\n\n  \n", True),
    "two": ("Sales\nof 2024\n", True),
    "in quotes": ('"Sales\nof 2024"\n', True),
    "as many fields": ("Station,Berlin\n", False),
    "fewer fields": ("a,b\n", False),
    "comments": ("# a\n# b, c\n", False),
}


@pytest.mark.parametrize("what", ABOVE)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_above_the_header(what, end, write):
    """Left out where certain; else the message says which line, and that works. Lines are counted
    in the file."""
    above, certain = ABOVE[what]
    wide = what == "fewer fields"
    head, cells = ("ds,y,z", ["1,0", "2,0", "x,0"]) if wide else ("ds,y", ["1", "2", "x"])
    path = write((above + days(cells, head=head)).replace("\n", end))
    line = above.count("\n") + 4
    remedy = {}
    if not certain:
        with pytest.raises(DataError, match="header") as caught:
            read_series(path, time="ds", target="y")
        (remedy,) = remedies(caught)
        assert remedy == {"skip_rows": above.count("\n")}
    with pytest.raises(DataError, match=rf"non-numeric value: line {line} \('x'\)"):
        read_series(path, **remedy)
    path.write_bytes(path.read_bytes().replace(b"x", b"3"))
    series = read_series(path, **remedy)
    np.testing.assert_array_equal(series.frame["y"], [1, 2, 3])
    assert bool(series.repairs) == certain
    assert read_series(path, skip_rows=above.count("\n")).repairs == ()


def test_excels_word_to_itself(write):
    for separator in (None, ";"):
        series = read_series(write("sep=;\r\n" + days(["1,5", "2,5"], ";")), separator=separator)
        np.testing.assert_array_equal(series.frame["y"], [1.5, 2.5])
    with pytest.raises(DataError, match=r"line 4 \('x'\)"):
        read_series(write("sep=|\n" + days(["1.5", "x"], "|")))


def test_skip_rows_beyond_the_file(write):
    with pytest.raises(DataError, match=r"nothing below the first 9 lines.*skip_rows=9"):
        read_series(write(days([1, 2])), skip_rows=9)
    with pytest.raises(DataError, match=r"Line 1 has 1 fields|may|header|no column"):
        read_series(write("Title\n" + days([1, 2])), skip_rows=0)


BODY = "2024-01-01,1.5,2\n2024-01-02,2.5,3\n2024-01-03,3.5,4\n"


@pytest.mark.parametrize(
    "head",
    [
        "Price,Close,Open\nTicker,ACME,ACME\nDate,,\n",
        ",Close,Open\n,0700.HK,0700.HK\nDate,,\n",
        "Ticker,ACME,ACME\nPrice,Close,Open\nDatetime,,\n",
    ],
)
def test_three_header_lines_of_a_price_download(head, write):
    time = head.splitlines()[2].split(",")[0]
    series = read_series(write(head + BODY), time=time, target="Close", past=["Open"])
    np.testing.assert_array_equal(series.frame["y"], [1.5, 2.5, 3.5])
    assert "Lines 1 to 3 were read as one header" in series.repairs[0]
    with pytest.raises(DataError, match=r"line 5 \('x'\)"):
        read_series(write(head + BODY.replace("2.5", "x")), time=time, target="Close")


def test_three_header_lines_of_several_tickers(write):
    path = write("Price,Close,Close\nTicker,ACME,BETA\nDate,,\n" + BODY)
    with pytest.raises(DataError, match=r"'ACME', 'BETA'.*header=\[0, 1\], index_col=0"):
        read_series(path, time="Date", target="Close")
    frame = pd.read_csv(path, header=[0, 1], index_col=0)
    assert frame.shape == (3, 2) and list(frame["Close"]) == ["ACME", "BETA"]


def test_later_tables_are_read_likewise(write):
    """What one file proves decides for those that prove nothing."""
    first = read_series(write(days(["1.234,5", "2.345,5", "3"], ";")))
    later = write(days(["1.234", "2.345", "3"], ";").replace("-01-", "-02-"), "later.csv")
    np.testing.assert_array_equal(read_like(later, first.schema).frame["y"], [1234, 2345, 3])
    point = write(days(["1.5", "2.5", "3"]).replace("-01-", "-02-"), "later.csv")
    np.testing.assert_array_equal(read_like(point, first.schema).frame["y"], [1.5, 2.5, 3])
    skipped = write("a,b\n" + days([1, 2, 3]))
    schema = read_series(skipped, skip_rows=1).schema
    np.testing.assert_array_equal(read_like(skipped, schema).frame["y"], [1, 2, 3])


def test_how_a_file_is_written_is_no_matter_of_frames(hourly, tmp_path):
    hourly.to_parquet(tmp_path / "data.parquet")
    for source in (
        hourly,
        hourly.set_index("ds")["y"],
        read_series(hourly),
        tmp_path / "data.parquet",
    ):
        for argument in ({"separator": ";"}, {"encoding": "cp1252"}, {"skip_rows": 1}):
            with pytest.raises(ArgumentError, match="can be said of a CSV file alone"):
                read_panel(source, **argument)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"separator": ";;"}, ArgumentError),
        ({"separator": "."}, ArgumentError),
        ({"separator": 5}, ArgumentTypeError),
        ({"decimal": ";"}, ArgumentError),
        ({"thousands": "x"}, ArgumentError),
        ({"decimal": ",", "thousands": ","}, ArgumentError),
        ({"encoding": "klingon"}, ArgumentError),
        ({"encoding": "rot13"}, ArgumentError),
        ({"encoding": 8}, ArgumentTypeError),
        ({"skip_rows": -1}, ArgumentError),
        ({"skip_rows": "2"}, ArgumentTypeError),
    ],
)
def test_values_that_cannot_be_used(arguments, error, write):
    path = write(days([1, 2]))
    for reader in (read_series, read_panel):
        with pytest.raises(error, match="Received: "):
            reader(path, **arguments)
    assert Dialect() == Dialect(None)
