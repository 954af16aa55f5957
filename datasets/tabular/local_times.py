"""Converts local times, which clocks skip in spring and repeat in autumn, to UTC."""

import numpy as np
import pandas as pd

from ...messages import counted, stamp
from .table import Table


def to_utc(
    table: Table, local: pd.DatetimeIndex, label: str, zone: str, series: np.ndarray | None
) -> pd.DatetimeIndex:
    """Converts local times of `zone`, one per row of the table, to UTC without zone.

    Where clocks repeat an hour, the order of the rows decides which one is the first.

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
) -> pd.DatetimeIndex:
    """The times of one series in UTC, as the order of its rows decides them."""
    try:
        utc, _ = _utc(local[group].tz_localize(zone, ambiguous="infer"))
    except ValueError:
        utc = None
    # rows that run backwards would name the second hour first
    if utc is None or not utc.is_monotonic_increasing:
        rows = group[twice[group]]
        places = table.first(rows, (stamp(local[r]) for r in rows[:3]))
        raise table.error(
            f"{label} has {counted(len(rows), 'time')} that clocks repeat in {zone}, first at "
            f"{places}, and the order of the rows does not show which comes first. Put the rows in "
            "the order of time with both hours complete, or give the times with their offset from "
            "UTC."
        )
    return utc


def _utc(zoned: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, np.ndarray]:
    utc = zoned.tz_convert("UTC").tz_localize(None)
    return utc, np.asarray(utc.isna())


def _all(local: pd.DatetimeIndex) -> np.ndarray:
    return np.ones(len(local), bool)
