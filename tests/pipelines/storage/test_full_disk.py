"""A disk that is full is met with an error that names the file; what was there stays."""

import resource
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from rnnzoo import CheckpointError, Forecaster, ModelFileError, RnnzooError
from rnnzoo.pipelines.recorder import NullRecorder
from rnnzoo.pipelines.training.checkpoints import Checkpoint

DAYS = pd.date_range("2020-01-01", periods=60)
SERIES = pd.DataFrame({"ds": DAYS, "y": np.sin(np.arange(60) / 3)})
NETWORK = {"cell": "rnn", "horizon": 2, "lookback": 8, "units": 16, "epochs": 3}


def fit(**how):
    return Forecaster(**NETWORK).fit(SERIES, **how)


@pytest.fixture(scope="module")
def forecaster():
    return fit()


@contextmanager
def no_file_beyond(size):
    """The kernel refuses to let a file of this process grow further."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def limits(folder):
    """Sizes at which the largest file does not fit any more, at its last byte and at its first."""
    largest = max(len(content) for content in contents(folder).values())
    return 0, largest // 2, largest - 1


def test_a_model_is_not_saved(forecaster, tmp_path):
    for size in limits(forecaster.save(tmp_path / "as large as")):
        with no_file_beyond(size), pytest.raises(ModelFileError, match="File too large") as raised:
            forecaster.save(tmp_path / "model")
        assert str(tmp_path) in str(raised.value)
        assert not (tmp_path / "model").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["as large as"]


def test_an_empty_folder_of_the_user_stays(forecaster, tmp_path):
    with no_file_beyond(0), pytest.raises(ModelFileError, match="No model is there"):
        forecaster.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    Forecaster.load(forecaster.save(tmp_path))


def test_an_older_model_stays(forecaster, tmp_path):
    folder = forecaster.save(tmp_path / "model")
    before = contents(folder)
    for size in limits(folder):
        with no_file_beyond(size), pytest.raises(ModelFileError, match=f"{folder}.*make room"):
            forecaster.save(folder)
        assert contents(folder) == before
    Forecaster.load(folder)
    forecaster.save(folder)
    Forecaster.load(folder)


class FullAt(NullRecorder):
    def __init__(self, step, size):
        self.step, self.size = step, size

    def metrics(self, values, step=None):
        if step == self.step:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, resource.RLIM_INFINITY))


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY, reason="a limit is set"
)
def test_a_fit_ends_and_goes_on_where_there_is_room(forecaster, tmp_path):
    with no_file_beyond(-1), pytest.raises(CheckpointError, match=f"{tmp_path}.*make room"):
        fit(checkpoint=tmp_path, recorder=FullAt(2, 100))
    resumed = fit(checkpoint=tmp_path)
    assert resumed.history_.score == forecaster.history_.score


def test_an_older_checkpoint_stays(tmp_path):
    checkpoint = Checkpoint(tmp_path, {"of": "this fit"})
    arrays = {"learner": [np.arange(1000.0)], "best": [np.arange(5), np.zeros((0, 2))]}
    checkpoint.write({"course": 1}, arrays, step=1)
    before = contents(tmp_path)
    for size in limits(tmp_path):
        with no_file_beyond(size), pytest.raises(CheckpointError, match="epoch-000002.npz could"):
            checkpoint.write({"course": 2}, arrays, step=2)
        assert contents(tmp_path) == before
    values, found = checkpoint.read()
    assert values == {"course": 1}
    np.testing.assert_equal(found, arrays)


def test_a_manifest_that_does_not_fit(tmp_path):
    checkpoint = Checkpoint(tmp_path, {"of": "this fit"})
    arrays = {"best": [np.zeros(1)]}
    checkpoint.write({"course": 1}, arrays, step=1)
    before = contents(tmp_path)
    with no_file_beyond(2000), pytest.raises(RnnzooError, match="manifest.json could not"):
        checkpoint.write({"course": 2, "losses": [0.5] * 2000}, arrays, step=2)
    assert contents(tmp_path) == before
