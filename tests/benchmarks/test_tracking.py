"""The benchmark of tracking runs, and tells what it is for."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_what_it_writes(root, tmp_path):
    script = root / "benchmarks" / "tracking.py"
    rounds = ["--epochs", "2", "--rounds", "1", "--json", str(tmp_path / "found.json")]
    done = subprocess.run([sys.executable, script, *rounds], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = {row["fit"]: row for row in json.loads((tmp_path / "found.json").read_text())}
    assert list(rows) == ["rnnzoo", "rnnzoo, tracked", "keras", "keras, autolog"]
    assert all(name in done.stdout for name in rows)
    for name, row in rows.items():
        assert (row["tracking_ms"] > 1e-2) == ("," in name)
        assert ("slower" in row) == ("," in name)
