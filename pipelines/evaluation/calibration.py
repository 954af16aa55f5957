"""Scores of quantiles and intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from . import metrics

PARTS = 10  # equal parts in time, of which the worst is looked for


def calibration_table(
    truth: np.ndarray, quantiles: np.ndarray, levels: Sequence[float], parts: bool = False
) -> pd.DataFrame:
    """Measures central intervals against the truth.

    Args:
        truth: true values of any shape; for `parts` the first axis is in the order of time.
        quantiles: `(levels, …)`; NaN where unknown.
        levels: levels of the quantiles, increasing and symmetric about ½.
        parts: whether to add the columns `worst, winkler`.

    Returns:
        One row per interval, the narrowest first, with the columns `nominal, coverage, width,
        pinball, count`: nominal share, share of the truth inside, mean width, mean pinball loss
        of the two ends, and number of true values; with `parts` also the coverage in the worst of
        ten equal parts in time, and the interval score.
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
        nominal = round(levels[ends[1]] - levels[k], 6)
        row = {
            "nominal": nominal,
            "coverage": float(metrics.coverage(truth, low, high)),
            "width": float((high - low)[there].mean()) if there.any() else np.nan,
            "pinball": float(np.mean(losses)),
            "count": int(there.sum()),
        }
        if parts:
            row["worst"] = worst_part(truth, low, high)
            row["winkler"] = float(metrics.interval_score(truth, low, high, nominal))
        rows.append(row)
    return pd.DataFrame(rows)


def worst_part(
    truth: np.ndarray, lower: np.ndarray, upper: np.ndarray, parts: int = PARTS
) -> float:
    """The least coverage of an interval in equal parts of the first axis, in the order of time."""
    several = zip(*(np.array_split(a, parts) for a in (truth, lower, upper)), strict=True)
    covered = [float(metrics.coverage(*one)) for one in several if one[0].size]
    known = [one for one in covered if not np.isnan(one)]
    return min(known, default=np.nan)


def judged(
    truth: np.ndarray, quantiles: np.ndarray, levels: Sequence[float], scale: np.ndarray
) -> dict[str, Any]:
    """Scores quantiles as a distribution.

    Args:
        truth: `(origins, horizon)`.
        quantiles: `(levels, origins, horizon)`.
        levels: increasing.
        scale: unit of the errors, `(origins,)`.

    Returns:
        `crps`, in units of `scale`, and `reliability`, a table with the columns
        `level, share, count`: the share of the truth below each quantile.
    """
    unit = scale[:, None]
    there = ~np.isnan(quantiles).any(axis=0)
    known = np.where(there, truth, np.nan)
    score = metrics.crps(known / unit, quantiles / unit, np.asarray(levels))
    counted = ~np.isnan(known)
    below = [(known <= q)[counted].mean() if counted.any() else np.nan for q in quantiles]
    table = pd.DataFrame({"level": levels, "share": below, "count": int(counted.sum())})
    return {"crps": float(score), "reliability": table}


def by_group(
    truth: np.ndarray, lower: np.ndarray, upper: np.ndarray, group: np.ndarray
) -> pd.DataFrame:
    """Coverage and width of an interval in each group of true values, all of one shape.

    Returns:
        Columns `position, coverage, width, count`.
    """
    there = ~np.isnan(truth + lower + upper)
    inside = (lower <= truth) & (truth <= upper)
    frame = pd.DataFrame(
        {
            "position": group[there],
            "coverage": inside[there].astype(float),
            "width": (upper - lower)[there],
        }
    )
    grouped = frame.groupby("position")
    return grouped.mean().assign(count=grouped.size()).reset_index()
