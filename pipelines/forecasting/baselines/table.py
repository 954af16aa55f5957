"""Forecasts that any network has to beat, on arrays.

Each takes the series `y (rows,)`, the rows of rising origins and the horizon, and gives
`(origins, horizon)`. None looks past an origin; what is fitted is fitted on the training span
alone and then rolled over all origins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import one_of
from .autoregression import carried_forward, linear_ar
from .naive import drift, last_value, seasonal


@dataclass(frozen=True)
class Task:
    """What is to be forecast.

    Attributes:
        y: `(rows,)`; its first value is known, others may be missing, NaN.
        known: the same without gaps, the last known value carried forward.
        origins: rising rows, one or more.
        horizon: leads.
        training_rows: the first rows, on which everything is fitted.
        season: rows of one; 1 is none.
        order: of the autoregression; `None` leaves it to AIC.
    """

    y: np.ndarray
    known: np.ndarray
    origins: np.ndarray
    horizon: int
    training_rows: int
    season: int
    order: int | None


def _seasonal(task: Task) -> np.ndarray | None:
    if task.season == 1:
        return None
    return seasonal(task.known, task.origins, task.horizon, task.season)


def _linear_ar(t: Task) -> np.ndarray | None:
    return linear_ar(t.y, t.origins, t.horizon, t.training_rows, t.season, t.order)


def _ets(t: Task) -> np.ndarray | None:
    from .classical import ets  # statsmodels takes seconds to import

    return ets(t.known, t.origins, t.horizon, t.training_rows, t.season)


def _theta(t: Task) -> np.ndarray | None:
    from .classical import theta

    return theta(t.known, t.origins, t.horizon, t.training_rows, t.season)


#: Each gives `(origins, horizon)`, or `None` where it has nothing to say of a task: no season,
#: or too few rows to fit.
BASELINES: dict[str, Callable[[Task], np.ndarray | None]] = {
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
        y: `(rows,)`; NaN is a missing value. Then the last known value stands for it, but
            `linear-ar` fits to no such target. Origins before the first known value get NaN.
        origins: rising rows; of none, no row of each baseline wanted.
        horizon: leads.
        training_rows: the first rows, on which everything is fitted.
        season: rows of one; 1 is none.
        order: of `linear-ar`; by default AIC chooses it.
        names: of the baselines wanted, by default all. One is left out where it cannot be:
            the seasonal one without a season, a fitted one where fewer than ten rows are
            there to be fitted.

    Raises:
        ArgumentError: a name that is not in `BASELINES`.
    """
    wanted = (
        BASELINES if names is None else [one_of("baselines", name, BASELINES) for name in names]
    )
    y = np.asarray(y, float)
    there = np.flatnonzero(~np.isnan(y))
    first = int(there[0]) if len(there) else len(y)  # nothing can be said before
    later = origins[origins >= first] - first
    y, training_rows = y[first:], max(0, training_rows - first)
    task = Task(y, carried_forward(y), later, horizon, training_rows, season, order)
    found = {}
    for name in [name for name in BASELINES if name in wanted]:
        forecasts = BASELINES[name](task) if len(later) else np.empty((0, horizon))
        if forecasts is not None:
            before = np.full((len(origins) - len(later), horizon), np.nan)
            found[name] = np.concatenate([before, forecasts])
    return found
