"""A NARX network of which nothing is set but its name, compared with a linear ARX model.

    python benchmarks/narx.py --csv gasrate_co2.csv --input "GasRate(ft3/min)" --output "CO2%" \
        --seeds 5 --json FILE

The file has a column with the input of a system, known at all times, and one with its output; the
rows follow one another in equal steps. The first `--train` of them are fitted, the others are
forecast in two ways: one step ahead from every row, and in a free run, in which the model reads the
true input and its own outputs from the first test row to the last. Errors are RMSE in the unit of
the output.

The linear ARX model is least squares, its orders those with the smallest AICc on the fitted rows.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rnnzoo import Forecaster

MOST = 12  # largest delay of the ARX model


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--input", nargs="+", required=True, help="columns of the inputs")
    parser.add_argument("--output", required=True, help="column of the output")
    parser.add_argument("--train", type=float, default=0.7, help="share of the rows to fit")
    parser.add_argument("--rows", type=int, help="number of first rows to use; by default all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=JSON", help="of Forecaster")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    table = pd.read_csv(arguments.csv)[: arguments.rows]
    columns = {f"u{k}": table[name] for k, name in enumerate(arguments.input)}
    times = pd.date_range("2000", periods=len(table), freq="s")
    frame = pd.DataFrame({"ds": times, "y": table[arguments.output]} | columns).astype(
        {"y": float} | dict.fromkeys(columns, float)
    )
    training = int(arguments.train * len(frame))
    changed = dict(one.split("=", 1) for one in arguments.set)
    settings = {name: json.loads(value) for name, value in changed.items()}
    rows = [last_value(frame, training), arx(frame, training)]
    for seed in range(arguments.seeds):
        rows.append(narx(frame, training, settings | {"seed": seed}))
        print(rows[-1], flush=True)
    show(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def last_value(frame: pd.DataFrame, training: int) -> dict[str, Any]:
    y = frame["y"].to_numpy()
    constant = np.full(len(y) - training, y[training - 1])
    return row("last value", y[training:], y[training - 1 : -1], constant, 0.0)


def arx(frame: pd.DataFrame, training: int) -> dict[str, Any]:
    """y_t = d + Σ_{j ≤ n} a_j y_{t−j} + Σ_{k ≤ i ≤ m} b_i u_{t−i}, over all n, k and m."""
    begun = time.perf_counter()
    y, u = frame["y"].to_numpy(), frame.filter(regex=r"^u\d+$").to_numpy()
    orders = [
        (n, k, m) for n in range(1, MOST + 1) for k in range(MOST + 1) for m in range(k, MOST + 1)
    ]
    n, k, m = min(orders, key=lambda order: aicc(y[:training], u[:training], *order))
    reach = max(n, m)
    fitted = np.arange(reach, training)
    weights = np.linalg.lstsq(regressors(y, u, fitted, n, k, m), y[fitted], rcond=None)[0]
    test = np.arange(training, len(y))
    one = regressors(y, u, test, n, k, m) @ weights
    free = y.copy()
    for t in test:
        free[t] = (regressors(free, u, np.array([t]), n, k, m) @ weights)[0]
    found = row("ARX", y[training:], one, free[training:], time.perf_counter() - begun)
    return found | {"y": [*range(1, n + 1)], "u": [*range(k, m + 1)]}


def aicc(y: np.ndarray, u: np.ndarray, n: int, k: int, m: int) -> float:
    """Akaike's criterion, corrected for few rows; of all orders on the same rows."""
    at = np.arange(MOST, len(y))
    X = regressors(y, u, at, n, k, m)
    rest = y[at] - X @ np.linalg.lstsq(X, y[at], rcond=None)[0]
    count, weights = X.shape
    correction = 1 + (weights + 1) / max(count - weights - 1, 1e-9)
    return float(count * np.log(np.mean(rest**2)) + 2 * weights * correction)


def regressors(y: np.ndarray, u: np.ndarray, at: np.ndarray, n: int, k: int, m: int) -> np.ndarray:
    delayed = [y[at - j, None] for j in range(1, n + 1)] + [u[at - i] for i in range(k, m + 1)]
    return np.concatenate([np.ones((len(at), 1)), *delayed], axis=1)


def narx(frame: pd.DataFrame, training: int, settings: dict[str, Any]) -> dict[str, Any]:
    inputs = [str(name) for name in frame if name not in ("ds", "y")]
    forecaster = Forecaster("narx", **settings).fit(frame[:training], future=inputs)
    truth = frame["y"].to_numpy()[training:]
    result = forecaster.backtest(frame, baselines=[])
    ahead = frame[["ds", *inputs]][training:]
    free = forecaster.predict(future=ahead, horizon=len(ahead))["yhat"].to_numpy()
    one = result.forecasts[result.model][:, 0]
    found = row("narx", truth[: len(one)], one, free, forecaster.history_.seconds, truth)
    recipe = forecaster.recipe_.to_dict()
    return found | {"seed": forecaster.seed, "steps": forecaster.history_.steps, "recipe": recipe}


def row(
    model: str, truth: np.ndarray, one: np.ndarray, free: np.ndarray, seconds: float,
    whole: np.ndarray | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "model": model,
        "one step": rmse(one, truth),
        "free run": rmse(free, truth if whole is None else whole),
        "seconds": seconds,
    }


def rmse(forecast: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((forecast - truth) ** 2)))


def show(rows: list[dict[str, Any]]) -> None:
    print("| model | one step | free run | seconds | seeds |\n|---|---|---|---|---|")
    for model in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == model]
        cells = []
        for error in ("one step", "free run"):
            values = [row[error] for row in own]
            spread = f" ({min(values):.4g} to {max(values):.4g})" if len(own) > 1 else ""
            cells.append(f"{np.median(values):.4g}{spread}")
        seconds = np.median([row["seconds"] for row in own])
        print(f"| {model} | " + " | ".join(cells) + f" | {seconds:.2g} | {len(own)} |")


if __name__ == "__main__":
    main()
