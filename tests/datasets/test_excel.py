"""Excel workbooks as tables."""

import sys

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import read_panel, read_series
from rnnzoo.errors import ArgumentError, DataError


@pytest.fixture
def workbook(tmp_path):
    frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=4), "y": [1.5, 2, "NA", 4]})

    def write(sheets=("Sales",), above: int = 0, title: str = "", **columns):
        path = tmp_path / "data.xlsx"
        with pd.ExcelWriter(path) as book:
            for sheet in sheets:
                own = frame.assign(**columns)
                own.to_excel(book, sheet_name=sheet, index=False, startrow=above)
            if title:
                book.sheets[sheets[0]]["A1"] = title
            book.book.create_sheet("empty")
        return path

    return write


def test_excel(workbook):
    series = read_series(workbook(), missing="mask")
    np.testing.assert_array_equal(series.frame["y"], [1.5, 2, np.nan, 4])
    titled = workbook(above=2, title="Report of 2024", y=[1, 2, 3, 4])
    series = read_series(titled)
    np.testing.assert_array_equal(series.frame["y"], [1, 2, 3, 4])
    assert series.repairs[0].startswith("Lines 1 and 2 were left out")
    assert read_series(titled, skip_rows=2).repairs == ()
    assert read_panel(workbook(unique_id="NA", y=1)).ids == ("NA",)
    with pytest.raises(DataError, match=r"line 4 \('\?'\).*na=\[\"\?\"\]"):
        read_series(workbook(y=[1, 2, "?", 4]))
    series = read_series(workbook(y=[1, 2, "?", 4]), na=["?"], missing="mask")
    np.testing.assert_array_equal(series.frame["y"], [1, 2, np.nan, 4])
    with pytest.raises(ArgumentError, match="the source is an Excel workbook"):
        read_series(workbook(), separator=";")
    several = workbook(("Sales", "Costs"), y=1)
    with pytest.raises(DataError, match=r'2 sheets .*pd.read_excel\(path, sheet_name="Sales"\)'):
        read_series(several)
    assert len(read_series(pd.read_excel(several, sheet_name="Sales"))) == 4


def test_excel_without_openpyxl(workbook, monkeypatch):
    path = workbook()
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(DataError, match="openpyxl, which is not installed: pip install openpyxl"):
        read_series(path)
