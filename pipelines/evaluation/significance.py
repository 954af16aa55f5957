"""Tests whether one forecast is better than another, or than chance."""

import math
from dataclasses import dataclass

import numpy as np

from ...errors import ArgumentError, one_of, whole_number

LOSSES = {"absolute": np.abs, "squared": np.square}
# With fewer, a variance is too uncertain for a test:
ORIGINS = 10
STRETCHES = 3  # spans of h origins that do not overlap
BLOCKS = 5  # blocks of a bootstrap


@dataclass(frozen=True)
class DieboldMariano:
    """A Diebold–Mariano test.

    Attributes:
        difference: mean loss of the first forecast less that of the other; below zero the
            first is better.
        statistic: test statistic, corrected for small samples.
        p_value: two-sided p-value: how often equally good forecasts would differ as much. NaN
            where all losses are equal, or there are too few origins.
        origins: number of compared origins.
    """

    difference: float
    statistic: float
    p_value: float
    origins: int


def diebold_mariano(
    errors: np.ndarray, others: np.ndarray, lead: int = 1, loss: str = "absolute"
) -> DieboldMariano:
    """Tests whether two forecasts of the same values are equally good.

    ```
    d_t = L(e_t) − L(e′_t)
    V = γ_0 + 2 Σ_{k=1}^{h−1} γ_k                       γ_k the autocovariances of d
    DM = d̄ / √(V/n) · √((n + 1 − 2h + h(h−1)/n) / n)    against Student's t with n/h − 1
    ```

    Errors h steps ahead overlap, so their differences are correlated up to lag h − 1. Where
    that sum is not positive, as may happen in a small sample, Bartlett's weights 1 − k/h
    make it positive.

    V is distributed about as χ² with n/h degrees of freedom, the number of stretches that do
    not overlap. At h = 1 these are the n − 1 of Harvey, Leybourne and Newbold; at h = 24, n − 1
    degrees would find a difference between equal forecasts in one test of ten.

    Args:
        errors: errors of one forecast at one lead, `(origins,)`, in the order of time; NaN is
            left out.
        others: errors of the other forecast.
        lead: h, the number of origins whose forecasts overlap. Fewer than 3h origins, or fewer
            than ten, are not tested: even at three stretches V is not positive in one test of
            eight.
        loss: `"absolute"` or `"squared"`.

    Raises:
        ArgumentError: different shapes.

    References: Diebold and Mariano (1995), Comparing predictive accuracy; Harvey, Leybourne
    and Newbold (1997), Testing the equality of prediction mean squared errors (the
    correction); Priestley (1981), Spectral analysis and time series, section 6.2.4 (the
    degrees of freedom of a truncated window).
    """
    from scipy import stats

    h = whole_number("lead", lead)
    measure = LOSSES[one_of("loss", loss, LOSSES)]
    errors, others = np.asarray(errors, "float64"), np.asarray(others, "float64")
    if errors.shape != others.shape or errors.ndim != 1:
        raise ArgumentError(
            "Both forecasts need one error per origin. "
            f"Received: errors of shape {errors.shape} and {others.shape}"
        )
    d = measure(errors) - measure(others)
    d = d[~np.isnan(d)]
    n = len(d)
    mean = float(d.mean()) if n else math.nan
    if n < max(ORIGINS, STRETCHES * h) or not d.any():
        return DieboldMariano(mean, math.nan, math.nan, n)
    centered = d - mean
    γ = np.array([centered[k:] @ centered[: n - k] for k in range(h)]) / n
    variance = γ[0] + 2 * γ[1:].sum()
    if variance <= 0:
        variance = γ[0] + 2 * ((1 - np.arange(1, h) / h) * γ[1:]).sum()
    if variance <= 0:  # the same difference at every origin: no chance involved
        return DieboldMariano(mean, math.copysign(math.inf, mean), 0.0, n)
    correction = math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    statistic = mean / math.sqrt(variance / n) * correction
    return DieboldMariano(mean, statistic, float(2 * stats.t.sf(abs(statistic), n / h - 1)), n)


@dataclass(frozen=True)
class Ratio:
    """An error relative to another, with its 95 % interval; NaN where that is unbounded."""

    ratio: float
    lower: float
    upper: float


def rmse_ratio(errors: np.ndarray, others: np.ndarray, lead: int = 1) -> Ratio:
    """The RMSE of a forecast divided by the RMSE of another, such as the random walk.

    ```
    r² = ē / ē′                                       means of the squared errors
    interval: all r with |ē − r² ē′| ≤ t · √(V_ē − 2 r² V_ēē′ + r⁴ V_ē′)
    ```

    V are the variances of both means and their covariance in a circular block bootstrap over
    origins, which preserves the order within blocks. Blocks have ∛n origins, but at least two
    leads: shorter blocks would cut through most overlapping forecasts. t is Student's 0.975
    quantile, with one degree of freedom less than there are blocks. Quantiles of resampled
    ratios would lie too close together, as ten blocks have no tails.

    The interval is unbounded (NaN) with fewer than five blocks, or where the errors of the other
    forecast vary so much that their mean may be zero.

    Args:
        errors, others: errors of both forecasts, `(origins,)`, in the order of time; NaN is
            left out.
        lead: number of origins whose forecasts overlap.

    References: Politis and Romano (1992), A circular block-resampling procedure for
    stationary data; Fieller (1954), Some problems in interval estimation (of a ratio).
    """
    from scipy import stats

    pairs = np.stack([np.asarray(errors, "float64"), np.asarray(others, "float64")]) ** 2
    squares = pairs[:, ~np.isnan(pairs).any(axis=0)]
    n = squares.shape[1]
    if not squares[1].any():
        return Ratio(math.nan, math.nan, math.nan)
    own, other = squares.mean(axis=1)
    ratio = math.sqrt(own / other)
    block = max(2 * whole_number("lead", lead), math.ceil(n ** (1 / 3)))
    if n / block < BLOCKS:
        return Ratio(ratio, math.nan, math.nan)
    V = _covariance(squares, block)
    t = stats.t.ppf(0.975, n / block - 1)
    # the interval's ends are the roots of a r⁴ − 2b r² + c
    a, b, c = other**2 - t**2 * V[1, 1], own * other - t**2 * V[0, 1], own**2 - t**2 * V[0, 0]
    if a <= 0:
        return Ratio(ratio, math.nan, math.nan)
    half = math.sqrt(max(0.0, b**2 - a * c))
    lower, upper = (math.sqrt(max(0.0, (b + side * half) / a)) for side in (-1, 1))
    return Ratio(ratio, lower, upper)


