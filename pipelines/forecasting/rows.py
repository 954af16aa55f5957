"""Between series in their own units and the scaled rows that a network reads."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ...datasets import Panel, Schema, Series
from ...datasets.table import counted
from ...datasets.zones import stamp
from ...errors import DataError
from ..power import back, fitted_power, require_positive, transformed
from ..scaling import Scaler
from .calendar import calendar_rows, chosen_cycles, columns

FAR = 10  # standard deviations from the training span that no unit is expected to reach


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
        unit: mean and scale of the target: an output times scale plus mean is in its unit.
    """

    level: np.ndarray
    last: np.ndarray
    known: np.ndarray
    there: np.ndarray
    ahead: np.ndarray
    unit: np.ndarray

    def __len__(self) -> int:
        return len(self.level)

    def __getitem__(self, rows: Any) -> "Rows":
        """Some of the rows, by a slice or by their numbers in an array of any shape."""
        level, last, known, there, ahead = (column[rows] for column in self._columns)
        return Rows(level, last, known, there, ahead, self.unit)

    @classmethod
    def joined(cls, several: list["Rows"]) -> "Rows":
        """The rows of several series one after the other, without a unit in common."""
        columns = zip(*[rows._columns for rows in several], strict=True)
        level, last, known, there, ahead = map(np.concatenate, columns)
        return cls(level, last, known, there, ahead, unit=np.full(2, np.nan))

    @property
    def _columns(self) -> tuple[np.ndarray, ...]:
        return self.level, self.last, self.known, self.there, self.ahead


def arrays_of(rows: Iterable[Rows]) -> Iterator[np.ndarray]:
    """All that a network can read of several series."""
    for one in rows:
        yield from (*one._columns, one.unit)


