"""Memory and seconds of an epoch over many series at once.

    python benchmarks/many_series.py --series 10000 --rows 500 --json FILE

Random walks with a weekly wave, one network over all of them, the default recipe, one epoch. The
memory is the most that the process held (Linux and macOS), TensorFlow and the table included.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from rnnzoo import Forecaster


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--horizon", type=int, default=14)
    parser.add_argument("--strategy", default="auto")
    parser.add_argument("--json", type=Path)
    a = parser.parse_args()
    before = most()
    forecaster = Forecaster(horizon=a.horizon, strategy=a.strategy, epochs=1)
    began = time.perf_counter()
    forecaster.fit(table(a.series, a.rows))
    row = {
        "dataset": f"{a.series} × {a.rows}", "model": forecaster.strategy_.name,
        "horizon": a.horizon, "seed": 0, "seconds": time.perf_counter() - began,
        "epoch_seconds": forecaster.history_.seconds, "parameters": forecaster.parameters_,
        "most_mb": most(), "before_mb": before, "batch_size": forecaster.recipe_.batch_size,
    }  # fmt: skip
    print(row)
    if a.json:
        a.json.write_text(json.dumps([row], indent=1))


def table(series: int, rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(series, rows))
    wave = 3 * np.sin(2 * np.pi * (np.arange(rows) + rng.integers(7, size=(series, 1))) / 7)
    days = pd.date_range("2020-01-01", periods=rows)
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"{k:05d}" for k in range(series)], rows),
            "ds": np.tile(days, series),
            "y": (steps.cumsum(axis=1) + wave).ravel(),
        }
    )


def most() -> float:
    """The most memory that the process held so far, in MB."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
