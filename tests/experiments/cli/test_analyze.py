import numpy as np
import pandas as pd
import pytest
from rnnzoo.experiments.analysis.measure import analysis
from rnnzoo.experiments.cli.app import app
from rnnzoo.zoo.cells import RNN
from typer.testing import CliRunner

TINY = ["--units", "3", "--steps", "4", "--train-steps", "1"]


def analyze(*arguments):
    return CliRunner().invoke(app, ["analyze", *map(str, arguments)])


def test_it_tells_and_draws_how_far_back_a_cell_remembers(tmp_path):
    done = analyze("gru", *TINY, "--option", "reset=before", "--save", tmp_path / "out")
    assert done.exit_code == 0, done.output
    for text in ("effective memory", "spectral radius", "largest eigenvalues", "test MSE"):
        assert text in done.output
    assert "lets no gradient through" not in done.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "gru-gradient-by-lag.png", "gru-gradient-by-lag.csv", "gru-eigenvalues.png",
        "impulse-responses.png",
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "out" / "gru-gradient-by-lag.csv")
    assert list(table) == ["lag", "new", "trained"]
    assert list(table["lag"]) == list(range(4))


def test_training_moves_what_is_measured_and_a_seed_repeats_it():
    found, again = (analysis("rnn", RNN(3, activation="linear"), 4, 2, seed=1) for _ in range(2))
    # orthogonal at the start: all eigenvalues lie on the unit circle
    np.testing.assert_allclose(np.abs(found.eigenvalues["new"]), 1, rtol=1e-4)
    assert np.abs(np.abs(found.eigenvalues["trained"]) - 1).max() > 1e-4
    assert np.isfinite(found.mse)
    np.testing.assert_array_equal(found.norms["new"], again.norms["new"])
    np.testing.assert_allclose(found.norms["trained"], again.norms["trained"], rtol=1e-5)


def test_a_cut_gradient_is_told():
    done = analyze("elman", *TINY)
    assert done.exit_code == 0, done.output
    assert "lets no gradient through" in done.output
    (row,) = [line for line in done.output.splitlines() if line.startswith("spectral radius")]
    assert min(float(radius) for radius in row.split()[2:]) > 0  # of the recurrence, copy included


BAD = {
    "an unknown cell": (["gruu"], "Did you mean gru"),
    "a cell that reads images": (["conv_lstm"], "must read vectors"),
    "no units": (["gru", "--units", "0"], "units=0"),
    "one step": (["gru", "--steps", "1"], "steps=1"),
    "no training": (["gru", "--train-steps", "0"], "train_steps=0"),
    "an unknown argument": (["gru", "--option", "rest=before"], "do not fit the cell gru"),
    "an argument without a value": (["gru", "--option", "reset"], "name=value"),
    "the units twice": (["gru", "--option", "units=3"], "must not hold units"),
    "a truth that is not there": (
        ["narx", "--option", "feedback=truth"],
        "must not hold feedback",
    ),
    "a seed below 0": (["gru", "--seed", "-1"], "seed=-1"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_clear_message_and_exit_2(case):
    arguments, message = BAD[case]
    done = analyze(*arguments)
    assert done.exit_code == 2, done.output
    assert message in done.output
    assert "Traceback" not in done.output


def test_a_file_where_the_charts_should_go(tmp_path):
    (tmp_path / "out").write_text("mine")
    done = analyze("gru", *TINY, "--save", tmp_path / "out")
    assert done.exit_code == 2
    assert "is a file" in done.output
