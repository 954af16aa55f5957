"""80 % intervals from past errors: those that adapt, and the quantiles of all past errors.

    python benchmarks/intervals.py --json FILE                       the tables of shared/data
    python benchmarks/intervals.py --csv FILE [FILE …] --time date --target OT [--ids unique_id] \
        --horizon 24 --season 24 --json FILE                         other tables of the same form

Point forecasts are cheap ones: last value, seasonal value, direct AR. Each series is cut by time:
the last `--test` of its rows are scored, forecast from every row; the fifth of all rows before
them starts the adaptive intervals, and the rest fits the AR. Nothing of the test is known before
its time. `past errors` are the quantiles of all errors of a lead made in the test so far,
unweighted, started empty; `adaptive` are those of docs/intervals.md.

A row is a table, a model and a method: coverage of the 80 % interval, coverage in the worst of ten
equal parts of the test in time, mean width and interval score, CRPS from 19 quantiles, and seconds
for a thousand origins. Width, score and CRPS are in units of each series' mean change from row to
row in the test, and averaged over the values for which both methods have all quantiles.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from rnnzoo.pipelines.evaluation import metrics
from rnnzoo.pipelines.evaluation.conformal import ErrorMemory
from rnnzoo.pipelines.evaluation.conformal_runs import Track, follow
from rnnzoo.pipelines.evaluation.intervals import conformal_quantiles
from rnnzoo.pipelines.forecasting.baselines.table import baselines

MODELS = ("naive-last", "naive-seasonal", "linear-ar")
LEVELS = np.round(np.arange(0.05, 0.96, 0.05), 3)
LOW, HIGH = 1, 17  # of 10 and 90 %
PARTS = 10
SMALL = {"yearly": (300, 6, 1), "quarterly": (80, 8, 4), "monthly": (27, 12, 12)}
SMALL |= {"weekly": (6, 13, 52), "daily": (0, 14, 7)}  # least days between rows, horizon, season


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, nargs="+", help="tables; one row a time, or long")
    parser.add_argument("--time", default="ds")
    parser.add_argument("--target", default="y", nargs="+", help="columns to forecast, each alone")
    parser.add_argument("--ids", help="column that names the series of a long table")
    parser.add_argument("--horizon", type=int, help="by default by the step, as of small series")
    parser.add_argument("--season", type=int)
    parser.add_argument("--test", type=float, default=0.2)
    parser.add_argument("--folder", type=Path, default=os.environ.get("RNNZOO_DATA"))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows: list[dict] = []
    for name, several in own_tables(arguments) if arguments.csv else shown_tables(arguments.folder):
        for model in MODELS:
            rows += compare(name, model, several, arguments.test)
    show(rows)
    if arguments.json:
        plain = [{k: None if v != v else v for k, v in row.items()} for row in rows]
        arguments.json.write_text(json.dumps(plain, indent=1))


def own_tables(arguments: argparse.Namespace) -> Iterator[tuple[str, list[dict]]]:
    for path in arguments.csv:
        table = pd.read_csv(path, parse_dates=[arguments.time]).sort_values(arguments.time)
        groups = table.groupby(arguments.ids) if arguments.ids else [(path.stem, table)]
        several = []
        for _, group in groups:
            horizon, season = _form(group[arguments.time])
            form = arguments.horizon or horizon, arguments.season or season
            targets = [arguments.target] if isinstance(arguments.target, str) else arguments.target
            several += [_cut(group[column], arguments.test, *form) for column in targets]
        yield path.name, several


def shown_tables(folder: Path | None) -> Iterator[tuple[str, list[dict]]]:
    """ETTh1, Melbourne's temperature, eleven shares, VIX and the small series."""
    if folder is None:
        raise SystemExit("Set RNNZOO_DATA to the folder of the data, or say --folder or --csv.")
    folder = Path(folder)
    ett = pd.read_csv(folder / "ETTh1.csv.gz")
    yield "ETTh1", [_cut(ett[column], 0.2, 24, 24) for column in ("OT", "HUFL")]
    half = pd.read_csv(folder / "melbourne_temperature_halfhourly.csv.gz")
    hours = pd.to_timedelta((half["Period"] - 1) // 2, "h")
    hour = pd.Timestamp("1899-12-30") + pd.to_timedelta(half["Date"], "D") + hours
    means = half.groupby(hour)["Temp"].mean()
    yield "Melbourne", [_cut(means["2004":"2008"], 0.2, 24, 24)]
    paths = sorted((folder / "stocks_djia").glob("*.gz"))[::3]
    closes = [pd.read_csv(path).set_index("Date")["Close"] for path in paths]
    prices = pd.concat(closes, axis=1).dropna()
    yield "shares", [_cut(prices.iloc[:, k], 0.2, 5, 1) for k in range(len(paths))]
    yield "VIX", [_cut(pd.read_csv(folder / "vix-daily.csv.gz")["CLOSE"], 0.2, 5, 1)]
    small = pd.read_csv(folder / "small_series.csv.gz", parse_dates=["ds"])
    several = []
    for _, group in small.sort_values("ds").groupby("unique_id"):
        several.append(_cut(group["y"], 0.2, *_form(group["ds"])))
    yield "small series", several


def _form(times: pd.Series) -> tuple[int, int]:
    """Horizon and season by the step between rows."""
    days = times.diff().dt.total_seconds().median() / 86400
    if days < 0.9:
        return 24, max(1, round(1 / days))
    return next((horizon, season) for least, horizon, season in SMALL.values() if days > least)


def _cut(values: pd.Series, share: float, horizon: int, season: int) -> dict:
    y = values.to_numpy(float)
    test = max(2 * horizon if len(y) < 2000 else 0, round(share * len(y)))
    before = len(y) - test
    held_out = max(horizon, round(0.2 * (before if len(y) < 2000 else len(y))))
    return {
        "y": y, "horizon": horizon, "season": season, "training": before - held_out,
        "held_out": held_out,
    }  # fmt: skip


def compare(name: str, model: str, several: list[dict], share: float) -> list[dict]:
    """The two methods on one table. Series of one form have one memory."""
    parts: dict[str, list[dict]] = {"past errors": [], "adaptive": []}
    forms = {(one["horizon"], one["season"], len(one["y"])) for one in several}
    together = len(forms) == 1
    for group in [several] if together else [[one] for one in several]:
        forecasts = [_forecasts(one, model) for one in group]
        if any(one is None for one in forecasts):
            continue
        started = time.perf_counter()
        new = _adaptive(group, forecasts)  # type: ignore[arg-type]
        middle = time.perf_counter()
        old = [_past(one, forecast) for one, forecast in zip(group, forecasts, strict=True)]  # type: ignore[arg-type]
        seconds = {"past errors": time.perf_counter() - middle, "adaptive": middle - started}
        for k, one in enumerate(group):
            truth, found = _truth(one), {"past errors": old[k], "adaptive": new[k]}
            both = ~np.isnan(old[k]).any(axis=0) & ~np.isnan(new[k]).any(axis=0)
            for method, quantiles in found.items():
                scored = _score(one, truth, quantiles, both)
                scored["seconds"] = seconds[method] / len(group)
                parts[method].append(scored)
    return [
        {"table": name, "model": model, "method": method} | _total(scored)
        for method, scored in parts.items()
        if scored
    ]


def _origins(one: dict) -> np.ndarray:
    return np.arange(one["training"] - 1, len(one["y"]) - one["horizon"])


def _truth(one: dict) -> np.ndarray:
    return one["y"][_origins(one)[one["held_out"] :, None] + np.arange(1, one["horizon"] + 1)]


def _forecasts(one: dict, model: str) -> np.ndarray | None:
    if one["training"] < 12:
        return None
    return baselines(
        one["y"], _origins(one), one["horizon"], one["training"], one["season"], names=[model]
    ).get(model)


def _adaptive(group: list[dict], forecasts: list[np.ndarray]) -> list[np.ndarray]:
    memory = ErrorMemory.empty(len(group), group[0]["horizon"], group[0]["season"])
    tracks = []
    for one, forecast in zip(group, forecasts, strict=True):
        first = one["training"] - 1
        rows = np.arange(first, len(one["y"]))
        tracks.append(Track(rows, one["y"][first:], _origins(one) - first, forecast))
    _, quantiles = follow(memory, tracks, [*LEVELS])
    return [q[:, one["held_out"] :] for q, one in zip(quantiles, group, strict=True)]


def _past(one: dict, forecast: np.ndarray) -> np.ndarray:
    first = one["held_out"]
    return conformal_quantiles(_truth(one), forecast[first:], _origins(one)[first:], [*LEVELS])


def _score(one: dict, truth: np.ndarray, quantiles: np.ndarray, both: np.ndarray) -> dict:
    low, high = quantiles[LOW], quantiles[HIGH]
    known = ~np.isnan(low + high + truth)
    inside = (low <= truth) & (truth <= high) & known
    unit = np.nanmean(np.abs(np.diff(truth[:, 0])))
    part = np.arange(len(truth)) * PARTS // len(truth)
    scored = np.where(both, truth, np.nan) / unit
    return {
        "inside": np.bincount(part, inside.sum(axis=1), PARTS),
        "known": np.bincount(part, known.sum(axis=1), PARTS),
        "all": truth.size,
        "scored": int((~np.isnan(scored)).sum()),
        "crps": float(metrics.crps(scored, quantiles / unit, LEVELS)),
        "winkler": float(metrics.interval_score(scored, low / unit, high / unit, 0.8)),
        "width": float(np.nanmean(np.where(both, high - low, np.nan)) / unit)
        if both.any()
        else np.nan,
        "origins": len(truth) + one["held_out"],
    }


def _total(scored: list[dict]) -> dict:
    inside, known = (sum(one[key] for one in scored) for key in ("inside", "known"))
    weights = np.array([one["scored"] for one in scored], float)
    means = {key: np.nan for key in ("width", "crps", "winkler")}
    if weights.any():
        values = {key: np.nan_to_num([one[key] for one in scored]) for key in means}
        means = {key: float(weights @ own / weights.sum()) for key, own in values.items()}
    seconds = 1000 * sum(one["seconds"] for one in scored) / sum(one["origins"] for one in scored)
    share = {"share": float(known.sum() / sum(one["all"] for one in scored))}
    worst = np.min(inside[known > 0] / known[known > 0])
    coverage = {"coverage": float(inside.sum() / known.sum()), "worst": float(worst)}
    return coverage | means | share | {"seconds": seconds, "series": len(scored)}


def show(rows: list[dict]) -> None:
    print(
        "| table | model | method | coverage | worst tenth | width | CRPS | Winkler | known | s |"
    )
    print("|---" * 10 + "|")
    for row in rows:
        print(
            f"| {row['table']} | `{row['model']}` | {row['method']} | {row['coverage']:.3f} "
            f"| {row['worst']:.3f} | {row['width']:.2f} | {row['crps']:.3f} "
            f"| {row['winkler']:.2f} | {row['share']:.2f} | {row['seconds']:.2f} |"
        )
    for table in dict.fromkeys(row["table"] for row in rows):
        own = [row for row in rows if row["table"] == table]
        pairs = zip(own[::2], own[1::2], strict=True)
        gains = [100 * (new["crps"] / old["crps"] - 1) for old, new in pairs if old["crps"] > 0]
        mean = f"{np.mean(gains):+.1f} %" if gains else "not compared, past errors are too few,"
        print(f"{table}: CRPS {mean} in the mean over {len(gains)} models")


if __name__ == "__main__":
    main()
