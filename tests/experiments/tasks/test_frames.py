"""`rnnzoo frames`: clips in, leaderboard, pictures and runs out."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageSequence
from rnnzoo import NextFrame
from rnnzoo.datasets.sources.moving import moving
from rnnzoo.experiments.cli.app import app
from typer.testing import CliRunner

TINY = ["--context", "2", "--horizon", "3", "--filters", "2", "--layers", "1", "--epochs", "2"]
TINY += ["--clips-per-epoch", "8"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a film of 60 frames of 16 × 16."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    square = np.full((1, 5, 5), 255, "uint8")
    film = moving(square, 1, 60, 16, np.random.default_rng(0), count=1)[0, ..., 0]
    np.save("film.npy", film)
    return tmp_path


def rnnzoo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_frames_from_a_film_to_runs_that_are_compared(here, store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    option = ["--cell-option", "peepholes=true", "--set", "optimizer=adamw", "--set", "loss=mae"]
    done = rnnzoo("frames", "film.npy", *TINY, *option, "--save", "out")
    assert done.exit_code == 0, done.output
    assert "film: 3 frames rolled out freely after 2, 8 test clips" in done.output
    for model in ("conv_lstm", "repeat-last", "mean-image", "zeros"):
        assert model in done.output
    assert {path.name for path in (here / "out").iterdir()} == {
        "model-conv_lstm", "film-roll-out.png", "film-roll-out.gif", "film-error-by-lead.png",
        "film-leaderboard.csv", "film-error-by-lead.csv",
    }  # fmt: skip
    with Image.open("out/film-roll-out.gif") as gif:
        assert len(ImageSequence.all_frames(gif)) == 5
        assert gif.info["loop"] == 0
    assert "Fewer than 10 test clips: the scores are uncertain" in done.output
    known = np.load("film.npy")[None, :2]
    assert NextFrame.load("out/model-conv_lstm").predict(known).shape == (1, 3, 16, 16)

    runs = store.runs("frames/film").set_index("name")
    assert set(runs.index) == {
        "conv_lstm-0", "repeat-last", "mean-image", "zeros",
    }  # fmt: skip
    told = store.client.get_run(runs.loc["conv_lstm-0", "run"]).data.params
    assert [told[key] for key in ("optimizer", "loss", "learning_rate")] == [
        "adamw",
        "mae",
        "0.004",
    ]
    saved = pd.read_csv("out/film-leaderboard.csv").set_index("model")["mse"]
    for name, run in runs.iterrows():
        assert run["test/mse"] == pytest.approx(saved[name.removesuffix("-0")])
    _images_have_steps(store, runs.loc["conv_lstm-0", "run"])

    compared = rnnzoo("compare", "frames/film", "--all")
    assert compared.exit_code == 0, compared.output
    assert "frames/film: 3 frames after 2, tested on 8 clips of 16x16x1" in compared.output
    assert "conv_lstm-0" in compared.output


def _images_have_steps(store, run):
    leads = [metric.step for metric in store.client.get_metric_history(run, "horizon/mse")]
    assert leads == [1, 2, 3]
    names = [file.path for file in store.client.list_artifacts(run, "images")]
    pictures = [name for name in names if name.endswith(".png")]
    for key, steps in (("validation-by-epoch", [0, 1, 2]), ("test-by-lead", [0, 1, 2, 3])):
        found = [name for name in pictures if f"frames~{key}+step+" in name]
        assert sorted(int(name.split("+")[2]) for name in found) == steps
    others = {file.path for file in store.client.list_artifacts(run)}
    assert {"roll-out.gif", "roll-out.png", "error-by-lead.png", "model"} <= others


BAD = {
    "no such file": (["flim.npy"], "Did you mean film.npy"),
    "a setting misspelt": (["film.npy", "--set", "optimizr=sgd"], "Did you mean optimizer"),
    "no such data set": (["moving-digit"], "Did you mean moving-digits"),
    "a folder nobody needs": (["moving-digits", "--folder", "."], "made from no files"),
    "a folder beside a file": (["film.npy", "--folder", "."], "--folder goes with"),
    "no folder": (["moving-mnist"], "name the `folder`"),
    "a folder without MNIST": (["moving-mnist", "--folder", "."], "There is no train-images"),
    "too few frames": (["film.npy", "--horizon", "40"], "At least 126 frames are needed"),
    "a patch that does not divide": (["film.npy", "--patch", "5"], "divisible by the patch, 5"),
    "a cell of another kind": (["film.npy", "--cell", "lstm"], "Cells that read images: conv_lstm"),
    "context 0": (["film.npy", "--context", "0"], "context=0"),
    "epochs 0": (["film.npy", "--epochs", "0"], "epochs=0"),
    "a series": (["seattle-weather"], "rnnzoo forecast seattle-weather"),
    "an option without a value": (["film.npy", "--cell-option", "peepholes"], "name=value"),
    "an option of no cell": (["film.npy", "--cell-option", "holes=1"], "holes"),
    "an option of another kind": (["film.npy", "--cell-option", "peepholes=7"], "peepholes=7"),
    "a file for a folder": (["film.npy", "--save", "film.npy"], "name a folder for --save"),
}


@pytest.mark.parametrize("fault", BAD)
def test_one_clear_message_exit_2_and_nothing_left_behind(here, fault):
    arguments, message = BAD[fault]
    done = rnnzoo("frames", *[*TINY, *arguments])
    assert done.exit_code == 2, done.output
    assert message in done.output
    assert "Traceback" not in done.output
    assert [path.name for path in here.iterdir()] == ["film.npy"]


def test_a_forecast_of_frames_is_refused(here):
    pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=90), "y": 1.0}).to_csv("y.csv")
    done = rnnzoo("forecast", "y.csv", "--cell", "conv_lstm")
    assert done.exit_code == 2
    assert "`conv_lstm` serves next_frame, not stateful: it reads images" in done.output
    clips = rnnzoo("forecast", "moving-digits")
    assert clips.exit_code == 2
    assert "rnnzoo frames moving-digits" in clips.output


def test_lists(here):
    assert "moving-digits" in rnnzoo("data").output
    assert "conv_lstm" in rnnzoo("cells").output
