"""Ways to combine baselines by their validation errors, on small series: what `auto` rests on.

    python benchmarks/combinations.py --csv small_series.csv.gz

The series and origins of `small.py`. Each baseline is fitted to the rows before the last fifth and
forecasts it from every origin, then is fitted to all rows and forecasts what follows, which is
scored once. A minute on one core.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rnnzoo.experiments.reports.style import markdown
from rnnzoo.pipelines.forecasting.auto.combination import (
    combination_weights,
    inverse_square_weights,
)
from rnnzoo.pipelines.forecasting.baselines.table import BASELINES, VARIANTS, baselines
from small import Origin, origins_of

AR = ["linear-ar", "linear-ar-log", "seasonal-ar", "seasonal-ar-log"]
POOLS = {
    "AR and ETS, of the logarithm too": [*AR, "ets", "ets-log"],
    "without logarithms of levels": [
        "linear-ar",
        "seasonal-ar",
        "seasonal-ar-log",
        "ets",
        "ets-log",
    ],
    "and the value of a season before": [*AR, "ets", "ets-log", "naive-seasonal"],
    "and Theta": [*AR, "ets", "ets-log", "theta"],
    "AR alone": AR,
    "ETS alone": ["ets", "ets-log"],
}


@dataclass(frozen=True)
class Tried:
    """The forecasts of all baselines from one origin.

    Attributes:
        origin: with the truth.
        errors: absolute errors in the validation, by name, `(origins, horizon)`.
        validation: forecasts there.
        truth: truth there.
        forecasts: from the origin itself, fitted to all rows, `(horizon,)`.
    """

    origin: Origin
    errors: dict[str, np.ndarray]
    validation: dict[str, np.ndarray]
    truth: np.ndarray
    forecasts: dict[str, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, required=True)
    a = parser.parse_args()
    tried = [try_all(one) for one in origins_of(a.csv)]
    singles = {
        name: [t.origin.mase(t.forecasts[name]) for t in tried if name in t.forecasts]
        for name in (*BASELINES, *VARIANTS)
    }
    table = {name: {"MASE": np.mean(own), "origins": len(own)} for name, own in singles.items()}
    print(markdown(pd.DataFrame(table).T.round(3).rename_axis("baseline").reset_index()), "\n")
    rows = {
        pool: {
            way: np.mean([combined(t, names, weigh) for t in tried]) for way, weigh in WAYS.items()
        }
        for pool, names in POOLS.items()
    }
    print(markdown(pd.DataFrame(rows).T.round(3).rename_axis("pool").reset_index()))


def try_all(origin: Origin) -> Tried:
    y, h, n = origin.known, origin.horizon, len(origin.known)
    training = n - max(h, round(0.2 * n))
    starts = np.arange(training - 1, n - h)
    names = [*BASELINES, *VARIANTS]
    validation = baselines(y, starts, h, training, origin.season, names=names)
    forecasts = baselines(y, np.array([n - 1]), h, n, origin.season, names=names)
    truth = y[starts[:, None] + np.arange(1, h + 1)]
    both = [name for name in forecasts if name in validation]
    errors = {name: np.abs(validation[name] - truth) for name in both}
    return Tried(origin, errors, validation, truth, {name: forecasts[name][0] for name in both})


def combined(tried: Tried, names: list[str], weigh: Callable) -> float:
    there = [name for name in names if name in tried.forecasts]
    weights = weigh(tried, there)
    return tried.origin.mase(weights @ np.stack([tried.forecasts[name] for name in there]))


def inverse(power: float, largest: float = np.inf) -> Callable:
    """Weights in proportion to 1 / errorᵖ, of those up to `largest` times the smallest error."""

    def weigh(tried: Tried, names: list[str]) -> np.ndarray:
        errors = np.maximum([tried.errors[name].mean() for name in names], 1e-9)
        weights = (errors <= largest * errors.min()) / errors**power
        return weights / weights.sum()

    return weigh


def stacked(shrinkage: float) -> Callable:
    """As `AutoForecaster`, with another strength of the shrinkage towards 1/e², e ≤ 1.5."""

    def weigh(tried: Tried, names: list[str]) -> np.ndarray:
        unit = max(np.abs(tried.truth).mean(), 1e-9)
        errors = {n: (tried.validation[n] - tried.truth).ravel() / unit for n in names}
        start = inverse_square_weights({n: float(np.abs(e).mean()) for n, e in errors.items()})
        blocks = tried.truth.size / tried.origin.horizon**2
        found = combination_weights(start, errors, blocks, shrinkage)
        return np.array([found.get(name, 0.0) for name in names])

    return weigh


WAYS = {
    "best": inverse(1, 1.0),
    "mean": inverse(0),
    "1/e": inverse(1),
    "1/e²": inverse(2),
    "1/e³": inverse(3),
    "1/e², e ≤ 1.2": inverse(2, 1.2),
    "1/e², e ≤ 1.5": inverse(2, 1.5),
    "1/e², e ≤ 2": inverse(2, 2.0),
    "stacked": stacked(0.0),
    "shrunk, 1": stacked(1.0),
    "shrunk, 3": stacked(3.0),
    "shrunk, 10": stacked(10.0),
}


if __name__ == "__main__":
    main()
