"""Models and checkpoints from strangers and from damaged disks: refused, or sound."""

import random
import shutil

import keras
import numpy as np
import pandas as pd
import pytest
from rnnzoo import Forecaster

from .conftest import FRAMES, SERIES, SMALL
from .mutations import damaged, other_arrays, resealed, with_other_arrays

KINDS = ["stateful", "segment", "closed loop", "ensemble", "auto", "next frame"]
FEW, MANY = 12, 1500


def harm(folder, rng):
    kind = rng.random()
    if kind < 0.6:
        path = folder / "manifest.json"
        path.write_bytes(resealed(path.read_bytes(), rng))
    elif kind < 0.9:
        with_other_arrays(folder, rng)
    else:
        path = rng.choice(sorted(path for path in folder.iterdir() if path.name != ".lock"))
        path.write_bytes(damaged(path.read_bytes(), rng))


def use(model, folder):
    """Whatever a user does with a loaded model."""
    if hasattr(model, "update"):
        assert np.isfinite(model.predict(level=[80])["yhat"]).all()
        newer = SERIES[-3:].assign(ds=SERIES["ds"][-3:] + pd.Timedelta("3D"))
        assert np.isfinite(model.update(newer).predict()["yhat"]).all()
        model.predict(samples=2)
    else:
        assert np.isfinite(model.predict(FRAMES[:, :3])).all()
    model.save(folder / "again")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
def test_models(models, kind, times, sandbox, counts):
    original = models[kind].save(sandbox / "original")
    folder = sandbox / "model"
    use(type(models[kind]).load(original), sandbox)
    for seed in range(times):
        shutil.copytree(original, folder)
        with counts.trial(f"{kind}, seed {seed}"):
            harm(folder, random.Random(seed))
            use(type(models[kind]).load(folder), sandbox)
        for path in (folder, sandbox / "again"):
            shutil.rmtree(path, ignore_errors=True)
    counts.settle(f"models, {kind}")


class Stopped(Exception):
    pass


class Stop(keras.callbacks.Callback):
    """Ends a fit as Ctrl-C would."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise Stopped


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """The checkpoints of a fit that was stopped, and of one that has ended."""
    folders = {}
    for name, stop in (("stopped", [Stop()]), ("ended", None)):
        folders[name] = tmp_path_factory.mktemp(name)
        try:
            fit(folders[name], stop)
        except Stopped:
            assert name == "stopped"
    return folders


def fit(checkpoint, callbacks=None):
    forecaster = Forecaster("rnn", **SMALL | {"epochs": 3})
    return forecaster.fit(SERIES, checkpoint=checkpoint, callbacks=callbacks)


@pytest.mark.parametrize("kind", ["stopped", "ended"])
@pytest.mark.parametrize("times", [4, pytest.param(300, marks=pytest.mark.soak)])
def test_checkpoints(checkpoints, kind, times, sandbox, counts):
    for seed in range(times):
        folder, rng = sandbox / "checkpoint", random.Random(seed)
        shutil.copytree(checkpoints[kind], folder)
        manifest = folder / "manifest.json"
        (arrays,) = folder.glob("epoch-*.npz")
        with counts.trial(f"{kind}, seed {seed}"):
            if rng.random() < 0.7:
                manifest.write_bytes(resealed(manifest.read_bytes(), rng))
            else:
                change = rng.choice([damaged, other_arrays])
                arrays.write_bytes(change(arrays.read_bytes(), rng))
            assert np.isfinite(fit(folder).predict()["yhat"]).all()
        shutil.rmtree(folder)
    counts.settle(f"checkpoints, {kind}")
