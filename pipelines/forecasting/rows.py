"""Between a series in its own units and the scaled rows that a network reads."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...datasets import Schema, Series
from ..scaling import Scaler


@dataclass(frozen=True)
class Rows:
    """A span of a series as arrays.

    Attributes:
        level: `(rows,)` of `float64`, the target in its own unit.
        known: `(rows, 1 + past)` of `float32`: target and past covariates, scaled;
            known up to the origin.
        future: `(rows, futures)` of `float32`: covariates known ahead, scaled.
    """

    level: np.ndarray
    known: np.ndarray
    future: np.ndarray

    def __len__(self) -> int:
        return len(self.level)

    def __getitem__(self, rows: slice) -> "Rows":
        return Rows(self.level[rows], self.known[rows], self.future[rows])


class Transform:
    """Scales series to rows, and forecasts back; learned on the training span only.

    Args:
        schema: names of the columns.
        difference: the network reads the steps of the target, y_t − y_{t−1}, in place
            of its level: for series that wander, such as prices.
    """

    def __init__(self, schema: Schema, difference: bool):
        self.schema = schema
        self.difference = difference

    def fit(self, series: Series) -> "Transform":
        known, future = self._columns(series, before=None)
        # the step of the very first row is unknown, not zero
        known = known[1:] if self.difference else known
        self.known_ = Scaler().fit(known)
        self.future_ = Scaler().fit(future)
        return self

    @property
    def scale(self) -> float:
        """Of the target: one scaled unit in its own unit."""
        return float(self.known_.scale_[0])

    def rows(self, series: Series, before: float | None = None) -> Rows:
        """Scaled rows of a series; `before` is the level of the row before the first."""
        known, future = self._columns(series, before)
        return Rows(
            series.values(["y"])[:, 0],
            self.known_.transform(known).astype("float32"),
            self.scale_future(future),
        )

    def scale_future(self, future: np.ndarray) -> np.ndarray:
        return self.future_.transform(future).astype("float32")

    def to_dict(self) -> dict[str, Any]:
        return {
            "difference": self.difference,
            "known": self.known_.to_dict(),
            "future": self.future_.to_dict(),
        }

    @classmethod
    def from_dict(cls, schema: Schema, stored: dict[str, Any]) -> "Transform":
        transform = cls(schema, stored["difference"])
        transform.known_ = Scaler.from_dict(stored["known"])
        transform.future_ = Scaler.from_dict(stored["future"])
        return transform

    def _columns(self, series: Series, before: float | None) -> tuple[np.ndarray, np.ndarray]:
        known = series.values(["y", *self.schema.past])
        if self.difference:
            first = known[0, 0] if before is None else before
            steps = np.diff(known[:, :1], axis=0, prepend=first)
            known = np.concatenate([steps, known[:, 1:]], axis=1)
        return known, series.values(self.schema.future)
