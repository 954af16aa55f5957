"""A fit that was broken off goes on from its checkpoint as if nothing had been."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rnnzoo import (
    ArgumentError,
    ArgumentTypeError,
    CheckpointError,
    Ensemble,
    FitError,
    Forecaster,
    NextFrame,
)
from rnnzoo.pipelines.forecasting.strategies.stateful import StatefulStrategy
from rnnzoo.pipelines.recorder import NullRecorder
from rnnzoo.pipelines.storage.sealing import seal, unseal
from rnnzoo.pipelines.training.checkpoints import Checkpoint, checkpoint_in
from rnnzoo.pipelines.training.identity import digest

COMMON = {"horizon": 3, "lookback": 14, "units": 4, "epochs": 6, "patience": 6}
# two batches an epoch, both of 53 windows: another size would be traced anew
SEGMENT = COMMON | {"strategy": "segment", "epochs": 4, "batch_size": 53}
NETWORKS = {
    "stateful, plateau": Forecaster("gru", dropout=0.2, **COMMON | {"patience": 3}),
    "stateful, cosine, averages": Forecaster(
        "lstm", dropout=0.2, schedule="cosine", ema_momentum=0.9, **COMMON,
        cell_options={"recurrent_dropout": 0.2},
    ),
    "closed loop, plateau": Forecaster("narx", learning_rate=0.2, **COMMON | {"patience": 3}),
    "segment, plateau, averages": Forecaster("gru", dropout=0.2, ema_momentum=0.9, **SEGMENT),
    "segment, cosine, averages": Forecaster(
        "rnn", dropout=0.2, schedule="cosine", ema_momentum=0.9, **SEGMENT
    ),
}  # fmt: skip
FILM = np.random.default_rng(0).integers(0, 256, (6, 4, 8, 8), "uint8")


class Broken(Exception):
    pass


class Listens(NullRecorder):
    def __init__(self):
        self.told = []

    def metrics(self, values, step=None):
        self.told.append((step, values))


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(7)
    y = 20 + 5 * np.sin(np.arange(150) / 8) + rng.normal(size=150)
    return pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=150), "y": y})


@pytest.fixture
def fit(series):
    return lambda network, **how: clone(network).fit(series, **how)


def clone(network):
    return type(network)(**network.get_params())


def broken(fit, network, folder, at):
    """A fit ends in the middle of its work: epoch `at` is over, its checkpoint is not written."""
    write = Checkpoint.write

    def until(checkpoint, values, arrays, step):
        if step == at:
            raise Broken
        write(checkpoint, values, arrays, step)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Broken):
        patch.setattr(Checkpoint, "write", until)
        fit(network, checkpoint=folder)


@pytest.fixture(scope="module")
def left(series, tmp_path_factory):
    """The checkpoint of a fit that was broken off; tests take copies."""
    folder = tmp_path_factory.mktemp("left") / "fit"
    network = NETWORKS["stateful, plateau"]
    broken(lambda one, **how: clone(one).fit(series, **how), network, folder, at=3)
    return folder


@pytest.fixture
def checkpoint(left, tmp_path):
    return Path(shutil.copytree(left, tmp_path / "fit"))


def assert_same(one, other):
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)
    for name in ("loss", "score", "best_epoch"):
        assert getattr(one.history_, name) == getattr(other.history_, name)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def weights(fitted):
    network = fitted.network_ if isinstance(fitted, NextFrame) else fitted.strategy_.network
    return network.get_weights()


#: The first is resumed below too.
SLOW = {"stateful, plateau", "segment, plateau, averages", "segment, cosine, averages"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[pytest.mark.slow] if one in SLOW else []) for one in NETWORKS],
)
def test_resumed_is_undisturbed(fit, name, tmp_path):
    network = NETWORKS[name]
    whole = Listens()
    undisturbed = fit(network, recorder=whole)
    broken(fit, network, tmp_path / "fit", at=3)
    heard = Listens()
    resumed = fit(network, checkpoint=tmp_path / "fit", recorder=heard)
    assert_same(resumed, undisturbed)
    pd.testing.assert_frame_equal(resumed.predict(), undisturbed.predict(), check_exact=True)
    rates = [[values["train/learning_rate"] for _, values in each.told] for each in (heard, whole)]
    assert rates[0] == rates[1]
    assert [step for step, _ in heard.told] == [step for step, _ in whole.told]


@pytest.mark.parametrize(
    "anew",
    [pytest.param(False, id="the same clips", marks=pytest.mark.slow),
     pytest.param(True, id="new clips each epoch")],
)  # fmt: skip
def test_resumed_next_frames_are_undisturbed(anew, tmp_path):
    def made(count, seed):
        return FILM[np.random.default_rng(seed).integers(0, len(FILM), count)]

    network = NextFrame(context=2, horizon=2, filters=2, layers=1, patch=4, epochs=3)
    network.set_params(clips_per_epoch=4, batch_size=2)

    def fit(network, **how):
        return clone(network).fit(made if anew else FILM, validation=FILM[:2], **how)

    broken(fit, network, tmp_path / "fit", at=2)
    assert_same(fit(network, checkpoint=tmp_path / "fit"), fit(network))


def test_a_finished_fit_is_not_done_again(fit, tmp_path):
    network = NETWORKS["stateful, plateau"]
    first = fit(network, checkpoint=tmp_path)
    before = contents(tmp_path)
    again = fit(network, checkpoint=tmp_path)
    assert_same(first, again)
    assert again.history_ == first.history_  # the seconds too
    assert contents(tmp_path) == before


def test_finished_members_are_not_trained_again(fit, series, tmp_path):
    one = clone(NETWORKS["closed loop, plateau"]).set_params(epochs=2)
    ensemble = Ensemble([one], n_seeds=2)
    first = clone(ensemble).fit(series)
    fit(one, checkpoint=tmp_path / "member-1")
    next_seed = clone(one).set_params(seed=one.seed + 1)
    broken(fit, next_seed, tmp_path / "member-2", at=2)
    resumed = ensemble.fit(series, checkpoint=tmp_path)
    for one, other in zip(resumed.members_, first.members_, strict=True):
        assert_same(one, other)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["member-1", "member-2"]


def test_a_fit_that_diverges_after_it_was_resumed(fit, checkpoint, monkeypatch):
    """It stops with an error, each time: what is kept is the last epoch of finite numbers."""
    network = NETWORKS["stateful, plateau"]

    def nothing(strategy, rows, origins, horizon):
        return [np.full((len(own), horizon), np.inf) for own in origins]

    monkeypatch.setattr(StatefulStrategy, "forecast_origins", nothing)
    for _ in range(2):
        with pytest.raises(FitError, match="diverged in epoch 3"):
            fit(network, checkpoint=checkpoint)
    monkeypatch.undo()
    assert_same(fit(network, checkpoint=checkpoint), fit(network))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0.5}, r"settings.learning_rate was None and is 0.5"),
        ({"seed": 1, "cell": "rnn"}, r"settings.cell was 'gru' and is 'rnn'; settings.seed was 0"),
    ],
)
def test_a_checkpoint_of_other_settings(fit, checkpoint, changes, message):
    network = NETWORKS["stateful, plateau"]
    before = contents(checkpoint)
    with pytest.raises(CheckpointError, match=message):
        fit(clone(network).set_params(**changes), checkpoint=checkpoint)
    assert contents(checkpoint) == before  # nothing was harmed


def test_a_checkpoint_of_other_data(series, checkpoint):
    network = NETWORKS["stateful, plateau"]
    other = series.assign(y=series["y"].where(series.index != 70, 20.0))
    with pytest.raises(CheckpointError, match="another fit: the data differ. Name another"):
        clone(network).fit(other, checkpoint=checkpoint)


def test_a_checkpoint_of_another_version(fit, checkpoint):
    path = checkpoint / "manifest.json"
    manifest = unseal(path.read_bytes())
    manifest["fit"]["versions"]["keras"] = "3.99"
    path.write_bytes(seal(manifest))
    with pytest.raises(CheckpointError, match=r"versions.keras was '3.99' and is '3."):
        fit(NETWORKS["stateful, plateau"], checkpoint=checkpoint)


def test_only_json_and_plain_arrays(checkpoint):
    assert json.loads((checkpoint / "manifest.json").read_text())["values"]["state"]["loss"]
    (arrays,) = checkpoint.glob("*.npz")
    with np.load(arrays, allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind in "fui" for name in stored.files)


def test_a_folder_in_use(fit, tmp_path):
    with checkpoint_in(tmp_path, "forecaster", {}, ()):  # noqa: SIM117
        with pytest.raises(CheckpointError, match="another process fits there"):
            fit(NETWORKS["stateful, plateau"], checkpoint=tmp_path)


def test_a_folder_of_something_else_is_left_alone(fit, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ArgumentError, match=r"more than a checkpoint \(thesis.txt\)"):
        fit(NETWORKS["stateful, plateau"], checkpoint=tmp_path)
    with pytest.raises(ArgumentError, match="is a file"):
        fit(NETWORKS["stateful, plateau"], checkpoint=tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("nonsense", [True, 3, b"fit"])
def test_a_checkpoint_is_a_path(fit, nonsense):
    with pytest.raises(ArgumentTypeError, match="`checkpoint` must be a path"):
        fit(NETWORKS["stateful, plateau"], checkpoint=nonsense)


def test_a_checkpoint_of_other_clips(tmp_path):
    network = NextFrame(context=2, horizon=2, filters=2, layers=1, patch=4)
    values = [FILM[:4], FILM[4:]]
    assert digest(values) == digest([values[0].copy(), values[1][:, :]])
    for other in ([FILM[4:], FILM[:4]], [FILM], [FILM[:4], FILM[4:].astype("float32")]):
        assert digest(other) != digest(values)
    with checkpoint_in(tmp_path, "next_frame", network.get_params(), values) as one:
        one.write({}, {"best": []}, step=1)
    with (
        checkpoint_in(tmp_path, "next_frame", network.get_params(), [FILM]) as changed,
        pytest.raises(CheckpointError, match="the data differ"),
    ):
        changed.read()


@pytest.mark.parametrize("name", ["member-1", "refit"])
def test_no_link_in_a_checkpoint_is_followed(tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / name).symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(ArgumentError, match=f"{name} is a link"),
        checkpoint_in(tmp_path / "checkpoint" / name, "forecaster", {}, ()),
    ):
        pass
    assert not [*(tmp_path / "elsewhere").iterdir()]
