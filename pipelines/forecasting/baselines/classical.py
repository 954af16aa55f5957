"""Exponential smoothing and the Theta method: fitted once, rolled over all origins.

Both take the series `y (rows,)` without gaps, increasing origins, the horizon, the number of
training rows and the season, and return `(origins, horizon)`. Parameters come from the training
span; the states then follow the series in one pass.

Both return `None` where the training span is shorter than `SHORTEST`, and the last value where
it is constant: the parameters are then undetermined, and both families include the random walk.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

import numpy as np
from scipy.signal import lfilter
from statsmodels.tools.eval_measures import aicc
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel

from .naive import last_value

SHORTEST = 10  # least training rows, which statsmodels needs for the first states
LONGEST = 10_000  # most training rows that are fitted, the last ones
SEASONS = 3  # least seasons in the fitted rows for a seasonal model
LONGEST_SEASON = 366  # longest season of ETS, which updates a whole season in each step
LEAST_INDEX = 0.1  # smallest seasonal factor: dividing by less amplifies values out of season
BLOCK = 16_384  # rows smoothed at once: bounds the memory at any length

logger = logging.getLogger("rnnzoo")


def ets(
    y: np.ndarray, origins: np.ndarray, horizon: int, training_rows: int, season: int
) -> np.ndarray | None:
    """Exponential smoothing with additive error and damped trend, with or without a season.

    ```
    ε_t = y_t − l_{t−1} − φ b_{t−1} − s_{t−m}
    l_t = l_{t−1} + φ b_{t−1} + α ε_t
    b_t = φ b_{t−1} + β ε_t
    s_t = s_{t−m} + γ ε_t
    ŷ_{t+h} = l_t + (φ + … + φ^h) b_t + s_{t−m+1+(h−1) mod m}
    ```

    α, β, γ, φ maximize the likelihood on the training span; the first states are estimated from
    its first seasons. The corrected AIC chooses between ETS(A,Ad,A) and ETS(A,Ad,N), in which
    s = 0: a season of 365 days needs 364 first states, which three years of weather determine
    poorly. Only ETS(A,Ad,N) is fitted where the span holds too few seasons, or the season is
    longer than `LONGEST_SEASON`.

    R. J. Hyndman, A. B. Koehler, J. K. Ord & R. D. Snyder (2008), Forecasting with
    Exponential Smoothing.
    """
    training = y[:training_rows]
    if len(training) < SHORTEST:
        return None
    window = training[-LONGEST:]
    if np.ptp(window) == 0:
        return last_value(y, origins, horizon)
    mean, scale = window.mean(), window.std()  # far from 1 the optimizer fails
    seasons = [1]
    if season <= LONGEST_SEASON and _holds_seasons(window, season):
        seasons.append(season)
    fits = [_fit_ets((window - mean) / scale, one) for one in seasons]
    _, season, parameters = min(fits, key=itemgetter(0))  # the one without a season if equal
    start = _ets_model((training - mean) / scale, season, "heuristic")
    level, trend, seasonal = start.initial_level, start.initial_trend, start.initial_seasonal
    lead = np.arange(1, horizon + 1)
    damped = np.cumsum(parameters[-1] ** lead)
    forecasts = []
    for first in range(0, origins[-1] + 1, BLOCK):
        end = min(first + BLOCK, origins[-1] + 1)
        # statsmodels fails on a single row: one is appended and never used
        rows = np.append((y[first:end] - mean) / scale, 0.0)
        block = _ets_model(rows, season, "known", level, trend, seasonal)
        states = block.smooth(parameters, return_raw=True)[1][:-1]
        here = origins[np.searchsorted(origins, first) : np.searchsorted(origins, end)] - first
        forecast = states[here, :1] + states[here, 1:2] * damped
        if season > 1:
            past = np.concatenate([seasonal, states[:, 2]])  # row t at t + season
            forecast += past[here[:, None] + 1 + (lead - 1) % season]
            seasonal = past[-season:]
        level, trend = states[-1, :2]
        forecasts.append(forecast * scale + mean)
    return np.concatenate(forecasts)


def theta(
    y: np.ndarray, origins: np.ndarray, horizon: int, training_rows: int, season: int
) -> np.ndarray | None:
    """The standard Theta method: smoothing with half the drift of a trend line.

    ```
    x_t = y_t less its seasonal index, or divided by it
    l_t = l_{t−1} + α (x_t − l_{t−1}),   l_0 = x_0
    x̂_{t+h} = l_t + ½ b (h − 1 + 1/α − (1−α)^{t+1}/α)
    ```

    α (by least squares), the slope b of a line through x, and the seasonal indices come from the
    training span. The indices are factors where all values are positive and no factor is below
    `LEAST_INDEX`, else terms. As in the standard method, a test of autocorrelation at the lag of
    the season decides whether there is a season, not AIC as in `ets`; a long season that is
    poorly determined, as in three years of weather, may pass it.

    V. Assimakopoulos & K. Nikolopoulos (2000), The theta model: a decomposition approach to
    forecasting; R. J. Hyndman & B. Billah (2003), Unmasking the Theta method.
    """
    training = y[:training_rows]
    if len(training) < SHORTEST:
        return None
    outside = max(0, len(training) - LONGEST)
    window = training[outside + -outside % season :]  # from the first row of a season
    if np.ptp(window) == 0:
        return last_value(y, origins, horizon)
    season = season if _holds_seasons(window, season) else 1
    slope, alpha, index, factors = _fit_theta(window, season)
    rows = np.arange(origins[-1] + 1)
    known = y[: len(rows)]
    x = known / index[rows % season] if factors else known - index[rows % season]
    level, _ = lfilter([alpha], [1, alpha - 1], x, zi=[(1 - alpha) * x[0]])
    lead, t = np.arange(1, horizon + 1), origins[:, None]
    drift = slope * (lead - 1 + 1 / alpha - (1 - alpha) ** (t + 1) / alpha)
    forecast = level[t] + drift / 2
    ahead = index[(t + lead) % season]
    return forecast * ahead if factors else forecast + ahead


def _holds_seasons(training: np.ndarray, season: int) -> bool:
    """Whether the rows suffice for a seasonal model; ETS needs `SHORTEST` rows in addition."""
    return season > 1 and len(training) >= max(SEASONS * season, SHORTEST + season)


def _ets_model(y: np.ndarray, season: int, initialization_method: str, *states: Any) -> ETSModel:
    names = ("initial_level", "initial_trend", "initial_seasonal")
    return ETSModel(
        y,
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add" if season > 1 else None,
        seasonal_periods=season if season > 1 else None,
        initialization_method=initialization_method,
        **dict(zip(names, states, strict=False)),
    )


def _fit_ets(y: np.ndarray, season: int) -> tuple[float, int, np.ndarray]:
    """Fits ETS: the corrected AIC, the season, and the parameters α, β, γ (if seasonal), φ."""
    model = _ets_model(y, season, initialization_method="heuristic")
    with _search("ETS"):
        parameters = model.fit(disp=False, return_params=True)
        likelihood = model.loglike(parameters)
    states = 2 + (season - 1)  # level, trend, and a season that sums to zero
    free = len(parameters) + states + 1  # with the variance
    return aicc(likelihood, len(y), free), season, parameters


def _fit_theta(window: np.ndarray, season: int) -> tuple[float, float, np.ndarray, bool]:
    """Fits Theta: slope, α, the index of each row of a season, and whether these are factors."""
    method = "auto"
    while True:
        model = ThetaModel(window, period=season, deseasonalize=season > 1, method=method)
        with _search("Theta"):
            result = model.fit()
        index = result.forecast_components(season)["seasonal"].to_numpy()
        factors = model.method.startswith("mul")
        if not factors or index.min() >= LEAST_INDEX:
            slope, alpha = result.params
            return slope, alpha, np.roll(index, len(window)), factors
        method = "additive"


@contextmanager
def _search(name: str) -> Iterator[None]:
    """Logs a search for parameters that ended early, which still gives a usable baseline.

    An exact fit of the training rows has an infinite likelihood, which is no reason to warn.
    """
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always", ConvergenceWarning)
        yield
    for one in caught:
        if issubclass(one.category, ConvergenceWarning):
            logger.info("%s: %s", name, one.message)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
