"""Names from outside: on a terminal, in a message, in a spreadsheet."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import JournalError
from rnnzoo.experiments.cli.process import say
from rnnzoo.experiments.reports.csv_cells import for_csv, from_csv
from rnnzoo.experiments.reports.plain import visible
from rnnzoo.experiments.reports.terminal import (
    Display,
    console,
    frame_table,
    leaderboard_table,
    print_table,
)

ODD = "\x1b]0;OWNED\x1b[31mred\x1b[2J \x9b31m \r \x08 \x7f \u202etxt \u2066 \u2028 [red]x[/red]"
CONTROL = {*map(chr, (*range(10), *range(11, 32), *range(127, 160))), *"\u202e\u2066\u2028"}


def test_no_name_controls_the_terminal(capsys):
    out = console()
    frame = pd.DataFrame({"unique_id": [ODD, "b"], "y": [1.0, 2.0], ODD: ["a", "b"]})
    print_table(out, f"title {ODD}", frame_table(frame))
    board = pd.DataFrame(
        {"model": [ODD, "b"], "mae": [1.0, 2.0], "skill": [0.1, 0.2], "parameters": [1, 2]}
        | {"seconds": [1.0, np.nan]}
    )
    leads = pd.DataFrame({"model": [ODD, "b"], "step": [1, 1], "mae": [1.0, 2.0]})
    table = leaderboard_table(board, leads, 99, error="mae", heading="MAE", others={})
    print_table(out, "", table)
    out.print(f"{ODD}: repaired", soft_wrap=True)
    with Display(out) as display:
        display.follow(ODD)._line(ODD)
    say(f"Error: {ODD}")
    said = "".join(capsys.readouterr())
    assert not CONTROL & set(said)
    assert said.count(r"\x1b]0;OWNED\x1b[31mred") >= 6
    assert "[red]x[/red]" in said


def test_text_without_control_characters_stays():
    text = "Größe, °C — λ ≥ 0\nsecond line"
    assert visible(text) == text


FORMULAS = ['=HYPERLINK("http://evil")', "+1+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"]


def test_no_text_is_a_formula_and_all_of_it_is_read_back(tmp_path):
    names = [*FORMULAS, "'=1", "''=1", "'quoted'", "plain", "-5", "-inf", "a=b", ""]
    table = pd.DataFrame({"unique_id": names, "yhat": np.linspace(-3.0, 3.0, len(names))})
    table["=column"] = "x"
    table["ds"] = pd.Timestamp("2026-01-01")
    path = tmp_path / "forecast.csv"
    for_csv(table).to_csv(path, index=False)
    written = pd.read_csv(path, keep_default_na=False)
    assert not [cell for cell in written["unique_id"] if cell[:1] in "=+@\t\r" and cell]
    assert "'=column" in written and "'-2+3" in set(written["unique_id"])
    assert {"-5", "-inf"} <= set(written["unique_id"])
    assert (written["yhat"] == table["yhat"]).all()
    again = from_csv(path, keep_default_na=False, parse_dates=["ds"])
    pd.testing.assert_frame_equal(again, table, check_dtype=False)
    for_csv(pd.DataFrame({"id": ["a\r=1"]})).to_csv(path, index=False)
    assert path.read_text() == "id\na\\r=1\n"
    path.write_bytes(b"")
    with pytest.raises(JournalError, match="Delete it"):
        from_csv(path)
