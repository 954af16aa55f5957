"""An error memory led along series row by row: quantiles from every origin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .conformal import NEVER, ErrorMemory
from .conformal_steps import Steps


@dataclass(frozen=True)
class Track:
    """Rows of one series, and the forecasts made from some of them.

    Attributes:
        times: time of each row, `(rows,)`, increasing: rows of several series with the same time
            are read together.
        values: value of each row, `(rows,)`; NaN where missing.
        origins: rows that a forecast is made from, `(origins,)`, increasing.
        forecasts: `(origins, horizon)`; leads that are NaN are not learned.
        spread: predicted size of their errors, in the same shape, by which they are divided;
            `None` for none.
        distributions: their quantiles, `(origins, horizon, levels)`, where forecasts are such.
        groups: group of each origin, `(origins,)`, from 0, below the season of the memory; by
            default its position in the season.
    """

    times: np.ndarray
    values: np.ndarray
    origins: np.ndarray
    forecasts: np.ndarray
    spread: np.ndarray | None = None
    groups: np.ndarray | None = None
    distributions: np.ndarray | None = None


def follow(
    memory: ErrorMemory,
    tracks: Sequence[Track],
    levels: Sequence[float] = (),
    *,
    continued: bool = False,
) -> tuple[ErrorMemory, list[np.ndarray]]:
    """Leads a memory along series: each row is observed, then the forecast from it is added.

    The error of lead h from row t is used from row t + h on, never earlier. Leading it along all
    rows at once, or along some after the others, gives the same numbers.

    Args:
        memory: memory before the first rows.
        tracks: rows of each series of the memory.
        levels: levels of quantiles to return; by default none.
        continued: whether the memory has seen the first row of each track.

    Returns:
        The memory after the last rows, and for each series its quantiles
        `(levels, origins, horizon)`; NaN before the first error of a lead.
    """
    steps, wanted = Steps(memory), np.asarray(levels, float)
    made = [np.full((len(wanted), *one.forecasts.shape), np.nan) for one in tracks]
    cursors = [_Cursor(one, continued) for one in tracks]
    calendar = np.unique(np.concatenate([one.times for one in tracks]))
    empty = np.full((len(tracks), steps.horizon), np.nan)
    for time in calendar:
        here = [one.step(time) for one in cursors]
        active = np.array([one is not None for one in here])
        observed = np.array([one is not None and one.observed for one in here])
        values = np.array([np.nan if one is None else one.value for one in here])
        if observed.any():
            steps.observe(values, observed)
        origin = np.array([-1 if one is None else one.origin for one in here])
        adding = active & (origin >= 0)
        if not adding.any():
            continue
        forecast, spread, groups = empty.copy(), None, None
        for s in np.flatnonzero(adding).tolist():
            forecast[s] = tracks[s].forecasts[origin[s]]
        if tracks[0].spread is not None:
            spread = np.ones_like(forecast)
            for s in np.flatnonzero(adding).tolist():
                spread[s] = tracks[s].spread[origin[s]]  # type: ignore[index]
        if tracks[0].groups is not None:
            groups = np.array(
                [t.groups[o] if o >= 0 else 0 for t, o in zip(tracks, origin, strict=True)]  # type: ignore[index]
            )
        distributions = _distributions(tracks, origin, adding)
        if len(wanted):
            quantiles = steps.quantiles(forecast, wanted, spread, groups, distributions)
            for s in np.flatnonzero(adding).tolist():
                made[s][:, origin[s]] = quantiles[:, s]
        steps.add(forecast, adding, spread, groups, distributions)
    return steps.memory(), made


def _distributions(
    tracks: Sequence[Track], origin: np.ndarray, adding: np.ndarray
) -> np.ndarray | None:
    """The quantiles from an origin of each series, `(S, H, levels)`; `None` for numbers."""
    first = tracks[0].distributions
    if first is None:
        return None
    found = np.full((len(tracks), *first.shape[1:]), np.nan)
    for s in np.flatnonzero(adding).tolist():
        found[s] = tracks[s].distributions[origin[s]]  # type: ignore[index]
    return found


def moved(memory: ErrorMemory, series: np.ndarray, rows: np.ndarray) -> ErrorMemory:
    """The memory at rows that do not continue those seen: it waits for no errors there. At earlier
    rows the errors are as old as before.

    Args:
        series: numbers of the series that moved.
        rows: number of rows from the last one seen to the new one of each of them.
    """
    age, slot, count = memory.age.copy(), memory.slot.copy(), memory.rows.copy()
    origin, last = memory.origin.copy(), memory.last.copy()
    for s in series:  # error paths that stay in part those of older origins
        origin[slot[s][(age[s] > 0) & (slot[s] >= 0)], s] = NEVER
    age[series], slot[series] = 0, -1
    count[series] += rows
    for s, step in zip(series, rows, strict=True):
        if step < 0:
            origin[origin[:, s] != NEVER, s] += step
            last[s] += 0 if last[s] == NEVER else step
    return replace(memory, age=age, slot=slot, rows=count, origin=origin, last=last)


@dataclass(frozen=True)
class _Row:
    value: float
    observed: bool
    origin: int


class _Cursor:
    """Steps through the rows of one series by time."""

    def __init__(self, track: Track, continued: bool):
        self.track, self.continued = track, continued
        self.row = self.origin = 0

    def step(self, time: Any) -> _Row | None:
        track, row = self.track, self.row
        if row >= len(track.times) or track.times[row] != time:
            return None
        self.row += 1
        origin = -1
        if self.origin < len(track.origins) and track.origins[self.origin] == row:
            origin = self.origin
            self.origin += 1
        return _Row(float(track.values[row]), not (self.continued and row == 0), origin)
