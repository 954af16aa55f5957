"""Between series in their own units and the scaled rows that a network reads."""

import warnings
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import Schema, TimeSeries, TimeSeriesPanel
from ....errors import ArgumentError, DataError
from ....messages import counted, stamp
from .calendar import calendar_rows, choose_cycles, columns
from .choices import choose_power, require_aligned
from .power import fit_power, inverse_power_transform, power_transform
from .rows import Rows
from .scaling import LEAST, Scaler, running
from .state import State
from .values import carried_forward, check_training_span, positive_values, which_values, windows

FAR = 10  # standard deviations from the mean of the training span beyond which a warning is due
MOST = np.finfo("float32").max  # number that a network reads


class Transform:
    """Converts series to scaled rows; fitted on the training spans only.

    Target and past covariates are scaled for each series on its own; known-future and static
    covariates over all series.

    Args:
        schema: names of the columns.
        difference: `"step"`: the network reads differences of the target, y_t − y_{t−1}, in place
            of the target, for series without a fixed level, such as prices; `"season"`:
            differences from the value one season before.
        calendar: cycles to add as covariates known ahead: `"auto"`, or names in `CYCLES`.
        power: `"log"` or `"box-cox"`: power transform of the target, before all else. `"auto"`
            takes the logarithm where variation grows with the level; `None` takes none.
        scaling: name in `SCALINGS`; `"running"` scales the target by running statistics.
        span: number of rows of the running statistics.
        mixed: whether every series is read with the targets of all others.

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
            training: training span of every series.
            given: all rows of every series: `"auto"` takes no logarithm if one of them has none.

        Raises:
            DataError: a column of a series has no value in its training span.
        """
        self.known_, self.level_ = {}, {}
        self.powers_ = {}
        self.power_ = self.power
        if self.power == "auto":
            self.power_ = choose_power(training, given or training)
        if self.power_ is not None:
            for series in training:
                power = fit_power(self.power_, positive_values(series))
                self.powers_[series.unique_id] = power
        self.cycles_ = choose_cycles(self.calendar, training)
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
        """The ids of the fitted series."""
        return list(self.known_)

    @property
    def lag(self) -> int:
        """The number of rows over which differences are taken."""
        return self.schema.season if self.difference == "season" else 1

    @property
    def unknown(self) -> int:
        """The number of first rows of a series whose seasonal differences are unknown."""
        return self.lag if self.difference == "season" else 0

    @property
    def ahead(self) -> int:
        """The number of columns known ahead."""
        return len(self.schema.future) + len(self.schema.static) + columns(self.cycles_)

    @property
    def indicators(self) -> int:
        """The number of columns that mark missing values."""
        return 1 + len(self.schema.past) if self.schema.masked else 0

    @property
    def mixed_in(self) -> int:
        """The number of columns for the targets of all series; 0 unless channels are mixed."""
        return len(self.known_) if self.mixed else 0

    def rows(self, panel: Iterable[TimeSeries], before: State | None = None) -> list[Rows]:
        """Converts series to scaled rows.

        Args:
            panel: series to convert.
            before: state after the row before the first; `None` where there is none.

        Raises:
            DataError: channels are mixed, and series are missing or their times differ.
        """
        several = list(panel)
        converted = [
            self._rows_of(series, None if before is None else before.select(np.array([i])))
            for i, series in enumerate(several)
        ]
        if not self.mixed:
            return converted
        require_aligned(several, self.ids)
        others = np.column_stack([rows.features[:, 0] for rows in converted])
        return [rows.with_others(others) for rows in converted]

    def warn_of_far(self, panel: Iterable[TimeSeries]) -> None:
        """Warns of values over `FAR` standard deviations from the mean of the training span."""
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
        """Scales the covariates known ahead, with the calendar.

        Args:
            ids: ids of the series.
            times: times of the steps ahead of each series.
            future: known-future covariates, `(series, steps, futures)`.

        Returns:
            `(series, steps, ahead)`.
        """
        return np.stack([self._ahead(*each) for each in zip(ids, times, future, strict=True)])

    def inverse(self, one: str, forecast: np.ndarray) -> np.ndarray:
        """Converts forecasts of the series `one`, of any shape, to the unit of its table."""
        return inverse_power_transform(forecast, self.powers_[one]) if self.powers_ else forecast

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

    def _values(self, series: TimeSeries) -> np.ndarray:
        """Target and past covariates, `(rows, 1 + past)`."""
        values = series.values(["y", *self.schema.past])
        if self.powers_:
            power = self.powers_[series.unique_id]
            y = power_transform(values[:, 0], power, partial(which_values, series))
            return np.column_stack([y, values[:, 1:]])
        return values

    def _fit_one(self, series: TimeSeries) -> None:
        names = [self.schema.target, *self.schema.past]
        values = self._values(series)
        check_training_span(series, names, values)
        level = self.level_[series.unique_id] = self._scaler().fit(values)
        last = carried_forward(values, level.mean_)
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

    def _rows_of(self, series: TimeSeries, before: State | None) -> Rows:
        one = series.unique_id
        scaler, values = self.known_[one], self._values(series)
        start = self.level_[one].mean_ if before is None else before.last_observed[0]
        last = carried_forward(values, start)
        anchor = np.repeat(last[0, 0], self.lag) if before is None else before.anchor[0]
        read = self._read(last, anchor)
        if before is None:  # unknown differences are set to their mean
            read[: self.unknown, 0] = scaler.mean_[0]
        scale = np.array([scaler.mean_[0], scaler.scale_[0]])
        if self.scaling == "running":
            least = LEAST * scaler.scale_[0]
            seen = np.where(np.isnan(values[:, 0]), np.nan, read[:, 0])
            start_scale = scale if before is None else before.scale[0]
            scales = running(seen, start_scale, self.span, least)
        else:
            scales = np.broadcast_to(scale, (len(values), 2))
        features = scaler.transform(read)
        features[:, 0] = (read[:, 0] - scales[:, 0]) / scales[:, 1]
        return Rows(
            target=values[:, 0],
            last_observed=last,
            features=np.clip(features, -MOST, MOST).astype("float32"),
            observed=(~np.isnan(values[:, : self.indicators])).astype("float32"),
            future=self._ahead(one, series.times, series.values(self.schema.future)),
            anchor=windows(np.concatenate([anchor, last[:, 0]]), self.lag)[1:],
            scale=scales,
            others=np.empty((len(values), 0), "float32"),
            weight=np.empty((len(values), 0), "float32"),
            number=self.places_[one],
        )

    def _read(self, last: np.ndarray, anchor: np.ndarray) -> np.ndarray:
        """What the network reads of observed values: the target or its differences."""
        if not self.difference:
            return last.copy()
        before = np.concatenate([anchor, last[:, 0]])[: len(last)]
        return np.column_stack([last[:, 0] - before, last[:, 1:]])

    def _scaler(self) -> Scaler:
        return Scaler(robust=self.scaling == "robust")

    def _ahead(self, one: str, times: pd.DatetimeIndex, future: np.ndarray) -> np.ndarray:
        static = self.static_.transform(np.array(self.statics_[one], "float64"))
        known = [self.future_.transform(future), np.tile(static, (len(future), 1))]
        sines = calendar_rows(times, self.cycles_, self.schema.zone)
        together = np.concatenate([*known, sines], axis=1)
        return np.clip(together, -MOST, MOST).astype("float32")
