"""Whether one forecast is better than another, or than chance, beyond luck."""

import math
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, one_of, whole_number

RESAMPLES = 2000  # of a bootstrap
DRAWN = 1_000_000  # blocks drawn at once: bounds the memory, whatever the origins
LOSSES = {"absolute": np.abs, "squared": np.square}


@dataclass(frozen=True)
class Comparison:
    """A Diebold–Mariano test.

    Attributes:
        difference: mean loss of the first forecast less that of the other; below zero the
            first is better.
        statistic: of the test, corrected for small samples.
        p_value: two-sided; NaN where both forecasts have the same losses throughout.
        origins: that were compared.
    """

    difference: float
    statistic: float
    p_value: float
    origins: int


def diebold_mariano(
    errors: np.ndarray, others: np.ndarray, lead: int = 1, loss: str = "absolute"
) -> Comparison:
    """Tests whether two forecasts of the same values are equally good.

    ```
    d_t = L(e_t) − L(e′_t)
    V = γ_0 + 2 Σ_{k=1}^{h−1} γ_k                       γ_k the autocovariances of d
    DM = d̄ / √(V/n) · √((n + 1 − 2h + h(h−1)/n) / n)    against Student's t with n − 1
    ```

    Errors h steps ahead overlap, so their differences are correlated up to lag h − 1. Where
    that sum is not positive, as it may be in a small sample, Bartlett's weights
    1 − k/h make it so.

    Args:
        errors: `(origins,)` in the order of time, of one forecast at one lead; NaN is left
            out.
        others: those of the other forecast.
        lead: h, how many origins' forecasts overlap.
        loss: `"absolute"` or `"squared"`.

    Raises:
        ArgumentError: different shapes, or fewer origins than two or than `lead`.

    References: Diebold and Mariano (1995), Comparing predictive accuracy; Harvey, Leybourne
    and Newbold (1997), Testing the equality of prediction mean squared errors (the
    correction).
    """
    from scipy import stats

    h = whole_number("lead", lead)
    measure = LOSSES[one_of("loss", loss, LOSSES)]
    errors, others = np.asarray(errors, "float64"), np.asarray(others, "float64")
    if errors.shape != others.shape or errors.ndim != 1:
        raise ArgumentError(
            "Both forecasts need one error an origin. "
            f"Received: errors of shape {errors.shape} and {others.shape}"
        )
    d = measure(errors) - measure(others)
    d = d[~np.isnan(d)]
    n = len(d)
    if n < max(2, h):
        raise ArgumentError(f"A test at lead {h} needs at least {max(2, h)} origins. Received: {n}")
    mean = float(d.mean())
    if not d.any():
        return Comparison(mean, math.nan, math.nan, n)
    centred = d - mean
    γ = np.array([centred[k:] @ centred[: n - k] for k in range(h)]) / n
    variance = γ[0] + 2 * γ[1:].sum()
    if variance <= 0:
        variance = γ[0] + 2 * ((1 - np.arange(1, h) / h) * γ[1:]).sum()
    if variance <= 0:  # the same difference everywhere: no luck in it
        return Comparison(mean, math.copysign(math.inf, mean), 0.0, n)
    correction = math.sqrt(max(0.0, (n + 1 - 2 * h + h * (h - 1) / n) / n))
    statistic = mean / math.sqrt(variance / n) * correction
    return Comparison(mean, statistic, float(2 * stats.t.sf(abs(statistic), n - 1)), n)


@dataclass(frozen=True)
class Ratio:
    """An error relative to another, with its 95 % interval."""

    ratio: float
    lower: float
    upper: float


def rmse_ratio(errors: np.ndarray, others: np.ndarray, lead: int = 1, seed: int = 0) -> Ratio:
    """The RMSE of a forecast divided by that of another, such as the random walk's.

    The interval comes from a circular block bootstrap over origins, which keeps what
    follows one another together: blocks of ∛n origins, but at least of the lead.

    Args:
        errors, others: `(origins,)` in the order of time; NaN is left out.
        lead: how many origins' forecasts overlap.
        seed: of the bootstrap.

    Reference: Politis and Romano (1992), A circular block-resampling procedure for
    stationary data.
    """
    pairs = np.stack([np.asarray(errors, "float64"), np.asarray(others, "float64")]) ** 2
    squares = pairs[:, ~np.isnan(pairs).any(axis=0)]
    n = squares.shape[1]
    if not n:
        return Ratio(math.nan, math.nan, math.nan)
    block = min(n, max(whole_number("lead", lead), math.ceil(n ** (1 / 3))))
    around = np.concatenate([squares, squares[:, : block - 1]], axis=1)
    total = np.concatenate([np.zeros((2, 1)), around.cumsum(axis=1)], axis=1)
    sums = total[:, block:] - total[:, :-block]  # of the block that begins at each origin
    rng = np.random.default_rng(seed)
    count = math.ceil(n / block)
    at_once = max(1, DRAWN // count)
    drawn = np.concatenate(
        [
            sums[:, rng.integers(0, n, (min(at_once, RESAMPLES - done), count))].sum(axis=2)
            for done in range(0, RESAMPLES, at_once)
        ],
        axis=1,
    )
    if not squares[1].any():
        return Ratio(math.nan, math.nan, math.nan)
    with np.errstate(divide="ignore", invalid="ignore"):  # a sample may hold no error at all
        lower, upper = np.nanquantile(np.sqrt(drawn[0] / drawn[1]), [0.025, 0.975])
    return Ratio(math.sqrt(squares[0].sum() / squares[1].sum()), float(lower), float(upper))


@dataclass(frozen=True)
class Direction:
    """How often ups and downs were called right.

    Attributes:
        share: of right calls.
        lower: end of its 95 % interval.
        upper: the other end.
        majority: share of the more frequent direction: what calling always that one gives.
        p_value: one-sided, of calls no better than that.
        calls: changes that were called; unchanged values are left out.
    """

    share: float
    lower: float
    upper: float
    majority: float
    p_value: float
    calls: int


def direction(truth: np.ndarray, forecast: np.ndarray, level: np.ndarray) -> Direction:
    """How often a forecast goes the way of the truth from the last value known.

    A forecast of no change is a wrong call, wherever the truth went. The interval is
    Clopper and Pearson's, exact for independent calls: over leads that overlap it is too
    narrow.

    Args:
        truth: `(origins,)`; NaN is left out.
        forecast: `(origins,)`.
        level: the last value known at each origin, `(origins,)`.

    Reference: Clopper and Pearson (1934), The use of confidence or fiducial limits
    illustrated in the case of the binomial.
    """
    from scipy import stats

    moved, called = np.sign(truth - level), np.sign(forecast - level)
    counted = ~np.isnan(moved) & (moved != 0)
    moved, called = moved[counted], called[counted]
    n = len(moved)
    if not n:
        return Direction(*[math.nan] * 5, 0)
    right = int((moved == called).sum())
    majority = max(float((moved > 0).mean()), float((moved < 0).mean()))
    # a majority of all calls leaves nothing to be better than
    p = float(stats.binomtest(right, n, majority, "greater").pvalue) if majority < 1 else 1.0
    interval = stats.binomtest(right, n).proportion_ci(0.95, method="exact")
    return Direction(right / n, float(interval.low), float(interval.high), majority, p, n)
