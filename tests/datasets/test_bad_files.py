"""Files that are damaged, missing, named wrongly, or larger than the memory."""

import gzip

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import read
from rnnzoo.errors import ArgumentTypeError, DataError

GOOD = b"ds,y,wind\n" + b"".join(
    b"2020-01-%02d,%d,%g\n" % (day, day, day / 2) for day in range(1, 13)
)


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
