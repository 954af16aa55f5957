"""The ready-made series, and the real files beside the repository."""

import subprocess
import sys

import pandas as pd
import pytest
import rnnzoo
from rnnzoo.datasets import DATASETS, TimeSeriesPanel, describe, load_dataset, read_series
from rnnzoo.errors import ArgumentError, DataError


@pytest.mark.parametrize("name", DATASETS)
def test_every_source_loads_as_it_says(name):
    panel = TimeSeriesPanel.of(load_dataset(name))
    assert panel.schema.name == name and panel.schema.unit and panel.repairs == ()
    series = panel.series[0]
    assert f"{len(series):,}" in DATASETS[name].__doc__
    assert f"{series.times[0]:%Y-%m-%d} to {series.times[-1]:%Y-%m-%d}" in DATASETS[name].__doc__
    assert describe(name) and "\n" not in describe(name)
    assert TimeSeriesPanel.of(rnnzoo.load_dataset(name)).series[0].frame.equals(series.frame)


def test_seattle_weather():
    series = load_dataset("seattle-weather")
    assert list(series.frame) == ["unique_id", "ds", "y", "precipitation", "wind"]
    assert (series.schema.frequency, series.schema.season) == ("D", 365)
    assert series.frame["y"][0] == 12.8


def test_google_stock():
    series = load_dataset("google-stock")
    assert (series.schema.frequency, series.schema.season) == ("B", 5)
    assert series.frame["y"].iloc[-1] == 362.71


def test_us_employment():
    panel = load_dataset("us-employment")
    assert (panel.schema.frequency, panel.schema.season) == ("MS", 12)
    assert {len(series) for series in panel} == {120}
    assert sum(series.frame["y"][0] for series in panel) == pytest.approx(135450, abs=1)


def test_unknown_name():
    with pytest.raises(ArgumentError, match="Did you mean seattle-weather"):
        load_dataset("seatle-weather")
    with pytest.raises(ArgumentError, match="google-stock"):
        describe("google")


def test_import_is_light():
    heavy = "{'keras', 'tensorflow', 'mlflow', 'matplotlib', 'vega_datasets', 'pyarrow.parquet'}"
    code = f"import sys, rnnzoo.datasets; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("file", "time", "target", "rows", "frequency", "season"),
    [
        ("ETTh1.csv.gz", "date", "OT", 17420, "h", 24),
        ("airline-passengers.csv", "Month", "Passengers", 144, "MS", 12),
        ("monthly-sunspots.csv", "Month", "Sunspots", 2820, "MS", 12),
        ("vix-daily.csv.gz", "DATE", "CLOSE", 9235, "B", 5),
        ("stocks_djia/AAPL_2006-01-01_to_2018-01-01.csv.gz", "Date", "Close", 3019, "B", 5),
    ],
)
def test_real_files(data_folder, file, time, target, rows, frequency, season):
    series = read_series(data_folder / file, time=time, target=target)
    assert len(series) == rows and series.repairs == ()
    assert (series.schema.frequency, series.schema.season) == (frequency, season)


def test_real_columns(data_folder):
    series = read_series(
        data_folder / "ETTh1.csv.gz", time="date", target="OT", past=["HUFL", "LULL"]
    )
    first = [30.5310001373291, 5.827000141143799, 1.3400000333786009]
    assert series.values(["y", "HUFL", "LULL"])[0].tolist() == first
    assert series.times[-1] == pd.Timestamp("2018-06-26 19:00")


def test_real_zone(data_folder):
    series = read_series(data_folder / "vic_electricity.csv.gz", time="Time", target="Demand")
    assert len(series) == 52608 and series.schema.season == 48
    assert "converted to UTC" in series.repairs[0]


def test_real_gaps(data_folder):
    arguments = {"time": "Date", "target": "Temp"}
    path = data_folder / "daily-min-temperatures.csv"
    with pytest.raises(
        DataError, match=r"2 gaps.*1984-12-30 \(line 1461\) to 1985-01-01, 1 missing"
    ):
        read_series(path, **arguments, gaps="error")
    few = read_series(path, **arguments)  # two leap days
    assert len(few) == 3652 and few.frame["y"].isna().sum() == 2 and few.schema.masked
    assert few.repairs == (
        '2 missing times were inserted without values. gaps="error" (--gaps error) refuses them.',
    )
    assert len(read_series(path, **arguments, gaps="fill")) == 3652


def test_real_missing_values(data_folder):
    path = data_folder / "stocks_djia" / "DIS_2006-01-01_to_2018-01-01.csv.gz"
    with pytest.raises(DataError, match=r"'Open' has 2 missing values, first at line 1659"):
        read_series(path, time="Date", target="Open")
