"""Numbers and texts that mean missing, and what messages say of text among numbers."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import FutureCovariates, read_like, read_panel, read_panel_like, read_series
from rnnzoo.errors import ArgumentError, ArgumentTypeError, DataError

NAN = np.nan


def table(cells, **columns) -> pd.DataFrame:
    ds = pd.date_range("2024-01-01", periods=len(cells))
    return pd.DataFrame({"ds": ds, "y": cells, **columns})


@pytest.fixture
def sources(tmp_path):
    """A table as frame, CSV, CSV with decimal commas, Parquet and workbook."""

    def make(frame: pd.DataFrame) -> dict:
        text = frame.assign(**{c: frame[c].map(str) for c in frame if c != "ds"})
        paths = {kind: tmp_path / f"data.{kind}" for kind in ("csv", "txt", "parquet", "xlsx")}
        text.to_csv(paths["csv"], index=False)
        commas = text.assign(**{c: text[c].str.replace(".0", ",0") for c in text if c != "ds"})
        commas.to_csv(paths["txt"], index=False, sep=";")
        numbers = all(frame[c].dtype != object for c in frame)
        (frame if numbers else text).to_parquet(paths["parquet"])
        frame.to_excel(paths["xlsx"], index=False)
        return {"frame": frame} | ({} if numbers else {"text": text}) | paths

    return make


@pytest.mark.parametrize(
    ("cells", "na", "expected", "told"),
    [
        ([1.0, -9999, 3, -9999.0, 5], [-9999], [1, NAN, 3, NAN, 5], "2 values of -9999 were"),
        ([1.0, -9999, 3, 1e20, 5], [-9999, 1e20], [1, NAN, 3, NAN, 5], "1 value of 1e+20"),
        ([1.0, "?", 3.0, " ? ", 5.0], ["?"], [1, NAN, 3, NAN, 5], '2 values of "?" were'),
        ([1.0, ".", 3.0, -99, 5.0], [".", "-99"], [1, NAN, 3, NAN, 5], "1 value of -99"),
        ([1.0, "<1", 3.0, 4.0, 5.0], ["<1", "?"], [1, NAN, 3, 4, 5], '1 value of "<1" was'),
    ],
)
def test_signs_are_missing_in_every_kind_of_table(cells, na, expected, told, sources):
    for kind, source in sources(table(cells)).items():
        series = read_series(source, na=na, missing="mask")
        np.testing.assert_array_equal(series.frame["y"], expected, kind)
        assert told in " ".join(series.repairs), kind
        assert "read as missing" in " ".join(series.repairs)
        with pytest.raises(DataError, match="missing value.* first at"):
            read_series(source, na=na)  # then they are missing values like others
        filled = read_panel(source, na=na, missing="interpolate").series[0]
        np.testing.assert_array_equal(filled.filled[:, 0], np.isnan(expected))


def test_signs_that_are_not_there_say_nothing(sources):
    for source in sources(table([1.0, 2, 3], price=[1.0, 2, 3])).values():
        if not isinstance(source, pd.DataFrame) or source["y"].dtype != object:
            series = read_series(source, past=["price"], na=[-9999, "?"])
            assert not any("read as missing" in repair for repair in series.repairs)


def test_times_and_ids_keep_their_text():
    frame = table([1.0, 2, 3, -99]).assign(unique_id="?")
    panel = read_panel(frame, na=["?", -99], missing="mask")
    assert panel.ids == ("?",) and np.isnan(panel.series[0].frame["y"].iloc[-1])


def test_later_tables_have_the_same_signs(tmp_path):
    frame = table([1.0, -9999, 3, 7], wind=[1.0, 2, 3, 4], price=[1.0, 2, 3, 4])
    columns = {"past": ["wind"], "future": ["price"]}
    panel = read_panel(frame, na=[-9999], missing="mask", **columns)
    assert panel.schema.na == (-9999.0,)
    later = frame.assign(ds=frame["ds"] + pd.Timedelta(days=4), wind=[-9999.0, 2, 3, 4])
    later.to_csv(tmp_path / "later.csv", index=False)
    for source in (later, tmp_path / "later.csv"):
        for found in (
            read_like(source, panel.schema),
            read_panel_like(source, panel.schema).series[0],
        ):
            np.testing.assert_array_equal(found.frame["y"], [1, NAN, 3, 7])
            np.testing.assert_array_equal(found.frame["wind"], [NAN, 2, 3, 4])
        ahead = FutureCovariates(later.assign(price=[1.0, 2, 3, -9999]), panel.schema)
        with pytest.raises(DataError, match="'price' has 1 missing value"):
            ahead.rows(pd.DatetimeIndex(later["ds"]))
    again = read_panel(panel, na=[7], missing="mask")  # of a series that has been read
    np.testing.assert_array_equal(again.series[0].frame["y"], [1, NAN, 3, NAN])


@pytest.mark.parametrize(
    ("na", "error"),
    [
        ("?", ArgumentTypeError),
        (-9999, ArgumentTypeError),
        ({"y": "?"}, ArgumentTypeError),
        ([True], ArgumentTypeError),
        ([None], ArgumentTypeError),
        ([["?"]], ArgumentTypeError),
        ([""], ArgumentError),
        ([" "], ArgumentError),
        ([NAN], ArgumentError),
    ],
)
def test_signs_that_cannot_be_used(na, error):
    for reader in (read_series, read_panel):
        with pytest.raises(error, match="`na` must be a list of numbers and texts.*Received: na="):
            reader(table([1.0, 2, 3]), na=na)


# Text among numbers: each remedy is applied to the table that provokes it.


def frame_of(source, remedy: str) -> pd.DataFrame:
    """Runs the Python code of a remedy."""
    names = {"pd": pd, "path": source, "frame": source}
    if not isinstance(source, pd.DataFrame):
        del names["frame"]
    else:
        names["frame"] = source.copy()
    exec(remedy if " = " in remedy else f"frame = {remedy}", names)  # ours, out of a message
    return names["frame"]


def message(source, **arguments) -> str:
    with pytest.raises(DataError, match="'y' has .* (non-numeric value|stored as text)") as caught:
        read_series(source, **arguments)
    text = str(caught.value)
    assert "Leave them empty" not in text and "or leave them empty" not in text
    # the mask is no remedy for text, but for what a sign of missing stands for
    assert ("missing=" in text) == ("na=[" in text)
    return text


SIGNS = ("?", ".", "-", "<1", "***", "NaT", "$", "#N/A N/A")


@pytest.mark.parametrize("signs", [*([sign] for sign in SIGNS), ["n.d.", "M"]])
def test_few_signs(signs, sources):
    cells = [1.0, *signs, 3.0, *signs, 5.0]
    for source in sources(table(cells)).values():
        text = message(source)
        found = re.search(r'na=\[(.*?)\], missing="mask" \((--na .*?) --missing mask\)', text)
        na = [sign.strip('"') for sign in found[1].split(", ")]
        assert na == list(dict.fromkeys(signs))
        assert shlex.split(found[2])[1::2] == na
        y = read_series(source, na=na, missing="mask").frame["y"]
        np.testing.assert_array_equal(y, [NAN if c in signs else c for c in cells])


UNITS = [
    (["$12", "13.5", "$-4"], [12, 13.5, -4]),
    (["5 %", "6 %", "14 %"], [5, 6, 14]),
    (["12 kWh", "13 kWh", None], [12, 13, NAN]),
    (["EUR 12", "EUR 13", "14"], [12, 13, 14]),
    (["€12", "€13", "€14"], [12, 13, 14]),
]


@pytest.mark.parametrize(("cells", "expected"), UNITS)
@pytest.mark.parametrize("dialect", [{}, {"sep": ";"}, {"encoding": "utf-16"}, {"title": 2}])
def test_units(cells, expected, dialect, tmp_path):
    frame, path = table(cells), tmp_path / "data.csv"
    how = {k: v for k, v in dialect.items() if k != "title"}
    above = "A title\n\n" if "title" in dialect else ""
    path.write_text(
        above + frame.to_csv(index=False, sep=how.get("sep", ",")),
        encoding=how.get("encoding", "utf-8"),
    )
    for source in (frame, path) if not dialect else (path,):
        remedy = re.search(r"plain number: (.*), and pass the frame", message(source))[1]
        clean = frame_of(source, remedy)
        np.testing.assert_array_equal(read_series(clean, missing="mask").frame["y"], expected)


@pytest.mark.parametrize("cell", ["5k", "(5)", "5-", "3 Mio", "−5"])
def test_no_code_where_it_would_change_the_number(cell, sources):
    """`5k` is not 5, `(5)` is −5."""
    frame = table([cell, "6", "7"])
    for source in (frame, sources(frame)["csv"]):
        text = message(source)
        assert "Write them as plain numbers" in text and "replace" not in text and "na=" not in text


def test_units_with_commas_have_no_code(tmp_path):
    """`12,50 €` without its comma would be 1250."""
    text = message(table(["12,50 €", "13,00 €", "14,00 €"]))
    assert "Take the unit" in text and "replace" not in text


def test_lines_that_are_no_values(tmp_path):
    path = tmp_path / "data.csv"
    body = "".join(f"2024-01-0{d},{d}\n" for d in range(1, 5))
    path.write_text("ds,y\nday,kWh\n" + body)
    remedy = re.search(r"leave it out: (.*?), and pass the frame", message(path))[1]
    np.testing.assert_array_equal(read_series(frame_of(path, remedy)).frame["y"], [1, 2, 3, 4])
    path.write_text("ds;y\nday;kWh\n" + body.replace(",", ";"))
    remedy = re.search(r"leave it out: (.*?), and pass the frame", message(path))[1]
    np.testing.assert_array_equal(read_series(frame_of(path, remedy)).frame["y"], [1, 2, 3, 4])
    path.write_text("ds,y\nds,y\n" + body)  # two headers
    skip = int(re.search(r"skip_rows=(\d+) \(--skip-rows \1\)", message(path))[1])
    assert skip == 1
    np.testing.assert_array_equal(read_series(path, skip_rows=skip).frame["y"], [1, 2, 3, 4])
    frame = pd.read_csv(path, header=None, names=["ds", "y"], skiprows=1).drop(index=0)
    frame = pd.concat([table(["kWh"]).astype(str), frame], ignore_index=True)
    remedy = re.search(r"leave them out: (.*?\)\. )", message(frame))[1].strip(" .")
    np.testing.assert_array_equal(read_series(frame_of(frame, remedy)).frame["y"], [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "2,25", "3"], [[1.5, 2.25, 3]]),
        (["1,234,567", "2,345", "3"], [[1234567, 2345, 3]]),
        (["1,500", "2,250", "3"], [[1.5, 2.25, 3], [1500, 2250, 3]]),
        (["1 500", "2 250", "3"], [[1500, 2250, 3]]),
    ],
)
def test_commas_in_a_frame(cells, values):
    frame = table(cells)
    remedies = re.findall(r'frame\["y"\] = .*?\.astype\(float\)', message(frame))
    assert len(remedies) == len(values)
    for remedy, expected in zip(remedies, values, strict=True):
        np.testing.assert_array_equal(read_series(frame_of(frame, remedy)).frame["y"], expected)


def test_a_sign_of_missing_decides_no_comma():
    """A frame of text is read beside a sign, but not where a comma may be two things."""
    with pytest.raises(DataError, match="If the comma is decimal"):
        read_series(table(["1,500", "?", "3"]), na=["?"], missing="mask")


def test_booleans_and_lists(tmp_path):
    path = tmp_path / "data.csv"
    table([True, False, True]).to_csv(path, index=False, sep=";")
    with pytest.raises(DataError, match="true/false") as caught:
        read_series(path)
    remedy = re.search(r"write these: (.*)\.$", str(caught.value))[1]
    np.testing.assert_array_equal(read_series(frame_of(path, remedy)).frame["y"], [1, 0, 1])
    assert "row 0 ([1])" in message(table([[1], [2], [3]]))


def test_a_column_of_words_is_no_column_of_numbers(sources):
    many = [f"word {chr(97 + k)}" for k in range(20)]
    for cells in (["calm"] * 6, [*many, "1"]):
        for source in (table(cells), sources(table(cells))["csv"]):
            text = message(source)
            assert "If the column is text, leave it out" in text and "na=" not in text
