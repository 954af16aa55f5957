"""The examples run, offline, and say what they are there to say."""

import runpy
import sys

import pytest

SAYS = {
    "temperature": ["elman", "No leak from the table", "Diebold and Mariano", "lead 7: 7 days"],
    "stocks": ["the random walk", "majority", "coverage"],
    "intervals": ["yhat-lo-80", "yhat-ql0.9", "Mean of the week: in 80 of 100 cases", "too wide"],
}


def test_every_example_is_run(root):
    assert {path.stem for path in (root / "examples").glob("*.py")} == set(SAYS)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAYS)
def test_it_runs(name, root, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, str(tmp_path / "charts")])
    runpy.run_path(str(root / "examples" / f"{name}.py"), run_name="__main__")
    shown = capsys.readouterr().out
    for words in SAYS[name]:
        assert words in shown
    assert len(list((tmp_path / "charts").glob("*.png"))) == 3
