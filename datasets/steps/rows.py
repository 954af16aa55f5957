"""Steps without a pattern: the rows that are there, whatever their times."""

from typing import Any

import numpy as np
import pandas as pd

from .base import DAY, Count, Steps
from .offsets import OffsetSteps

LONGEST = 36525 * DAY  # distance of two rows
PREFIX = "rows/"


class RowSteps(Steps):
    """Rows are steps; of those ahead nothing is known but their usual distance.

    Args:
        usual: the distance, a pandas alias of a fixed length.

    Raises:
        ValueError: it has no fixed length, or none above 0.
    """

    pause = np.iinfo(np.int64).max // 2

    def __init__(self, usual: str):
        offset: Any = pd.tseries.frequencies.to_offset(usual)
        self.usual = pd.Timedelta(offset)
        if not pd.Timedelta(0) < self.usual <= LONGEST:
            raise ValueError("no distance of rows")
        self.by_days = self.usual >= DAY
        self.season, self.horizon = OffsetSteps(usual).season, OffsetSteps(usual).horizon

    def count(self, times: pd.DatetimeIndex) -> Count:
        numbers = np.arange(len(times))
        return numbers, np.zeros(len(times), bool), lambda steps: times.to_numpy()[steps]

    def after(self, last: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        return pd.date_range(last, periods=steps + 1, freq=self.usual)[1:]

    def before(self, first: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        return pd.date_range(end=first, periods=steps + 1, freq=self.usual)[:-1]

    def between(self, first: pd.Timestamp, last: pd.Timestamp) -> int:
        return int((last - first) // self.usual)

    def continues(self, last: pd.Timestamp, first: pd.Timestamp) -> bool:
        return first > last
