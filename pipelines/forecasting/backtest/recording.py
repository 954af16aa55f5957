"""What a run tells of a backtest."""

import numpy as np

from ...evaluation import metrics
from ...recorder import Recorder
from .result import WALK, Backtest

FOLDS = 10  # parts of the test, at most, in order of time, whose errors are told one by one


def record(backtest: Backtest, recorder: Recorder, model: str | None = None) -> None:
    """Tells a recorder the errors of one model of a backtest, by default the network.

    Beside the scores: sMAPE where nothing is 0 or below; how its intervals from past errors
    fare; the error in each part of the test; of an ensemble, what its members do alone; and
    where the random walk is there to compare with, the RMSE relative to its own and the share of
    ups and downs called right, one step ahead.
    """
    model = model or backtest.model
    told = backtest.scores(model) | _intervals(backtest, model)
    if not (backtest.truth <= 0).any():
        told["smape"] = float(metrics.smape(backtest.truth, backtest.forecasts[model]))
    if WALK in backtest.forecasts and model != WALK:
        beside = backtest.compare_to_random_walk(model, 1)
        told |= {"ratio_random_walk": beside["ratio"], "direction": beside["right"]}
    recorder.metrics({f"test/{key}": value for key, value in told.items()})
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
    """Of those that are known: wide ones need a longer test, and a short one knows none."""
    table = backtest.intervals(model)
    return {
        "coverage_80": float(table.loc[table["nominal"] == 0.8, "coverage"].item()),
        "pinball": float(table["pinball"].mean()),
    }


def _by_fold(backtest: Backtest, model: str) -> list[float]:
    errors = backtest.over_time(model).mean(axis=1)
    fold = np.arange(len(errors)) * min(FOLDS, len(errors)) // len(errors)
    return errors.groupby(fold).mean().tolist()
