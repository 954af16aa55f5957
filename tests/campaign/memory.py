"""Fits, tests, saves, loads and updates in one process, and prints the memory after some of them.

python memory.py ROUNDS
"""

import gc
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd
import psutil
from rnnzoo import Forecaster

KINDS = [{"cell": "gru"}, {"cell": "lstm", "strategy": "segment", "segment": 4}, {"cell": "narx"}]
SERIES = pd.DataFrame(
    {"ds": pd.date_range("2020-01-01", periods=90), "y": 5 + np.sin(np.arange(90) / 5)}
)


def use(kind: dict) -> None:
    forecaster = Forecaster(horizon=2, lookback=8, units=4, epochs=3, refit=False, **kind)
    forecaster.fit(SERIES[:70])
    forecaster.backtest(SERIES[:80], baselines=())
    with tempfile.TemporaryDirectory() as folder:
        forecaster.save(folder)
        again = Forecaster.load(folder)
    for row in range(70, 74):
        again.update(SERIES[row : row + 1]).predict(level=[80])


def main(rounds: int) -> None:
    warnings.simplefilter("ignore")
    for k in range(1, rounds + 1):
        use(KINDS[k % len(KINDS)])
        if k in (rounds // 10, rounds):
            gc.collect()
            print(psutil.Process().memory_info().rss >> 20, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
