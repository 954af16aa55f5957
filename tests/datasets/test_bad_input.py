"""Bad inputs, by the rows of the table that says what a good library answers to each.

Rows that concern fitting and predicting stand with the pipelines' tests.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import read_like, read_panel, read_series
from rnnzoo.errors import DataError

HEAD = "ds,y,wind\n"
ROWS = [f"2020-01-{day:02d},{day},{day / 2}" for day in range(1, 13)]


def spoiled(**lines: str) -> bytes:
    """The good table with other text in some lines: `line5="…"`; the header is line 1."""
    rows = list(ROWS)
    for name, text in lines.items():
        rows[int(name.removeprefix("line")) - 2] = text
    return (HEAD + "\n".join(rows) + "\n").encode()


GOOD = spoiled()
FILES = {  # row of the table and what: (content of data.csv, words of the message)
    "28 zero bytes": (b"", ["data.csv", "file is empty"]),
    "28 blank lines only": (b"\n\n \n", ["file is empty"]),
    "27 header only": (HEAD.encode(), ["no rows", "at least 2"]),
    "26 single row": (GOOD[:26], ["1 row", "at least 2"]),
    "1 missing value": (
        spoiled(line4="2020-01-03,,1", line6="2020-01-05,NaN,1", line9="2020-01-08,NA,1"),
        [
            "'y' has 3 missing values, first at line 4 (2020-01-03), line 6 (2020-01-05), line 9",
            'missing="interpolate"',
            "--missing interpolate",
        ],
    ),
    "1 missing covariate": (
        spoiled(line4="2020-01-03,3,"),
        ["'wind'", "1 missing value,", "line 4 (2020-01-03)"],
    ),
    "1 blank lines are counted": (
        HEAD.encode() + b"\n2020-01-01,1,1\n\n2020-01-02,,1\n2020-01-03,3,1\n",
        ["'y'", "line 5 (2020-01-02)"],
    ),
    "1 lines in quotes are counted": (
        b'ds,y,wind,note\n2020-01-01,1,1,"a\nb"\n2020-01-02,,1,c\n2020-01-03,3,1,d\n',
        ["'y'", "line 4 (2020-01-02)"],
    ),
    "2 infinite": (spoiled(line3="2020-01-02,inf,1"), ["'y'", "infinite", "line 3 (2020-01-02)"]),
    "7 1e400": (spoiled(line3="2020-01-02,1e400,1"), ["'y'", "1 infinite value", "line 3"]),
    "3 empty column": (
        (HEAD + "\n".join(row.rsplit(",", 1)[0] + "," for row in ROWS)).encode(),
        ["'wind'", "no value at all", "12 rows", "Leave the column out"],
    ),
    "36 words": (
        spoiled(line4="2020-01-03,missing,1", line5="2020-01-04,-,1"),
        ["'y' has 2 non-numeric values: line 4 ('missing'), line 5 ('-')", "--missing"],
    ),
    "35 decimal commas": (
        spoiled(line4='2020-01-03,"3,5",1'),
        ["'y'", "line 4 ('3,5')", "read with a decimal point", "write all in one way"],
    ),
    "35 comma of unknown use": (
        b'ds,y,wind\n2020-01-01,"3,500",1\n2020-01-02,"4,000",2\n',
        ["'y'", "'3,500' in line 2", 'decimal="," (--decimal ,) for 3.500', "for 3500"],
    ),
    "8 whole number over 64 bits": (
        spoiled(line4="2020-01-03,18446744073709551617,1"),
        ["'y'", "too large for 64 bits", "line 4", "18446744073709551617"],
    ),
    "39 booleans": (
        (HEAD + "\n".join(row.rsplit(",", 1)[0] + ",TRUE" for row in ROWS)).encode(),
        ["'wind'", "true/false", "astype(float)"],
    ),
    "33 ragged, short": (spoiled(line7="2020-01-06,6"), ["Line 7 has 2 fields", "header has 3"]),
    "33 ragged, long": (spoiled(line7="2020-01-06,6,7,8"), ["Line 7 has 4 fields", "quotes"]),
    "32 all rows long": (
        (HEAD + "\n".join(row + ",0" for row in ROWS)).encode(),
        ["Every row has 4 fields", "header names 3 columns", "trailing separator"],
    ),
    "34 duplicate header": (
        b"ds,y,y\n2020-01-01,1,1\n",
        ["'y'", "more than once", "line 1", "Rename"],
    ),
    "33 open quote": (spoiled(line7='2020-01-06,"6,1'), ["Line 7", "cannot be read as CSV"]),
    "35 semicolons or commas": (
        b"ds,y;wind,x\n" + b"2020-01-01,1;2,3\n" * 3,
        ["by commas or semicolons", "separator=\";\" (--separator ';')"],
    ),
    "29 Latin-1": (
        spoiled(line5="2020-01-04,4,1").replace(b"wind", "wärme".encode("latin-1")),
        ["not UTF-8", "0xE4", "line 1", "here the same as Latin-1", "'wärme'", "--encoding cp1252"],
    ),
    "29 UTF-16 without a mark": (
        GOOD.decode().encode("utf-16-le"),
        ["UTF-16 without a byte order mark", 'encoding="utf-16-le"'],
    ),
    "31 NUL bytes": (GOOD.replace(b"2020-01-03", b"2020\x0001-03"), ["Line 4", "NUL", "tr -d"]),
    "10 duplicate times": (
        spoiled(line4="2020-01-02,3,1", line5="2020-01-02,4,1"),
        ["2 rows repeat", "line 4 (2020-01-02), line 5", '"mean"', "--duplicates mean"],
    ),
    "12 gap": (
        GOOD.replace(b"2020-01-05,5,2.5\n", b"").replace(b"2020-01-09,9,4.5\n", b""),
        [
            "2 gaps at a step of 'D'",
            "2020-01-04 (line 5) to 2020-01-06, 1 missing",
            'gaps="fill"',
            "--gaps fill",
        ],
    ),
    "12 between steps": (
        spoiled(line4="2020-01-03 07:00,3,1"),
        ["1 time does not fall on a step of 'D'", "line 4 (2020-01-03 07:00)", "resample"],
    ),
    "12 no step": (
        b"ds,y,wind\n2020-01-01,1,1\n2020-01-03,1,1\n2020-01-09,1,1\n2020-01-10 03:00,1,1\n",
        ["no regular step", "resample"],
    ),
    "20 numbers of rows": (
        b"ds,y,wind\n1,1,1\n2,2,1\n",
        ["'ds'", "such as 1", "numbers are not times", "--time-format", '"excel"', '"unix s"'],
    ),
    "21 day or month first": (
        b"ds,y,wind\n01/02/2024,1,1\n02/02/2024,2,1\n",
        ["'ds'", "line 2 ('01/02/2024')", "time_format=", "--time-format", "not guessed"],
    ),
    "22 no such day": (
        spoiled(line4="2021-02-30,3,1"),
        ["'ds'", "line 4 ('2021-02-30')", "cannot be read"],
    ),
    "22 missing time": (spoiled(line4=",3,1"), ["'ds'", "1 missing time", "line 4"]),
    "14 mixed zones": (
        spoiled(line4="2020-01-03T00:00Z,3,1"),
        ["'ds'", "line 4 ('2020-01-03T00:00Z')", "line 2 ('2020-01-01')", "all of them"],
    ),
    "12 fifteenth of each month": (
        b"ds,y,wind\n2020-01-15,1,1\n2020-02-15,2,1\n2020-03-15,2,1\n",
        ["1 month", "neither the first nor the last", "to_period"],
    ),
    "37 several series": (
        b"unique_id,ds,y,wind\nA,2020-01-01,1,1\nB,2020-01-01,2,1\n",
        ["'unique_id'", "2 series", 'frame[frame.unique_id == "A"]'],
    ),
}


def hours(count: int = 6, start: str = "2020-01-01", **columns) -> pd.DataFrame:
    ds = pd.date_range(start, periods=count, freq="h")
    return pd.DataFrame({"ds": ds, "y": np.arange(float(count))}).assign(**columns)


def local(start: str, count: int = 6) -> pd.DataFrame:
    """Hours of Paris, written without their zone."""
    ds = pd.date_range(start, periods=count, freq="h", tz="Europe/Paris").tz_localize(None)
    return hours(count, ds=ds)


PARIS = {"zone": "Europe/Paris"}
SPRING, AUTUMN = "2020-03-28 23:00", "2020-10-24 23:00"
HOLED = hours(y=[0.0, np.nan, 2.0, 3.0, np.nan, 5.0])
LONG = pd.concat([hours(unique_id="NA"), hours(unique_id="0001"), hours(1, unique_id="C")])
REFUSED: dict[str, Any] = {  # (frame, arguments of read, words of the message)
    "1 NaN": (HOLED, {}, ["'y' has 2 missing values, first at row 1", 'missing="mask"']),
    "2 infinite": (hours(y=[1, np.inf, 2, -np.inf, 3, 4]), {}, ["2 infinite values", "row 1"]),
    "3 all NaN": (hours(y=np.nan), {"missing": "mask"}, ["'y' has no value at all"]),
    "8 over 64 bits": (hours(y=[2**70] * 6), {}, ["6 whole numbers too large for 64 bits"]),
    "10 repeated": (hours().iloc[[0, 1, 1, 2, 2, 2]], {}, ["3 rows repeat", "row 2 (", '"mean"']),
    "12 gap": (hours().drop(index=3), {}, ["1 gap at a step of 'h'", '"fill"']),
    "14 naive and aware": (
        hours(ds=["2020-01-01T00:00Z", *(f"2020-01-01T0{h}:00" for h in range(1, 6))]),
        {},
        ["mixes times with a zone", "row 0", "row 1"],
    ),
    "16 spring, no zone said": (local(SPRING), {"gaps": "error"}, ["1 gap", 'zone="…"']),
    "16 no such hour": (
        hours(start="2020-03-29 00:00"),
        PARIS,
        ["1 time that clocks skip", "row 2 (2020-03-29 02:00)"],
    ),
    "17 autumn, no zone said": (local(AUTUMN), {}, ["1 row repeats", 'zone="…"']),
    "17 one of two hours": (
        local(AUTUMN).drop(index=4),
        PARIS | {"gaps": "error"},
        ["1 gap", "2020-10-25 02:00+02:00 (row 3) to 2020-10-25 03:00+01:00"],
    ),
    "17 in no order": (local(AUTUMN).iloc[[3, 0, 5, 1, 4, 2]], PARIS, ["repeat", "order of time"]),
    "20 no spreadsheet has such days": (hours(ds=range(6)), {}, ["numbers are not times"]),
    "22 mixed formats": (
        hours(ds=["2020-01-01", "2020-01-02", "2020-01-03", "04/01/2020", "2020-01-05", "Jan 6"]),
        {},
        ["2 values that cannot be read", "row 3 ('04/01/2020')", "row 5 ('Jan 6')"],
    ),
    "27 empty": (hours(0), {}, ["no rows"]),
    "34 two of one name": (hours().set_axis(["ds", "ds"], axis=1), {}, ["several columns named"]),
    "36 words": (hours(y=["missing", *"12345"]), {}, ["1 non-numeric value", "row 0 ('missing')"]),
    "38 no numbers": (hours(wind="calm"), {"past": ["wind"]}, ["'wind' has 6 non-numeric values"]),
    "39 true or false": (hours(y=[True, False] * 3), {}, ["true/false", "astype(float)"]),
}
# (frame, arguments of read_panel, the target of each series, words of the repairs)
TAKEN: dict[str, Any] = {
    "1 interpolated": (HOLED, {"missing": "interpolate"}, [range(6)], ["2 missing", "interpolat"]),
    "1 masked": (HOLED, {"missing": "mask"}, [HOLED["y"]], ["2 missing", "left missing"]),
    "6 over float32": (hours(y=1e39), {}, [[1e39] * 6], []),
    "9 small integers": (hours(y=np.arange(122, 128, dtype="int8")), {}, [range(122, 128)], []),
    "10 mean": (
        hours().iloc[[0, 1, 1, 2]].assign(y=[0.0, 1, 3, 4]), {"duplicates": "mean"}, [[0, 2, 4]],
        ["2 rows shared their time", "mean"],
    ),
    "11 unsorted": (hours()[::-1], {}, [range(6)], ["5 rows were out of time order and sorted"]),
    "12 filled": (hours().drop(index=3), {"gaps": "fill"}, [range(6)], ["1 missing time was"]),
    "13 holidays": (
        hours(20, ds=pd.bdate_range("2020-01-01", periods=22).delete([7, 8])), {}, [range(20)], []
    ),
    "15 several offsets": (
        hours(3, ds=["2020-01-01T00:00+01:00", "2020-01-01T00:00Z", "2020-01-01T02:00+0100"]),
        {}, [range(3)], ["converted to UTC"],
    ),
    "16 spring": (local(SPRING), PARIS, [range(6)], ["local times of Europe/Paris"]),
    "17 autumn": (local(AUTUMN), PARIS, [range(6)], ["local times of Europe/Paris"]),
    "17 newest first": (
        local(AUTUMN)[::-1], PARIS, [range(6)], ["local times of Europe/Paris", "out of time"],
    ),
    "17 one of two hours": (
        local(AUTUMN).drop(index=4), PARIS, [[0, 1, 2, 3, np.nan, 5]], ["local times", "1 missing"],
    ),
    "19 epoch seconds": (
        hours(ds=range(1577836800, 1577836806)), {}, [range(6)], ["converted to UTC"],
    ),
    "20 Excel serials": (hours(ds=np.arange(43831.0, 43837)), {}, [range(6)], ["read as excel"]),
    "20 years": (hours(ds=range(1990, 1996)), {}, [range(6)], ["read as %Y"]),
    "21 format said": (
        hours(3, ds=["01/02/2024", "02/02/2024", "03/02/2024"]), {"time_format": "%d/%m/%Y"},
        [range(3)], [],
    ),
    "25 dropped": (LONG, {"short": "drop"}, [range(6)] * 2, ["1 series", "was left out", "'C'"]),
    "25 padded": (LONG, {"short": "pad"}, [range(6)] * 2 + [[0, 0]], ["1 rows of the", "'C'"]),
}  # fmt: skip


@pytest.mark.parametrize("what", [*FILES, *REFUSED])
def test_says_what_where_and_remedy(what, tmp_path):
    if what in FILES:
        content, words = FILES[what]
        source, arguments = tmp_path / "data.csv", {"past": ["wind"]}
        source.write_bytes(content)
        words = ["data.csv", *words]
    else:
        source, arguments, words = REFUSED[what]
    for reader in (read_series, read_panel) if not what.startswith("37") else (read_series,):
        with pytest.raises(DataError) as caught:
            reader(source, **arguments)
        for word in words:
            assert word in str(caught.value)


@pytest.mark.parametrize("what", TAKEN)
def test_taken_and_listed(what):
    frame, arguments, expected, words = TAKEN[what]
    panel = read_panel(frame, **arguments)
    assert bool(panel.repairs) == bool(words)
    for word in words:
        assert word in " ".join(panel.repairs)
    for series, y in zip(panel, expected, strict=True):
        np.testing.assert_array_equal(series.frame["y"], y)
    if "unique_id" not in frame:
        arguments = {k: v for k, v in arguments.items() if k != "short"}
        pd.testing.assert_frame_equal(read_series(frame, **arguments).frame, panel.series[0].frame)


def test_1_and_12_remedies_look_at_nothing_later_first():
    """Interpolation is named after the mask, and the reader is the one that helps."""
    two = pd.concat([HOLED.assign(unique_id=one) for one in "AB"], ignore_index=True)
    wide = HOLED.rename(columns={"y": "A"}).assign(B=HOLED["y"])
    for frame, arguments, reader in (
        (HOLED, {}, "rnnzoo.read_series("),
        (two, {}, "rnnzoo.read_panel("),
        (wide, {"target": ["A", "B"]}, "rnnzoo.read_panel("),
        (hours().drop(index=3), {"gaps": "error"}, "rnnzoo.read_series("),
        (two.fillna(1.0).drop(index=3), {"gaps": "error"}, "rnnzoo.read_panel("),
    ):
        with pytest.raises(DataError) as caught:
            read_panel(frame, **arguments)
        text = str(caught.value)
        assert f'{reader}…, missing="mask"' in text and "looks at later" in text
        assert text.index('"mask"') < text.index("looks at later")
    complete = read_series(hours())
    for table in (HOLED, hours().drop(index=3)):  # a model of complete series knows no mask
        with pytest.raises(DataError, match="rnnzoo.read_series") as caught:
            read_like(table, complete.schema, gaps="error")
        assert "mask" not in str(caught.value) and "looks at later" in str(caught.value)
    ahead = hours(wind=[1, np.nan, 2, 3, 4, 5])
    for missing, word in (("error", 'missing="interpolate"'), ("mask", "may not be missing")):
        with pytest.raises(DataError, match="'wind' has 1 missing value") as caught:
            read_series(ahead, future=["wind"], missing=missing)
        assert word in str(caught.value) and '"mask"' not in str(caught.value)


def test_22_words_are_no_times():
    for word in ("now", "today"):
        with pytest.raises(DataError, match=rf"1 value that cannot be read.*row 2 \('{word}'\)"):
            read_series(hours(4, ds=["2020-01-01", "2020-01-02", word, "2020-01-04"]))


def test_5_huge_and_nearly_constant():
    with pytest.warns(UserWarning, match="'y' moves by less than 1e-12 of its size"):
        series = read_series(hours(y=1e16 + 2 * np.arange(6)))
    np.testing.assert_array_equal(np.diff(series.frame["y"]), 2)
    read_series(hours(y=1e16))  # constant: nothing is blurred
    read_series(hours(y=1e9 + np.arange(6)))


def test_16_to_18_local_hours_are_steps_of_one_length():
    for start, rows in ((SPRING, 23), (AUTUMN, 25)):
        ds = pd.date_range(start, periods=50, freq="h", tz="Europe/Paris")
        series = read_series(hours(50, ds=ds.tz_localize(None)), **PARIS)
        np.testing.assert_array_equal(series.times, ds.tz_convert("UTC").tz_localize(None))
        assert (series.schema.frequency, series.schema.season) == ("h", 24)
        assert (ds.normalize() == ds.normalize()[1]).sum() == rows
    two = pd.concat([local(AUTUMN).assign(unique_id=one) for one in "AB"])
    in_turns = two.sort_values("ds", kind="stable", ignore_index=True)
    for frame in (two, in_turns):
        for series in read_panel(frame, **PARIS):
            np.testing.assert_array_equal(series.frame["y"], range(6))
    assert read_series(hours(ds=pd.date_range("2020-10-20", periods=6)), **PARIS).repairs == ()


def test_23_the_last_year():
    series = read_series(hours(ds=pd.date_range("9999-12-26", periods=6, unit="us")))
    ahead = series.schema.times_after(series.times[-1], 2)  # microseconds reach further
    assert (ahead - series.times[-1]).days.tolist() == [1, 2]
    with pytest.raises(DataError, match="last time that can be held"):
        series.schema.times_after(pd.Timestamp.max.as_unit("ns"), 5)


def test_30_byte_order_mark(tmp_path):
    (tmp_path / "data.csv").write_bytes(b"\xef\xbb\xbf" + GOOD)
    assert list(read_series(tmp_path / "data.csv").frame["y"]) == list(range(1, 13))


def test_37_ids_stay_text(tmp_path):
    LONG.to_csv(tmp_path / "data.csv", index=False)
    for source in (LONG, tmp_path / "data.csv"):
        assert read_panel(source, short="pad").ids == ("NA", "0001", "C")
