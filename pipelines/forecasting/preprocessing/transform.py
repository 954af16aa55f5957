"""Between series in their own units and the scaled rows that a network reads."""

import warnings
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ....datasets import Schema, TimeSeries, TimeSeriesPanel
from ....errors import ArgumentError, DataError
from ....messages import counted, stamp
from .calendar import calendar_rows, chosen_cycles, columns
from .choices import chosen_power, require_together
from .power import back, fitted_power, require_positive, transformed
from .rows import Rows
from .scaling import LEAST, Scaler, running

if TYPE_CHECKING:
    from .state import State

FAR = 10  # standard deviations from the training span that no unit is expected to reach


class Transform:
    """Scales series to rows; learned on the training spans only.

    Target and past covariates are scaled for each series on its own; what is known ahead,
    the known-future covariates and then the static ones, over all series alike.

    Args:
        schema: names of the columns.
        difference: the network reads the steps of the target, y_t − y_{t−1}, in place
            of its level: for series that wander, such as prices. `"season"`: the steps from the
            value of a season before.
        calendar: cycles whose sines are known ahead: `"auto"`, or names in `CYCLES`.
        power: `"log"` or `"box-cox"`: the target is transformed before anything else; what is
            said of it below is then of the transformed one. `"auto"` takes the logarithm where
            swings grow with their level. `None` leaves it as it is.
        scaling: in `SCALINGS`; `"running"` scales the target by statistics that move on.
        span: rows that weigh in them.
        mixed: every series is read beside the others.

    Raises:
        ArgumentError: a seasonal difference of a table without a season.
    """

    def __init__(
        self,
        schema: Schema,
        difference: str | None = None,
        calendar: Any = None,
        power: str | None = None,
        scaling: str = "z-score",
        span: int = 1,
        mixed: bool = False,
    ):
        if difference == "season" and schema.season < 2:
            raise ArgumentError(
                f"The table {schema.name!r} has no season to take differences over: give `season` "
                'where it is read, or difference="step". Received: difference="season"'
            )
        self.schema = schema
        self.difference = difference
        self.calendar = calendar
        self.power = power
        self.scaling = scaling
        self.span = span
        self.mixed = mixed

    power_: str | None
    powers_: dict[str, float]
    cycles_: tuple[str, ...]
    known_: dict[str, Scaler]
    level_: dict[str, Scaler]

    def fit(self, training: TimeSeriesPanel, given: TimeSeriesPanel | None = None) -> "Transform":
        """Learns from the training span of every series.

        Args:
            training: those spans.
            given: all rows there are: where one of them has no logarithm, none is chosen.

        Raises:
            DataError: a column of a series has no value there.
        """
        self.known_, self.level_ = {}, {}
        self.powers_ = {}
        self.power_ = self.power
        if self.power == "auto":
            self.power_ = chosen_power(training, given or training)
        if self.power_ is not None:
            for series in training:
                power = fitted_power(self.power_, _positive(series))
                self.powers_[series.unique_id] = power
        self.cycles_ = chosen_cycles(self.calendar, training)
        for series in training:
            self._fit_one(series)
        self.places_ = {one: k for k, one in enumerate(self.known_)}
        future = [series.values(self.schema.future) for series in training]
        self.future_ = self._scaler().fit(np.concatenate(future))
        self.statics_ = {series.unique_id: series.static for series in training}
        self.static_ = Scaler().fit(np.array([*self.statics_.values()], "float64"))
        return self

    @property
    def ids(self) -> list[str]:
        """Of the series that were fitted."""
        return list(self.known_)

    @property
    def lag(self) -> int:
        """Rows over which differences are taken."""
        return self.schema.season if self.difference == "season" else 1

    @property
    def unknown(self) -> int:
        """First rows of a series whose seasonal differences are not known."""
        return self.lag if self.difference == "season" else 0

    @property
    def ahead(self) -> int:
        """Columns that are known ahead."""
        return len(self.schema.future) + len(self.schema.static) + columns(self.cycles_)

    @property
    def indicators(self) -> int:
        """Columns that tell what is missing."""
        return 1 + len(self.schema.past) if self.schema.masked else 0

    @property
    def mixed_in(self) -> int:
        """Columns that the targets of all series take, where channels are mixed."""
        return len(self.known_) if self.mixed else 0

    def rows(self, panel: Iterable[TimeSeries], before: "State | None" = None) -> list[Rows]:
        """Scaled rows of each series; `before` is the state after the rows before the first.

        Raises:
            DataError: channels are mixed, and the series are not all there at the same times.
        """
        several = list(panel)
        found = [
            self._rows_of(series, None if before is None else before.of(np.array([i])))
            for i, series in enumerate(several)
        ]
        if not self.mixed:
            return found
        require_together(several, self.ids)
        others = np.column_stack([rows.known[:, 0] for rows in found])
        return [rows.beside(others) for rows in found]

    def warn_of_far(self, panel: Iterable[TimeSeries]) -> None:
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
                    stacklevel=5,
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
            "scaling": self.scaling,
            "span": self.span,
            "mixed": self.mixed,
            "power": self.power_,
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
        transform = cls(
            schema, stored["difference"], scaling=stored["scaling"], span=stored["span"],
            mixed=stored["mixed"],
        )  # fmt: skip
        transform.power_ = stored["power"]
        transform.cycles_ = tuple(stored["cycles"])
        transform.powers_ = dict(stored["powers"])
        transform.known_ = {k: Scaler.from_dict(v) for k, v in stored["known"].items()}
        transform.places_ = {one: k for k, one in enumerate(transform.known_)}
        transform.level_ = {k: Scaler.from_dict(v) for k, v in stored["level"].items()}
        transform.future_ = Scaler.from_dict(stored["future"])
        transform.static_ = Scaler.from_dict(stored["static"])
        transform.statics_ = {one: tuple(values) for one, values in stored["statics"].items()}
        return transform

    def _values(self, series: TimeSeries) -> np.ndarray:
        """Target and past covariates, `(rows, 1 + past)`."""
        values = series.values(["y", *self.schema.past])
        if self.powers_:
            power = self.powers_[series.unique_id]
            y = transformed(values[:, 0], power, partial(_which, series))
            return np.column_stack([y, values[:, 1:]])
        return values

    def _fit_one(self, series: TimeSeries) -> None:
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
                    stacklevel=5,
                )
        level = self.level_[series.unique_id] = self._scaler().fit(values)
        last = _carried_forward(values, level.mean_)
        # the steps of the very first rows are unknown, not zero
        unknown = self.lag if self.difference else 0  # of plain differences it is one row
        if len(last) <= unknown:
            raise DataError(
                f"Series {series.unique_id!r}: {counted(len(last), 'row')} to train on hold no "
                f"difference over {unknown}. Give more rows, or leave `difference` out."
            )
        read = self._read(last, np.repeat(last[0, 0], self.lag))[unknown:]
        there = ~np.isnan(values[unknown:])
        self.known_[series.unique_id] = self._scaler().fit(np.where(there, read, np.nan))

    def _rows_of(self, series: TimeSeries, before: "State | None") -> Rows:
        one = series.unique_id
        scaler, values = self.known_[one], self._values(series)
        start = self.level_[one].mean_ if before is None else before.last[0]
        last = _carried_forward(values, start)
        base = np.repeat(last[0, 0], self.lag) if before is None else before.base[0]
        read = self._read(last, base)
        if before is None:  # what is not known stands at its mean
            read[: self.unknown, 0] = scaler.mean_[0]
        unit = np.array([scaler.mean_[0], scaler.scale_[0]])
        if self.scaling == "running":
            least = LEAST * scaler.scale_[0]
            seen = np.where(np.isnan(values[:, 0]), np.nan, read[:, 0])
            units = running(seen, unit if before is None else before.unit[0], self.span, least)
        else:
            units = np.broadcast_to(unit, (len(values), 2))
        known = scaler.transform(read)
        known[:, 0] = (read[:, 0] - units[:, 0]) / units[:, 1]
        return Rows(
            level=values[:, 0],
            last=last,
            known=known.astype("float32"),
            there=(~np.isnan(values[:, : self.indicators])).astype("float32"),
            ahead=self._ahead(one, series.times, series.values(self.schema.future)),
            base=_windows(np.concatenate([base, last[:, 0]]), self.lag)[1:],
            unit=units,
            others=np.empty((len(values), 0), "float32"),
            weight=np.empty((len(values), 0), "float32"),
            number=self.places_[one],
        )

    def _read(self, last: np.ndarray, base: np.ndarray) -> np.ndarray:
        """What the network reads of known values: the target's steps or its level."""
        if not self.difference:
            return last.copy()
        before = np.concatenate([base, last[:, 0]])[: len(last)]
        return np.column_stack([last[:, 0] - before, last[:, 1:]])

    def _scaler(self) -> Scaler:
        return Scaler(robust=self.scaling == "robust")

    def _ahead(self, one: str, times: pd.DatetimeIndex, future: np.ndarray) -> np.ndarray:
        static = self.static_.transform(np.array(self.statics_[one], "float64"))
        known = [self.future_.transform(future), np.tile(static, (len(future), 1))]
        sines = calendar_rows(times, self.cycles_, self.schema.zone)
        return np.concatenate([*known, sines], axis=1).astype("float32")


def _windows(values: np.ndarray, length: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(values, length)


def _positive(series: TimeSeries) -> np.ndarray:
    y = series.values(["y"])[:, 0]
    require_positive(y, partial(_which, series))
    return y


def _which(series: TimeSeries, rows: np.ndarray) -> str:
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
