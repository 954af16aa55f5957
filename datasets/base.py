"""A checked series, and what is needed to read another one like it."""

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
        frequency: a pandas offset alias, e.g. `"h"`, `"D"`, `"B"`.
        season: steps in a season, e.g. 24 for hourly data with a daily cycle.
        unit: of the target, for axes; may be empty.
        others: columns that stood in the table and were not asked for.
    """

    name: str
    time: str
    target: str
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    frequency: str = "D"
    season: int = 1
    unit: str = ""
    others: tuple[str, ...] = ()

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
    """One series in time order, without gaps, duplicates or missing values.

    Attributes:
        schema: what the columns mean.
        frame: columns `unique_id`, `ds`, `y` and the covariates under their own
            names, all numbers `float64`; index 0 … n−1.
        repairs: what was changed on the way in, one sentence each.
    """

    schema: Schema
    frame: pd.DataFrame
    repairs: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: slice) -> "Series":
        """A span of rows: `series[:-365]`."""
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True))

    @property
    def times(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.frame["ds"])

    def values(self, columns: tuple[str, ...] | list[str]) -> np.ndarray:
        """`(rows, columns)` of `float64`."""
        return self.frame[list(columns)].to_numpy("float64")
