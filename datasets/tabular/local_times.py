"""Converts local times, which clocks skip in spring and repeat in autumn, to UTC."""

import numpy as np
import pandas as pd

from ...messages import counted, stamp
from .table import Table

WRONG_WAY = 0.25  # most rows of a day, as a share, that run against its direction


def to_utc(
    table: Table, local: pd.DatetimeIndex, label: str, zone: str, series: np.ndarray | None
) -> pd.DatetimeIndex:
    """Converts local times of `zone`, one per row of the table, to UTC without zone.

    Where clocks repeat an hour, the order of the rows decides which one is the first; of an hour
    that is there once, it is taken for the first.

    Args:
        label: name of the column in messages.
        series: number of the series of each row; by default all rows are of one series.

    Raises:
        DataError: a time that clocks skip; a repeated time where the order of the rows does not
            decide.
    """
    utc, skipped = _utc(local.tz_localize(zone, ambiguous=_all(local), nonexistent="NaT"))
    if skipped.any():
        rows = np.flatnonzero(skipped)
        places = table.first(rows, (stamp(local[r]) for r in rows[:3]))
        raise table.error(
            f"{label} has {counted(len(rows), 'time')} that clocks skip in {zone}, first at "
            f"{places}. Correct them, or give the times with their offset from UTC."
        )
    _, twice = _utc(local.tz_localize(zone, ambiguous="NaT"))
    if not twice.any():
        return utc
    resolved = utc.to_numpy().copy()
    rows = np.flatnonzero(twice)
    groups = [np.arange(len(local))]
    if series is not None:
        affected = np.unique(series[rows])
        order = np.argsort(series, kind="stable")
        first = np.searchsorted(series[order], [affected, affected + 1])
        groups = [order[a:b] for a, b in first.T]
    for group in groups:
        resolved[group] = _resolve_by_order(table, local, group, twice, label, zone)
    return pd.DatetimeIndex(resolved)


def _resolve_by_order(
    table: Table,
    local: pd.DatetimeIndex,
    group: np.ndarray,
    twice: np.ndarray,
    label: str,
    zone: str,
) -> np.ndarray:
    """The times of one series in UTC, as the order of its rows decides them.

    Files run forward, backward, or day by day in either way. Within an hour that clocks repeat the
    rows are walked in the direction in which the rows around them run: from where the local time
    steps back, they are those of the second hour. An hour that is there once is the first.

    Raises:
        DataError: rows around the hour run in no direction, or the hour comes more than twice.
    """
    own, repeated = local[group], twice[group]
    first = repeated.copy()  # summer time, until the clock goes back
    for day in own[repeated].normalize().unique():
        here = np.flatnonzero(own.normalize() == day)
        moves = np.diff(own[here].to_numpy()).astype(np.int64)
        back = float((moves < 0).mean()) if len(moves) else 0.0
        walk = here if back <= WRONG_WAY else here[::-1]
        inside = walk[repeated[walk]]
        falls = np.flatnonzero(np.diff(own[inside].to_numpy()) <= np.timedelta64(0))
        if WRONG_WAY < back < 1 - WRONG_WAY or len(falls) > 1:
            rows = group[inside]
            places = table.first(rows, (stamp(local[r]) for r in rows[:3]))
            raise table.error(
                f"{label} has {counted(len(rows), 'time')} that clocks repeat in {zone}, first at "
                f"{places}, and the order of the rows does not show which comes first. Put the "
                "rows in the order of time, or give the times with their offset from UTC."
            )
        if len(falls):
            first[inside[falls[0] + 1 :]] = False
    return _utc(own.tz_localize(zone, ambiguous=first))[0].to_numpy()


def _utc(zoned: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, np.ndarray]:
    utc = zoned.tz_convert("UTC").tz_localize(None)
    return utc, np.asarray(utc.isna())


def _all(local: pd.DatetimeIndex) -> np.ndarray:
    return np.ones(len(local), bool)
