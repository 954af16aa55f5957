"""Files that are damaged, missing, named wrongly, or larger than the memory."""

import gzip

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import read_series
from rnnzoo.datasets.tabular import csv_file, text_file
from rnnzoo.datasets.tabular import memory_check as room
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
        ("data.xlsx", b"PK", ["data.xlsx", "cannot be read"]),
        ("data.ods", b"PK", ["data.ods", ".csv, .tsv and .txt", ".parquet", "pass the frame"]),
    ],
)
def test_damaged_and_unknown_files(file, content, words, tmp_path):
    (tmp_path / file).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_series(tmp_path / file)
    for word in words:
        assert word in str(caught.value)


def test_missing_file_names_near_ones(tmp_path):
    (tmp_path / "weather.csv").write_bytes(GOOD)
    with pytest.raises(
        DataError, match=r"There is no file .*wether\.csv\. Did you mean weather\.csv"
    ):
        read_series(tmp_path / "wether.csv")
    with pytest.raises(DataError, match="Nor is there a directory"):
        read_series(tmp_path / "nowhere" / "weather.csv")
    with pytest.raises(DataError, match="is a directory"):
        read_series(tmp_path)
    with pytest.raises(ArgumentTypeError, match="Received: int"):
        read_series(5)


def test_byte_order_mark_crlf_and_misnamed_gzip_are_read(tmp_path):
    for content in (b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n"), gzip.compress(GOOD)):
        (tmp_path / "data.csv").write_bytes(content)
        series = read_series(str(tmp_path / "data.csv"), past=["wind"])
        assert series.repairs == ()
        assert series.schema.name == "data"
        np.testing.assert_array_equal(series.values(["y", "wind"])[:2], [[1, 0.5], [2, 1.0]])


def test_parquet(tmp_path, hourly):
    hourly.set_index("ds").to_parquet(tmp_path / "data.parquet")
    pd.testing.assert_frame_equal(
        read_series(tmp_path / "data.parquet").frame, read_series(hourly, name="data").frame
    )


def test_ids_stay_text(tmp_path):
    (tmp_path / "data.csv").write_bytes(b"unique_id,ds,y\n0001,2020-01-01,1\n0001,2020-01-02,2\n")
    assert set(read_series(tmp_path / "data.csv").frame["unique_id"]) == {"0001"}
    (tmp_path / "data.csv").write_bytes(b"unique_id,ds,y\nNA,2020-01-01,1\nNA,2020-01-02,2\n")
    assert read_series(tmp_path / "data.csv").schema.name == "NA"


# Row 55 of the table: files larger than the memory.


@pytest.fixture
def little_memory(monkeypatch):
    """Two megabytes, and looks at it every thousand rows."""
    monkeypatch.setattr(room, "available", lambda: 2 * 2**20)
    monkeypatch.setattr(csv_file, "EVERY", 1024)


def minutes(count: int) -> pd.DataFrame:
    ds = pd.date_range("2020-01-01", periods=count, freq="min")
    return pd.DataFrame({"ds": ds, "y": 1.0, "wind": 0.5})


@pytest.mark.parametrize("file", ["data.csv", "data.csv.gz", "data.parquet"])
def test_larger_than_the_memory(file, little_memory, tmp_path):
    def write(frame: pd.DataFrame) -> None:
        if file == "data.parquet":
            frame.to_parquet(tmp_path / file)
        else:
            frame.to_csv(tmp_path / file, index=False)

    write(minutes(20_000))
    with pytest.raises(DataError) as caught:
        read_series(tmp_path / file)
    for word in (file, "The file (", "KiB)", "'ds', 'y' need about", "2.0 MiB are available"):
        assert word in str(caught.value)
    write(minutes(5_000))
    assert len(read_series(tmp_path / file)) == 5_000


def test_a_workbook_larger_than_the_memory(little_memory, tmp_path):
    """500 kB that unpack to some megabytes."""
    minutes(20_000).to_excel(tmp_path / "data.xlsx", index=False)
    with pytest.raises(DataError, match=r"data.xlsx: The file unpacks to .* MiB, which need about"):
        read_series(tmp_path / "data.xlsx")
    minutes(2_000).to_excel(tmp_path / "data.xlsx", index=False)
    assert len(read_series(tmp_path / "data.xlsx")) == 2_000


def test_a_packed_bomb_is_refused_as_it_unpacks(little_memory, monkeypatch, tmp_path):
    """26 MB in a file of some 25 kB: only the first of its blocks is unpacked."""
    unpacked = []
    lines = text_file._lines

    def counted(block, *rest):
        unpacked.append(len(block))
        return lines(block, *rest)

    monkeypatch.setattr(text_file, "_lines", counted)
    content = b"ds,y\n" + b"2020-01-01,1\n" * 2_000_000
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=r"bomb.csv.gz: The file \(.* KiB\) holds some .* rows"):
        read_series(tmp_path / "bomb.csv.gz")
    assert sum(unpacked) < len(content) / 2
    monkeypatch.setattr(text_file, "LONGEST", 2**20)
    (tmp_path / "line.csv.gz").write_bytes(gzip.compress(b"ds,y\n" + b"1" * 2**24))
    with pytest.raises(DataError, match="line.csv.gz: Line 2 is longer than 1 MiB"):
        read_series(tmp_path / "line.csv.gz")


def test_only_what_is_asked_for_is_parsed(tmp_path, monkeypatch):
    """In several pieces; blank lines and lines in quotes are counted all the same."""
    monkeypatch.setattr(csv_file, "CELLS", 40)
    monkeypatch.setattr(text_file, "BLOCK", 64)
    days = pd.date_range("2020-01-01", periods=50).strftime("%Y-%m-%d")
    rows = [f'{day},"a\nb",{i},word\n\n' for i, day in enumerate(days)]
    (tmp_path / "data.csv").write_text("ds,note,y,other\n" + "".join(rows))
    series = read_series(tmp_path / "data.csv")
    np.testing.assert_array_equal(series.frame["y"], range(50))
    assert series.schema.others == ("note", "other")
    rows[30] = rows[30].replace("30,word\n", "x,word")
    rows[40] = rows[40].replace("40,word", "-,word")
    (tmp_path / "data.csv").write_text("ds,note,y,other\n" + "".join(rows))
    # from line 2 on, three lines a row, of which one is gone
    with pytest.raises(DataError, match=r"2 non-numeric values: line 92 \('x'\), line 121 \('-'\)"):
        read_series(tmp_path / "data.csv")
