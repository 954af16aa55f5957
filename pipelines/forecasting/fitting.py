"""Trains the network of a forecaster and chooses its weights on later rows."""

from typing import Any

import numpy as np

from .. import metrics
from ..recorder import Recorder
from ..training import History
from ..windows import origins_between
from .architectures import Architecture
from .chunks import train
from .rows import Rows
from .settings import Plan

WARM = 4  # look-backs read before the validation span, from a state of zero


def fit_network(
    architecture: Architecture,
    rows: Rows,
    plan: Plan,
    horizon: int,
    settings: dict[str, Any],
    recorder: Recorder,
) -> History:
    """Trains on the first `plan.training` rows, in place.

    After each epoch the network forecasts from every origin of the rows held out, as it
    will be used; their mean absolute error, in the unit of the target, is its score.
    """
    warm = max(0, plan.training - WARM * plan.lookback)
    origins = origins_between(plan.training, len(rows), horizon) - warm
    known = rows[warm:]
    truth = known.level[origins[:, None] + np.arange(1, horizon + 1)]

    def score() -> float:
        return float(metrics.mae(truth, architecture.forecast_origins(known, origins, horizon)))

    return train(
        architecture.network,
        architecture.chunks(rows[: plan.training], plan.lookback, burn_in=plan.lookback // 2),
        score,
        epochs=settings["epochs"],
        patience=settings["patience"],
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
        recorder=recorder,
    )
