"""Spans of series as the scaled arrays that a network reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

COLUMNS = ("level", "last", "known", "there", "ahead", "base", "unit", "others", "weight")


@dataclass(frozen=True)
class Rows:
    """A span of one series as arrays.

    Attributes:
        level: `(rows,)` of `float64`, the target in its own unit, NaN where it is missing.
        last: `(rows, 1 + past)` of `float64`, the last known values of target and past
            covariates, in their own units.
        known: `(rows, 1 + past)` of `float32`: target and past covariates, scaled; known
            up to the origin. A missing value is the one before it.
        there: `(rows, indicators)` of `float32`: for each column of `known` whether its value
            is there (1) or missing (0); no column where none may be missing.
        ahead: `(rows, ahead)` of `float32`: what is known of the steps ahead as well, scaled.
        base: `(rows, lag)` of `float64`: the last known values of the target, the newest last,
            from which its steps are counted: one, or a season of them.
        unit: `(rows, 2)`, mean and scale of the target as they were known at each row: an output
            times scale plus mean is in its unit.
        others: `(rows, series)` of `float32`: the target of every series, scaled, where
            channels are mixed; else no column.
        weight: `(rows, 1)` of `float32`: what the error of the target at each row weighs in
            training; no column where all weigh alike.
        number: of the series among those that were fitted; −1 for rows of several.
    """

    level: np.ndarray
    last: np.ndarray
    known: np.ndarray
    there: np.ndarray
    ahead: np.ndarray
    base: np.ndarray
    unit: np.ndarray
    others: np.ndarray
    weight: np.ndarray
    number: int

    def __len__(self) -> int:
        return len(self.level)

    def __getitem__(self, rows: Any) -> "Rows":
        """Some of the rows, by a slice or by their numbers in an array of any shape."""
        columns = {name: getattr(self, name)[rows] for name in COLUMNS}
        return replace(self, **columns)

    @classmethod
    def joined(cls, several: list["Rows"]) -> "Rows":
        """The rows of several series one after the other."""
        columns = {n: np.concatenate([getattr(r, n) for r in several]) for n in COLUMNS}
        return replace(several[0], **columns, number=-1)

    def beside(self, others: np.ndarray) -> "Rows":
        """These rows with the targets of all series beside them."""
        return replace(self, others=others)

    @property
    def read(self) -> np.ndarray:
        """All that is read of each row, the target first."""
        return np.concatenate([self.known, self.others, self.there, self.ahead], axis=-1)


def arrays_of(rows: Iterable[Rows]) -> Iterator[np.ndarray]:
    """All that a network can read of several series."""
    for one in rows:
        yield from (getattr(one, name) for name in COLUMNS)


def counted_from(base: np.ndarray, leads: int) -> np.ndarray:
    """`(…, leads)`: of `base (…, lag)` the value from which the step to each lead is counted."""
    return base[..., np.arange(leads) % base.shape[-1]]


def levels(base: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """`(…, leads)`: the levels to which steps lead, each counted from the level `lag` before.

    Args:
        base: `(…, lag)`, the last known levels.
        steps: `(…, leads)`.
    """
    lag, leads = base.shape[-1], steps.shape[-1]
    over = -leads % lag
    whole = np.concatenate([steps, np.zeros((*steps.shape[:-1], over))], axis=-1)
    sums = np.cumsum(whole.reshape(*steps.shape[:-1], -1, lag), axis=-2)
    return (base[..., None, :] + sums).reshape(*steps.shape[:-1], -1)[..., :leads]
