"""Checked series, one or several, and what is needed to read others like them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..messages import counted, stamp
from .dialect import NO_DIALECT, Dialect
from .shown import html_page
from .steps import steps_of
from .timezones import in_zone, instant

ENDS = 3  # rows of each end of a series that a notebook shows


@dataclass(frozen=True)
class Schema:
    """What the columns of a table mean.

    Attributes:
        name: name of the series in charts and runs.
        time: time column as the user named it; `""` for a `DatetimeIndex`.
        target: column to forecast, as the user named it.
        past: covariates known up to the origin only.
        future: covariates known for the steps ahead as well.
        static: covariates that are one number for each series.
        frequency: the step, e.g. `"h"`, `"D"`, `"B"`, or a calendar, as `steps.steps_of` reads it.
        season: number of steps in a season, e.g. 24 for hourly data with a daily cycle.
        unit: unit of the target, for the axes of charts; may be empty.
        others: columns of the table that are not used.
        masked: whether target and past covariates may be missing (NaN); the network then reads
            which of them are.
        zone: time zone, e.g. `"Europe/Paris"`: times of the series are UTC, and times that a
            table gives without a zone are local times of this one. `""` where no time has a
            zone.
        clock: time zone whose local times those of the series are, because steps of a day or
            longer and sessions follow it; a later table whose times have a zone is converted to
            it. `""` where no zone is known, or times are UTC.
        time_format: format of times that are not ISO 8601, as for `strptime`; may be empty.
        weight: column of the weight of each row in training; `""` where all weigh the same.
        time_parts: columns that make the time together, where `time` is none of the table.
        id_parts: columns that make the ids of the series together; empty where `unique_id` does.
        na: signs of missing values in columns of numbers, in later tables too.
        dialect: how the file was written; decides what is not certain in later ones.
    """

    name: str
    time: str
    target: str
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    frequency: str = "D"
    season: int = 1
    unit: str = ""
    others: tuple[str, ...] = ()
    masked: bool = False
    zone: str = ""
    time_format: str = ""
    weight: str = ""
    clock: str = ""
    time_parts: tuple[str, ...] = ()
    id_parts: tuple[str, ...] = ()
    na: tuple[float | str, ...] = ()
    dialect: Dialect = NO_DIALECT

    def instant(self, value: Any, argument: str = "time") -> pd.Timestamp:
        """Reads one time given by a user, as `TimeSeries.times` holds it.

        A time without a zone is a local time of `zone`, if there is one.

        Args:
            value: text in ISO 8601 or in `time_format`, a date or a time.
            argument: its name in messages.

        Returns:
            The time without a zone; in UTC where the schema has one.

        Raises:
            ArgumentError: no time; a time with a zone where the schema has none; a time that
                clocks skip or repeat.
        """
        return instant(value, self.zone, self.time_format, argument, self.clock)

    def times_after(self, last: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        """The `steps` times that follow `last`.

        Raises:
            DataError: they pass the last time that pandas can hold.
        """
        try:
            return steps_of(self.frequency).after(last, steps)
        except (OverflowError, ValueError) as error:  # OutOfBoundsDatetime is a ValueError
            raise DataError(
                f"{steps} steps of {self.frequency!r} after {last} pass the last time that can be "
                "held. Correct the last rows of the table."
            ) from error


@dataclass(frozen=True, repr=False)
class TimeSeries:
    """One series in time order, without gaps or duplicates; values are missing (NaN) only where
    `schema.masked` allows it.

    Attributes:
        schema: what the columns mean.
        frame: columns `unique_id`, `ds`, `y`, the covariates and the weight under their own
            names, all numbers `float64`; index 0 … n−1. `ds` is UTC without saying so where
            `schema.zone` is set: to read the series again, pass the `TimeSeries`, not its frame.
        repairs: what was changed in reading, one sentence each.
        static: values of the columns `schema.static`.
        filled: `(rows, 1 + past)` of `bool`: where a missing value of the target or of a past
            covariate was filled from its neighbors; `None` where none was.
    """

    schema: Schema
    frame: pd.DataFrame
    repairs: tuple[str, ...] = ()
    static: tuple[float, ...] = ()
    filled: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<TimeSeries {self.unique_id!r}: {self._about}>"

    def _repr_html_(self) -> str:
        """For notebooks: the first and the last rows."""
        both = [self.frame.head(ENDS), self.frame.tail(max(0, min(ENDS, len(self) - ENDS)))]
        table = pd.concat(both).drop(columns="unique_id")
        if self.schema.zone:
            table = table.assign(ds=in_zone(pd.DatetimeIndex(table["ds"]), self.schema.zone))
        return html_page(f"{self.unique_id}: {self._about}", self.repairs, table)

    @property
    def _about(self) -> str:
        zone = self.schema.zone
        span = [stamp(time, zone) for time in self.times[[0, -1]]] if len(self) else []
        return ", ".join(
            [f"{counted(len(self), 'row')} of step {self.schema.frequency}"]
            + ([" to ".join(span)] if span else [])
            + _columns_text(self.schema)
            + ([counted(len(self.repairs), "repair")] if self.repairs else [])
        )

    def __getitem__(self, rows: slice) -> "TimeSeries":
        """Returns a span of rows: `series[:-365]`."""
        frame = self.frame.iloc[rows].reset_index(drop=True)
        return replace(self, frame=frame, filled=_or_none(self.filled, rows))

    def as_known(self, row: int) -> "TimeSeries":
        """The series as it was known once `row` had been read; observed later rows are unchanged.

        Values filled into a gap that was still open at `row`, or that begins later, become
        missing (NaN), because they were made from later values. Values in gaps that an observed
        value had closed by then stay.

        Args:
            row: index from 0; −1 where nothing has been read.

        Returns:
            The same object if nothing changes.
        """
        if self.filled is None:
            return self
        rows = np.arange(len(self))[:, None]
        observed = np.where(self.filled | (rows > row), -1, rows)
        open_ = self.filled & (rows > observed.max(axis=0, initial=-1))
        if not open_.any():
            return self
        frame = self.frame.copy(deep=False)
        for name, gone in zip(("y", *self.schema.past), open_.T, strict=True):
            if gone.any():
                frame[name] = frame[name].mask(gone)
        return replace(self, frame=frame, filled=_or_none(self.filled & ~open_))

    @property
    def unique_id(self) -> str:
        return self.schema.name

    @property
    def times(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.frame["ds"])

    def values(self, columns: tuple[str, ...] | list[str]) -> np.ndarray:
        """`(rows, columns)` of `float64`."""
        return self.frame[list(columns)].to_numpy("float64")


@dataclass(frozen=True, repr=False)
class TimeSeriesPanel:
    """Several series with the same columns: one network is fitted over all of them.

    They share step, season and columns; each has its own span of time.

    Attributes:
        schema: what the columns mean; `schema.name` is the name of the panel.
        series: one for each `unique_id`, which is the name in its own schema.
        repairs: what was changed in reading, one sentence each.
    """

    schema: Schema
    series: tuple[TimeSeries, ...]
    repairs: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.series)

    def __repr__(self) -> str:
        return f"<TimeSeriesPanel {self.schema.name!r}: {self._about}>"

    def _repr_html_(self) -> str:
        """For notebooks: a row for each series."""
        zone = self.schema.zone
        known = [one for one in self if len(one)]
        ends = [[stamp(time, zone) for time in one.times[[0, -1]]] for one in known]
        rows = [(one.unique_id, len(one), *own) for one, own in zip(known, ends, strict=True)]
        table = pd.DataFrame(rows, columns=["unique_id", "rows", "first", "last"])
        title = f"{self.schema.name}: {self._about}"
        return html_page(title, self.repairs, table)

    @property
    def _about(self) -> str:
        rows = sorted({len(one) for one in self})
        each = " to ".join(f"{count:,}" for count in rows[:: max(1, len(rows) - 1)])
        return ", ".join(
            [f"{len(self):,} series of {each} rows of step {self.schema.frequency}"]
            + _columns_text(self.schema)
            + ([counted(len(self.repairs), "repair")] if self.repairs else [])
        )

    def __iter__(self) -> Iterator[TimeSeries]:
        return iter(self.series)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(series.unique_id for series in self.series)

    def __getitem__(self, rows: slice) -> "TimeSeriesPanel":
        """Returns the same span of rows of every series: `panel[:-48]`."""
        return replace(self, series=tuple(series[rows] for series in self.series))

    def cut(self, rows: Sequence[int]) -> "TimeSeriesPanel":
        """Returns the first `rows[i]` rows of the i-th series."""
        pairs = zip(self.series, rows, strict=True)
        return replace(self, series=tuple(series[:count] for series, count in pairs))

    def before(self, time: pd.Timestamp | str) -> "TimeSeriesPanel":
        """Returns the rows of every series before one time: `panel.before("2015-01-01")`."""
        first = self.schema.instant(time)
        return self.cut([int((series.times < first).sum()) for series in self.series])

    def as_known(self, rows: Sequence[int]) -> "TimeSeriesPanel":
        """Each series as it was known once one of its rows had been read; see
        `TimeSeries.as_known`.

        Args:
            rows: index of that row, one for each series.
        """
        known = tuple(one.as_known(row) for one, row in zip(self.series, rows, strict=True))
        same = all(one is other for one, other in zip(known, self.series, strict=True))
        return self if same else replace(self, series=known)

    @classmethod
    def of(cls, data: "TimeSeries | TimeSeriesPanel") -> "TimeSeriesPanel":
        """Returns the panel, or a panel that holds the one series."""
        return (
            data if isinstance(data, TimeSeriesPanel) else cls(data.schema, (data,), data.repairs)
        )


def _or_none(filled: np.ndarray | None, rows: slice = slice(None)) -> np.ndarray | None:
    """Some rows of `filled`; `None` where nothing in them was filled."""
    return None if filled is None or not filled[rows].any() else filled[rows]


def _columns_text(schema: Schema) -> list[str]:
    """What the columns of a table mean, for a reader."""
    unit = f" ({schema.unit})" if schema.unit else ""
    kinds = {"past": schema.past, "future": schema.future, "static": schema.static}
    others = [f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names]
    return [f"target {schema.target}{unit}", *others]