def _covariance(values: np.ndarray, block: int) -> np.ndarray:
    """The covariance of the means of the rows of `(rows, n)` in a circular block bootstrap.

    It needs no random draws: a resample consists of n / block of the n equally likely blocks.
    """
    n = values.shape[1]
    centered = values - values.mean(axis=1, keepdims=True)
    before = np.zeros((len(values), 1))
    total = np.concatenate([before, centered, centered[:, : block - 1]], axis=1).cumsum(axis=1)
    sums = total[:, block:] - total[:, :-block]  # of the block that begins at each origin
    return sums @ sums.T / (block * n**2)


@dataclass(frozen=True)
class Direction:
    """How often the direction of change was forecast correctly.

    Attributes:
        share: share of correct calls.
        lower: lower end of its 95 % interval.
        upper: upper end of its 95 % interval.
        majority: share of the more frequent direction, the score of always calling that one.
        p_value: one-sided p-value of the hypothesis that calls are no better than `majority`.
        calls: effective number of independent calls, used for interval and p-value.
    """

    share: float
    lower: float
    upper: float
    majority: float
    p_value: float
    calls: int


def direction(
    truth: np.ndarray,
    forecast: np.ndarray,
    level: np.ndarray,
    lead: int = 1,
    times: np.ndarray | None = None,
) -> Direction:
    """How often a forecast has the direction of the truth, from the last known value.

    Calls from successive origins share most of the steps they forecast, and calls for series
    that move together are correlated. The interval is Clopper and Pearson's for the effective
    number of independent calls, after Korn and Graubard:

    ```
    n = p (1 − p) / V · (t_{N−1} / t_{B−1})²        between times / h and N
    ```

    p is the share of N calls, V its variance in a circular block bootstrap over B blocks of
    origin times, each of two leads; t are Student's 0.975 quantiles. With fewer than five blocks
    the variance is unknown, and every h-th time counts as one call. Calls of one series that do
    not overlap count as independent.

    A forecast of no change is a wrong call in either case; origins where the truth does not
    change are left out.

    Args:
        truth, forecast: `(origins,)`; NaN is left out.
        level: last known value at each origin, `(origins,)`.
        lead: h, the number of origins whose forecasts overlap.
        times: times of the origins, `(origins,)`, for several series; by default the origins
            are of one series, in the order of time.

    References: Clopper and Pearson (1934), The use of confidence or fiducial limits
    illustrated in the case of the binomial; Korn and Graubard (1998), Confidence intervals
    for proportions with small expected number of positive counts estimated from survey data.
    """
    from scipy import stats

    h = whole_number("lead", lead)
    moved, called = np.sign(truth - level), np.sign(forecast - level)
    valid = ~np.isnan(moved + called) & (moved != 0)
    moved, right = moved[valid], (moved == called)[valid]
    if not len(right):
        nan = math.nan
        return Direction(nan, nan, nan, nan, nan, 0)
    share = float(right.mean())
    places = np.arange(len(right))
    if times is not None:
        places = np.unique(np.asarray(times)[valid], return_inverse=True)[1]
    n = _effective_calls(right - share, places, h)
    x = share * n  # effective number of correct calls, not always whole
    beta = stats.beta
    lower = float(beta.ppf(0.025, x, n - x + 1)) if x > 0 else 0.0
    upper = float(beta.ppf(0.975, x + 1, n - x)) if x < n else 1.0
    majority = max(float((moved > 0).mean()), float((moved < 0).mean()))
    # where all calls have one direction, nothing can be better than always calling it
    p = float(beta.cdf(majority, x, n - x + 1)) if x > 0 and majority < 1 else 1.0
    return Direction(share, lower, upper, majority, p, n)


def _effective_calls(r: np.ndarray, places: np.ndarray, h: int) -> int:
    """The effective number of independent calls.

    Args:
        r: each call (1 correct, 0 wrong) less the share of correct ones, `(calls,)`.
        places: index of the origin time of each call, `(calls,)`.
        h: lead.
    """
    from scipy import stats

    calls, sums = len(r), np.bincount(places, r)
    times = len(sums)
    if h == 1 and times == calls:
        return calls
    block = 1 if h == 1 else 2 * h
    apart = math.ceil(times / h)
    if times / block < BLOCKS or not r.any():
        return apart
    variance = _covariance(sums[None], block)[0, 0] * (times / calls) ** 2
    shrink = stats.t.ppf(0.975, calls - 1) / stats.t.ppf(0.975, times / block - 1)
    most = r @ r / calls * shrink**2  # of one call
    return calls if most >= calls * variance else max(apart, int(most / variance))
