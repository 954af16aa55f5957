import io
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from rnnzoo import ArgumentTypeError, Forecaster
from rnnzoo.pipelines.recorder import NullRecorder
from rnnzoo.pipelines.training.progress import Progress, with_progress

EPOCHS = 20


def follow(progress, epochs=EPOCHS, seconds=0.0):
    """A fit whose fourth epoch is the best, and the last one that is told."""
    with progress:
        progress.parameters({"cell": "gru", "seed": 3, "epochs": EPOCHS})
        for step in range(1, epochs + 1):
            error = 0.5 if step == 4 else 1.0
            values = {"train/loss": 2.0, "val/mae": error, "time/epoch_s": seconds}
            progress.metrics(values, step=step)
        progress.metrics({"train/loss": 0.0})  # without a step: of the whole run
        progress.metrics({"val/mae": 0.0}, step=1)  # of a member


def test_plain_lines_where_nobody_watches():
    written = io.StringIO()
    follow(Progress(Console(file=written)), epochs=7, seconds=10)
    first, second, *_, last = written.getvalue().splitlines()
    assert first == "gru, seed 3: epoch 1/20, loss 2, mae 1, best 1 in epoch 1, 3:10 left"
    assert second == "gru, seed 3: epoch 2/20, loss 2, mae 1, best 1 in epoch 1, 3:00 left"
    assert last == "gru, seed 3: ended after epoch 7, best mae 0.5 in epoch 4"
    assert len(written.getvalue().splitlines()) == 5  # epochs 1, 2, 4, 6, and the end


def test_a_bar_on_a_terminal():
    written = io.StringIO()
    follow(Progress(Console(file=written, force_terminal=True, width=120)))
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.getvalue())
    assert re.search(r"gru, seed 3 ━+ 20/20 loss 2, mae 1, best 0.5 in epoch 4, 0:00 left", plain)
    assert "ended" not in written.getvalue()


def test_plain_lines_in_a_notebook_without_widgets(monkeypatch):
    """Rich shows no bar there, but a warning."""
    monkeypatch.setattr("rnnzoo.pipelines.training.progress.find_spec", lambda name: None)
    assert Progress(Console(force_jupyter=True)).bars.disable
    monkeypatch.setattr("rnnzoo.pipelines.training.progress.find_spec", lambda name: name)
    assert not Progress(Console(force_jupyter=True)).bars.disable


def test_nothing_is_said_of_what_did_not_begin():
    written = io.StringIO()
    with Progress(Console(file=written)):
        pass
    assert written.getvalue() == ""


class Listens(NullRecorder):
    def __init__(self):
        self.steps = []

    def metrics(self, values, step=None):
        self.steps.append(step)


def test_a_fit_shows_how_far_it_is(capsys):
    rng = np.random.default_rng(0)
    series = pd.Series(rng.normal(size=60), pd.date_range("2020-01-01", periods=60))
    forecaster = Forecaster("rnn", lookback=8, units=2, epochs=2)
    listens = Listens()
    forecaster.fit(series, progress=True, recorder=listens)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "rnn, seed 0: epoch 2/2, loss" in printed.err
    assert listens.steps == [1, 2]
    with pytest.raises(ArgumentTypeError, match="`progress` must be True or False"):
        forecaster.fit(series, progress="yes")


def test_unasked_nothing_is_shown():
    with with_progress(None, False) as told:
        assert isinstance(told, NullRecorder)
    listens = Listens()
    with with_progress(listens, False) as told:
        assert told is listens
