"""Seconds and memory of a rolling backtest without refitting: ours, darts and neuralforecast.

    python benchmarks/backtest.py --csv ETTh1.csv --peers --json FILE

`--peers` needs `pip install darts neuralforecast` next to this project.

The oil temperature of ETTh1 (Zhou et al. 2021, Informer), z-scored on its first 8,640 rows, to
which all models are fitted for a few steps: what a forecast costs does not depend on how good
it is. Then each forecasts 24 leads, from a look-back of 168, with 64 units, from the next
origins one by one. All get the same rows: 192 before the first forecast, and those scored. Where
there are more origins than rows, the 8,780 rows after the first 8,640 are repeated, the hours
running on.

Each model lives in a process of its own. All take turns in each round, after one that is not
counted, so that a busy machine slows all of them; the figure is the median over the rounds.
Memory is measured in another fresh process for each model and number of origins (Linux only):
how far its resident memory rises in the call, after a backtest of 50 origins has loaded what is
loaded once.
Ours computes no baselines here, for the peers compute none.
"""

import argparse
import gc
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LOOKBACK, HORIZON, UNITS, TRAINING = 168, 24, 64, 8640
HISTORY = LOOKBACK + HORIZON  # rows before the first forecast; ours asks for as many
WARM = 50  # origins of the backtest that loads what is loaded once

