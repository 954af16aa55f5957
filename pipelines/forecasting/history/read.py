"""Series as far as they have been read: later tables, times and past errors that follow them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import Schema, TimeSeriesPanel, read_panel_like
from ....messages import stamp
from ...evaluation.conformal import ErrorMemory
from ...evaluation.conformal_runs import moved
from ..future import check_follows, follows
from ..intervals import NO_INTERVALS, Uncertainty, with_uncertainty
from ..past_errors import rows_between


class SeriesRead:
    """Methods of a fitted value that follows the series of a table.

    Lists hold one entry per series, in the order of `ids`.
    """

    schema: Schema
    fitted_until: list[pd.Timestamp]
    last_times: list[pd.Timestamp]

    def __repr__(self) -> str:
        """Short: notebooks show what ends a cell."""
        until = stamp(max(self.last_times), self.schema.zone)
        return (
            f"<{type(self).__name__}: {len(self.ids):,} series of {self.schema.target}, read until "
            f"{until}>"
        )

    @property
    def ids(self) -> list[str]:
        """The ids of the fitted series."""
        raise NotImplementedError

    @property
    def statics(self) -> Mapping[str, Sequence[float]]:
        """Static covariates by id."""
        raise NotImplementedError

    @property
    def seed(self) -> int:
        """The seed of the samples."""
        raise NotImplementedError

    def panel(self, data: Any, weights: bool = False) -> TimeSeriesPanel:
        """Reads a table with the schema of the fitted one.

        Args:
            data: frame, file or series.
            weights: whether to read the column of weights.

        Raises:
            DataError: the table does not match the fitted one.
        """
        panel = read_panel_like(
            data, self.schema, ids=self.ids, statics=self.statics, weights=weights
        )
        return panel.as_known([len(series) - 1 for series in panel])

    def panel_after(self, data: Any) -> TimeSeriesPanel:
        """Reads a table with the rows that follow those read so far; values interpolated in it are
        missing, as forecasts are made before each of its rows.

        Raises:
            DataError: the first row of a series does not follow the last one read.
        """
        panel = _observed(self.panel(data))
        check_follows(panel, [self.last_times[i] for i in self.places(panel.ids)])
        return panel

    def continued_by(self, panel: TimeSeriesPanel) -> bool:
        """Whether each series of a panel begins with the row after the last one read."""
        pairs = zip(panel, self.places(panel.ids), strict=True)
        return all(follows(self.schema, self.last_times[i], one.times[0]) for one, i in pairs)

    def rows_after(self, panel: TimeSeriesPanel) -> TimeSeriesPanel | None:
        """The rows of series that follow those read so far; `None` where there are none."""
        last = {
            one: self.last_times[i]
            for one, i in zip(panel.ids, self.places(panel.ids), strict=True)
        }
        newer = [series[int((series.times <= last[series.unique_id]).sum()) :] for series in panel]
        some = tuple(series for series in newer if len(series))
        return _observed(replace(panel, series=some)) if some else None

    def places(self, ids: Sequence[str]) -> np.ndarray:
        """The numbers of series, by their ids, among the fitted ones."""
        place = {one: i for i, one in enumerate(self.ids)}
        return np.array([place[one] for one in ids])

    def times_of(self, panel: TimeSeriesPanel) -> list[pd.Timestamp]:
        """`last_times` after reading series to their ends."""
        last_times = list(self.last_times)
        for i, series in zip(self.places(panel.ids), panel, strict=True):
            last_times[i] = series.times[-1]
        return last_times

    def until(self, ids: Sequence[str]) -> list[pd.Timestamp]:
        """The time of the last fitted row of each of some series."""
        return [self.fitted_until[i] for i in self.places(ids)]

    def errors_at(
        self, errors: ErrorMemory, which: np.ndarray, cutoffs: Sequence[pd.Timestamp]
    ) -> ErrorMemory:
        """Past errors as known at other times of some series, by their numbers."""
        pairs = zip(which, cutoffs, strict=True)
        rows = [rows_between(self.schema, self.last_times[i], time) for i, time in pairs]
        return moved(errors, which, np.array(rows, int))

    def frame_with(
        self,
        frame: pd.DataFrame,
        errors: ErrorMemory,
        wanted: Uncertainty,
        elsewhere: bool,
        distributions: np.ndarray | None = None,
    ) -> pd.DataFrame:
        """Adds quantiles from past errors to a frame of forecasts, or makes one of samples.

        Args:
            frame: frame of `forecast_frame`.
            errors: past errors of these forecasts, after `last_times`.
            wanted: what to give.
            elsewhere: whether the forecasts start from other times than `last_times`.
            distributions: quantiles of a head, `(series, leads, levels)`; `None` without one.
        """
        if wanted == NO_INTERVALS:
            return frame
        first = frame.drop_duplicates("unique_id")
        which = self.places([*first["unique_id"]])
        if elsewhere:
            cutoffs = pd.DatetimeIndex(first["cutoff"])
            utc = cutoffs.tz_convert("UTC").tz_localize(None) if cutoffs.tz else cutoffs
            errors = self.errors_at(errors, which, [*utc])
        return with_uncertainty(frame, errors, which, wanted, self.seed, distributions)


def _observed(panel: TimeSeriesPanel) -> TimeSeriesPanel:
    """A panel without interpolated values, which may come from later rows."""
    return panel.as_known([-1] * len(panel))
