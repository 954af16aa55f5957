"""Fits that are killed at random moments and fitted again, until they are done.

A script, so that it can be killed: `python killed.py KIND KILLS SEED FOLDER` prints what it
counted as JSON. Every attempt is a process forked from this one, which has imported all and
started no backend; each is ended by SIGKILL within the time that an undisturbed one took.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import rnnzoo.pipelines.forecasting.forecaster
import rnnzoo.pipelines.next_frame.predictor  # noqa: F401
from rnnzoo import Forecaster, NextFrame
from rnnzoo.pipelines.storage.folders import read_folder, write_folder
from rnnzoo.pipelines.storage.sealing import sha256, unseal
from rnnzoo.pipelines.training.checkpoints import MANIFEST

COMMON = {"horizon": 2, "lookback": 8, "units": 2, "epochs": 40, "patience": 40}
SEGMENT = COMMON | {"cell": "rnn", "strategy": "segment", "epochs": 15}
FITS = {
    "stateful": COMMON | {"cell": "rnn", "dropout": 0.2, "ema_momentum": 0.9, "patience": 6},
    "closed_loop": COMMON | {"cell": "narx"},
    "segment": SEGMENT | {"dropout": 0.2, "schedule": "cosine", "ema_momentum": 0.9},
    "next_frame": {
        "context": 2, "horizon": 2, "filters": 1, "layers": 1, "patch": 4, "epochs": 15,
        "patience": 15, "batch_size": 4,
    },
}  # fmt: skip
RNG = np.random.default_rng(0)
SERIES = pd.DataFrame(
    {"ds": pd.date_range("2020-01-01", periods=80), "y": np.sin(np.arange(80) / 3)}
)
FILM = RNG.integers(0, 256, (6, 4, 8, 8), "uint8")
MODELS = [[RNG.normal(size=size) for size in (400, 3)] for _ in range(2)]
SAVING_S = 0.3  # in which a process saves one model over the other


def fit(kind: str, folder: Path) -> str:
    """Fits with a checkpoint; a hash of the weights and of the history."""
    if kind == "next_frame":
        frames = NextFrame(**FITS[kind]).fit(FILM, checkpoint=folder)
        network, history = frames.network_, frames.history_
    else:
        forecaster = Forecaster(**FITS[kind]).fit(SERIES, checkpoint=folder)
        network, history = forecaster.strategy_.network, forecaster.history_
    found = hashlib.sha256(repr((history.loss, history.score, history.best_epoch)).encode())
    for weight in network.get_weights():
        found.update(weight.tobytes())
    return found.hexdigest()


def attempt(work, seconds: float | None, after: Path | None = None) -> bool:
    """Runs `work` in a process of its own; whether it came to its end.

    It is killed after some time: from its start, or from when it has written `after`.
    """
    before = stamp(after)
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    if seconds is not None:
        while after is not None and stamp(after) == before and runs(child):
            time.sleep(0.002)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)  # no harm to one that has ended
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return False
    assert os.WEXITSTATUS(status) == 0, status
    return True


def runs(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def stamp(path: Path | None) -> int:
    return path.stat().st_mtime_ns if path is not None and path.exists() else 0


def epochs(folder: Path) -> int:
    """Those that a checkpoint holds: it must be whole, or not be there."""
    path = folder / MANIFEST
    if not path.exists():
        return 0
    manifest = unseal(path.read_bytes())
    content = (folder / f"epoch-{manifest['step']:06d}.npz").read_bytes()
    assert sha256(content) == manifest["digest"]
    return len(manifest["values"]["state"]["score"])


def kill_fits(kind: str, kills: int, rng: random.Random, folder: Path) -> dict[str, int]:
    """Every fit that comes to its end must come to the weights of the one left alone."""
    result = folder / "result"
    checkpoint = folder / "checkpoint"

    def work() -> None:
        result.write_text(fit(kind, checkpoint))

    def fresh() -> str:
        shutil.rmtree(checkpoint)
        return result.read_text()

    manifest = checkpoint / MANIFEST
    began = time.monotonic()
    attempt(work, None)
    whole = time.monotonic() - began
    training = sum(unseal(manifest.read_bytes())["values"]["state"]["seconds"][1:])
    undisturbed = fresh()
    counts = {"kills": 0, "before the first epoch": 0, "resumed": 0, "finished": 0}
    resumed = False
    while counts["kills"] < kills or not resumed:
        # most of a short fit is its start: three times out of four that is waited for
        early = rng.random() < 0.25
        seconds = rng.uniform(0, whole if early else training)
        if attempt(work, seconds, None if early else manifest):
            assert fresh() == undisturbed
            counts["finished"] += resumed
            resumed = False
            continue
        counts["kills"] += 1
        there = epochs(checkpoint)
        counts["before the first epoch" if there == 0 else "resumed"] += 1
        resumed = resumed or there > 0
    attempt(work, None)
    assert fresh() == undisturbed
    counts["finished"] += 1
    return counts


def kill_saves(kills: int, rng: random.Random, folder: Path) -> dict[str, int]:
    """A folder must hold the one model or the other, whole."""

    def save(which: int) -> None:
        arrays = {"weights": MODELS[which], "state": MODELS[which]}
        write_folder(folder / "model", "forecaster", {"which": which}, arrays)

    def work() -> None:
        while True:
            for which in (0, 1):
                save(which)

    save(0)
    counts = {"kills": 0, "first model": 0, "second model": 0}
    for _ in range(kills):
        assert not attempt(work, rng.uniform(0, SAVING_S))
        manifest, arrays = read_folder(folder / "model", "forecaster")
        for found in arrays.values():
            np.testing.assert_equal(found, MODELS[manifest["which"]])
        counts["kills"] += 1
        counts["second model" if manifest["which"] else "first model"] += 1
    return counts


if __name__ == "__main__":
    kind, kills, seed, folder = sys.argv[1:]
    rng = random.Random(int(seed))
    if kind == "save":
        print(json.dumps(kill_saves(int(kills), rng, Path(folder))))
    else:
        print(json.dumps(kill_fits(kind, int(kills), rng, Path(folder))))
