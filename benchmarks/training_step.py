"""Milliseconds a training step: our engines, Keras's own layers and torch.nn, in one run.

    python benchmarks/training_step.py [--rounds N] [--json FILE]

One recurrent layer and a dense one on its last output; forward, mean squared error,
backward, Adam. All candidates take turns in each round, so that a busy machine slows all
of them; the figure is the median over the rounds. Ratios mean something, times do not.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import rnnzoo.zoo  # noqa: F401  first: keeps the backend's start-up off the screen

import keras  # isort: skip
import numpy as np
import torch
from rnnzoo import CELLS, Recurrent

SIZES = [(64, 168, 8, 64), (32, 336, 7, 128), (256, 24, 1, 32)]  # batch, time, features, units
KERAS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}
TORCH = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
STEPS = 6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    rows = []
    for size in SIZES:
        for cell in KERAS:
            rows += measure(cell, size, arguments.rounds)
    print("| batch, time, features, units | cell | " + " | ".join(NAMES) + " |")
    print("|---" * (2 + len(NAMES)) + "|")
    for size in SIZES:
        for cell in KERAS:
            found = {r["engine"]: r["ms"] for r in rows if (r["size"], r["cell"]) == (size, cell)}
            figures = [f"{found[name]:.1f}" for name in NAMES]
            print(f"| {size} | {cell} | " + " | ".join(figures) + " |")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


NAMES = ["scan", "project_first", "keras", "torch"]


def measure(cell: str, size: tuple, rounds: int) -> list[dict]:
    batch, steps, features, units = size
    rng = np.random.default_rng(0)
    x = rng.normal(size=(STEPS * batch, steps, features)).astype("float32")
    y = rng.normal(size=(STEPS * batch, 1)).astype("float32")
    layers = {
        "scan": Recurrent(CELLS[cell](units), engine="scan"),
        "project_first": Recurrent(CELLS[cell](units), engine="project_first"),
        "keras": KERAS[cell](units),
    }
    candidates = {name: keras_epoch(layer, x, y, batch) for name, layer in layers.items()}
    candidates["torch"] = torch_epoch(TORCH[cell](features, units, batch_first=True), x, y, batch)
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for epoch in candidates.values():
        epoch()  # compiles
    for _ in range(rounds):
        for name, epoch in candidates.items():
            began = time.perf_counter()
            epoch()
            times[name].append(1e3 * (time.perf_counter() - began) / STEPS)
    return [
        {"cell": cell, "size": size, "engine": name, "ms": statistics.median(values)}
        for name, values in times.items()
    ]


def keras_epoch(layer, x, y, batch):
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
    model.compile("adam", "mse")
    return lambda: model.fit(x, y, batch_size=batch, shuffle=False, verbose=0)


def torch_epoch(layer, x, y, batch):
    head = torch.nn.Linear(layer.hidden_size, 1)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()])
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def epoch():
        for first in range(0, len(x), batch):
            optimizer.zero_grad()
            output = head(layer(x[first : first + batch])[0][:, -1])
            torch.nn.functional.mse_loss(output, y[first : first + batch]).backward()
            optimizer.step()

    return epoch


if __name__ == "__main__":
    main()
