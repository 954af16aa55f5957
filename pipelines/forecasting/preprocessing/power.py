"""Power transforms of positive values, and their inverse."""

from collections.abc import Callable

import numpy as np
from scipy.special import boxcox, inv_boxcox
from scipy.stats import linregress
from sklearn.preprocessing import PowerTransformer

from ....errors import DataError

POWERS = ("log", "box-cox")
STEEP = 0.5  # slope above which the variation of the logarithm is more uniform
BLOCKS = 8  # least number of blocks for a slope


def fit_power(name: str, values: np.ndarray) -> float:
    """The λ of a transform of `values (rows,)`: 0 for `"log"`, the most likely for `"box-cox"`.

    A λ below 0 is raised to 0, the logarithm: else all forecasts above some number would be the
    same.
    """
    if name == "log":
        return 0.0
    there = values[~np.isnan(values)]
    if not len(there) or np.ptp(there) == 0:
        return 1.0
    fitted = PowerTransformer(method="box-cox", standardize=False).fit(there[:, None])
    return max(0.0, float(fitted.lambdas_[0]))


def require_positive(values: np.ndarray, where: Callable[[np.ndarray], str]) -> None:
    """Refuses values that a power transform cannot take; arguments as for `power_transform`.

    Raises:
        DataError: a value is not above zero.
    """
    low = np.flatnonzero(values <= 0)
    if len(low):
        raise DataError(
            f"{where(low)} not above 0, and a logarithm or power needs values that are. Fit with "
            'transform="none", or shift the column.'
        )


def power_transform(
    values: np.ndarray, power: float, where: Callable[[np.ndarray], str]
) -> np.ndarray:
    """Box and Cox's (y^λ − 1)/λ, or log y for λ = 0; NaN stays.

    Args:
        values: `(rows,)`.
        power: λ.
        where: wording of the faulty values in a message, given their rows.

    Raises:
        DataError: a value is not above zero.

    Reference: Box and Cox (1964), An analysis of transformations.
    """
    require_positive(values, where)
    return np.asarray(boxcox(values, power))


def inverse_power_transform(values: np.ndarray, power: float) -> np.ndarray:
    """The inverse of `power_transform`; values below its range become 0."""
    if power == 0:
        return np.exp(values)
    inside = power * values + 1 > 0
    return np.where(inside, inv_boxcox(np.where(inside, values, 0.0), power), 0.0)


def spread_by_level(values: np.ndarray, block: int) -> float:
    """How variation grows with the level: the slope of log deviation on log median, over blocks.

    0 for variation that does not grow, 1 for variation in proportion to the level, which the
    logarithm makes uniform; NaN where a value is not above 0, or fewer than `BLOCKS` blocks
    vary.

    Args:
        values: `(rows,)`; a block with a missing value (NaN) is left out.
        block: number of rows in a block, e.g. a season.

    Reference: Tukey (1977), Exploratory data analysis: the spread-versus-level plot.
    """
    if np.nanmin(values) <= 0:
        return np.nan
    blocks = values[: len(values) // block * block].reshape(-1, block)
    level, spread = np.median(blocks, axis=1), blocks.std(axis=1)
    moves = spread > 0  # NaN is not
    if moves.sum() < BLOCKS or np.ptp(np.log(level[moves])) == 0:
        return np.nan
    return float(linregress(np.log(level[moves]), np.log(spread[moves])).slope)
