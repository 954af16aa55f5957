"""The state of a network after it has read several series."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .rows import Rows

#: Attributes of a `State` that are also columns of `Rows`.
OF_ROWS = ("last_observed", "anchor", "scale")
COLUMNS = ("output", *OF_ROWS)


@dataclass(frozen=True)
class State:
    """The state of a network after the last row read of each of several series.

    Attributes:
        arrays: states of the network, each `(series, …)`.
        output: last output of the network, `(series, units)`.
        last_observed: last observed values of target and past covariates in their own units,
            `(series, 1 + past)`.
        anchor: last observed values of the target, the newest last, `(series, lag)`.
        scale: mean and scale of the target, `(series, 2)`.
    """

    arrays: list[np.ndarray]
    output: np.ndarray
    last_observed: np.ndarray
    anchor: np.ndarray
    scale: np.ndarray

    def __len__(self) -> int:
        return len(self.last_observed)

    def select(self, series: Any) -> "State":
        """The state of some of the series, by their numbers."""
        arrays = [array[series] for array in self.arrays]
        return State(arrays, *[getattr(self, name)[series] for name in COLUMNS])

    def replace(self, series: np.ndarray, other: "State") -> "State":
        """Returns a state in which that of some series, by their numbers, is the one of `other`."""
        arrays = [_replaced(*pair, series) for pair in zip(self.arrays, other.arrays, strict=True)]
        columns = [_replaced(getattr(self, n), getattr(other, n), series) for n in COLUMNS]
        return State(arrays, *columns)

    @classmethod
    def from_rows(cls, arrays: list[np.ndarray], output: np.ndarray, rows: list[Rows]) -> "State":
        """The state after the last of the `rows` of each series."""
        return cls(arrays, output, *[np.stack([getattr(r, n)[-1] for r in rows]) for n in OF_ROWS])


def _replaced(values: np.ndarray, new: np.ndarray, series: np.ndarray) -> np.ndarray:
    """A copy of `values` with `new` at the indices `series`."""
    values = values.copy()
    values[series] = new
    return values
