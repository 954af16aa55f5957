"""Killed at random moments, and files harmed at random places: never silently wrong."""

import json
import os
import random
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rnnzoo import CheckpointError, Forecaster, ModelFileError
from rnnzoo.pipelines.storage.sealing import unseal
from rnnzoo.pipelines.training.checkpoints import LOCK, Checkpoint

SCRIPT = Path(__file__).with_name("killed.py")
FITS, SERIES = (runpy.run_path(str(SCRIPT))[name] for name in ("FITS", "SERIES"))
KILLS = 200  # over all kinds of fits
HARMS = 300


def killed(kind, kills, seed, folder):
    done = subprocess.run(
        [sys.executable, SCRIPT, kind, str(kills), str(seed), folder],
        capture_output=True,
        text=True,
        env=os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},  # of programs that run once
    )
    assert done.returncode == 0, f"{kind}, seed {seed}: {done.stderr[-2000:]}"
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FITS)
def test_a_killed_fit_goes_on_bit_for_bit(kind, tmp_path):
    seed = random.SystemRandom().randrange(2**32)
    counts = killed(kind, 1, seed, tmp_path)
    assert counts["finished"] == 1, f"seed {seed}: {counts}"


@pytest.mark.slow
def test_a_save_that_is_killed_leaves_one_model_whole(tmp_path):
    killed("save", 5, random.SystemRandom().randrange(2**32), tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("kind", FITS)
def test_fits_killed_many_times(kind, tmp_path, record_property):
    counts = killed(kind, KILLS // len(FITS), 1, tmp_path)
    assert counts["finished"] and counts["resumed"]
    record_property(f"{kind}, fits killed", counts)


@pytest.mark.soak
def test_saves_killed_many_times(tmp_path, record_property):
    record_property("saves killed", killed("save", KILLS, 1, tmp_path))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A model and the checkpoint of its fit, which did not end."""
    folder = tmp_path_factory.mktemp("kept")
    settings = FITS["stateful"] | {"epochs": 3, "ema_momentum": 0.0}
    fitted = Forecaster(**settings).fit(SERIES, checkpoint=folder / "checkpoint")
    fitted.save(folder / "model")
    (folder / "checkpoint" / ".lock").unlink()
    return folder, fitted


@pytest.mark.parametrize("harms", [20, pytest.param(HARMS, marks=pytest.mark.soak)])
def test_every_byte_matters(kept, tmp_path, harms, record_property):
    """A byte that flips, or a file cut short, is an error each time."""
    folder, fitted = kept
    places = {"checkpoint": folder / "checkpoint", "refit": folder / "checkpoint" / "refit"}
    fits = {k: unseal((one / "manifest.json").read_bytes())["fit"] for k, one in places.items()}
    shutil.copytree(folder, tmp_path / "harmed")
    pd.testing.assert_frame_equal(
        Forecaster.load(tmp_path / "harmed" / "model").predict(), fitted.predict()
    )
    files = sorted(path for path in (tmp_path / "harmed").rglob("*") if path.is_file())
    files = [path for path in files if path.name != LOCK]
    assert len(files) == 9  # of a model, and of checkpoints of its two trainings
    rng = np.random.default_rng(harms)
    counts = {"bits flipped": 0, "files cut": 0, "errors": 0}
    for k in range(harms):
        path = files[k % len(files)]
        content = path.read_bytes()
        at = int(rng.integers(len(content)))
        if k % 3:
            bit = 1 << int(rng.integers(8))
            path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
            counts["bits flipped"] += 1
        else:
            path.write_bytes(content[:at])
            counts["files cut"] += 1
        where = f"{path.name}, byte {at} of {len(content)}"
        if path.parent.name == "model":
            with pytest.raises(ModelFileError):
                Forecaster.load(path.parent)
                pytest.fail(where)
        else:
            training = fits[path.parent.name]
            with pytest.raises(CheckpointError):
                Checkpoint(path.parent, training).read()
                pytest.fail(where)
        counts["errors"] += 1
        path.write_bytes(content)
    if harms == HARMS:
        record_property("files harmed", counts)
