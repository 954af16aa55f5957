"""Long-horizon forecasting by the published protocol: `AutoForecaster`, or one network.

    python benchmarks/ltsf.py --csv ETTh1.csv --time date --splits 8640,2880,2880 --json FILE
    python benchmarks/ltsf.py --csv ETTh1.csv --model gru --json FILE

By default `AutoForecaster` tries and combines networks and baselines; `--model` is the cell of a
single `Forecaster` instead. As in the protocol, nothing is trained on the validation rows in the
end (`refit=False`), but `--refit` does that.

All columns but the time are forecast, each channel as a series of its own by one network over all
of them. Rows are split by time into training, validation and test, as counts or as shares
(`0.7,0.1,0.2`); each channel is scaled by mean and deviation of its training rows, and errors are
in those units, the mean over all channels, every window and every step. The look-back of a window
may reach back before its span, so that the number of windows does not depend on it; no batch is
dropped. Validation rows choose the weights and train nothing; the test rows are scored once.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rnnzoo import AutoForecaster, Forecaster, read_panel
from rnnzoo.datasets import TimeSeriesPanel

BASELINES = ["naive-last", "naive-seasonal"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--time", default="date")
    parser.add_argument("--splits", default="8640,2880,2880")
    parser.add_argument("--model", default="auto", help="auto, or the cell of one network")
    parser.add_argument("--refit", action="store_true", help="train on the validation rows as well")
    parser.add_argument("--horizons", type=int, nargs="+", default=[96, 192, 336, 720])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=float, help="of each fit, after which no epoch begins")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=JSON", help="of the recipe")
    parser.add_argument("--validation-only", action="store_true", help="leave the test rows alone")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    columns = [c for c in pd.read_csv(arguments.csv, nrows=0).columns if c != arguments.time]
    panel = read_panel(arguments.csv, time=arguments.time, target=columns)
    counts = split(arguments.splits, min(map(len, panel)))
    changed = dict(one.split("=", 1) for one in arguments.set)
    recipe = {name: json.loads(value) for name, value in changed.items()}
    recipe |= {"refit": arguments.refit}
    recipe |= {"cell": arguments.model} if arguments.model != "auto" else {}
    recipe |= {"max_minutes": arguments.minutes} if arguments.minutes else {}
    print(f"rows: {counts}; asked for: {json.dumps(recipe)}", flush=True)
    rows: list[dict] = []
    for horizon in arguments.horizons:
        errors: list[np.ndarray] = []
        for seed in range(arguments.seeds):
            rows += measure(
                panel[: sum(counts)], counts, horizon, seed, recipe, arguments.csv.name,
                arguments.validation_only, errors,
            )  # fmt: skip
            print(rows[-1] if arguments.validation_only else _line(rows, horizon, seed), flush=True)
            if arguments.json:
                arguments.json.write_text(json.dumps(rows, indent=1))
        if len(errors) > 1:
            rows.append(together(rows, errors, arguments.csv.name, horizon))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    if not arguments.validation_only:
        show(rows)


def split(text: str, length: int) -> list[int]:
    """Rows of training, validation and test."""
    parts = [float(part) for part in text.split(",")]
    if sum(parts) > 1.5:
        return [int(part) for part in parts]
    training, test = int(parts[0] * length), int(parts[2] * length)
    return [training, length - training - test, test]


def measure(
    panel: TimeSeriesPanel, counts: list[int], horizon: int, seed: int, recipe: dict, name: str,
    validation_only: bool, found: list[np.ndarray],
) -> list[dict]:  # fmt: skip
    training, validation, _ = counts
    share = validation / (training + validation)
    began = time.perf_counter()
    kind = Forecaster if "cell" in recipe else AutoForecaster
    forecaster = kind(horizon=horizon, seed=seed, validation=share, **recipe)
    forecaster.fit(panel[: training + validation])
    seconds = time.perf_counter() - began
    about = {
        "dataset": name, "horizon": horizon, "seed": seed, "seconds": seconds,
        "parameters": forecaster.parameters_,
    } | _chosen(forecaster)  # fmt: skip
    if validation_only:
        return [about]
    result = forecaster.backtest(panel, baselines=BASELINES if seed == 0 else [])
    scales = {one.unique_id: float(np.std(one.values(["y"])[:training])) for one in panel}
    scale = np.array([scales[one] for one in result.ids])[:, None]
    rows = []
    for model, forecasts in result.forecasts.items():
        errors = (forecasts - result.truth) / scale
        scores = score(errors)
        ours = model == result.model
        if ours:
            found.append(errors)
        label = about["model"] if ours else model
        apart = dict.fromkeys(about) | {"dataset": name, "horizon": horizon}
        rows.append(about | scores | ({"model": label} if ours else apart | {"model": label}))
    return rows


def _chosen(forecaster: Any) -> dict[str, Any]:
    """What was chosen by the validation rows, and their errors."""
    if isinstance(forecaster, AutoForecaster):
        tried = forecaster.candidates_.drop(columns="failure").to_dict("records")
        return {"model": "auto", "candidates": tried, "validation": tried[0]["error"]}
    history = forecaster.history_
    return {
        "model": f"{forecaster.strategy_.name} {forecaster.cell_name}",
        "recipe": forecaster.recipe_.to_dict(),
        "epochs": len(history.loss), "best_epoch": history.best_epoch,
        "validation": min(history.score),
    }  # fmt: skip


def score(errors: np.ndarray) -> dict[str, float]:
    return {"mse": float(np.mean(errors**2)), "mae": float(np.mean(np.abs(errors)))}


def together(rows: list[dict], errors: list[np.ndarray], name: str, horizon: int) -> dict:
    """The mean of the forecasts of all seeds."""
    own = [row for row in rows if row["horizon"] == horizon and row["seed"] is not None]
    return {
        "dataset": name, "model": f"mean of {len(errors)}", "horizon": horizon, "seed": None,
        "seconds": sum(row["seconds"] for row in own),
        "parameters": sum(row["parameters"] for row in own),
    } | score(np.mean(errors, axis=0))  # fmt: skip


def _line(rows: list[dict], horizon: int, seed: int) -> str:
    row = next(r for r in rows if r["horizon"] == horizon and r["seed"] == seed)
    return (
        f"horizon {horizon}, seed {seed}: MSE {row['mse']:.4f}, MAE {row['mae']:.4f}, "
        f"{row['seconds']:.0f} s{_shares(row)}"
    )


def _shares(row: dict) -> str:
    shares = [one for one in row.get("candidates") or [] if one["weight"]]
    return "".join(f", {one['model']} {one['weight']:.0%}" for one in shares)


def show(rows: list[dict]) -> None:
    horizons = list(dict.fromkeys(row["horizon"] for row in rows))
    print("| model | " + " | ".join(map(str, horizons)) + " | mean MSE | seconds | weights |")
    print("|---" * (len(horizons) + 4) + "|")
    for model in dict.fromkeys(row["model"] for row in rows):
        cells, means, seconds = [], [], []
        for horizon in horizons:
            own = [r for r in rows if r["model"] == model and r["horizon"] == horizon]
            mse, mae = [r["mse"] for r in own], [r["mae"] for r in own]
            spread = f" ± {statistics.stdev(mse):.4f}" if len(mse) > 1 else ""
            cells.append(f"{statistics.mean(mse):.4f}{spread} / {statistics.mean(mae):.4f}")
            means.append(statistics.mean(mse))
            seconds += [r["seconds"] for r in own if r["seconds"] is not None]
        cells.append(f"{statistics.mean(means):.4f}")
        cells.append(f"{max(seconds):.0f} at most" if seconds else "")
        weights = next(r["parameters"] for r in rows if r["model"] == model)
        cells.append(f"{weights:,}" if weights else "")
        print(f"| {model} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
