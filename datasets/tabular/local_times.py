"""Local times of tables, which clocks skip in spring and repeat in autumn, as UTC."""

import numpy as np
import pandas as pd

from ...messages import counted, stamp
from .table import Table


def to_utc(
    table: Table, local: pd.DatetimeIndex, label: str, zone: str, series: np.ndarray | None
) -> pd.DatetimeIndex:
    """Local times of `zone`, one a row of the table, as UTC without zone.

    Of an hour that clocks repeat, the order of the rows tells which is the first.

    Args:
        label: what messages call the column.
        series: the number of the series that each row belongs to; by default all to one.

    Raises:
        DataError: a time that clocks skip; a repeated one of which it cannot be told which.
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
    told = utc.to_numpy().copy()
    rows = np.flatnonzero(twice)
    groups = [np.arange(len(local))]
    if series is not None:
        chosen = np.unique(series[rows])
        order = np.argsort(series, kind="stable")
        first = np.searchsorted(series[order], [chosen, chosen + 1])
        groups = [order[a:b] for a, b in first.T]
    for group in groups:
        told[group] = _told_by_order(table, local, group, twice, label, zone)
    return pd.DatetimeIndex(told)


def _told_by_order(
    table: Table,
    local: pd.DatetimeIndex,
    group: np.ndarray,
    twice: np.ndarray,
    label: str,
    zone: str,
) -> pd.DatetimeIndex:
    """The times of one series, in the order of its rows."""
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
            f"{places}, and the rows do not tell which is the first of the two. Put the rows in "
            "the order of time with both hours complete, or give the times with their offset from "
            "UTC."
        )
    return utc


def _utc(zoned: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, np.ndarray]:
    utc = zoned.tz_convert("UTC").tz_localize(None)
    return utc, np.asarray(utc.isna())


def _all(local: pd.DatetimeIndex) -> np.ndarray:
    return np.ones(len(local), bool)
