"""What `rnnzoo cells` prints: every cell, at 80 columns, as a page, as JSON."""

import io
import json

import pytest
from rich.cells import cell_len
from rich.console import Console
from rnnzoo.experiments.cli.app import app
from rnnzoo.experiments.cli.cells import markdown_table, print_all, print_page
from rnnzoo.zoo.catalog import describe
from rnnzoo.zoo.cells import CELLS
from typer.testing import CliRunner

KEYS = {
    *("name", "title", "equation", "reference", "year", "parameters", "options", "common"),
    "serves",
}


def rnnzoo(*arguments):
    return CliRunner().invoke(app, list(arguments))


def shown(show, what, width=80):
    screen = io.StringIO()
    show(Console(width=width, highlight=False, markup=False, file=screen), what)
    return screen.getvalue()


def squeezed(text):
    """The text without its line breaks: what is wrapped is still there."""
    return " ".join(text.split())


def test_the_list_holds_every_cell_at_80_columns():
    entries = [describe(name) for name in CELLS]
    text = shown(print_all, entries)
    assert "…" not in text.replace("1 … L", "")
    assert max(map(cell_len, text.splitlines())) <= 80
    for entry in entries:
        (row,) = [line for line in text.splitlines() if line.startswith(f"{entry.name} ")
                  and f" {entry.year} " in line]  # fmt: skip
        assert f"{entry.parameters:,}" in row
        for said in (entry.equation, entry.reference):
            assert squeezed(said) in squeezed(text), entry.name
        for option in entry.options:
            assert option.name in text


@pytest.mark.parametrize("name", CELLS)
def test_a_page_holds_all_that_is_known_of_a_cell(name):
    entry = describe(name)
    text = shown(print_page, entry)
    assert max(map(cell_len, text.splitlines())) <= 80
    assert squeezed(entry.equation) in squeezed(text)
    assert squeezed(entry.reference) in squeezed(text)
    assert f"{entry.parameters:,}." in text
    assert "States: " in text
    assert "Args:" not in text  # they stand in a table, with their defaults
    for argument in (entry.width, *entry.options):
        assert f"\n{argument.name} " in text
    assert f"As every Keras RNN it also takes {', '.join(entry.common)}." in squeezed(text)
    for reason in entry.unsupported.values():
        assert reason in squeezed(text)


def test_a_remark_that_does_not_fit_goes_to_a_line_of_its_own():
    text = shown(print_page, describe("clockwork"))
    assert "U_{gj} h_{t−1}[j] + b_g)" in text
    assert "\n          where t mod T_g = 0" in text


def test_a_page_by_name():
    done = rnnzoo("cells", "narx")
    assert done.exit_code == 0, done.output
    assert "feedback_delays    (1, 2) " in done.stdout
    assert "Not stateful: its output is the forecast itself" in done.stdout


def test_an_unknown_cell_is_answered_with_the_nearest():
    done = rnnzoo("cells", "gruu")
    assert done.exit_code == 2
    assert "Did you mean gru" in done.output
    assert not done.stdout
    assert "Traceback" not in done.output


def test_json_is_all_that_stands_on_stdout():
    cells = json.loads(rnnzoo("cells", "--json").stdout)
    assert [cell["name"] for cell in cells] == list(CELLS)
    for cell in cells:
        assert set(cell) == KEYS
        assert all(cell[key] for key in KEYS - {"options"})
        assert isinstance(cell["year"], int)
    (gru,) = json.loads(rnnzoo("cells", "gru", "--json").stdout)
    assert gru == next(cell for cell in cells if cell["name"] == "gru")
    assert gru["options"][0]["name"] == "reset"
    assert gru["options"][0]["default"] == "after"
    assert gru["serves"] == ["stateful", "closed_loop"]


def test_markdown_has_a_line_a_cell_and_stands_alone():
    assert rnnzoo("cells", "--markdown").stdout == markdown_table() + "\n"
    rows = markdown_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(CELLS)
    assert rnnzoo("cells", "gru", "--markdown").exit_code == 2
    assert rnnzoo("cells", "--json", "--markdown").exit_code == 2
