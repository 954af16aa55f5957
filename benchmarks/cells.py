"""Milliseconds a step of every cell that has a compiled kernel: kernel, loop, Keras, torch, floor.

    python benchmarks/cells.py [--rounds N] [--threads 1,2] [--cells lstm,gru] [--sizes 0,1,2]
                               [--json FILE]

One recurrent layer and a dense one on its last output: a training step (forward, mean squared
error, backward, Adam) by `train_on_batch`, and `predict_on_batch`. All candidates of a row take
turns in each round, so that a busy machine slows all of them; figures are medians over the rounds.
Ratios mean something, times do not. `keras_ms` is the layer of Keras's own, `plain_keras_cell_ms`
our cell in `keras.layers.RNN`, `floor_ms` the arithmetic of forward and backward matrix products at
the measured rate of large ones. Each number of threads is a process of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import rnnzoo.zoo  # noqa: F401  first: keeps the backend's start-up off the screen

import keras  # isort: skip
import numpy as np
import torch
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import GRU, IRNN, LSTM, RNN, SCRN, SLSTM, Elman, IndRNN, Jordan

SIZES = [  # batch, time, features, units; the first three by default, the others are short
    *((64, 168, 8, 64), (32, 336, 7, 128), (256, 24, 1, 32)),
    *((1, 100, 3, 8), (4, 50, 3, 8), (32, 12, 4, 16), (64, 30, 64, 128), (16, 4, 2, 4)),
]
CELLS: dict[str, Callable] = {
    "lstm": LSTM,
    "lstm-peepholes": lambda n: LSTM(n, peepholes=True),
    "gru": GRU,
    "gru-before": lambda n: GRU(n, reset="before"),
    "rnn": RNN,
    "elman": Elman,
    "irnn": IRNN,
    "indrnn": IndRNN,
    "jordan": Jordan,
    "scrn": SCRN,
    "slstm": SLSTM,
}
KERAS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}
TORCH = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
#: Columns of the recurrent product, in units.
GATES = {"lstm": 4, "lstm-peepholes": 4, "gru": 3, "gru-before": 3, "slstm": 4, "jordan": 2}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument("--sizes", default="0,1,2")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        measure_all(given)
        return
    rows = []
    for threads in given.threads.split(","):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
        environment = os.environ | dict.fromkeys((*names, "RNNZOO_THREADS"), threads)
        options = [f"--rounds={given.rounds}", f"--cells={given.cells}", f"--sizes={given.sizes}"]
        command = [sys.executable, __file__, "--here", f"--threads={threads}", *options]
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        rows += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")
    print_table(rows)


def print_table(rows: list[dict]) -> None:
    names = ("train_ms", "loop_ms", "keras_ms", "plain_keras_cell_ms", "torch_ms", "floor_ms")
    more = ("predict_ms", "loop_predict_ms")
    print("| batch, time, features, units | threads | cell | " + " | ".join(names + more) + " |")
    print("|---" * (3 + len(names + more)) + "|")
    for row in rows:
        figures = ["–" if row[name] is None else f"{row[name]:.1f}" for name in names + more]
        where = ", ".join(map(str, row["size"]))
        print(f"| {where} | {row['threads']} | {row['cell']} | " + " | ".join(figures) + " |")


def measure_all(given: argparse.Namespace) -> None:
    threads = int(given.threads)
    torch.set_num_threads(threads)
    for size in (SIZES[int(k)] for k in given.sizes.split(",")):
        for cell in given.cells.split(","):
            row = measure(cell, size, given.rounds)
            print(json.dumps({"cell": cell, "size": size, "threads": threads} | row), flush=True)


def measure(cell: str, size: tuple, rounds: int) -> dict:
    """A row of the table: the kernel's times are `train_ms` and `predict_ms`."""
    batch, steps, features, units = size
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, steps, features)).astype("float32")
    y = rng.normal(size=(batch, 1)).astype("float32")
    native = Recurrent(CELLS[cell](units), engine="native")
    layers = {
        "native": native,
        "scan": Recurrent(CELLS[cell](units), engine="scan"),
        "plain": keras.layers.RNN(CELLS[cell](units)),
    }
    if cell in KERAS:
        layers["keras"] = KERAS[cell](units)
    steps_of = {name: keras_step(layer, x, y) for name, layer in layers.items()}
    if cell in TORCH:
        steps_of["torch"] = torch_step(TORCH[cell](features, units, batch_first=True), x, y)
    train: dict[str, list[float]] = {name: [] for name in steps_of}
    predict: dict[str, list[float]] = {name: [] for name in steps_of}
    for k in range(rounds + 2):  # the first two compile
        for name, (one, other) in steps_of.items():
            for function, times in ((one, train[name]), (other, predict[name])):
                began = time.perf_counter()
                function()
                times += [1e3 * (time.perf_counter() - began)] * (k > 1)
    assert native.engine_used == "native"  # noqa: S101
    found = {name: statistics.median(times) for name, times in train.items()}
    ahead = {name: statistics.median(times) for name, times in predict.items()}
    products = 2 * batch * steps * units * GATES.get(cell, 1) * (features + units)
    return {
        "engine": "native",
        "train_ms": found["native"],
        "predict_ms": ahead["native"],
        "loop_ms": found["scan"],
        "loop_predict_ms": ahead["scan"],
        "keras_ms": found.get("keras"),
        "plain_keras_cell_ms": found["plain"],
        "torch_ms": found.get("torch"),
        "floor_ms": 3e3 * products / rate(),
    }


def keras_step(layer, x, y) -> tuple[Callable, Callable]:
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
    model.compile("adam", "mse", jit_compile=False)
    return lambda: model.train_on_batch(x, y), lambda: model.predict_on_batch(x)


def torch_step(layer, x, y) -> tuple[Callable, Callable]:
    head = torch.nn.Linear(layer.hidden_size, 1)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()])
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def train() -> None:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(head(layer(x)[0][:, -1]), y).backward()
        optimizer.step()

    def predict() -> None:
        with torch.no_grad():
            head(layer(x)[0][:, -1])

    return train, predict


def rate() -> float:
    """Operations a second of a large matrix product."""
    a = torch.ones((1024, 1024))
    times = []
    for _ in range(5):
        began = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - began)
    return 2 * 1024**3 / min(times)


if __name__ == "__main__":
    main()
