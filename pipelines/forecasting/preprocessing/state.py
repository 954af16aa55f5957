"""Where a network has read to in each of several series."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .rows import Rows


@dataclass(frozen=True)
class State:
    """Where a network stands in each of several series.

    Attributes:
        arrays: the network's states, each `(series, …)`.
        output: its last output, `(series, units)`.
        last: the last known values of target and past covariates, in their own units,
            `(series, 1 + past)`.
        base: the last known values of the targets, the newest last, `(series, lag)`.
        unit: mean and scale of the targets, `(series, 2)`.
    """

    arrays: list[np.ndarray]
    output: np.ndarray
    last: np.ndarray
    base: np.ndarray
    unit: np.ndarray

    def __len__(self) -> int:
        return len(self.last)

    def of(self, series: Any) -> "State":
        """The state of some of the series, by their numbers."""
        arrays = [array[series] for array in self.arrays]
        output, last = self.output[series], self.last[series]
        return State(arrays, output, last, self.base[series], self.unit[series])

    def put(self, series: np.ndarray, other: "State") -> "State":
        """This state with that of some of the series replaced."""
        changed = replace(
            self, arrays=[a.copy() for a in self.arrays], output=self.output.copy(),
            last=self.last.copy(), base=self.base.copy(), unit=self.unit.copy(),
        )  # fmt: skip
        pairs = zip(
            [*changed.arrays, changed.output, changed.last, changed.base, changed.unit],
            [*other.arrays, other.output, other.last, other.base, other.unit],
            strict=True,
        )
        for here, there in pairs:
            here[series] = there
        return changed

    @classmethod
    def together(cls, states: Sequence["State"]) -> "State":
        """The states of several groups of series, one after the other."""
        arrays = [np.concatenate(a) for a in zip(*[s.arrays for s in states], strict=True)]
        others = ("output", "last", "base", "unit")
        return cls(arrays, *[np.concatenate([getattr(s, n) for s in states]) for n in others])

    @classmethod
    def after(cls, arrays: list[np.ndarray], output: np.ndarray, rows: list[Rows]) -> "State":
        """The state of a network that has read `rows` of each series to their ends."""
        last, base, unit = (
            np.stack([column[-1] for column in columns])
            for columns in zip(*[(one.last, one.base, one.unit) for one in rows], strict=True)
        )
        return cls(arrays, output, last, base, unit)
