"""Settings compared on any table: the evidence for the rules of `docs/recipe.md`.

    python benchmarks/recipe.py --csv FILE --time COLUMN --target COLUMN --horizon 12 --seeds 3 \
        --try '{}' '{"schedule": "cosine", "ema_momentum": 0.98}'

The last `--test` of the rows are left out altogether. Of what remains the last fifth is forecast,
from every origin, by networks fitted to what comes before it. Errors are MAE in the unit of the
table, mean and spread over the seeds, and those of the baselines.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from rnnzoo import Forecaster, TimeSeriesPanel, load_dataset, read_panel

BASELINES = ["naive-last", "naive-seasonal", "linear-ar"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, help="a table")
    parser.add_argument("--name", help="or the name of a data set")
    parser.add_argument("--time", default="ds")
    parser.add_argument("--target", default="y")
    parser.add_argument("--season", type=int)
    parser.add_argument("--last", type=int, help="only so many rows before the test")
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--test", type=float, default=0.2, help="share of the rows left out")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--try", dest="tried", nargs="+", default=["{}"], metavar="JSON")
    parser.add_argument("--json", type=Path)
    a = parser.parse_args()
    if a.name:
        panel = TimeSeriesPanel.of(load_dataset(a.name))
    else:
        panel = read_panel(
            a.csv, time=a.time, target=a.target, season=a.season, missing="interpolate", gaps="fill"
        )
    panel = panel[: int((1 - a.test) * min(map(len, panel)))]
    panel = panel[-a.last :] if a.last else panel
    training = panel[: -(min(map(len, panel)) // 5)]
    print(f"{panel.schema.name}: {sum(map(len, training)):,} rows, season {panel.schema.season}")
    rows = []
    for k, text in enumerate(a.tried):
        settings = {"cell": "gru", **json.loads(text)}
        errors, seconds, epochs = [], [], []
        for seed in range(a.seeds):
            began = time.perf_counter()
            forecaster = Forecaster(horizon=a.horizon, seed=seed, **settings).fit(training)
            seconds.append(time.perf_counter() - began)
            epochs.append(len(forecaster.history_.loss))
            result = forecaster.backtest(panel, baselines=[] if k or seed else BASELINES)
            scores = result.leaderboard.set_index("model")["mae"]
            for model in scores.index.difference([result.model]):
                rows.append({"model": model, "mae": scores[model]})
                print(f"  {model:<16} {scores[model]:.4g}", flush=True)
            errors.append(float(scores[result.model]))
        spread = statistics.stdev(errors) if len(errors) > 1 else 0.0
        rows.append(
            {"dataset": panel.schema.name, "horizon": a.horizon, "model": text, "errors": errors}
            | {"mae": statistics.mean(errors), "spread": spread, "seconds": seconds}
        )
        print(
            f"  {statistics.mean(errors):.4g} ± {spread:.2g}  {statistics.mean(seconds):5.1f} s  "
            f"epochs {epochs}  {forecaster.strategy_.name}  {text}",
            flush=True,
        )
    if a.json:
        a.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