class Transform:
    """Scales series to rows; learned on the training spans only.

    Target and past covariates are scaled for each series on its own; what is known ahead,
    the known-future covariates and then the static ones, over all series alike.

    Args:
        schema: names of the columns.
        difference: the network reads the steps of the target, y_t − y_{t−1}, in place
            of its level: for series that wander, such as prices.
        calendar: cycles whose sines are known ahead: `"auto"`, or names in `CYCLES`.
        power: `"log"` or `"box-cox"`: the target is transformed before anything else; what is
            said of it below is then of the transformed one. `None` leaves it as it is.
    """

    def __init__(
        self, schema: Schema, difference: bool, calendar: Any = None, power: str | None = None
    ):
        self.schema = schema
        self.difference = difference
        self.calendar = calendar
        self.power = power

    powers_: dict[str, float]
    cycles_: tuple[str, ...]
    known_: dict[str, Scaler]
    level_: dict[str, Scaler]

    def fit(self, training: Panel) -> "Transform":
        """Learns from the training span of every series.

        Raises:
            DataError: a column of a series has no value there.
        """
        self.known_, self.level_ = {}, {}
        self.powers_ = {}
        if self.power is not None:
            for series in training:
                power = fitted_power(self.power, _positive(series))
                self.powers_[series.unique_id] = power
        self.cycles_ = chosen_cycles(self.calendar, training)
        for series in training:
            self._fit_one(series)
        future = [series.values(self.schema.future) for series in training]
        self.future_ = Scaler().fit(np.concatenate(future))
        self.statics_ = {series.unique_id: series.static for series in training}
        self.static_ = Scaler().fit(np.array([*self.statics_.values()], "float64"))
        return self

    @property
    def ids(self) -> list[str]:
        """Of the series that were fitted."""
        return list(self.known_)

    @property
    def ahead(self) -> int:
        """Columns that are known ahead."""
        return len(self.schema.future) + len(self.schema.static) + columns(self.cycles_)

    @property
    def indicators(self) -> int:
        """Columns that tell what is missing."""
        return 1 + len(self.schema.past) if self.schema.masked else 0

    def rows(self, panel: Iterable[Series], before: np.ndarray | None = None) -> list[Rows]:
        """Scaled rows of each series; `before (series, 1 + past)` are the values of the rows
        before the first ones."""
        return [
            self._rows_of(series, None if before is None else before[i])
            for i, series in enumerate(panel)
        ]

    def warn_of_far(self, panel: Iterable[Series]) -> None:
        """Warns of values further than `FAR` standard deviations from the training span's mean."""
        for series in panel:
            level = self.level_[series.unique_id]
            far = np.abs(level.transform(self._values(series))) > FAR
            for k in np.flatnonzero(far.any(axis=0)):
                name = [self.schema.target, *self.schema.past][k]
                rows = np.flatnonzero(far[:, k])
                warnings.warn(
                    f"Series {series.unique_id!r}: column {name!r} has "
                    f"{counted(len(rows), 'value')} further than {FAR} standard deviations from "
                    f"what `fit` saw, first at "
                    f"{stamp(series.times[rows[0]], self.schema.zone)}. Is the unit the same?",
                    UserWarning,
                    stacklevel=4,
                )

    def scale_ahead(
        self, ids: Iterable[str], times: Iterable[pd.DatetimeIndex], future: np.ndarray
    ) -> np.ndarray:
        """`(series, steps, ahead)` from the known-future covariates `(series, steps, futures)` of
        the `times` of each series."""
        return np.stack([self._ahead(*each) for each in zip(ids, times, future, strict=True)])

    def inverse(self, one: str, forecast: np.ndarray) -> np.ndarray:
        """Forecasts of a series, of any shape, in the unit of its table."""
        return back(forecast, self.powers_[one]) if self.powers_ else forecast

    def to_dict(self) -> dict[str, Any]:
        return {
            "difference": self.difference,
            "cycles": self.cycles_,
            "powers": self.powers_,
            "known": {one: scaler.to_dict() for one, scaler in self.known_.items()},
            "level": {one: scaler.to_dict() for one, scaler in self.level_.items()},
            "future": self.future_.to_dict(),
            "static": self.static_.to_dict(),
            "statics": self.statics_,
        }

    @classmethod
    def from_dict(cls, schema: Schema, stored: dict[str, Any]) -> "Transform":
        transform = cls(schema, stored["difference"])
        transform.cycles_ = tuple(stored["cycles"])
        transform.powers_ = dict(stored["powers"])
        transform.known_ = {k: Scaler.from_dict(v) for k, v in stored["known"].items()}
        transform.level_ = {k: Scaler.from_dict(v) for k, v in stored["level"].items()}
        transform.future_ = Scaler.from_dict(stored["future"])
        transform.static_ = Scaler.from_dict(stored["static"])
        transform.statics_ = {one: tuple(values) for one, values in stored["statics"].items()}
        return transform

    def _values(self, series: Series) -> np.ndarray:
        """Target and past covariates, `(rows, 1 + past)`."""
        values = series.values(["y", *self.schema.past])
        if self.powers_:
            power = self.powers_[series.unique_id]
            y = transformed(values[:, 0], power, partial(_which, series))
            return np.column_stack([y, values[:, 1:]])
        return values

    def _fit_one(self, series: Series) -> None:
        names = [self.schema.target, *self.schema.past]
        values = self._values(series)
        for name, column in zip(names, values.T, strict=True):
            if np.isnan(column).all():
                raise DataError(
                    f"Series {series.unique_id!r}: column {name!r} has no value in its first "
                    f"{len(series)} rows, the training span. Begin later, or leave it out."
                )
            if np.nanmin(column) == np.nanmax(column):
                warnings.warn(
                    f"Series {series.unique_id!r}: column {name!r} is {column[0]:g} throughout its "
                    "first rows, the training span: nothing can be learned from it.",
                    UserWarning,
                    stacklevel=4,
                )
        level = self.level_[series.unique_id] = Scaler().fit(values)
        last = _carried_forward(values, level.mean_)
        # the step of the very first row is unknown, not zero
        read = self._read(last, last[0])[1:] if self.difference else last
        there = ~np.isnan(values[-len(read) :])
        self.known_[series.unique_id] = Scaler().fit(np.where(there, read, np.nan))

    def _rows_of(self, series: Series, before: np.ndarray | None) -> Rows:
        scaler = self.known_[series.unique_id]
        values = self._values(series)
        start = self.level_[series.unique_id].mean_ if before is None else before
        last = _carried_forward(values, start)
        before = last[0] if before is None else before
        known = scaler.transform(self._read(last, before)).astype("float32")
        there = (~np.isnan(values[:, : self.indicators])).astype("float32")
        ahead = self._ahead(series.unique_id, series.times, series.values(self.schema.future))
        unit = np.array([scaler.mean_[0], scaler.scale_[0]])
        return Rows(values[:, 0], last, known, there, ahead, unit)

    def _read(self, last: np.ndarray, before: np.ndarray) -> np.ndarray:
        """What the network reads of known values: the target's steps or its level."""
        if not self.difference:
            return last
        steps = np.diff(last[:, :1], axis=0, prepend=before[:1, None])
        return np.concatenate([steps, last[:, 1:]], axis=1)

    def _ahead(self, one: str, times: pd.DatetimeIndex, future: np.ndarray) -> np.ndarray:
        static = self.static_.transform(np.array(self.statics_[one], "float64"))
        known = [self.future_.transform(future), np.tile(static, (len(future), 1))]
        sines = calendar_rows(times, self.cycles_, self.schema.zone)
        return np.concatenate([*known, sines], axis=1).astype("float32")


def _positive(series: Series) -> np.ndarray:
    y = series.values(["y"])[:, 0]
    require_positive(y, partial(_which, series))
    return y


def _which(series: Series, rows: np.ndarray) -> str:
    first = stamp(series.times[rows[0]], series.schema.zone)
    return (
        f"Series {series.unique_id!r}: {counted(len(rows), 'value')} of {series.schema.target!r}, "
        f"first at {first}, {'is' if len(rows) == 1 else 'are'}"
    )


def _carried_forward(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """`(rows, columns)` with the last known value in place of a missing one, at first `start`."""
    there = ~np.isnan(values)
    if there.all():
        return values
    rows = np.maximum.accumulate(np.where(there, np.arange(len(values))[:, None], -1), axis=0)
    known = values[np.maximum(rows, 0), np.arange(values.shape[1])]
    return np.where(rows >= 0, known, start)
