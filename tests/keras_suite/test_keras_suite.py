import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_keras_own_tests_of_recurrent_layers_pass_with_ours(backend, root):
    command = [sys.executable, root / "tests/keras_suite/run.py", backend]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
