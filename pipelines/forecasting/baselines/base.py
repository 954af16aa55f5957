"""The base of the baselines: parameters that are fitted once, and a state that follows a series."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np


@dataclass(frozen=True)
class BaselineTask:
    """What a baseline is fitted to.

    Attributes:
        y: training rows, `(rows,)`; the first value is known, others may be missing (NaN).
        horizon: number of leads.
        season: number of rows in a season; 1 for none.
        order: order of the autoregression; `None` for a choice by AIC.
        history: least number of rows up to and including an origin.
    """

    y: np.ndarray
    horizon: int
    season: int
    order: int | None
    history: int


@dataclass(frozen=True)
class FittedBaseline(ABC):
    """A baseline after some row of a series, or before its first one.

    Values of a frozen data class: numbers, arrays, and for one baseline made of another this one.
    """

    kinds: ClassVar[dict[str, type["FittedBaseline"]]] = {}

    def __init_subclass__(cls) -> None:
        FittedBaseline.kinds[cls.__name__] = cls

    @abstractmethod
    def roll(
        self, y: np.ndarray, origins: np.ndarray, leads: int
    ) -> tuple[np.ndarray, "FittedBaseline"]:
        """Reads the rows that follow, and forecasts from some of them.

        Args:
            y: values of the rows, `(rows,)`; NaN where missing.
            origins: increasing rows to forecast from; −1 is the last row read before.
            leads: number of leads.

        Returns:
            Forecasts, `(origins, leads)`, NaN before the first known value; and this baseline
            after the last row.
        """

    @abstractmethod
    def restarted(self, y: np.ndarray) -> Self | None:
        """This baseline before the first row of another history, with the same parameters.

        Args:
            y: that history, `(rows,)`, of which first states are estimated where there are any.

        Returns:
            `None` where it has too few rows.
        """

    def after(self, y: np.ndarray) -> "FittedBaseline":
        """This baseline after the rows that follow."""
        return self.roll(y, np.empty(0, int), 1)[1]

    def forecast(self, leads: int) -> np.ndarray:
        """Forecasts from the last row read, `(leads,)`."""
        return self.roll(np.empty(0), np.array([-1]), leads)[0][0]

    def to_plain(self) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The kind as plain values, and all numbers as arrays."""
        kind: dict[str, Any] = {"kind": type(self).__name__}
        arrays: list[np.ndarray] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, FittedBaseline):
                kind[field.name], own = value.to_plain()
                arrays += own
            else:
                arrays.append(np.asarray(value))
        return kind, arrays


def from_plain(kind: dict[str, Any], arrays: Iterator[np.ndarray]) -> FittedBaseline:
    """The baseline of which `to_plain` returned the kind, and the next arrays.

    Raises:
        KeyError, StopIteration: no such kind among the imported ones, or too few arrays.
    """
    cls = FittedBaseline.kinds[kind["kind"]]
    values: dict[str, Any] = {}
    for field in fields(cls):
        if field.name in kind:
            values[field.name] = from_plain(kind[field.name], arrays)
        else:
            array = next(arrays)
            values[field.name] = array if array.ndim else array.item()
    return cls(**values)


def carried_forward(y: np.ndarray) -> np.ndarray:
    """Fills missing values with the last known one; NaN before the first known value.

    >>> import numpy as np
    >>> carried_forward(np.array([np.nan, 1.0, np.nan])).tolist()
    [nan, 1.0, 1.0]
    """
    rows = np.where(np.isnan(y), 0, np.arange(len(y)))
    return y[np.maximum.accumulate(rows)] if len(y) else y


def begun(tail: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, int]:
    """The last values read and the rows that follow, from the first known value on.

    Returns:
        The values, and the place of row 0 of `y` among them; below 0 where `y` begins with missing
        values and nothing was read before.
    """
    if len(tail):
        return np.concatenate([tail, y]), len(tail)
    known = np.flatnonzero(~np.isnan(y))
    first = int(known[0]) if len(known) else len(y)
    return y[first:], -first


def missing_before(at: np.ndarray, forecasts: np.ndarray) -> np.ndarray:
    """Forecasts, NaN where the place of the origin is before the first known value."""
    return np.where(at[:, None] >= 0, forecasts, np.nan)
