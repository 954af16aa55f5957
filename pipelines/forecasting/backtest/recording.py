"""Logs a backtest to a recorder."""

import numpy as np

from ...evaluation import metrics
from ...recorder import Recorder
from .result import Backtest
from .scored import WALK

FOLDS = 10  # most parts of the test, in order of time, whose errors are logged one by one


def record(backtest: Backtest, recorder: Recorder, model: str | None = None) -> None:
    """Logs the errors of one model of a backtest, by default the network.

    In addition to the scores: sMAPE, where all values are above 0; CRPS and pinball loss of
    quantiles from past errors, and coverage, width and interval score of the 80 % intervals; the
    error in each part of the test; the errors of the members of an ensemble; and, where the
    random walk is among the baselines, the RMSE relative to it and the share of correct
    directions with its 95 % interval, one step ahead.
    """
    model = model or backtest.model
    scores = backtest.scores(model) | _intervals(backtest, model)
    if not (backtest.truth <= 0).any():
        scores["smape"] = float(metrics.smape(backtest.truth, backtest.forecasts[model]))
    if WALK in backtest.forecasts and model != WALK:
        walk = backtest.compare_to_random_walk(model, 1)
        scores |= {"ratio_random_walk": walk["ratio"], "direction": walk["right"]}
        scores |= {f"direction_{end}": walk[f"right_{end}"] for end in ("lower", "upper")}
    recorder.metrics({f"test/{key}": value for key, value in scores.items()})
    if backtest.members is not None and len(backtest.members) > 1 and model == backtest.model:
        alone = backtest.members[backtest.error]
        name = f"members/{backtest.error}"
        recorder.metrics(
            {f"{name}_mean": float(alone.mean()), f"{name}_spread": float(alone.std())}
        )
    leads = backtest.by_lead[backtest.by_lead["model"] == model]
    for key in ("mae", "rmse", "skill"):
        recorder.series(f"horizon/{key}", leads[key].to_numpy())
    recorder.series(f"test/{backtest.error}_by_fold", _by_fold(backtest, model))


def _intervals(backtest: Backtest, model: str) -> dict[str, float]:
    """Scores of the known intervals: a short test has none, or no wide ones."""
    found = backtest.interval_scores(model)
    return {
        "crps": found["crps"],
        "pinball": float(backtest.intervals(model)["pinball"].mean()),
        "coverage_80": found["coverage"],
        "coverage_80_worst": found["worst"],
        "width_80": found["width"],
        "winkler_80": found["winkler"],
    }


def _by_fold(backtest: Backtest, model: str) -> list[float]:
    errors = backtest.over_time(model).mean(axis=1)
    fold = np.arange(len(errors)) * min(FOLDS, len(errors)) // len(errors)
    return errors.groupby(fold).mean().tolist()
