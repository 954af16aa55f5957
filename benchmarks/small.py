"""Small series, one after the other: what `AutoForecaster` gives, and the baselines.

    python benchmarks/small.py --csv small_series.csv.gz --json FILE [--peers PEERS.json]

A long table `unique_id, ds, y`, yearly to hourly. Each series is forecast from its three last
origins (n − h, n − h − ⌈h/2⌉, n − 2h); all is fitted anew at each. h and the season follow from
the step of the series. The MASE of a series is the mean over its origins of the mean absolute
error, scaled by that of the value one season before over the rows up to the origin.

Forecasts of statsforecast come from `small_peers.py`, in an environment of their own: its pandas is
older than ours.
"""

import argparse
import json
import math
import multiprocessing
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

#: By days in a step, at least: name, season, horizon.
STEPS = {
    300: ("yearly", 1, 6),
    80: ("quarterly", 4, 8),
    25: ("monthly", 12, 12),
    5: ("weekly", 52, 13),
    0.9: ("daily", 7, 14),
    0: ("hourly", 24, 48),
}
BASELINES = ["naive-last", "naive-seasonal", "linear-ar", "seasonal-ar", "ets", "ets-log", "theta"]


@dataclass(frozen=True)
class Origin:
    """One origin of one series.

    Attributes:
        series: id.
        number: 0 for the last origin.
        times: of the known rows.
        known: values up to the origin.
        truth: values of the leads.
        frequency: name.
        season: rows in a season.
    """

    series: str
    number: int
    times: pd.DatetimeIndex
    known: np.ndarray
    truth: np.ndarray
    frequency: str
    season: int

    @property
    def horizon(self) -> int:
        return len(self.truth)

    def mase(self, forecast: Any) -> float:
        scale = np.abs(self.known[self.season :] - self.known[: -self.season]).mean()
        return float(np.abs(np.asarray(forecast, float) - self.truth).mean() / scale)


def origins_of(path: Path) -> list[Origin]:
    """All origins of a table."""
    found = []
    for one, rows in pd.read_csv(path, parse_dates=["ds"]).groupby("unique_id", sort=False):
        days = np.median(np.diff(rows["ds"])) / np.timedelta64(1, "D")
        name, season, h = next(about for least, about in STEPS.items() if days > least)
        y, n = rows["y"].to_numpy(float), len(rows)
        for k, end in enumerate((n - h, n - h - math.ceil(h / 2), n - 2 * h)):
            times = pd.DatetimeIndex(rows["ds"])[:end]
            found.append(Origin(str(one), k, times, y[:end], y[end : end + h], name, season))
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--peers", type=Path, help="what small_peers.py wrote")
    parser.add_argument("--effort", default="balanced")
    parser.add_argument("--cell", default="gru", help="of the networks; several with commas")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--series", nargs="*", help="only these")
    a = parser.parse_args()
    origins = [one for one in origins_of(a.csv) if not a.series or one.series in a.series]
    peers = json.loads(a.peers.read_text()) if a.peers else {}
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # a job a core
    rows: list[dict[str, Any]] = []
    work = partial(scores, effort=a.effort, cells=a.cell.split(","))
    with multiprocessing.get_context("spawn").Pool(a.jobs) as pool:
        for origin, scored in zip(origins, pool.imap(work, origins), strict=True):
            others = peers.get(f"{origin.series}/{origin.number}", {})
            scored["mase"] |= {name: origin.mase(values) for name, values in others.items()}
            rows.append(scored)
            if a.json:
                a.json.write_text(json.dumps(rows, indent=1))
    show(rows)


def scores(origin: Origin, effort: str, cells: list[str]) -> dict[str, Any]:
    """The errors of all models from one origin, and what `auto` chose."""
    from rnnzoo import AutoForecaster, read_panel
    from rnnzoo.pipelines.forecasting.baselines.table import baselines

    table = pd.DataFrame({"unique_id": origin.series, "ds": origin.times, "y": origin.known})
    began = time.perf_counter()
    panel = read_panel(table, season=origin.season)
    auto = AutoForecaster(origin.horizon, cells=cells, effort=effort).fit(panel)
    forecast = auto.predict()["yhat"]
    seconds = time.perf_counter() - began
    n = len(origin.known)
    found = baselines(
        origin.known, np.array([n - 1]), origin.horizon, n, origin.season, names=BASELINES
    )
    return {
        "series": origin.series,
        "origin": origin.number,
        "frequency": origin.frequency,
        "rows": n,
        "seconds": seconds,
        "mase": {"auto": origin.mase(forecast)}
        | {name: origin.mase(values[0]) for name, values in found.items()},
        "weights": auto.weights_,
        "failed": {one.name: one.failure for one in auto.fitted_.candidates if one.failure},
    }


def show(rows: list[dict[str, Any]]) -> None:
    """Prints the table: a series a row, a model a column, the mean over the origins."""
    from rnnzoo.experiments.reports.style import markdown

    table = pd.DataFrame([{"series": one["series"]} | one["mase"] for one in rows])
    table = table.groupby("series", sort=False).mean()
    seconds = float(np.mean([one["seconds"] for one in rows]))
    single = table.drop(columns=["auto", *[c for c in table if str(c).startswith("mean of")]])
    behind = table["auto"] / single.min(axis=1)
    table.loc["mean"] = table.mean()
    print(markdown(table.round(3).reset_index()))
    print(f"\n{seconds:.1f} s a series and origin; auto is 25 % worse than the best single one on")
    print(
        ", ".join(f"{one} ({value:.2f})" for one, value in behind.items() if value > 1.25) or "none"
    )


if __name__ == "__main__":
    main()