#: Forecasts from each of so many origins, on these rows.
Run = Callable[[pd.Series, int], Any]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, required=True, help="ETTh1.csv, or .csv.gz")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--origins", type=int, nargs="+", default=[500, 2000, 20000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true", help="darts and neuralforecast too")
    parser.add_argument("--models", nargs="+", choices=MODELS, help="these alone")
    arguments = parser.parse_args()
    models = arguments.models or [m for m in MODELS if arguments.peers or m.startswith("rnnzoo")]
    y = series(arguments.csv, max(arguments.origins))
    rows = measure(models, y, arguments.origins, arguments.rounds)
    print("| origins | library | model | seconds | ratio | ms an origin | first, s | rise, MB |")
    print("|---" * 8 + "|")
    for r in rows:
        ratio = "–" if r["ratio"] is None else f"{r['ratio']:.2f}"
        print(
            f"| {r['origins']:,} | {r['library']} | {r['model']} | {r['seconds']:.3f} | {ratio} "
            f"| {r['ms_per_origin']:.3f} | {r['first_seconds']:.3f} | {r['peak_mb']:.0f} |"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def series(path: Path, origins: int) -> pd.Series:
    """Hourly values, z-scored, as many as that many origins after the training rows need."""
    y = pd.read_csv(path)["OT"].to_numpy("float64")
    y = (y - y[:TRAINING].mean()) / y[:TRAINING].std()
    after = y[TRAINING:]
    y = np.concatenate([y[:TRAINING], np.resize(after, max(len(after), origins + HORIZON - 1))])
    return pd.Series(y, pd.date_range("2016-07-01", periods=len(y), freq="h", name="ds"), name="y")


def measure(models: list[str], y: pd.Series, sizes: list[int], rounds: int) -> list[dict]:
    rows = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        workers = dict(zip(models, pool.map(lambda name: Worker(name, y), models), strict=True))
    for name, worker in list(workers.items()):
        if worker.failed:
            print(f"{name} is left out: {worker.failed}", flush=True)
            del workers[name]
    for origins in sizes:
        first = {name: worker.ask("seconds", origins) for name, worker in workers.items()}
        times: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(rounds):
            for name, worker in workers.items():
                times[name].append(worker.ask("seconds", origins))
        for name in workers:
            library, model = name.split(":")
            seconds = statistics.median(times[name])
            row: dict[str, Any] = {"library": library, "model": model, "origins": origins}
            row |= {"seconds": seconds, "first_seconds": first[name]}
            row |= {"ms_per_origin": 1e3 * seconds / origins}
            rows.append(row)
            print(f"{origins:,} origins, {name}: {seconds:.3f} s", flush=True)
    for worker in workers.values():
        worker.end()
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # it is memory now: they may run side by side
        list(pool.map(lambda row: row.update(_memory(row, y)), rows))
    for row in rows:
        same = [r for r in rows if r["origins"] == row["origins"]]
        peers = [r["seconds"] for r in same if r["library"] != "rnnzoo"]
        row["ratio"] = row["seconds"] / min(peers) if peers else None
    return rows


def _memory(row: dict, y: pd.Series) -> dict[str, float]:
    alone = Worker(f"{row['library']}:{row['model']}", y)
    rise, whole = alone.ask("memory", row["origins"])
    alone.end()
    return {"peak_mb": rise, "process_mb": whole}


class Worker:
    """A fitted model in a process of its own."""

    def __init__(self, name: str, y: pd.Series):
        context = multiprocessing.get_context("spawn")
        self.pipe, far = context.Pipe()
        self.process = context.Process(target=_work, args=(far, name, y), daemon=True)
        self.process.start()
        far.close()
        self.failed = self.pipe.recv()

    def ask(self, what: str, origins: int) -> Any:
        self.pipe.send((what, origins))
        return self.pipe.recv()

    def end(self) -> None:
        self.pipe.send(None)
        self.process.join()


def _work(pipe: Any, name: str, y: pd.Series) -> None:
    quiet = os.open(os.devnull, os.O_WRONLY)  # the libraries talk; errors go through the pipe
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        run = MODELS[name](y.iloc[:TRAINING])
        found = _array(run(y.iloc[TRAINING - HISTORY : TRAINING + WARM + HORIZON - 1], WARM))
        if found.shape != (WARM, HORIZON) or not np.isfinite(found).all():
            raise ValueError(f"forecasts of shape {found.shape}, or not all of them finite")
    except Exception as error:  # passed on to the process that waits
        pipe.send(f"{type(error).__name__}: {error}")
        return
    pipe.send("")
    while (asked := pipe.recv()) is not None:
        what, origins = asked
        rows = y.iloc[TRAINING - HISTORY : TRAINING + origins + HORIZON - 1]
        if what == "seconds":
            began = time.perf_counter()
            run(rows, origins)
            pipe.send(time.perf_counter() - began)
        else:
            gc.collect()
            Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts from here
            before = _megabytes("VmRSS")
            run(rows, origins)
            peak = _megabytes("VmHWM")
            pipe.send((peak - before, peak))


def _array(result: Any) -> np.ndarray:
    """Forecasts `(origins, leads)` of what a library returns."""
    if isinstance(result, list):  # darts: a series an origin
        return np.stack([forecast.values()[:, 0] for forecast in result])
    if isinstance(result, pd.DataFrame):  # neuralforecast
        return result.sort_values(["cutoff", "ds"])["LSTM"].to_numpy().reshape(-1, HORIZON)
    return result.forecasts[result.model]


def _megabytes(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(key))


def ours(cell: str, strategy: str, training: pd.Series) -> Run:
    from rnnzoo import Forecaster

    forecaster = Forecaster(
        cell, HORIZON, strategy=strategy, lookback=LOOKBACK, units=UNITS, epochs=1
    ).fit(training)
    return lambda rows, origins: forecaster.backtest(rows, baselines=())


def darts(block: bool, training: pd.Series) -> Run:
    from darts import TimeSeries
    from darts.models import BlockRNNModel, RNNModel

    options = {"model": "LSTM", "hidden_dim": UNITS, "batch_size": 128, "n_epochs": 1}
    options |= {"random_state": 1, "pl_trainer_kwargs": QUIET}
    if block:
        model = BlockRNNModel(LOOKBACK, HORIZON, **options)
    else:
        model = RNNModel(LOOKBACK, training_length=LOOKBACK + HORIZON, **options)

    def whole(rows: pd.Series) -> TimeSeries:
        return TimeSeries.from_times_and_values(rows.index, rows.to_numpy("float32")[:, None])

    model.fit(whole(training), max_samples_per_ts=1024)
    return lambda rows, origins: model.historical_forecasts(
        whole(rows), start=HISTORY, start_format="position", forecast_horizon=HORIZON,
        retrain=False, last_points_only=False, show_warnings=False,
    )  # fmt: skip


def neuralforecast(recurrent: bool, training: pd.Series) -> Run:
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MSE
    from neuralforecast.models import LSTM

    model = LSTM(
        h=HORIZON, input_size=LOOKBACK, encoder_n_layers=1, encoder_hidden_size=UNITS,
        decoder_hidden_size=UNITS, decoder_layers=1, recurrent=recurrent,
        scaler_type="identity", loss=MSE(), max_steps=10, **QUIET,
    )  # fmt: skip
    forecast = NeuralForecast([model], freq="h")

    def frame(rows: pd.Series) -> pd.DataFrame:
        return rows.astype("float32").reset_index().assign(unique_id="OT")

    forecast.fit(frame(training))
    return lambda rows, origins: forecast.cross_validation(
        frame(rows), use_fitted=True, n_windows=origins, step_size=1
    )


QUIET = {
    "accelerator": "cpu", "enable_progress_bar": False, "enable_model_summary": False,
    "logger": False, "enable_checkpointing": False,
}  # fmt: skip
MODELS: dict[str, Callable[[pd.Series], Run]] = {
    "rnnzoo:stateful gru": partial(ours, "gru", "stateful"),
    "rnnzoo:stateful lstm": partial(ours, "lstm", "stateful"),
    "rnnzoo:closed loop narx": partial(ours, "narx", "closed_loop"),
    "rnnzoo:closed loop lstm": partial(ours, "lstm", "closed_loop"),
    "rnnzoo:segment gru": partial(ours, "gru", "segment"),
    "darts:RNNModel": partial(darts, False),
    "darts:BlockRNNModel": partial(darts, True),
    "neuralforecast:LSTM direct": partial(neuralforecast, False),
    "neuralforecast:LSTM recurrent": partial(neuralforecast, True),
}

if __name__ == "__main__":
    main()
