"""Runs Keras's own tests of recurrent layers, as they are installed, against ours.

    python tests/keras_suite/run.py [backend …]

The tests are read from the installed Keras. `adapters.py` stands for its recurrent layers and
cells; while a test runs, Keras's own refuse to work. Tests of what is not recurrent, such as
`TimeDistributed(Dense)`, have no cell of ours in them and are counted apart. Exits with 1 if a
test that is not in `NOT_PASSED` does not pass, or one that is does.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

BACKENDS = ("tensorflow", "jax", "torch")
FUSED = "asks whether a layer is Keras's own LSTM or GRU, for whose cuDNN call it is a guard"
PROBE = "watches cuDNN being called by Keras's own GRU on a GPU"
#: Why a test is not passed: by its name, and the backends if not on all.
NOT_PASSED = {
    "bidirectional_test::SimpleRNNTest::test_fused_lstm_eligibility": (FUSED, BACKENDS),
    "bidirectional_test::SimpleRNNTest::test_fused_gru_eligibility": (FUSED, BACKENDS),
    "bidirectional_test::SimpleRNNTest::test_torch_cudnn_bidirectional_gru_dispatch_fires": (
        PROBE,
        BACKENDS,
    ),
    "gru_test::GRUTest::test_torch_cudnn_dispatch_fires": (PROBE, BACKENDS),
    "gru_test::GRUTest::test_stateful_with_symbolic_batch_size": (
        "Keras runs it on TensorFlow alone",
        ("jax", "torch"),
    ),
}


def main(backends: list[str]) -> int:
    outcomes = {backend: _in_a_process_of_its_own(backend) for backend in backends}
    print(_table(outcomes))
    wrong = [line for backend in backends for line in _unexpected(backend, outcomes[backend])]
    print("\n".join(wrong))
    return 1 if wrong else 0


def _in_a_process_of_its_own(backend: str) -> dict[str, list[Any]]:
    """What came of each test, the message if it did not pass, and whether a cell of ours was in
    it."""
    script = Path(__file__).with_name("one_backend.py")
    # JAX would spend most of its time on optimizing programs that run once
    environment = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    environment |= os.environ | {"KERAS_BACKEND": backend}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "outcomes.json")
        command = [sys.executable, str(script), str(path)]
        run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
        if not path.exists():
            raise RuntimeError(f"{backend}: the tests did not run: {run.stdout}{run.stderr}")
        return json.loads(path.read_text())


def _table(outcomes: dict[str, dict[str, list[Any]]]) -> str:
    """Passed, failed and skipped tests by file and backend, and the reasons."""
    files = list(dict.fromkeys(test.partition("::")[0] for by in outcomes.values() for test in by))
    lines = [f"{'passed / failed / skipped':28}" + "".join(f"{b:>16}" for b in outcomes)]
    for file in [*files, ""]:
        row = f"{file or 'all':28}"
        for by in outcomes.values():
            counts = Counter(outcome for test, (outcome, *_) in by.items() if test.startswith(file))
            row += f"{' / '.join(str(counts[o]) for o in ('passed', 'failed', 'skipped')):>16}"
        lines.append(row)
    ours = [sum(o == "passed" and ours for o, _, ours in by.values()) for by in outcomes.values()]
    lines.append(f"{'passed, with a cell of ours':28}" + "".join(f"{n:>16}" for n in ours))
    lines.append("\nnot passed:")
    for test, (reason, backends) in NOT_PASSED.items():
        where = "" if backends == BACKENDS else f" ({', '.join(backends)})"
        lines.append(f"  {test}{where}: {reason}")
    return "\n".join(lines)


def _unexpected(backend: str, by_test: dict[str, list[Any]]) -> list[str]:
    expected = {test for test, (_, backends) in NOT_PASSED.items() if backend in backends}
    found = {test for test, (outcome, *_) in by_test.items() if outcome != "passed"}
    lines = [
        f"{backend}: {test} {by_test[test][0]}: {by_test[test][1]}"
        for test in sorted(found - expected)
    ]
    passed = sorted(expected - found)
    return lines + [
        f"{backend}: {test} passes or is gone: take it from NOT_PASSED" for test in passed
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(BACKENDS)))
