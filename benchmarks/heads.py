"""Heads and quantiles of past errors: coverage, width and CRPS of the same networks.

    python benchmarks/heads.py --data FOLDER --json FILE

The folder has daily-min-temperatures.csv (columns Date, Temp) and stocks_djia/ with the prices of
`--share`; counts are simulated, of a negative binomial distribution with a yearly wave, and in the
second series two thirds are extra zeros. The first 70 % of the rows are fitted, the rest is
forecast from every row. "past errors" is the network without a head, with the quantiles of its own
errors up to each origin. A head is recalibrated by its own past, as intervals are that come from
one (both are `Backtest.quantiles`); "alone" is what it says itself. All models are scored on the
targets for which past errors are known. For returns also an EWMA of squared returns (λ = 0.94),
normal, and a GARCH(1,1) with Student t errors (needs the extra `bench`), with parameters of the
fitted rows.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rnnzoo import Forecaster
from rnnzoo.pipelines.evaluation import metrics
from scipy import stats

LEVELS = [k / 10 for k in range(1, 10)]
SHARE = 0.7
HORIZON = 5
SMALL = {"cell": "gru", "horizon": HORIZON, "units": 16, "lookback": 60, "epochs": 40}
RETURNS = {"difference": "step", "transform": "log"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--share", default="MSFT")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=["temperature", "share", "counts", "zeros"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.only:
        frame, settings, heads = task(name, arguments)
        rows += measure(name, frame, settings, heads, arguments.seeds)
    table = pd.DataFrame(rows).groupby(["task", "model"], sort=False)
    print(table.mean().drop(columns="seed").to_string(float_format="%.4g"))
    print(table[["crps"]].std().to_string(float_format="%.2g"), "\nis the deviation over seeds")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def task(name: str, arguments: argparse.Namespace) -> tuple[pd.DataFrame, dict, list]:
    """A table with the columns ds and y, the settings of all models, and those of each head."""
    if name == "temperature":
        frame = pd.read_csv(arguments.data / "daily-min-temperatures.csv")
        frame.columns = ["ds", "y"]
        frame["ds"] = pd.date_range(frame["ds"][0], periods=len(frame))  # two leap days are absent
        return frame, {"calendar": ["year"]}, plain("quantiles", "normal", "student_t")
    if name == "share":
        path = next((arguments.data / "stocks_djia").glob(f"{arguments.share}_*"))
        frame = pd.read_csv(path)[["Date", "Close"]].rename(columns={"Date": "ds", "Close": "y"})
        frame["ds"] = pd.bdate_range(frame["ds"][0], periods=len(frame))
        heads = plain("student_t", "normal", "quantiles")
        running = {"head": "student_t", "scaling": "running"}
        return frame, RETURNS, [*heads, ("student_t, running scale", running)]
    rng = np.random.default_rng(0)
    t = np.arange(2500)
    mean = np.exp(1.5 + np.sin(2 * np.pi * t / 365.25))
    counts = rng.negative_binomial(2, 2 / (2 + mean))
    if name == "zeros":
        counts = counts * (rng.random(len(t)) < 1 / 3)
    frame = pd.DataFrame({"ds": pd.date_range("2015-01-01", periods=len(t)), "y": counts})
    heads = plain("negative_binomial", "zero_inflated", "quantiles")
    return frame, {"calendar": ["year"]}, heads


def plain(*names: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, {"head": name}) for name in names]


def measure(
    name: str, frame: pd.DataFrame, settings: dict, heads: list, seeds: int
) -> list[dict[str, Any]]:
    """The scores of each model and seed."""
    rows = []
    training = int(SHARE * len(frame))
    for seed in range(seeds):
        point = Forecaster(**SMALL | settings, seed=seed).fit(frame[:training])
        result = point.backtest(frame, baselines=[])
        past, truth, origins = result.quantiles(LEVELS), result.truth, result.rows
        found = {"past errors": past}
        for label, own in heads:
            forecaster = Forecaster(**SMALL | settings | own, seed=seed).fit(frame[:training])
            found[label] = forecaster.backtest(frame, baselines=[]).quantiles(LEVELS)
            fitted = forecaster.fitted_
            alone = fitted.forecast_quantiles_origins(fitted.panel(frame), [origins], LEVELS)
            (found[f"{label}, alone"],) = alone
        if name == "share" and not seed:
            found |= volatility(frame["y"].to_numpy(), training, origins)
        for label, quantiles in found.items():
            known = ~np.isnan(past).any(axis=0)
            scores = score(np.where(known, truth, np.nan), quantiles)
            rows.append({"task": name, "model": label, "seed": seed} | scores)
            print(rows[-1], flush=True)
    return rows


def score(truth: np.ndarray, quantiles: np.ndarray) -> dict[str, float]:
    """CRPS from nine quantiles; the central 80 %: coverage, in the worst tenth of time, width."""
    low, high = quantiles[0], quantiles[-1]
    parts = np.array_split(np.flatnonzero(~np.isnan(truth).all(axis=1)), 10)
    covered = [float(metrics.coverage(truth[p], low[p], high[p])) for p in parts]
    return {
        "crps": float(metrics.crps(truth, quantiles, np.array(LEVELS))),
        "coverage": float(metrics.coverage(truth, low, high)),
        "worst tenth": min(covered),
        "width": float(np.nanmean(np.where(np.isnan(truth), np.nan, high - low))),
    }


def volatility(prices: np.ndarray, training: int, origins: np.ndarray) -> dict[str, np.ndarray]:
    """Quantiles of prices, `(levels, origins, horizon)`, from the deviation of log returns."""
    returns = 100 * np.diff(np.log(prices), prepend=np.log(prices[0]))
    steps = np.arange(1, HORIZON + 1)
    variance = np.empty(len(returns))
    variance[0] = returns[1:training].var()
    for t in range(1, len(returns)):
        variance[t] = 0.94 * variance[t - 1] + 0.06 * returns[t] ** 2
    ahead = variance[origins, None] * steps
    found = {"EWMA, normal": stats.norm.ppf(LEVELS)[:, None, None] * np.sqrt(ahead)}
    try:
        from arch import arch_model
    except ImportError:
        pass
    else:
        fitted = arch_model(returns[1:], dist="t").fit(last_obs=training - 1, disp="off")
        after = fitted.forecast(horizon=HORIZON, start=0, reindex=False).variance.to_numpy()
        total = np.cumsum(after[origins - 1], axis=1)  # its first row is that of the second price
        ν = fitted.params["nu"]
        unit = stats.t.ppf(LEVELS, ν) * np.sqrt((ν - 2) / ν)
        shift = fitted.params["mu"] * steps
        found["GARCH(1,1), t"] = shift + unit[:, None, None] * np.sqrt(total)
    last = prices[origins, None]
    return {name: last * np.exp(q / 100) for name, q in found.items()}


if __name__ == "__main__":
    main()
