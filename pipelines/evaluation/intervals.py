"""Intervals from past errors, for any forecast: online conformal prediction."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence

import numpy as np

from ...errors import ArgumentError, ArgumentTypeError, whole_number


def check_levels(levels: Sequence[float]) -> np.ndarray:
    """Returns increasing levels of quantiles as an array.

    Raises:
        ArgumentTypeError: no list of numbers.
        ArgumentError: no levels, levels that do not increase, or levels outside (0, 1).
    """
    try:
        values = np.array([*levels], "float64")
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            f"`levels` must be a list of numbers. Received: levels={levels!r}"
        ) from error
    if not len(values) or not ((values > 0) & (values < 1)).all() or (np.diff(values) <= 0).any():
        raise ArgumentError(
            "`levels` must hold at least one number, each above 0 and below 1, rising. "
            f"Received: levels={[*levels]!r}"
        )
    return values


def conformal_quantiles(
    truth: np.ndarray,
    forecast: np.ndarray,
    origins: np.ndarray,
    levels: Sequence[float],
    window: int | None = None,
) -> np.ndarray:
    """Quantiles of each lead: the forecast plus the quantiles of its own past errors.

    ```
    q_{t,h}(α) = ŷ_{t+h} + the α-quantile of { y_{s+h} − ŷ_{s+h} : s + h ≤ t }
    ```

    The error of lead h from origin s is known h rows later, and is used from then on. Lower and
    upper quantiles are rounded outwards: of n exchangeable errors, a share of at most α falls
    below the α-quantile on average, for α < ½.

    Args:
        truth: true values of one series, `(origins, horizon)`; NaN is left out.
        forecast: forecasts in the same shape.
        origins: row of each origin, `(origins,)`, increasing.
        levels: α, increasing.
        window: number of most recent errors to use; by default all.

    Returns:
        `(levels, origins, horizon)`; NaN where too few errors are known for a level: fewer
        than 1/α − 1, α the smaller of a level and its complement. Quantiles never cross.

    Raises:
        ArgumentError, ArgumentTypeError: invalid levels or window.

    References: Vovk, Gammerman and Shafer (2005), Algorithmic learning in a random world;
    Papadopoulos et al. (2002), Inductive confidence machines for regression.
    """
    α = check_levels(levels)
    if window is not None:
        whole_number("window", window)
    result = np.full((len(α), *truth.shape), np.nan)
    for h in range(1, truth.shape[1] + 1):
        errors = truth[:, h - 1] - forecast[:, h - 1]
        known = np.searchsorted(origins, origins - h, side="right")  # errors known at each origin
        past: deque[float] = deque()
        ordered: list[float] = []
        seen = 0
        for t, count in enumerate(known.tolist()):
            for error in errors[seen:count].tolist():
                if error == error:  # not NaN
                    past.append(error)
                    insort(ordered, error)
                    if window is not None and len(past) > window:
                        del ordered[bisect_left(ordered, past.popleft())]
            seen = count
            places = _places(α, len(ordered))
            inside = (places >= 1) & (places <= len(ordered))
            quantiles = [ordered[place - 1] for place in places[inside]]
            result[inside, t, h - 1] = forecast[t, h - 1] + np.array(quantiles)
    return result


def _places(levels: np.ndarray, n: int) -> np.ndarray:
    """The rank, from 1, of each level's quantile among n sorted errors, rounded outwards."""
    exact = np.round((n + 1) * levels, 9)  # 0.9 · 10 is 9, not a little more
    return np.where(levels < 0.5, np.floor(exact), np.ceil(exact)).astype(int)
