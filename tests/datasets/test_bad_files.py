"""Every way a file can be unusable: the error says what, where, and what to do."""

import gzip

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import read
from rnnzoo.errors import ArgumentTypeError, DataError

HEAD = "ds,y,wind\n"
ROWS = [f"2020-01-{day:02d},{day},{day / 2}" for day in range(1, 13)]


def spoiled(**lines: str) -> bytes:
    """The good table with other text in some lines: `line5="…"`; the header is line 1."""
    rows = list(ROWS)
    for name, text in lines.items():
        rows[int(name.removeprefix("line")) - 2] = text
    return (HEAD + "\n".join(rows) + "\n").encode()


GOOD = spoiled()
BAD = {  # what: (content of data.csv, words of the message)
    "zero bytes": (b"", ["data.csv", "file is empty"]),
    "blank lines only": (b"\n\n \n", ["file is empty"]),
    "header only": (HEAD.encode(), ["no rows", "at least 2"]),
    "single row": (GOOD[:26], ["1 row", "at least 2"]),
    "missing value": (
        spoiled(line4="2020-01-03,,1", line6="2020-01-05,NaN,1", line9="2020-01-08,NA,1"),
        [
            "'y' has 3 missing values, first at line 4 (2020-01-03), line 6 (2020-01-05), line 9",
            'missing="interpolate"',
            "--missing interpolate",
        ],
    ),
    "missing covariate": (
        spoiled(line4="2020-01-03,3,"),
        ["'wind'", "1 missing value,", "line 4 (2020-01-03)"],
    ),
    "blank lines are counted": (
        HEAD.encode() + b"\n2020-01-01,1,1\n\n2020-01-02,,1\n2020-01-03,3,1\n",
        ["'y'", "line 5 (2020-01-02)"],
    ),
    "lines in quotes are counted": (
        b'ds,y,wind,note\n2020-01-01,1,1,"a\nb"\n2020-01-02,,1,c\n2020-01-03,3,1,d\n',
        ["'y'", "line 4 (2020-01-02)"],
    ),
    "infinite": (spoiled(line3="2020-01-02,inf,1"), ["'y'", "infinite", "line 3 (2020-01-02)"]),
    "1e400": (spoiled(line3="2020-01-02,1e400,1"), ["'y'", "1 infinite value", "line 3"]),
    "empty column": (
        (HEAD + "\n".join(row.rsplit(",", 1)[0] + "," for row in ROWS)).encode(),
        ["'wind'", "no value at all", "12 rows", "Leave the column out"],
    ),
    "words": (
        spoiled(line4="2020-01-03,missing,1", line5="2020-01-04,-,1"),
        ["'y' has 2 non-numeric values: line 4 ('missing'), line 5 ('-')", "--missing"],
    ),
    "decimal commas": (
        spoiled(line4='2020-01-03,"3,5",1'),
        ["'y'", "line 4 ('3,5')", "decimal=','", "thousands=','"],
    ),
    "whole number over 64 bits": (
        spoiled(line4="2020-01-03,18446744073709551617,1"),
        ["'y'", "too large for 64 bits", "line 4", "18446744073709551617"],
    ),
    "booleans": (
        (HEAD + "\n".join(row.rsplit(",", 1)[0] + ",TRUE" for row in ROWS)).encode(),
        ["'wind'", "true/false", "astype(float)"],
    ),
    "ragged, short": (spoiled(line7="2020-01-06,6"), ["Line 7 has 2 fields", "header has 3"]),
    "ragged, long": (spoiled(line7="2020-01-06,6,7,8"), ["Line 7 has 4 fields", "quotes"]),
    "all rows long": (
        (HEAD + "\n".join(row + ",0" for row in ROWS)).encode(),
        ["Every row has 4 fields", "header names 3 columns", "trailing comma"],
    ),
    "duplicate header": (
        b"ds,y,y\n2020-01-01,1,1\n",
        ["'y'", "more than once", "line 1", "Rename"],
    ),
    "open quote": (spoiled(line7='2020-01-06,"6,1'), ["Line 7", "cannot be read as CSV"]),
    "semicolons": (GOOD.replace(b",", b";"), ["semicolons", "sep=';'"]),
    "Latin-1": (
        spoiled(line5="2020-01-04,4,1").replace(b"wind", "wärme".encode("latin-1")),
        ["not UTF-8", "0xE4", "line 1", "iconv -f LATIN1 -t UTF-8 data.csv"],
    ),
    "UTF-16": (GOOD.decode().encode("utf-16"), ["UTF-16", "iconv -f UTF-16"]),
    "NUL bytes": (GOOD.replace(b"2020-01-03", b"2020\x0001-03"), ["Line 4", "NUL", "tr -d"]),
    "duplicate times": (
        spoiled(line4="2020-01-02,3,1", line5="2020-01-02,4,1"),
        ["2 rows repeat", "line 4 (2020-01-02), line 5", '"mean"', "--duplicates mean"],
    ),
    "gap": (
        GOOD.replace(b"2020-01-05,5,2.5\n", b"").replace(b"2020-01-09,9,4.5\n", b""),
        [
            "2 gaps at a step of 'D'",
            "2020-01-04 (line 5) to 2020-01-06, 1 missing",
            'gaps="fill"',
            "--gaps fill",
        ],
    ),
    "between steps": (
        spoiled(line4="2020-01-03 07:00,3,1"),
        ["1 time does not fall on a step of 'D'", "line 4 (2020-01-03 07:00)", "resample"],
    ),
    "no step": (
        b"ds,y,wind\n2020-01-01,1,1\n2020-01-03,1,1\n2020-01-09,1,1\n2020-01-10 03:00,1,1\n",
        ["no regular step", "resample"],
    ),
    "epoch seconds": (
        b"ds,y,wind\n1577836800,1,1\n1577923200,2,1\n",
        ["'ds'", "1577836800", "numbers are not times", "--time-format", "unit='s'"],
    ),
    "years": (b"ds,y,wind\n1990,1,1\n1991,2,1\n", ["'ds'", "1990", "numbers are not times"]),
    "day or month first": (
        b"ds,y,wind\n01/02/2024,1,1\n02/02/2024,2,1\n",
        ["'ds'", "line 2 ('01/02/2024')", "time_format=", "--time-format", "not guessed"],
    ),
    "no such day": (
        spoiled(line4="2021-02-30,3,1"),
        ["'ds'", "line 4 ('2021-02-30')", "cannot be read"],
    ),
    "missing time": (spoiled(line4=",3,1"), ["'ds'", "1 missing time", "line 4"]),
    "mixed zones": (
        spoiled(line4="2020-01-03T00:00Z,3,1"),
        ["'ds'", "line 4 ('2020-01-03T00:00Z')", "line 2 ('2020-01-01')", "all of them"],
    ),
    "fifteenth of each month": (
        b"ds,y,wind\n2020-01-15,1,1\n2020-02-15,2,1\n2020-03-15,2,1\n",
        ["1 month", "neither the first nor the last", "to_period"],
    ),
    "several series": (
        b"unique_id,ds,y,wind\nA,2020-01-01,1,1\nB,2020-01-01,2,1\n",
        ["'unique_id'", "2 series", 'frame[frame.unique_id == "A"]'],
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_says_what_where_and_remedy(what, tmp_path):
    content, words = BAD[what]
    (tmp_path / "data.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(tmp_path / "data.csv", past=["wind"])
    for word in ["data.csv", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("data.csv.gz", gzip.compress(GOOD)[:-12], ["gzip file is damaged"]),
        ("data.csv.gz", b"\x1f\x8b" + b"x" * 40, ["gzip file is damaged"]),
        ("data.csv.gz", GOOD, ["gzip file is damaged"]),
        ("data.parquet", b"PAR1" + b"x" * 40, ["data.parquet", "cannot be read"]),
        ("data.xlsx", b"PK", ["data.xlsx", ".csv, .csv.gz and .parquet", "pass the frame"]),
    ],
)
def test_damaged_and_unknown_files(file, content, words, tmp_path):
    (tmp_path / file).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(tmp_path / file)
    for word in words:
        assert word in str(caught.value)


def test_missing_file_names_near_ones(tmp_path):
    (tmp_path / "weather.csv").write_bytes(GOOD)
    with pytest.raises(
        DataError, match=r"There is no file .*wether\.csv\. Did you mean weather\.csv"
    ):
        read(tmp_path / "wether.csv")
    with pytest.raises(DataError, match="Nor is there a directory"):
        read(tmp_path / "nowhere" / "weather.csv")
    with pytest.raises(DataError, match="is a directory"):
        read(tmp_path)
    with pytest.raises(ArgumentTypeError, match="Received: int"):
        read(5)


def test_byte_order_mark_crlf_and_misnamed_gzip_are_read(tmp_path):
    for content in (b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n"), gzip.compress(GOOD)):
        (tmp_path / "data.csv").write_bytes(content)
        series = read(str(tmp_path / "data.csv"), past=["wind"])
        assert series.repairs == ()
        assert series.schema.name == "data"
        np.testing.assert_array_equal(series.values(["y", "wind"])[:2], [[1, 0.5], [2, 1.0]])


def test_parquet(tmp_path, hourly):
    hourly.set_index("ds").to_parquet(tmp_path / "data.parquet")
    pd.testing.assert_frame_equal(
        read(tmp_path / "data.parquet").frame, read(hourly, name="data").frame
    )


def test_ids_stay_text(tmp_path):
    (tmp_path / "data.csv").write_bytes(b"unique_id,ds,y\n0001,2020-01-01,1\n0001,2020-01-02,2\n")
    assert set(read(tmp_path / "data.csv").frame["unique_id"]) == {"0001"}
    (tmp_path / "data.csv").write_bytes(b"unique_id,ds,y\nNA,2020-01-01,1\nNA,2020-01-02,2\n")
    assert read(tmp_path / "data.csv").schema.name == "NA"
