"""Files that are written otherwise, on the command line and in an experiment."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo.experiments.cli.app import app
from rnnzoo.experiments.cli.arguments import listed
from typer.testing import CliRunner

HOW = ("--horizon", "4", "--no-tracking", "--effort", "quick")
TARGET = "ice cream, cones"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.fixture
def file(here):
    """Too few rows for a network, in every dialect at once."""

    def cell(value: float) -> str:
        return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))

    days = pd.date_range("2024-01-01", periods=24)
    values = 1200 + 300 * np.sin(np.arange(24))
    rows = [f"{day:%Y-%m-%d};{cell(value)};{k}" for k, (day, value) in
            enumerate(zip(days, values, strict=True))]  # fmt: skip
    rows[5] = "2024-01-06;-9999;5"
    rows[9] = "2024-01-10;?;9"
    text = "\n".join(["Über Eis, 2024; „Report“", f"Tag;{TARGET};Zähler", *rows, ""])
    (here / "eis.txt").write_bytes(text.encode("cp1252"))
    return "eis.txt"


def rnnzoo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_what_messages_offer_leads_to_a_forecast(file):
    """Each message names one option more, in the words in which it is typed."""
    options = ["--time", "Tag", "--target", TARGET, *HOW]
    for words, more in (
        ("--encoding cp1252", ["--encoding", "cp1252"]),
        ("--skip-rows 1", ["--skip-rows", "1"]),
        ('--na "?" --missing mask', ["--na", "?", "--missing", "mask"]),
    ):
        refused = rnnzoo("forecast", file, *options)
        assert refused.exit_code == 2 and words in refused.output, refused.output
        options += more
    warned = rnnzoo("forecast", file, *options)
    assert "--na -9999" in warned.output and "far from all others" in warned.output
    done = rnnzoo("forecast", file, *options, "--na", "-9999")
    assert done.exit_code == 0, done.output
    assert "far from all others" not in done.output
    said = " ".join(done.output.split())
    assert "separated by semicolons" in said and "decimal comma" in said
    assert '1 value of "?", 1 value of -9999 were read as missing' in said or (
        '1 value of -9999, 1 value of "?" were read as missing' in said
    )


def test_all_of_it_said(file):
    done = rnnzoo(
        "forecast", file, "--time", "Tag", "--target", TARGET, "--past", "Zähler", *HOW,
        "--separator", ";", "--decimal", ",", "--thousands", ".", "--encoding", "cp1252",
        "--skip-rows", 1, "--na", -9999, "--na", "?", "--missing", "mask",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "separated by semicolons" not in done.output
    refused = rnnzoo("forecast", "seattle-weather", "--separator", ";")
    assert refused.exit_code == 2 and "leave out --separator" in refused.output


def test_in_an_experiment(file, here):
    (here / "eis.yaml").write_text(
        f"""
task: forecast
data:
  path: {file}
  time: Tag
  target: "{TARGET}"
  missing: mask
  na: [-9999, "?"]
  separator: ";"
  decimal: ","
  thousands: "."
  encoding: cp1252
  skip_rows: 1
split: {{test_rows: 4}}
models: [{{cell: gru, horizon: 2, lookback: 4, units: 2, epochs: 1}}]
"""
    )
    done = rnnzoo("run", "eis.yaml")
    assert done.exit_code == 0, done.output


def test_a_column_whose_name_has_a_comma(here):
    frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=24), TARGET: range(24)})
    frame.assign(a=range(24), b=range(24)).to_csv("wide.csv", index=False)
    done = rnnzoo("forecast", "wide.csv", "--target", TARGET, "--past", "a,b", *HOW)
    assert done.exit_code == 0, done.output
    done = rnnzoo("forecast", "wide.csv", "--target", "a,b", *HOW)
    assert done.exit_code == 0, done.output
    refused = rnnzoo("forecast", "wide.csv", "--target", "a,c", *HOW)
    assert refused.exit_code == 2 and "no column 'c'" in refused.output
    assert listed(["a, b", f" {TARGET} "], [TARGET]) == ["a", "b", TARGET]
