"""Steps that pandas has a name for: hours, days, weeks, months."""

import numpy as np
import pandas as pd

from .base import DAY, Count, Steps

MOST = 10_000_000  # units in a step
MOST_STEPS = 48  # most steps of less than a day that are forecast by default


class OffsetSteps(Steps):
    """Steps of a pandas offset.

    Args:
        frequency: its alias, e.g. `"h"`, `"2D"`, `"MS"`.
    """

    def __init__(self, frequency: str):
        self.frequency = frequency
        offset = pd.tseries.frequencies.to_offset(frequency)
        kind, n = offset.rule_code.split("-")[0], offset.n
        if not 1 <= n <= MOST:
            raise ValueError(f"{n} is no number of steps")
        if isinstance(offset, pd.offsets.Day):
            self.fixed = n * DAY
        elif isinstance(offset, pd.offsets.Tick):
            self.fixed = pd.Timedelta(offset)
        self.by_days = self.dated = self.fixed is None or self.fixed >= DAY
        self.season, self.horizon = self._season(kind, n), self._horizon(kind, n)

    def count(self, times: pd.DatetimeIndex) -> Count:
        if self.fixed is None:
            grid = pd.date_range(times[0], times[-1], freq=self.frequency)
            numbers = grid.get_indexer(times)
            return numbers, numbers < 0, lambda steps: grid.to_numpy()[steps]
        step, since = self.fixed.to_timedelta64(), times.to_numpy() - times.to_numpy()[0]
        rests = since % step
        start = rests[0]  # one stray first time must not set the grid
        if (rests != start).any():
            values, counts = np.unique(rests, return_counts=True)
            start = values[np.argmax(counts)]
        origin = times.to_numpy()[0] + start
        return (since - start) // step, rests != start, lambda steps: origin + steps * step

    def after(self, last: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        return pd.date_range(last, periods=steps + 1, freq=self.frequency)[1:]

    def before(self, first: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        return pd.date_range(end=first, periods=steps + 1, freq=self.frequency)[:-1]

    def between(self, first: pd.Timestamp, last: pd.Timestamp) -> int:
        return max(0, len(pd.date_range(first, last, freq=self.frequency)) - 1)

    def _season(self, kind: str, n: int) -> int:
        fixed = self.fixed
        if fixed is not None and pd.Timedelta(minutes=1) <= fixed < DAY:
            return int(DAY // fixed) if DAY % fixed == pd.Timedelta(0) else 1
        year = {"W": 52, "MS": 12, "ME": 12, "BMS": 12, "BME": 12, "QS": 4, "QE": 4}
        season = {"D": 7, "B": 5, **year}.get(kind, 1)
        return season // n if season % n == 0 else 1

    def _horizon(self, kind: str, n: int) -> int:
        if self.fixed is not None and self.fixed < DAY:
            return max(1, min(MOST_STEPS, int(DAY // self.fixed)))
        kind = kind.removeprefix("B") if len(kind) > 1 else kind
        years = {"MS": 12, "ME": 12, "QS": 4, "QE": 4, "YS": 6, "YE": 6}
        return max(1, {"D": 7, "B": 5, "W": 13, **years}.get(kind, 12) // n)
