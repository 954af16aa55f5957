"""The table of baselines, forecasts that any network has to beat.

Each is fitted to the training rows of a series, and then follows the series row by row: none reads
rows after an origin, and what follows a row costs the same after any number of rows.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ....errors import one_of
from .autoregression import fit_ar
from .base import BaselineTask, FittedBaseline, from_plain
from .naive import Drift, LastValue, SeasonalValue
from .variants import Fit, fit_seasonal_ar, of_logarithm


def _seasonal(task: BaselineTask) -> FittedBaseline | None:
    return None if task.season == 1 else SeasonalValue(task.season)


def _ets(task: BaselineTask) -> FittedBaseline | None:
    from .classical import fit_ets  # statsmodels takes seconds to import

    return fit_ets(task)


def _theta(task: BaselineTask) -> FittedBaseline | None:
    from .classical import fit_theta

    return fit_theta(task)


#: Each returns a baseline before the first row, or `None` where it cannot be fitted: without a
#: season, or with too few rows.
BASELINES: dict[str, Fit] = {
    "naive-last": lambda task: LastValue(),
    "naive-seasonal": _seasonal,
    "naive-drift": lambda task: Drift(),
    "linear-ar": fit_ar,
    "ets": _ets,
    "theta": _theta,
}

#: Further ones, which an `AutoForecaster` tries: part of a table only by name.
VARIANTS: dict[str, Fit] = {
    "linear-ar-log": of_logarithm(fit_ar),
    "seasonal-ar": fit_seasonal_ar,
    "seasonal-ar-log": of_logarithm(fit_seasonal_ar),
    "ets-log": of_logarithm(_ets),
    "theta-log": of_logarithm(_theta),
}


def restored(kind: dict[str, Any], arrays: Iterator[np.ndarray]) -> FittedBaseline:
    """`from_plain` of any baseline of the table."""
    if not set(_kinds(kind)) <= set(FittedBaseline.kinds):
        from . import classical  # noqa: F401, statsmodels takes seconds to import
    return from_plain(kind, arrays)


def _kinds(kind: dict[str, Any]) -> Iterator[str]:
    """The kind, and those of the baselines that it is made of."""
    yield kind["kind"]
    for part in kind.values():
        if isinstance(part, dict):
            yield from _kinds(part)


def fit_baseline(
    name: str,
    y: np.ndarray,
    horizon: int,
    season: int,
    order: int | None = None,
    history: int | None = None,
) -> FittedBaseline | None:
    """Fits one baseline to the training rows of a series.

    Args:
        name: name in `BASELINES` or `VARIANTS`.
        y: training rows, `(rows,)`; NaN where missing.
        horizon: number of leads.
        season: number of rows in a season; 1 for none.
        order: order of `linear-ar`; by default chosen by AIC.
        history: least number of rows up to and including an origin, from the first known value
            on; by default all.

    Returns:
        The baseline before the first row; `None` where it cannot be fitted.
    """
    known = np.flatnonzero(~np.isnan(y))
    training = y[known[0] :] if len(known) else y[:0]
    history = len(training) if history is None else history
    return (BASELINES | VARIANTS)[name](BaselineTask(training, horizon, season, order, history))


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
    first = int(known[0]) if len(known) else len(y)
    later = origins[origins >= first]
    result = {}
    for name in [name for name in known_names if name in wanted]:
        if not len(later):
            result[name] = np.full((len(origins), horizon), np.nan)
            continue
        history = int(later[0]) - first + 1
        fitted = fit_baseline(name, y[:training_rows], horizon, season, order, history)
        if fitted is not None:
            result[name] = fitted.roll(y[: origins[-1] + 1], origins, horizon)[0]
    return result
