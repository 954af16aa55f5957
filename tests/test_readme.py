"""What the README says is tried."""

import re

import numpy as np
import pandas as pd
import pytest
from rnnzoo import CELLS
from rnnzoo.experiments.cli.cells import markdown_table


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_its_python_runs(readme, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    day = np.arange(250)
    pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=250).strftime("%Y-%m-%d"),
            "units": 50 + 9 * np.sin(day / 6) + rng.normal(size=250),
            "price": rng.uniform(1, 2, 250),
        }
    ).to_csv("sales.csv", index=False)
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) == 7
    before = dict(CELLS)
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    assert "leaky" in CELLS
    CELLS.clear()
    CELLS.update(before)
    shown = capsys.readouterr().out
    assert "linear-ar" in shown
    assert "2024-09-07" in shown  # the day after the last one
    assert (tmp_path / "model" / "manifest.json").is_file()
    assert shown.index("conv_lstm") < shown.index("mean-image")  # best first
    error, of_mean = (float(one) for one in re.findall(r"(?:error|mean): (\S+) °C", shown))
    assert error < of_mean / 3


def test_its_table_of_cells_is_the_one_that_is_made(readme):
    found = re.search(r"^## Cells\n\n((?:\|.*\n)+)", readme, re.MULTILINE)
    assert found, "the README has no table under `## Cells`"
    remedy = "put what `rnnzoo cells --markdown` prints under `## Cells` in the README"
    assert found.group(1).splitlines() == markdown_table().splitlines(), remedy


def test_its_pictures_are_there(readme, root):
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", readme)
    assert pictures
    for picture in pictures:
        assert (root / picture).read_bytes().startswith(b"\x89PNG")


def test_its_make_targets_are_there(readme, root):
    targets = re.findall(r"^make (\w+)", readme, re.MULTILINE)
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert targets == ["demo", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
