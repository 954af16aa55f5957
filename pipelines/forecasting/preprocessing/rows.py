"""Spans of series as the scaled arrays that a network reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

COLUMNS = (
    *("target", "last_observed", "features", "observed", "future", "anchor", "scale"),
    *("others", "weight"),
)


@dataclass(frozen=True)
class Rows:
    """A span of one series as arrays.

    Attributes:
        target: target in its own unit, NaN where missing, `(rows,)` of `float64`.
        last_observed: last observed values of target and past covariates in their own units,
            `(rows, 1 + past)` of `float64`.
        features: scaled target and past covariates, known up to the origin, a missing value
            replaced by the last observed one, `(rows, 1 + past)` of `float32`.
        observed: whether each column of `features` is observed (1) or missing (0),
            `(rows, indicators)` of `float32`; no columns where none may be missing.
        future: scaled covariates that are also known for the steps ahead, `(rows, ahead)` of
            `float32`.
        anchor: last observed values of the target, the newest last, from which its differences
            are taken: one, or a season of them, `(rows, lag)` of `float64`.
        scale: mean and scale of the target as known at each row, `(rows, 2)`: output · scale +
            mean is in the unit of the target.
        others: scaled targets of all series where channels are mixed, `(rows, series)` of
            `float32`; else no columns.
        weight: weight of the target's error at each row in training, `(rows, 1)` of `float32`;
            no column where all weights are equal.
        number: number of the series among the fitted ones; −1 for rows of several series.
    """

    target: np.ndarray
    last_observed: np.ndarray
    features: np.ndarray
    observed: np.ndarray
    future: np.ndarray
    anchor: np.ndarray
    scale: np.ndarray
    others: np.ndarray
    weight: np.ndarray
    number: int

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, rows: Any) -> "Rows":
        """Returns some of the rows, by a slice or by an array of indices of any shape."""
        columns = {name: getattr(self, name)[rows] for name in COLUMNS}
        return replace(self, **columns)

    @classmethod
    def concatenate(cls, several: list["Rows"]) -> "Rows":
        """The rows of several series, one after the other."""
        columns = {n: np.concatenate([getattr(r, n) for r in several]) for n in COLUMNS}
        return replace(several[0], **columns, number=-1)

    def with_others(self, others: np.ndarray) -> "Rows":
        """Adds the scaled targets of all series, `(rows, series)`."""
        return replace(self, others=others)

    @property
    def read(self) -> np.ndarray:
        """All columns that a network reads, the target first, `(rows, columns)`."""
        return np.concatenate([self.features, self.others, self.observed, self.future], axis=-1)


def arrays_of(rows: Iterable[Rows]) -> Iterator[np.ndarray]:
    """All arrays of the rows of several series."""
    for one in rows:
        yield from (getattr(one, name) for name in COLUMNS)


def lead_anchors(anchor: np.ndarray, leads: int) -> np.ndarray:
    """The value from which the difference at each lead is taken, `(…, leads)` from
    `anchor (…, lag)`."""
    return anchor[..., np.arange(leads) % anchor.shape[-1]]


def undo_differences(anchor: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Adds up differences over `lag` rows to values of the target, `(…, leads)`.

    Args:
        anchor: last observed values of the target, `(…, lag)`.
        steps: differences, `(…, leads)`.
    """
    lag, leads = anchor.shape[-1], steps.shape[-1]
    over = -leads % lag
    whole = np.concatenate([steps, np.zeros((*steps.shape[:-1], over))], axis=-1)
    sums = np.cumsum(whole.reshape(*steps.shape[:-1], -1, lag), axis=-2)
    return (anchor[..., None, :] + sums).reshape(*steps.shape[:-1], -1)[..., :leads]
