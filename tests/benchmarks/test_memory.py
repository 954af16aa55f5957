"""The memory benchmark: what it writes, and what its networks are known to solve."""

import importlib.util
import json
import subprocess
import sys

import pytest

#: Cells that solve the adding problem at T = 50 within 3,000 steps, as they are set there.
SOLVING = ["irnn", "indrnn", "lstm", "gru", "min_gru", "min_lstm", "lru", "lmu", "slstm"]
#: Cells of bounded memory solve it once their delays span all 50 steps, and not before.
BOUNDED = ["tdnn", "narx"]


@pytest.fixture(scope="module")
def memory(root):
    spec = importlib.util.spec_from_file_location("memory", root / "benchmarks" / "memory.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["memory"] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["memory"]


def adding(memory, name, steps=3000):
    return memory.row(memory.TASKS["adding"], name, steps, seed=2, minutes=10)


@pytest.mark.slow
def test_a_gated_network_solves_the_adding_problem(memory):
    row = adding(memory, "gru")
    assert row["solved"] and row["score"] < 0.01
    assert row["length"] == 50 and row["steps"] <= 3000


@pytest.mark.slow
def test_it_writes_a_row_for_each_task_and_cell(root, tmp_path):
    asked = ["--tasks", "adding,addition", "--cells", "gru,mlp", "--steps", "20"]
    command = [sys.executable, root / "benchmarks" / "memory.py", "--json", "rows.json", *asked]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [(row["task"], row["cell"]) for row in rows] == [
        ("adding", "gru"), ("addition", "gru"), ("addition", "mlp"),
    ]  # fmt: skip
    assert {"score", "floor", "steps", "learning_rate", "initialization", "clipnorm",
            "layers", "weights", "seconds"} <= rows[0].keys()  # fmt: skip
    assert rows[1]["score_double_length"] is not None
    assert rows[2]["score_double_length"] is None and "fixed width" in rows[2]["note"]
    assert "| cell | score |" in done.stdout


@pytest.mark.soak
@pytest.mark.parametrize("name", SOLVING)
def test_the_adding_problem_is_solved(memory, name):
    assert adding(memory, name)["solved"]


@pytest.mark.soak
@pytest.mark.parametrize("name", BOUNDED)
def test_a_bounded_memory_solves_it_only_where_it_spans_the_sequence(memory, name):
    assert adding(memory, f"{name}-spanning")["solved"]
    assert not adding(memory, name)["solved"]


@pytest.mark.soak
@pytest.mark.parametrize("name", ["min_gru", "min_lstm", "lru-real"])
def test_what_can_only_fade_does_not_count_parity(memory, name):
    row = memory.row(memory.TASKS["parity"], name, 3000, seed=2, minutes=10)
    assert not row["solved"] and "expected to fail" in row["note"]


@pytest.mark.soak
def test_a_simple_network_counts_parity(memory):
    assert memory.row(memory.TASKS["parity"], "gru", 3000, seed=2, minutes=10)["solved"]
