"""Forecast distributions as quantiles at fixed levels: the normal score of a value, and back.

The score of a value y under a distribution F is z = Φ⁻¹(F(y)): standard normal if F is right.
Between the levels a quantile is linear in the score, and beyond them too, with the slope of the
outer levels.
"""

import numpy as np
from scipy import stats

#: Scores of the levels, evenly spaced, and the levels, from 0.6 to 99.4 %.
SCORES = np.arange(-10, 11) / 4
LEVELS = stats.norm.cdf(SCORES)
STEP = 0.25  # from one score to the next
MOST = 4.0  # largest score of a value
GOLDEN = (5**0.5 - 1) / 2


def score(y: np.ndarray, quantiles: np.ndarray, counts: bool, rows: np.ndarray) -> np.ndarray:
    """Scores of values, within ±`MOST`.

    A count takes up a part of a distribution, from F(y − 1) to F(y). Its score is that of a place
    in there which changes from row to row, evenly spread over the rows: a distribution that is
    right then has normal scores, of counts too.

    Args:
        y: values, `(…)`.
        quantiles: at `LEVELS`, `(…, levels)`, not decreasing.
        counts: whether the values are counts.
        rows: numbers of the rows of the values, `(…)`, from 0; of counts alone they are used.
    """
    if not counts:
        return _inverse(y, quantiles)
    low, high = (stats.norm.cdf(_inverse(y + side, quantiles)) for side in (-0.5, 0.5))
    low = np.where(y > 0, low, 0.0)
    place = np.mod((rows + 1) * GOLDEN, 1.0)
    return np.clip(stats.norm.ppf(low + place * (high - low)), -MOST, MOST)


def quantile(z: np.ndarray, quantiles: np.ndarray, counts: bool) -> np.ndarray:
    """The values with scores z, `(…)`, of distributions with `quantiles (…, levels)` at `LEVELS`;
    counts are whole and at least 0."""
    place = np.clip(np.floor((z - SCORES[0]) / STEP), 0, len(SCORES) - 2)
    place = np.where(np.isnan(place), 0, place).astype(int)
    low, high = (_taken(quantiles, place + k) for k in (0, 1))
    inside = low + (high - low) * (z - SCORES[place]) / STEP
    below, above = _slopes(quantiles)
    found = np.where(z < SCORES[0], quantiles[..., 0] + below * (z - SCORES[0]), inside)
    found = np.where(z > SCORES[-1], quantiles[..., -1] + above * (z - SCORES[-1]), found)
    return np.maximum(np.floor(found + 0.5), 0.0) if counts else found


def _inverse(y: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Scores of values; in the middle where several levels have the same quantile."""
    less = (quantiles < y[..., None]).sum(axis=-1)
    most = (quantiles <= y[..., None]).sum(axis=-1)
    last = len(SCORES) - 1
    place = np.clip(less - 1, 0, last - 1)
    low, high = (_taken(quantiles, place + k) for k in (0, 1))
    gap = np.where(high > low, high - low, 1.0)
    between = SCORES[place] + STEP * np.clip((y - low) / gap, 0.0, 1.0)
    below, above = _slopes(quantiles)
    with np.errstate(divide="ignore", invalid="ignore"):
        under = SCORES[0] + (y - quantiles[..., 0]) / below
        over = SCORES[-1] + (y - quantiles[..., -1]) / above
    middle = (SCORES[np.minimum(less, last)] + SCORES[np.clip(most - 1, 0, last)]) / 2
    found = np.where(most > less, middle, between)
    found = np.where(most == 0, under, np.where(less > last, over, found))
    return np.where(np.isnan(quantiles[..., 0]) | np.isnan(y), np.nan, np.clip(found, -MOST, MOST))


def _slopes(quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How fast quantiles change with the score at the lowest and the highest levels."""
    return (
        (quantiles[..., 2] - quantiles[..., 0]) / (2 * STEP),
        (quantiles[..., -1] - quantiles[..., -3]) / (2 * STEP),
    )


def _taken(quantiles: np.ndarray, place: np.ndarray) -> np.ndarray:
    shape = np.broadcast_shapes(quantiles.shape[:-1], place.shape)
    wide = np.broadcast_to(quantiles, (*shape, quantiles.shape[-1]))
    return np.take_along_axis(wide, np.broadcast_to(place, shape)[..., None], axis=-1)[..., 0]
