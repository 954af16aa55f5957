"""Exponential smoothing and the Theta method: fitted once, rolled over all origins.

Parameters come from the training span; the states then follow the series.

Both are `None` where the training span is shorter than `SHORTEST`, and the last value where it is
constant: the parameters are then undetermined, and both families include the random walk.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

import numpy as np
from scipy.signal import lfilter
from statsmodels.tools.eval_measures import aicc
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel

from .base import BaselineTask, FittedBaseline, begun, carried_forward, missing_before
from .naive import LastValue

SHORTEST = 10  # least training rows, which statsmodels needs for the first states
LONGEST = 10_000  # most training rows that are fitted, the last ones
SEASONS = 3  # least seasons in the fitted rows for a seasonal model
LONGEST_SEASON = 366  # longest season of ETS, which updates a whole season in each step
LEAST_INDEX = 0.1  # smallest seasonal factor: dividing by less amplifies values out of season
BLOCK = 16_384  # rows smoothed at once: bounds the memory at any length

logger = logging.getLogger("rnnzoo")


@dataclass(frozen=True)
class ETS(FittedBaseline):
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

    Attributes:
        mean, scale: by which values are standardized: far from 1 the optimizer fails.
        season: m; 1 for none.
        rows: number of training rows.
        parameters: α, β, γ (if seasonal), φ.
        level, trend: l and b after the last row.
        seasonal: s of the last m rows.
        tail: the last value, a missing one replaced by the last known one; empty before the first.
    """

    mean: float
    scale: float
    season: int
    rows: int
    parameters: np.ndarray
    level: float
    trend: float
    seasonal: np.ndarray
    tail: np.ndarray = field(default_factory=lambda: np.empty(0))

    def roll(self, y: np.ndarray, origins: np.ndarray, leads: int) -> tuple[np.ndarray, "ETS"]:
        values, offset = begun(self.tail, y)
        known, read = carried_forward(values), len(self.tail)
        at = origins + offset - read  # rows among those that follow the last one read
        lead = np.arange(1, leads + 1)
        damped = np.cumsum(self.parameters[-1] ** lead)
        level, trend, seasonal = self.level, self.trend, self.seasonal
        parts = []
        if (at == -1).any():
            phase = seasonal[(lead - 1) % self.season] if self.season > 1 else 0.0
            parts.append((level + trend * damped + phase)[None])
        z = (known[read:] - self.mean) / self.scale
        for first in range(0, len(z), BLOCK):
            # statsmodels fails on a single row: one is appended and never used
            rows = np.append(z[first : first + BLOCK], 0.0)
            block = _ets_model(rows, self.season, "known", level, trend, seasonal)
            states = block.smooth(self.parameters, return_raw=True)[1][:-1]
            here = at[(at >= first) & (at < first + BLOCK)] - first
            forecast = states[here, :1] + states[here, 1:2] * damped
            if self.season > 1:
                past = np.concatenate([seasonal, states[:, 2]])  # row t at t + season
                forecast += past[here[:, None] + 1 + (lead - 1) % self.season]
                seasonal = past[-self.season :]
            level, trend = states[-1, :2]
            parts.append(forecast)
        made = np.full((len(origins), leads), np.nan)
        if parts:
            there = origins + offset >= 0  # the others are before the first known value
            made[there] = np.concatenate(parts)[-there.sum() :] * self.scale + self.mean
        state: dict[str, Any] = {"level": float(level), "trend": float(trend), "seasonal": seasonal}
        return made, replace(self, **state, tail=known[-1:])

    def restarted(self, y: np.ndarray) -> "ETS | None":
        known = carried_forward(begun(np.empty(0), y)[0])[: self.rows]
        if len(known) < SHORTEST or (self.season > 1 and not _holds_seasons(known, self.season)):
            return None
        start = _ets_model((known - self.mean) / self.scale, self.season, "heuristic")
        return replace(self, **_first_states(start), tail=np.empty(0))


def fit_ets(task: BaselineTask) -> FittedBaseline | None:
    """Fits `ETS`, before the first row."""
    training, season = carried_forward(task.y), task.season
    if len(training) < SHORTEST:
        return None
    window = training[-LONGEST:]
    if np.ptp(window) == 0:
        return LastValue()
    mean, scale = window.mean(), window.std()
    seasons = [1]
    if season <= LONGEST_SEASON and _holds_seasons(window, season):
        seasons.append(season)
    fits = [_fit_ets((window - mean) / scale, one) for one in seasons]
    _, season, parameters = min(fits, key=itemgetter(0))  # the one without a season if equal
    start = _ets_model((training - mean) / scale, season, "heuristic")
    rows = len(training)
    return ETS(float(mean), float(scale), season, rows, parameters, **_first_states(start))


def _first_states(model: ETSModel) -> dict[str, Any]:
    seasonal = np.empty(0) if model.initial_seasonal is None else model.initial_seasonal
    level, trend = float(model.initial_level), float(model.initial_trend)
    return {"level": level, "trend": trend, "seasonal": np.asarray(seasonal)}


@dataclass(frozen=True)
class Theta(FittedBaseline):
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

    Attributes:
        slope: b.
        alpha: α.
        index: index of each row of a season, from the first row of the series on.
        factors: whether the indices are factors.
        level: l after the last row.
        t: number of rows from the first known value to the last row; −1 before it.
        tail: the last value, a missing one replaced by the last known one; empty before the first.
    """

    slope: float
    alpha: float
    index: np.ndarray
    factors: bool
    level: float = np.nan
    t: int = -1
    tail: np.ndarray = field(default_factory=lambda: np.empty(0))

    def roll(self, y: np.ndarray, origins: np.ndarray, leads: int) -> tuple[np.ndarray, "Theta"]:
        values, offset = begun(self.tail, y)
        if not len(values):
            return np.full((len(origins), leads), np.nan), self
        known = carried_forward(values)[len(self.tail) :]
        season, alpha, t = len(self.index), self.alpha, self.t
        phases = self.index[(t + 1 + np.arange(len(known))) % season]
        x = known / phases if self.factors else known - phases
        before = self.level if len(self.tail) else x[0]
        level, _ = lfilter([alpha], [1, alpha - 1], x, zi=[(1 - alpha) * before])
        level = np.concatenate([[self.level], level])
        at = np.maximum(origins + offset - len(self.tail) + 1, 0)
        lead, row = np.arange(1, leads + 1), (t + at)[:, None]
        drift = self.slope * (lead - 1 + 1 / alpha - (1 - alpha) ** (row + 1) / alpha)
        forecast = level[at][:, None] + drift / 2
        ahead = self.index[(row + lead) % season]
        forecast = forecast * ahead if self.factors else forecast + ahead
        after = replace(self, level=float(level[-1]), t=t + len(known), tail=values[-1:])
        if len(known):
            after = replace(after, tail=known[-1:])
        return missing_before(origins + offset, forecast), after

    def restarted(self, y: np.ndarray) -> "Theta":
        """As of every baseline; the history begins at the same position in the season."""
        return Theta(self.slope, self.alpha, self.index, self.factors)


def fit_theta(task: BaselineTask) -> FittedBaseline | None:
    """Fits `Theta`, before the first row."""
    training, season = carried_forward(task.y), task.season
    if len(training) < SHORTEST:
        return None
    outside = max(0, len(training) - LONGEST)
    window = training[outside + -outside % season :]  # from the first row of a season
    if np.ptp(window) == 0:
        return LastValue()
    season = season if _holds_seasons(window, season) else 1
    slope, alpha, index, factors = _fit_theta(window, season)
    return Theta(float(slope), float(alpha), index, factors)


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
