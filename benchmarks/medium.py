"""Networks and baselines on tables of 200 to 5,000 rows, and ways to combine them.

    python benchmarks/medium.py --data FOLDER [--tables sunspots vix] [--json FILE]

Daily and weekly tables made from files of FOLDER. The last 30 % of the rows are tested: forecast
from every origin by models that were fitted to the rows before, and scored once. Networks and
baselines are those of `AutoForecaster`, and stateful networks; combinations are weighted by the
last fifth of the fitted rows, and networks are not trained on these again.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rnnzoo import Forecaster, read_panel
from rnnzoo.datasets import TimeSeriesPanel
from rnnzoo.experiments.reports.style import markdown
from rnnzoo.pipelines.forecasting.auto.combination import (
    combination_weights,
    inverse_square_weights,
    scaled_errors,
    series_scale,
)
from rnnzoo.pipelines.forecasting.baselines.table import baselines
from rnnzoo.pipelines.forecasting.fitting import train_network

SEGMENT = {"strategy": "segment", "transform": "auto"}
NETWORKS: dict[str, dict[str, Any]] = {
    "gru, stateful": {"strategy": "stateful", "transform": "auto"},
    "gru, differences": {"difference": "step", "transform": "auto"},
    "gru-segment": SEGMENT | {"window_normalization": "last"},
    "gru-instance": SEGMENT | {"window_normalization": "instance"},
}
AR = ["linear-ar", "linear-ar-log", "seasonal-ar", "seasonal-ar-log"]
COMBINED = [*AR, "ets", "ets-log"]  # those that `AutoForecaster` tries
BASELINES = [*COMBINED, "theta", "naive-last", "naive-seasonal"]
POOLS = {
    "baselines": [],
    "with both stateful networks": ["gru, stateful", "gru, differences"],
    "with both segment networks": ["gru-segment", "gru-instance"],
    "with all networks": [*NETWORKS],
}


def ett(folder: Path) -> pd.DataFrame:
    hours = pd.read_csv(folder / "ETTh1.csv.gz", parse_dates=["date"], index_col="date")
    return hours.resample("D").mean()


def air(folder: Path) -> pd.DataFrame:
    hours = pd.read_csv(folder / "PRSA_Data_Aotizhongxin_20130301-20170228.csv.gz")
    hours.index = pd.to_datetime(hours[["year", "month", "day", "hour"]])
    wanted = ["PM2.5", "PM10", "SO2", "NO2", "CO", "O3", "TEMP", "PRES"]
    return hours[wanted].resample("W").mean()


def victoria(folder: Path) -> pd.DataFrame:
    hours = pd.read_csv(folder / "vic_electricity.csv.gz", parse_dates=["Time"], index_col="Time")
    return hours[["Demand", "Temperature"]].resample("D").mean()


def vix(folder: Path) -> pd.DataFrame:
    days = pd.read_csv(folder / "vix-daily.csv.gz", parse_dates=["DATE"], index_col="DATE")
    return days[["CLOSE"]].resample("W-FRI").last()


def sunspots(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "monthly-sunspots.csv", parse_dates=["Month"], index_col="Month")


def minimum(folder: Path) -> pd.DataFrame:
    days = pd.read_csv(folder / "daily-min-temperatures.csv", parse_dates=["Date"])
    return days.set_index("Date").resample("D").mean()


#: By name: what reads it, season, horizon.
TABLES: dict[str, tuple[Callable[[Path], pd.DataFrame], int, int]] = {
    "ETTh1, days": (ett, 7, 14),
    "air, weeks": (air, 52, 12),
    "victoria, days": (victoria, 7, 14),
    "victoria, weeks": (lambda folder: victoria(folder).resample("W").mean(), 52, 12),
    "vix, weeks": (vix, 52, 8),
    "sunspots": (sunspots, 12, 12),
    "daily minimum": (minimum, 7, 7),
}


@dataclass
class Scored:
    """Scaled errors of the models of one table, each `(values,)`."""

    validation: dict[str, np.ndarray]
    test: dict[str, np.ndarray]
    blocks: float

    def mase(self, names: list[str], shrinkage: float | None) -> float:
        """Of a combination; of first weights alone without a shrinkage."""
        there = {n: self.validation[n] for n in names if n in self.validation}
        there = {n: e for n, e in there.items() if np.isfinite(e).all()}
        weights = inverse_square_weights({n: float(np.abs(e).mean()) for n, e in there.items()})
        if shrinkage is not None:
            weights = combination_weights(weights, there, self.blocks, shrinkage)
        return float(np.abs(sum(w * self.test[n] for n, w in weights.items())).mean())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", nargs="*", default=[*TABLES], choices=[*TABLES])
    parser.add_argument("--json", type=Path)
    a = parser.parse_args()
    warnings.simplefilter("ignore")
    single, pools = {}, {}
    for name in a.tables:
        read, season, horizon = TABLES[name]
        scored = score(panel_of(read(a.data), season), horizon)
        single[name] = {n: float(np.abs(e).mean()) for n, e in scored.test.items()}
        print(name, {n: round(e, 3) for n, e in single[name].items()}, flush=True)
        pools[name] = {
            f"{pool}: {way}": scored.mase([*networks, *COMBINED], shrinkage)
            for pool, networks in POOLS.items()
            for way, shrinkage in {
                "1/e², e ≤ 1.5": None, "stacked": 0.0, "shrunk, 1": 1.0, "shrunk, 3": 3.0,
                "shrunk, 10": 10.0,
            }.items()
        }  # fmt: skip
        if a.json:
            a.json.write_text(json.dumps({"single": single, "pools": pools}, indent=1))
    for table in (single, pools):
        print("\n" + markdown(pd.DataFrame(table).round(3).rename_axis("model").reset_index()))
    relative = pd.DataFrame(pools)
    relative /= relative.loc["baselines: 1/e², e ≤ 1.5"]
    print("\nrelative to the first, geometric mean:")
    print(np.exp(np.log(relative).mean(axis=1)).round(3).to_string())


def panel_of(table: pd.DataFrame, season: int) -> TimeSeriesPanel:
    table = table.interpolate().dropna()
    parts = [
        pd.DataFrame({"unique_id": one, "ds": table.index, "y": table[one].to_numpy()})
        for one in table
    ]
    return read_panel(pd.concat(parts), season=season)


def score(panel: TimeSeriesPanel, horizon: int) -> Scored:
    season, rows = panel.schema.season, len(panel.series[0])
    known = rows - int(0.3 * rows)
    fitted = panel.cut([known] * len(panel))
    series = [one.values(["y"])[:, 0] for one in panel]
    steps = np.arange(1, horizon + 1)
    tested = [np.arange(known - 1, rows - horizon)] * len(panel)
    found = Scored({}, {}, 1.0)
    for name, settings in NETWORKS.items():
        began = time.perf_counter()
        one = Forecaster(horizon=horizon, refit=False, **settings)
        trained = train_network(one.settings, one.plan(fitted), fitted, None)
        validation = trained.validation()
        origins, training = validation.origins, trained.plan.training[0]
        scales = [series_scale(y[:training], season) for y in series]

        def errors(origins: list, forecasts: list, scales: list = scales) -> np.ndarray:
            truth = [y[own[:, None] + steps] for y, own in zip(series, origins, strict=True)]
            return scaled_errors(truth, forecasts, scales)

        found.validation[name] = errors(origins, validation.forecasts)
        found.blocks = len(found.validation[name]) / horizon**2
        forecasts = trained.fitted().forecast_origins(panel, tested)
        found.test[name] = errors(tested, forecasts)
        print(f"  {name}: {time.perf_counter() - began:.0f} s", flush=True)
    for name in BASELINES:
        spans = ((origins, training, found.validation), (tested, known, found.test))
        for starts, count, into in spans:
            made = [
                baselines(y, own, horizon, count, season, names=[name]).get(name)
                for y, own in zip(series, starts, strict=True)
            ]
            if all(one is not None for one in made):
                into[name] = errors(starts, made)
    return found


if __name__ == "__main__":
    main()
