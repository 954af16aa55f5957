"""M4's hourly series: one segment network over all of them, by the competition's protocol.

    python benchmarks/m4.py --train Hourly-train.csv --test Hourly-test.csv \
        --naive2 Hourly-naive2.csv --season 24 --horizon 48 --json FILE

A row a series, its id first. The last `--horizon` values of each training row choose the weights
and train nothing; the test rows are scored once. sMAPE is M4's, MASE divides by the error of the
value a season before over the whole training row, OWA is their mean relative to Naive2's.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import pandas as pd
from rnnzoo import Ensemble, Forecaster, read_panel
from rnnzoo.pipelines.evaluation import metrics
from rnnzoo.pipelines.forecasting.baselines.table import baselines

#: All else follows from the data, by the rules of docs/recipe.md. No share of the rows is held out
#: for validation but the last horizon.
RECIPE = {"cell": "gru", "validation": 0.0}


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("train", "test", "naive2"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--season", type=int, default=24)
    parser.add_argument("--horizon", type=int, default=48)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--series", type=int, help="only the first ones")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=JSON", help="of the recipe")
    parser.add_argument("--json", type=Path)
    a = parser.parse_args()
    training = [np.array(row[~np.isnan(row)]) for row in values(a.train)][: a.series]
    test, naive2 = values(a.test)[: a.series], values(a.naive2)[: a.series]
    changed = dict(one.split("=", 1) for one in a.set)
    recipe = RECIPE | {name: json.loads(value) for name, value in changed.items()}
    print(f"{len(training)} series; asked for: {json.dumps(recipe)}", flush=True)
    table = pd.concat(
        [
            pd.DataFrame({"unique_id": f"{k:05d}", "ds": hours(len(row)), "y": row})
            for k, row in enumerate(training)
        ]
    )
    panel = read_panel(table, season=a.season, name=a.train.name)
    scales = np.array([metrics.naive_scale(row, a.season) for row in training])
    reference = score(test, naive2, scales)
    rows = []

    def tell(model: str, forecasts: np.ndarray, **about: object) -> None:
        smape, mase = score(test, forecasts, scales)
        owa = metrics.owa(smape, mase, *reference)
        errors = forecasts - test
        rows.append(
            {"dataset": a.train.name, "model": model, "horizon": a.horizon, "seed": None}
            | {"mse": float(np.mean(errors**2)), "mae": float(np.mean(np.abs(errors)))}
            | {"smape": smape, "mase": mase, "owa": owa, "seconds": None, "parameters": None}
            | about
        )  # fmt: skip
        print(
            f"{model}: sMAPE {smape:.3f}, MASE {mase:.3f}, OWA {owa:.3f} {about or ''}", flush=True
        )

    tell("naive-2", naive2)
    for name in ("naive-last", "naive-seasonal") if a.season > 1 else ("naive-last",):
        found = [
            baselines(y, np.array([len(y) - 1]), a.horizon, len(y), a.season, names=[name])[name][0]
            for y in training
        ]
        tell(name, np.array(found))
    one = Forecaster(horizon=a.horizon, **recipe)
    ensemble = Ensemble([one], "median", a.seeds)
    began = time.perf_counter()
    ensemble.fit(panel)
    seconds = time.perf_counter() - began
    for member in ensemble.members_:
        own = member.predict()["yhat"].to_numpy().reshape(len(training), -1)
        tell(
            f"{member.strategy_.name} {member.cell}", own, seed=member.seed,
            seconds=seconds / a.seeds,
            parameters=member.parameters_, epochs=len(member.history_.loss),
            recipe=member.recipe_.to_dict(),
        )  # fmt: skip
    both = ensemble.predict()["yhat"].to_numpy().reshape(len(training), -1)
    tell(ensemble.name, both, seconds=seconds, parameters=ensemble.parameters_)
    owas = [row["owa"] for row in rows if row["seed"] is not None]
    if len(owas) > 1:
        print(f"one network: OWA {statistics.mean(owas):.3f} ± {statistics.stdev(owas):.3f}")
    if a.json:
        a.json.write_text(json.dumps(rows, indent=1))


def values(path: Path) -> np.ndarray:
    """`(series, times)`, NaN at the right of short rows."""
    return pd.read_csv(path).iloc[:, 1:].to_numpy("float64")


def hours(count: int) -> pd.DatetimeIndex:
    """Times for a table; the competition's series have none in common."""
    return pd.date_range("2000-01-01", periods=count, freq="h")


def score(truth: np.ndarray, forecasts: np.ndarray, scales: np.ndarray) -> tuple[float, float]:
    return (
        float(metrics.smape(truth, forecasts)),
        float(metrics.mase(truth, forecasts, scales)),
    )


if __name__ == "__main__":
    main()
