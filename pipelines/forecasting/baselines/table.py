"""The table of baselines, forecasts that any network has to beat.

Each takes the series `y (rows,)`, increasing origins and the horizon, and returns
`(origins, horizon)`. None reads rows after an origin; parameters are fitted on the training span
only, and then used for all origins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import one_of
from .autoregression import carried_forward, linear_ar
from .naive import drift, last_value, seasonal


@dataclass(frozen=True)
class BaselineTask:
    """The arguments of a baseline.

    Attributes:
        y: series, `(rows,)`; its first value is known, others may be missing (NaN).
        known: the series with missing values replaced by the last known one, `(rows,)`.
        origins: increasing rows, one or more.
        horizon: number of leads.
        training_rows: number of rows to fit on, the first ones.
        season: number of rows in a season; 1 for none.
        order: order of the autoregression; `None` for a choice by AIC.
    """

    y: np.ndarray
    known: np.ndarray
    origins: np.ndarray
    horizon: int
    training_rows: int
    season: int
    order: int | None


def _seasonal(task: BaselineTask) -> np.ndarray | None:
    if task.season == 1:
        return None
    return seasonal(task.known, task.origins, task.horizon, task.season)


def _linear_ar(t: BaselineTask) -> np.ndarray | None:
    return linear_ar(t.y, t.origins, t.horizon, t.training_rows, t.season, t.order)


def _ets(t: BaselineTask) -> np.ndarray | None:
    from .classical import ets  # statsmodels takes seconds to import

    return ets(t.known, t.origins, t.horizon, t.training_rows, t.season)


def _theta(t: BaselineTask) -> np.ndarray | None:
    from .classical import theta

    return theta(t.known, t.origins, t.horizon, t.training_rows, t.season)


#: Each returns `(origins, horizon)`, or `None` where it cannot forecast: without a season, or
#: with too few rows to fit.
BASELINES: dict[str, Callable[[BaselineTask], np.ndarray | None]] = {
    "naive-last": lambda task: last_value(task.known, task.origins, task.horizon),
    "naive-seasonal": _seasonal,
    "naive-drift": lambda task: drift(task.known, task.origins, task.horizon),
    "linear-ar": _linear_ar,
    "ets": _ets,
    "theta": _theta,
}


def baselines(
    y: np.ndarray,
    origins: np.ndarray,
    horizon: int,
    training_rows: int,
    season: int,
    order: int | None = None,
    names: Sequence[str] | None = None,
) -> dict[str, np.ndarray]:
    """Forecasts of all baselines by name, each `(origins, horizon)`, in the order of `BASELINES`.

    Args:
        y: series, `(rows,)`; a missing value (NaN) is replaced by the last known one, but
            `linear-ar` does not fit such targets. Origins before the first known value get NaN.
        origins: increasing rows; without origins the forecasts have no rows.
        horizon: number of leads.
        training_rows: number of rows to fit on, the first ones.
        season: number of rows in a season; 1 for none.
        order: order of `linear-ar`; by default chosen by AIC.
        names: names of baselines, by default all. Those that cannot forecast are left out: the
            seasonal one without a season, a fitted one with fewer than ten rows to fit.

    Raises:
        ArgumentError: a name that is not in `BASELINES`.
    """
    wanted = (
        BASELINES if names is None else [one_of("baselines", name, BASELINES) for name in names]
    )
    y = np.asarray(y, float)
    known = np.flatnonzero(~np.isnan(y))
    first = int(known[0]) if len(known) else len(y)  # no forecasts before it
    later = origins[origins >= first] - first
    y, training_rows = y[first:], max(0, training_rows - first)
    task = BaselineTask(y, carried_forward(y), later, horizon, training_rows, season, order)
    result = {}
    for name in [name for name in BASELINES if name in wanted]:
        forecasts = BASELINES[name](task) if len(later) else np.empty((0, horizon))
        if forecasts is not None:
            before = np.full((len(origins) - len(later), horizon), np.nan)
            result[name] = np.concatenate([before, forecasts])
    return result
