"""What was used once is given back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.soak
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_a_hundred_fits_end_where_the_tenth_left_off(backend, record_property):
    script = Path(__file__).with_name("memory.py")
    done = subprocess.run(
        [sys.executable, script, "100"],
        env=os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    tenth, last = map(int, done.stdout.split())
    record_property(f"MiB after 10 and 100 rounds on {backend}", f"{tenth}, {last}")
    assert last < 1.05 * tenth
