"""Milliseconds a training step and seconds a backtest: two checkouts of rnnzoo, in one run.

    python benchmarks/before_after.py --before FOLDER [--after FOLDER] [--rounds N] [--only TEXT]

Each checkout lives in a process of its own, pinned to the same cores. In each round the two take
turns, case by case, so that a busy machine slows both; the figure is the median over the rounds
of the time after over that before. A ratio below 1 is faster.
"""

import argparse
import inspect
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STEPS = 4  # of training in a round
SIZES = {"(64, 168, 8, 64)": (64, 168, 8, 64), "(256, 24, 1, 32)": (256, 24, 1, 32)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path)
    parser.add_argument("--after", type=Path, default=ROOT)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose names hold this text")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return
    with tempfile.TemporaryDirectory() as folder:
        sides = [_started(path, Path(folder)) for path in (arguments.before, arguments.after)]
        names = [n for n in json.loads(_ask(sides[0], "names")) if arguments.only in n]
        rows = [_compared(name, sides, arguments.rounds) for name in names]
        for side in sides:
            side.communicate("\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def _compared(name: str, sides: list[Any], rounds: int) -> dict[str, Any]:
    for side in sides:
        _ask(side, name)  # compiles
    before, after = zip(
        *[[float(_ask(side, name)) for side in sides] for _ in range(rounds)], strict=True
    )
    ratio = statistics.median(b / a for a, b in zip(before, after, strict=True))
    row = {
        "case": name,
        "before": statistics.median(before),
        "after": statistics.median(after),
        "ratio": ratio,
    }
    print(f"| {name} | {1e3 * row['before']:.1f} | {1e3 * row['after']:.1f} | {ratio:.2f} |")
    return row


def _started(checkout: Path, folder: Path) -> Any:
    """A process that serves a checkout, whatever its folder is called."""
    site = folder / f"site-{len(list(folder.iterdir()))}"
    site.mkdir()
    (site / "rnnzoo").symlink_to(checkout.resolve())
    return subprocess.Popen(
        [sys.executable, __file__, "--serve"],
        env=os.environ | {"PYTHONPATH": str(site)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(side: Any, what: str) -> str:
    side.stdin.write(what + "\n")
    side.stdin.flush()
    return side.stdout.readline().strip()


def serve() -> None:
    """Answers the name of a case with the seconds that it takes."""
    cases = _cases()
    for line in sys.stdin:
        name = line.strip()
        if not name:
            return
        answer = json.dumps(list(cases)) if name == "names" else str(_timed(cases, name))
        print(answer, flush=True)


def _timed(cases: dict[str, Any], name: str) -> float:
    if isinstance(cases[name], tuple):  # made at the first asking
        cases[name] = cases[name][0](*cases[name][1:])
    began = time.perf_counter()
    cases[name]()
    return time.perf_counter() - began


def _cases() -> dict[str, Any]:
    import rnnzoo.zoo  # noqa: F401  first: keeps the backend's start-up off the screen
    from rnnzoo.zoo.cells import GRU, LSTM, NARX, RNN

    cases: dict[str, Any] = {}
    for label, size in SIZES.items():
        for kind in (LSTM, GRU, RNN):
            cases[f"{kind.__name__} {label}"] = (_training, lambda n, k=kind: k(n), size)
    taps = (64, 336, 8, 16)
    delays = list(range(1, 25))
    cases["NARX, 24 + 24 delays, closed loop"] = (
        _training, lambda n: NARX(n, 1, [0, *delays], delays), taps,
    )  # fmt: skip
    cases["RNN, 24 taps"] = (_training, lambda n: RNN(2 * n, taps=delays), taps)
    for cell, strategy in (("gru", "stateful"), ("narx", "closed_loop"), ("gru", "segment")):
        cases[f"backtest, {strategy} {cell}"] = (_backtest, cell, strategy)
    return cases


def _training(make: Callable, size: tuple) -> Callable[[], None]:
    import keras
    import numpy as np
    from rnnzoo import Recurrent

    batch, steps, features, units = size
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, steps, features)).astype("float32")
    y = rng.normal(size=(batch, 1)).astype("float32")
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, keras.layers.Dense(1)(Recurrent(make(units))(inputs)))
    model.compile("adam", "mse")

    def run() -> None:
        for _ in range(STEPS):
            model.train_on_batch(x, y)

    return run


def _backtest(cell: str, strategy: str) -> Callable[[], Any]:
    import numpy as np
    import pandas as pd
    from rnnzoo import Forecaster

    times = pd.date_range("2020-01-01", periods=3000, freq="h", name="ds")
    table = pd.DataFrame({"y": 10 + np.sin(np.arange(3000) / 24)}, index=times)
    tiny: dict[str, Any] = {"horizon": 24, "lookback": 168, "units": 64, "epochs": 1}
    if "strategy" in inspect.signature(Forecaster).parameters:
        tiny |= {"strategy": strategy}
    else:  # as checkouts of earlier days call it
        tiny |= {"architecture": "carried" if strategy == "stateful" else strategy}
    fitted = Forecaster(cell, **tiny).fit(table[:1000])
    return lambda: fitted.backtest(table, baselines=[])


if __name__ == "__main__":
    main()
