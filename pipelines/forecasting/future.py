"""The steps ahead of a forecast: their times, covariates known ahead, and the frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...datasets import FutureCovariates, Schema, TimeSeriesPanel, steps_of
from ...datasets.timezones import in_zone
from ...errors import ArgumentError, DataError, FitError, whole_number
from ...messages import stamp
from .preprocessing.state import State

MOST_LEADS = 100_000  # of one forecast


@dataclass(frozen=True)
class Start:
    """Where a forecast starts: lists and arrays with one entry per series.

    Attributes:
        ids: ids of the series.
        cutoffs: time of the last row read.
        times: times of the steps ahead.
        state: state of the network.
        known: scaled covariates of the steps ahead, `(series, steps, ahead)`.
        leads: number of leads to forecast, at most the steps.
    """

    ids: list[str]
    cutoffs: list[pd.Timestamp]
    times: list[pd.DatetimeIndex]
    state: State
    known: np.ndarray
    leads: int


def follows(schema: Schema, stopped: pd.Timestamp, first: pd.Timestamp) -> bool:
    """Whether a row at `first` continues a series of which the last row read is at `stopped`.

    In a calendar of sessions a pause of up to 10 days with rows is allowed.
    """
    return steps_of(schema.frequency).continues(stopped, first)


def check_follows(panel: TimeSeriesPanel, last: Sequence[pd.Timestamp]) -> None:
    """Checks that each series continues after its time `last`, where reading stopped.

    Raises:
        DataError: a series begins elsewhere.
    """
    for series, stopped in zip(panel, last, strict=True):
        expected, first = panel.schema.times_after(stopped, 1)[0], series.times[0]
        if not follows(panel.schema, stopped, first):
            zone = panel.schema.zone
            which = f" of series {series.unique_id!r}" if len(panel) > 1 else ""
            raise DataError(
                f"New rows{which} must follow {stamp(stopped, zone)}, the last one read: the next "
                f"is {stamp(expected, zone)}. Received: a first row at {stamp(first, zone)}. Use "
                "warm_up to start anew."
            )


def leads_wanted(horizon: Any, fitted: int) -> int:
    """The number of leads that `predict` is called for.

    Raises:
        ArgumentError, ArgumentTypeError: no whole number, below 1, or so large that no memory
            holds the forecast.
    """
    if horizon is None:
        return fitted
    if whole_number("horizon", horizon) > MOST_LEADS:
        raise ArgumentError(
            f"`horizon` must be at most {MOST_LEADS:,} rows. Received: horizon={horizon}"
        )
    return int(horizon)


def known_ahead(
    future: Any,
    schema: Schema,
    ids: Sequence[str],
    times: Sequence[pd.DatetimeIndex],
    known: Sequence[str] = (),
) -> np.ndarray:
    """The known-future covariates at the `times` of each series, `(series, leads, futures)`.

    Args:
        known: ids of all series of the model; by default those of `ids`.

    Raises:
        DataError: a column, a time or a value is missing.
    """
    table = FutureCovariates(future, schema, known or ids)
    return np.stack([table.rows(t, one) for one, t in zip(ids, times, strict=True)])


def forecast_frame(
    ids: Sequence[str],
    cutoffs: Sequence[pd.Timestamp],
    times: Sequence[pd.DatetimeIndex],
    forecasts: np.ndarray,
    zone: str = "",
) -> pd.DataFrame:
    """Forecasts as a frame with the columns `unique_id, ds, cutoff, step, yhat`, one series after
    the other.

    Args:
        ids: ids of the series.
        cutoffs: last known time of each series.
        times: times of the leads of each series.
        forecasts: `(series, leads)`.
        zone: time zone of the times in the frame, where `times` are UTC; `""` for none.

    Raises:
        FitError: a forecast is not finite.
    """
    count, leads = forecasts.shape
    if not np.isfinite(forecasts).all():
        i, lead = np.argwhere(~np.isfinite(forecasts))[0]
        raise FitError(
            f"Series {ids[i]!r} has no finite forecast from lead {lead + 1} on: the values read "
            "last are too far from the fitted ones, or the network grows without bound. Correct "
            "the values and read the history again with warm_up, or fit again with them."
        )
    ds = np.concatenate([t.to_numpy() for t in times])
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.array(ids, dtype=object), leads),
            "ds": in_zone(pd.DatetimeIndex(ds), zone),
            "cutoff": in_zone(pd.DatetimeIndex(list(cutoffs)), zone).repeat(leads),
            "step": np.tile(np.arange(1, leads + 1), count),
            "yhat": forecasts.ravel(),
        }
    )
