"""Milliseconds of a training step, step by step and by a parallel scan.

    python benchmarks/engines.py [--rounds N]

One recurrent layer and a dense one on its last output, mean squared error, Adam. The two engines
take turns; a ratio above 1 says that the scan is faster.
"""

import argparse
import statistics
import time

import rnnzoo.zoo  # noqa: F401  first: keeps the backend's start-up off the screen

import keras  # isort: skip
import numpy as np
from rnnzoo import CELLS, Recurrent

CELLS_TRIED = ("lru", "min_gru")
#: batch, steps, features, units
SIZES = (
    (1, 100, 8, 32), (1, 1000, 8, 32), (4, 300, 8, 32), (4, 1000, 8, 32), (8, 1000, 8, 32),
    (16, 1000, 8, 32), (4, 1000, 8, 128), (64, 168, 8, 64), (256, 24, 1, 32),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(
        "| batch, steps, features, units | cell | scan | parallel | ratio |\n|---|---|---|---|---|"
    )
    for size in SIZES:
        for cell in CELLS_TRIED:
            scan, parallel = medians(cell, size, rounds)
            ratio = scan / parallel
            where = ", ".join(map(str, size))
            print(f"| {where} | {cell} | {scan:.1f} | {parallel:.1f} | {ratio:.2f} |", flush=True)


def medians(cell: str, size: tuple[int, ...], rounds: int) -> list[float]:
    """Milliseconds of a step of training with each engine."""
    batch, steps, features, units = size
    x = np.random.default_rng(0).normal(size=(batch, steps, features)).astype("float32")
    y = np.zeros((batch, 1), "float32")
    models = [model(cell, units, x.shape[1:], engine) for engine in ("scan", "parallel")]
    times: list[list[float]] = [[], []]
    for k in range(rounds + 1):  # the first one compiles
        for one, taken in zip(models, times, strict=True):
            began = time.perf_counter()
            one.train_on_batch(x, y)
            taken += [1e3 * (time.perf_counter() - began)] * (k > 0)
    return [statistics.median(taken) for taken in times]


def model(cell: str, units: int, shape: tuple[int, ...], engine: str) -> keras.Model:
    inputs = keras.Input(shape)
    outputs = Recurrent(CELLS[cell](units), engine=engine)(inputs)
    network = keras.Model(inputs, keras.layers.Dense(1)(outputs))
    network.compile("adam", "mse")
    return network


if __name__ == "__main__":
    main()
