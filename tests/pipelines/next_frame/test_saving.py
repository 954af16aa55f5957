import subprocess
import sys

import numpy as np
import pytest
from rnnzoo import ArgumentError, Forecaster, ModelFileError, NextFrame

FRESH = """
import sys, numpy as np
from rnnzoo import Clips, NextFrame
from rnnzoo.datasets.sources.moving import sampler
folder = sys.argv[1]
make = sampler(np.full((1, 2, 2), 255, "uint8"), frames=7, canvas=8)
clips = Clips("squares", make, make(6, 100), make(40, 101))
loaded = NextFrame.load(folder + "/model")
fitted = NextFrame(**loaded.get_params()).fit(clips)
for name, network in (("loaded", loaded), ("fitted", fitted)):
    np.save(f"{folder}/{name}.npy", network.predict(clips.test[:3, :3]))
"""


@pytest.mark.slow
def test_another_process_gives_the_same_frames(tiny, clips, tmp_path):
    """Laws 6 and 9: saved and loaded, and fitted anew with the same seed."""
    tiny.save(tmp_path / "model")
    subprocess.run([sys.executable, "-c", FRESH, tmp_path], check=True)
    for name in ("loaded", "fitted"):
        there = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_array_equal(there, tiny.predict(clips.test[:3, :3]))


def test_loaded_it_scores_the_same(tiny, clips, tmp_path):
    twin = NextFrame.load(tiny.save(tmp_path / "model"))
    assert twin.get_params() == tiny.get_params()
    assert twin.evaluate(clips).leaderboard.equals(tiny.evaluate(clips).leaderboard)
    names = {path.name.partition("-")[0] for path in (tmp_path / "model").iterdir()}
    assert names == {".lock", "manifest.json", "weights", "mean_image"}


def test_each_kind_of_model_is_loaded_by_its_own_class(tiny, tmp_path):
    folder = tiny.save(tmp_path / "model")
    with pytest.raises(ModelFileError, match="of the kind next_frame, not forecaster"):
        Forecaster.load(folder)
    assert NextFrame.load(tiny.save(folder)).filters == tiny.filters  # replaces its own kind


def of(folder, name):
    """The file of a list of arrays."""
    (found,) = folder.glob(f"{name}-*.npz")
    return found


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "no rnnzoo model"),
        (lambda folder: of(folder, "mean_image").unlink(), "mean_image-.*.npz is missing"),
        (lambda folder: of(folder, "weights").write_bytes(b"x"), "hash"),
    ],
)
def test_a_damaged_model(tiny, tmp_path, harm, message):
    folder = tiny.save(tmp_path / "model")
    harm(folder)
    with pytest.raises(ModelFileError, match=message):
        NextFrame.load(folder)


def test_a_folder_of_somebody_else_is_left_alone(tiny, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ArgumentError, match="holds no rnnzoo model"):
        tiny.save(tmp_path)
