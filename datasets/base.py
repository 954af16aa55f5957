"""Checked series, one or several, and what is needed to read others like them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..errors import DataError


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
class Series:
    """One series in time order, without gaps or duplicates.

    Without missing values as well, unless `schema.masked`.

    Attributes:
        schema: what the columns mean.
        frame: columns `unique_id`, `ds`, `y` and the covariates under their own
            names, all numbers `float64`; index 0 … n−1.
        repairs: what was changed on the way in, one sentence each.
        static: the numbers of `schema.static`.
    """

    schema: Schema
    frame: pd.DataFrame
    repairs: tuple[str, ...] = ()
    static: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: slice) -> "Series":
        """A span of rows: `series[:-365]`."""
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True))

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
class Panel:
    """Several series that mean the same: one network is fitted over all of them.

    They have one step, season and set of columns, but each its own span of time.

    Attributes:
        schema: what the columns mean; its name is that of the panel.
        series: one for each `unique_id`; the name in its own schema is that id.
        repairs: what was changed on the way in, one sentence each.
    """

    schema: Schema
    series: tuple[Series, ...]
    repairs: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.series)

    def __iter__(self) -> Iterator[Series]:
        return iter(self.series)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(series.unique_id for series in self.series)

    def __getitem__(self, rows: slice) -> "Panel":
        """The same span of rows of every series: `panel[:-48]`."""
        return replace(self, series=tuple(series[rows] for series in self.series))

    def cut(self, rows: Sequence[int]) -> "Panel":
        """The first rows of each series, so many of each."""
        pairs = zip(self.series, rows, strict=True)
        return replace(self, series=tuple(series[:count] for series, count in pairs))

    @classmethod
    def of(cls, data: "Series | Panel") -> "Panel":
        """A panel of one, for what works on any number."""
        return data if isinstance(data, Panel) else cls(data.schema, (data,), data.repairs)
