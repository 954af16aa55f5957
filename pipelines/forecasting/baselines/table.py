"""The table of baselines, forecasts that any network has to beat.

Each takes the series `y (rows,)`, increasing origins and the horizon, and returns
`(origins, horizon)`. None reads rows after an origin; parameters are fitted on the training span
only, and then used for all origins.
"""

from collections.abc import Sequence

import numpy as np

from ....errors import one_of
from .autoregression import carried_forward
from .naive import drift, last_value, seasonal
from .variants import Baseline, BaselineTask, direct_ar, of_logarithm, seasonal_ar


def _seasonal(task: BaselineTask) -> np.ndarray | None:
    if task.season == 1:
        return None
    return seasonal(task.known, task.origins, task.horizon, task.season)


def _ets(t: BaselineTask) -> np.ndarray | None:
    from .classical import ets  # statsmodels takes seconds to import

    return ets(t.known, t.origins, t.horizon, t.training_rows, t.season)


def _theta(t: BaselineTask) -> np.ndarray | None:
    from .classical import theta

    return theta(t.known, t.origins, t.horizon, t.training_rows, t.season)


#: Each returns `(origins, horizon)`, or `None` where it cannot forecast: without a season, or
#: with too few rows to fit.
BASELINES: dict[str, Baseline] = {
    "naive-last": lambda task: last_value(task.known, task.origins, task.horizon),
    "naive-seasonal": _seasonal,
    "naive-drift": lambda task: drift(task.known, task.origins, task.horizon),
    "linear-ar": direct_ar,
    "ets": _ets,
    "theta": _theta,
}

#: Further ones, which an `AutoForecaster` tries: part of a table only by name.
VARIANTS: dict[str, Baseline] = {
    "linear-ar-log": of_logarithm(direct_ar),
    "seasonal-ar": seasonal_ar,
    "seasonal-ar-log": of_logarithm(seasonal_ar),
    "ets-log": of_logarithm(_ets),
    "theta-log": of_logarithm(_theta),
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
        names: names in `BASELINES` or `VARIANTS`, by default all `BASELINES`. Those that cannot
            forecast are left out: the seasonal one without a season, a fitted one with fewer
            than ten rows to fit.

    Raises:
        ArgumentError: no such name.
    """
    known_names = BASELINES | VARIANTS
    wanted = (
        BASELINES if names is None else [one_of("baselines", name, known_names) for name in names]
    )
    y = np.asarray(y, float)
    known = np.flatnonzero(~np.isnan(y))
    first = int(known[0]) if len(known) else len(y)  # no forecasts before it
    later = origins[origins >= first] - first
    y, training_rows = y[first:], max(0, training_rows - first)
    task = BaselineTask(y, carried_forward(y), later, horizon, training_rows, season, order)
    result = {}
    for name in [name for name in known_names if name in wanted]:
        forecasts = known_names[name](task) if len(later) else np.empty((0, horizon))
        if forecasts is not None:
            before = np.full((len(origins) - len(later), horizon), np.nan)
            result[name] = np.concatenate([before, forecasts])
    return result
