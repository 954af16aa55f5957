"""Naive forecasts: the last value, the value one season before, the drift."""

from dataclasses import dataclass, field

import numpy as np

from .base import FittedBaseline, begun, carried_forward, missing_before

NOTHING = np.empty(0)


@dataclass(frozen=True)
class LastValue(FittedBaseline):
    """Persistence, or the random walk: every lead repeats the value at the origin.

    Attributes:
        last: last known value; NaN before the first one.
    """

    last: float = np.nan

    def roll(
        self, y: np.ndarray, origins: np.ndarray, leads: int
    ) -> tuple[np.ndarray, "LastValue"]:
        known = carried_forward(np.concatenate([[self.last], y]))
        return np.repeat(known[origins + 1][:, None], leads, axis=1), LastValue(known[-1])

    def restarted(self, y: np.ndarray) -> "LastValue":
        return LastValue()


@dataclass(frozen=True)
class SeasonalValue(FittedBaseline):
    """Each lead repeats the last known value of the same phase of the season.

    Origins with less than a season of history repeat the value at the origin.

    Attributes:
        season: number of rows in a season.
        tail: last known values, at most a season of them.
    """

    season: int
    tail: np.ndarray = field(default_factory=lambda: NOTHING)

    def roll(
        self, y: np.ndarray, origins: np.ndarray, leads: int
    ) -> tuple[np.ndarray, "SeasonalValue"]:
        values, offset = begun(self.tail, y)
        known, at = carried_forward(values), origins + offset
        lead = np.arange(1, leads + 1)
        back = self.season - 1 - (lead - 1) % self.season  # rows before the origin
        rows = at[:, None] - back
        if not len(known):
            return np.full((len(origins), leads), np.nan), self
        forecasts = np.where(
            rows >= 0, known[np.maximum(rows, 0)], known[np.maximum(at, 0)][:, None]
        )
        return missing_before(at, forecasts), SeasonalValue(self.season, known[-self.season :])

    def restarted(self, y: np.ndarray) -> "SeasonalValue":
        return SeasonalValue(self.season)


@dataclass(frozen=True)
class Drift(FittedBaseline):
    """The last value plus, for each lead, the mean step since the first value.

    ```
    ŷ_{t+h} = y_t + h (y_t − y_0) / t
    ```

    At the first row, without any step, it is the last value. R. J. Hyndman &
    G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd edition, section 5.2.

    Attributes:
        first: first known value.
        tail: the last known value; empty before the first one.
        t: number of rows from the first known value to the last row.
    """

    first: float = np.nan
    tail: np.ndarray = field(default_factory=lambda: NOTHING)
    t: int = 0

    def roll(self, y: np.ndarray, origins: np.ndarray, leads: int) -> tuple[np.ndarray, "Drift"]:
        values, offset = begun(self.tail, y)
        if not len(values):
            return np.full((len(origins), leads), np.nan), self
        known, at = carried_forward(values), np.maximum(origins + offset, 0)
        first = self.first if len(self.tail) else known[0]
        step = (known[at] - first) / np.maximum(self.t + at, 1)
        forecasts = known[at][:, None] + step[:, None] * np.arange(1, leads + 1)
        after = Drift(float(first), known[-1:], self.t + len(known) - 1)
        return missing_before(origins + offset, forecasts), after

    def restarted(self, y: np.ndarray) -> "Drift":
        return Drift()
