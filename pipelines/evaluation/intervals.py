"""Honest intervals out of past errors, for any forecast: online conformal prediction."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...errors import ArgumentError, ArgumentTypeError, whole_number
from . import metrics


def check_levels(levels: Sequence[float]) -> np.ndarray:
    """Levels of quantiles, rising.

    Raises:
        ArgumentTypeError: no list of numbers.
        ArgumentError: none, repeated ones, or outside (0, 1).
    """
    try:
        found = np.array([*levels], "float64")
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            f"`levels` must be a list of numbers. Received: levels={levels!r}"
        ) from error
    if not len(found) or not ((found > 0) & (found < 1)).all() or (np.diff(found) <= 0).any():
        raise ArgumentError(
            "`levels` must hold at least one number, each above 0 and below 1, rising. "
            f"Received: levels={[*levels]!r}"
        )
    return found


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

    The error of lead h from origin s is known h rows later and counts from then on, never
    earlier. The lower quantiles are rounded outwards, as the upper ones are: of n
    exchangeable errors, a share of at most α falls below the α-quantile, α < ½, on average.

    Args:
        truth: `(origins, horizon)` of one series; NaN is left out.
        forecast: the same shape.
        origins: their rows, `(origins,)`, rising.
        levels: α, rising.
        window: how many of the last errors count, by default all.

    Returns:
        `(levels, origins, horizon)`; NaN where too few errors are known for a level: fewer
        than 1/α − 1, α the smaller of a level and its complement. Quantiles never cross.

    Raises:
        ArgumentError, ArgumentTypeError: levels that are none.

    References: Vovk, Gammerman and Shafer (2005), Algorithmic learning in a random world;
    Papadopoulos et al. (2002), Inductive confidence machines for regression.
    """
    α = check_levels(levels)
    if window is not None:
        whole_number("window", window)
    found = np.full((len(α), *truth.shape), np.nan)
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
            found[inside, t, h - 1] = forecast[t, h - 1] + np.array(quantiles)
    return found


def _places(levels: np.ndarray, n: int) -> np.ndarray:
    """Which of n errors in order, counted from 1, is each level's; rounded outwards."""
    exact = np.round((n + 1) * levels, 9)  # 0.9 · 10 is 9, not a little more
    return np.where(levels < 0.5, np.floor(exact), np.ceil(exact)).astype(int)


def calibration_table(
    truth: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]
) -> pd.DataFrame:
    """How central intervals fare.

    Args:
        truth: of any shape.
        quantiles: `(levels, …)`; NaN where none is known.
        levels: rising, and symmetric about ½.

    Returns:
        Columns `nominal, coverage, width, pinball, count`, the narrowest first: the share of the
        truth inside, mean width, mean pinball loss of the two ends, and how many truths that
        rests on.
    """
    rows = []
    for k in reversed(range(len(levels) // 2)):
        ends = k, len(levels) - 1 - k
        there = ~np.isnan(truth + quantiles[ends[0]] + quantiles[ends[1]])
        low, high = (np.where(there, quantiles[end], np.nan) for end in ends)
        losses = [
            metrics.pinball(truth, bound, levels[end])
            for bound, end in zip((low, high), ends, strict=True)
        ]
        rows.append(
            {
                "nominal": round(levels[ends[1]] - levels[k], 6),
                "coverage": float(metrics.coverage(truth, low, high)),
                "width": float((high - low)[there].mean()) if there.any() else np.nan,
                "pinball": float(np.mean(losses)),
                "count": int(there.sum()),
            }
        )
    return pd.DataFrame(rows)
