"""Checked series, one or several, and what is needed to read others like them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .timezones import instant


@dataclass(frozen=True)
class Schema:
    """What the columns of a table mean.

    Attributes:
        name: what the series is called in charts and runs.
        time: the user's name of the time column; `""` for a `DatetimeIndex`.
        target: the user's name of the column that is forecast.
        past: covariates known up to the origin only.
        future: covariates known for the steps ahead as well.
        static: covariates that are one number for each series.
        frequency: a pandas offset alias, e.g. `"h"`, `"D"`, `"B"`.
        season: steps in a season, e.g. 24 for hourly data with a daily cycle.
        unit: of the target, for axes; may be empty.
        others: columns that stood in the table and were not asked for.
        masked: whether target and past covariates may be missing (NaN); a network is told
            which of them are.
        zone: e.g. `"Europe/Paris"`: times of the series are UTC, and those of tables that are
            written without a zone are local times of it. `""` where no time has a zone.
        time_format: of times that are not ISO 8601, as for `strptime`; may be empty.
        weight: column that says how much each row counts in training; `""` where all count
            alike.
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

    def instant(self, value: Any, argument: str = "time") -> pd.Timestamp:
        """One time that a user gives, as `TimeSeries.times` holds it.

        A time without a zone is a local time of `zone`, if there is one.

        Args:
            value: a text in ISO 8601 or in `time_format`, a date or a time.
            argument: what messages call it.

        Returns:
            It without zone, UTC where the schema has one.

        Raises:
            ArgumentError: no time; one with a zone where the schema has none; one that clocks
                skip or repeat.
        """
        return instant(value, self.zone, self.time_format, argument)

    def times_after(self, last: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        """The `steps` times that follow `last`.

        Raises:
            DataError: they pass the last time that pandas can hold.
        """
        try:
            return pd.date_range(last, periods=steps + 1, freq=self.frequency)[1:]
        except (OverflowError, ValueError) as error:  # OutOfBoundsDatetime is a ValueError
            raise DataError(
                f"{steps} steps of {self.frequency!r} after {last} pass the last time that can be "
                "held. Correct the last rows of the table."
            ) from error


@dataclass(frozen=True)
class TimeSeries:
    """One series in time order, without gaps or duplicates.

    Without missing values as well, unless `schema.masked`.

    Attributes:
        schema: what the columns mean.
        frame: columns `unique_id`, `ds`, `y`, the covariates and the weight under their own
            names, all numbers `float64`; index 0 … n−1. `ds` is UTC without saying so where
            `schema.zone` is set: read the `TimeSeries` again, not its frame.
        repairs: what was changed on the way in, one sentence each.
        static: the numbers of `schema.static`.
        filled: `(rows, 1 + past)` of `bool`: where the target or a past covariate had no
            value and was given one, from its neighbors; `None` where nothing was.
    """

    schema: Schema
    frame: pd.DataFrame
    repairs: tuple[str, ...] = ()
    static: tuple[float, ...] = ()
    filled: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: slice) -> "TimeSeries":
        """A span of rows: `series[:-365]`."""
        frame = self.frame.iloc[rows].reset_index(drop=True)
        return replace(self, frame=frame, filled=_or_none(self.filled, rows))

    def as_known(self, row: int) -> "TimeSeries":
        """The series as it was known once `row` was read, its later rows as they are.

        What was filled into a gap that was still open then is missing (NaN), as it was made
        from a later value, and so is what was filled in later on. Gaps that an observed value
        had closed by then keep their values.

        Args:
            row: from 0; −1 where nothing was read yet.

        Returns:
            This very series if all of it stays.
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


@dataclass(frozen=True)
class TimeSeriesPanel:
    """Several series that mean the same: one network is fitted over all of them.

    They have one step, season and set of columns, but each its own span of time.

    Attributes:
        schema: what the columns mean; its name is that of the panel.
        series: one for each `unique_id`; the name in its own schema is that id.
        repairs: what was changed on the way in, one sentence each.
    """

    schema: Schema
    series: tuple[TimeSeries, ...]
    repairs: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.series)

    def __iter__(self) -> Iterator[TimeSeries]:
        return iter(self.series)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(series.unique_id for series in self.series)

    def __getitem__(self, rows: slice) -> "TimeSeriesPanel":
        """The same span of rows of every series: `panel[:-48]`."""
        return replace(self, series=tuple(series[rows] for series in self.series))

    def cut(self, rows: Sequence[int]) -> "TimeSeriesPanel":
        """The first rows of each series, so many of each."""
        pairs = zip(self.series, rows, strict=True)
        return replace(self, series=tuple(series[:count] for series, count in pairs))

    def before(self, time: pd.Timestamp | str) -> "TimeSeriesPanel":
        """The rows of each series before a time, the same for all: `panel.before("2015-01-01")`."""
        first = self.schema.instant(time)
        return self.cut([int((series.times < first).sum()) for series in self.series])

    def as_known(self, rows: Sequence[int]) -> "TimeSeriesPanel":
        """Each series as it was known once its row was read, as `TimeSeries.as_known` says.

        Args:
            rows: one for each series.
        """
        known = tuple(one.as_known(row) for one, row in zip(self.series, rows, strict=True))
        same = all(one is other for one, other in zip(known, self.series, strict=True))
        return self if same else replace(self, series=known)

    @classmethod
    def of(cls, data: "TimeSeries | TimeSeriesPanel") -> "TimeSeriesPanel":
        """A panel of one, for what works on any number."""
        return (
            data if isinstance(data, TimeSeriesPanel) else cls(data.schema, (data,), data.repairs)
        )


def _or_none(filled: np.ndarray | None, rows: slice = slice(None)) -> np.ndarray | None:
    """Some rows of the marks; `None` where there are none in them."""
    return None if filled is None or not filled[rows].any() else filled[rows]
