"""Damaged files of users: refused by name, or read."""

import random

import numpy as np
import pytest
from rnnzoo import read_clips, read_series

from .conftest import FRAMES, SERIES
from .mutations import damaged

FEW, MANY = 60, 2500


def read_table(path):
    series = read_series(path, time="ds", target="y", missing="mask")
    assert not np.isinf(series.values(["y"])).any()


def read_frames(path):
    assert np.isfinite(read_clips(path, length=5).test).all()


def write(kind, path):
    if kind == "npy":
        np.save(path, np.tile(FRAMES, (4, 1, 1, 1, 1)))
    elif kind == "npz":
        np.savez(path, frames=np.tile(FRAMES, (4, 1, 1, 1, 1)))
    elif kind == "parquet":
        SERIES.to_parquet(path)
    elif kind == "xlsx":
        SERIES.to_excel(path, index=False)
    elif kind == "txt":
        SERIES.to_csv(path, index=False, sep=";", decimal=",", encoding="utf-16")
    else:
        SERIES.to_csv(path, index=False)


@pytest.mark.parametrize("kind", ["npy", "npz", "parquet", "csv", "csv.gz", "txt", "xlsx"])
@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
def test_files(kind, times, sandbox, counts):
    path = sandbox / f"file.{kind}"
    write(kind, path)
    sound = path.read_bytes()
    # most of a file is values; its header is where readers stumble
    head = min(len(sound), 250)
    for seed in range(times):
        rng = random.Random(seed)
        part = damaged(sound[:head], rng) + sound[head:]
        path.write_bytes(part if seed % 2 else damaged(sound, rng))
        with counts.trial(f"{kind}, seed {seed}"):
            (read_frames if kind.startswith("np") else read_table)(path)
    counts.settle(f"files, {kind}")
