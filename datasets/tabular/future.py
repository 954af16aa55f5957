"""Known-future covariates of the steps ahead."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...errors import DataError, nearest
from ...messages import stamp
from ..series import Schema
from ..steps import steps_of
from .joined import joined
from .options import Rules
from .order import Rows
from .source import Source, check_present, open_source, our_names, time_format_and_zone
from .table import list_series, names
from .validate import check_finite, ids_of, times_of


class FutureCovariates:
    """Known-future covariates, read once for any number of series.

    Args:
        source: as for `read_panel`, or `None` where `schema.future` is empty.
        schema: schema of the series to forecast.
        known: ids of all series that the model knows; by default any id may be in the table.
        time_format, zone: as for `read_series`; by default those of `schema`.

    Raises:
        DataError: a column is missing, or holds anything but numbers; a series is not known.
    """

    def __init__(
        self,
        source: Source | None,
        schema: Schema,
        known: Sequence[str] = (),
        *,
        time_format: str | None = None,
        zone: str | None = None,
    ):
        self.schema, self.given = schema, source is not None and bool(schema.future)
        if source is None or not schema.future:
            return
        time_format, zone = time_format_and_zone(source, schema, time_format, zone)
        rules = Rules(
            time_format=time_format, zone=zone, clock=schema.clock, again=True, na=schema.na
        )
        wanted = (*schema.future, *filter(None, [schema.time]))
        unread = joined(open_source(source, rules, schema.dialect, wanted), schema)
        time, _ = our_names(unread, schema)
        check_present(unread, schema.future, "The forecast needs known-future columns")
        self.table = unread.load(("unique_id", time), schema.future)
        self.ids: tuple[str, ...] = ()
        codes = np.zeros(len(self.table.frame), int)
        if "unique_id" in unread.columns:
            codes, self.ids = ids_of(self.table)
            self._check_known(known)
        self.times = times_of(self.table, time, rules, schema.frequency, codes).index
        steps = steps_of(schema.frequency)
        midnights = bool((self.times == self.times.normalize()).all())
        self.by_date = midnights and steps.dated
        self.order = np.argsort(codes, kind="stable")
        self.bounds = np.searchsorted(codes[self.order], np.arange(len(self.ids) + 1))
        self.values = np.stack([self.table.numbers(column) for column in schema.future])

    @property
    def nameless(self) -> bool:
        """Whether the fitted table held one series and did not name it, so that any name is its."""
        schema = self.schema
        return not schema.id_parts and "unique_id" not in schema.others and self.alone

    def _check_known(self, known: Sequence[str]) -> None:
        self.alone = len(known) < 2
        unknown = [one for one in self.ids if one not in known]
        if known and unknown and not (len(self.ids) == 1 and self.nameless):
            near = nearest(unknown[0], known)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise self.table.error(
                f"The table of the future holds {list_series(unknown)}, which the model does not "
                f"know; it knows {list_series(known)}.{hint} Correct the ids, or leave these rows "
                "out."
            )

    def rows(self, times: pd.DatetimeIndex, unique_id: str | None = None) -> np.ndarray:
        """Returns the values at `times`, `(times, futures)`; other rows are ignored.

        Args:
            times: times of the steps ahead, without zone (UTC where the history had one).
            unique_id: id of the series, where the table holds several.

        Raises:
            DataError: the table, the series, a time or a value is missing or not finite.
        """
        schema = self.schema
        if not schema.future or not len(times):
            return np.empty((len(times), len(schema.future)))
        zone = schema.zone
        span = f"{stamp(times[0], zone)} to {stamp(times[-1], zone)}"
        if not self.given:
            raise DataError(
                f"The forecast needs the known-future columns {names(schema.future)} for {span} "
                f"({len(times)} steps of {schema.frequency!r}). Give a table with these columns "
                "and times."
            )
        table, own = self.table, self._rows_of(unique_id)
        own_times = self.times[own]
        if (twice := own_times.duplicated() & own_times.isin(times)).any():
            rows = own[twice]
            places = table.first(rows, (stamp(self.times[r], zone) for r in rows[:3]))
            raise table.error(f"A time of the future is repeated at {places}. Remove the row.")
        if self.by_date and not (times == times.normalize()).all():
            times = times.normalize()  # the day is the step, at whatever hour
        first = np.flatnonzero(~own_times.duplicated())
        found = own_times[first].get_indexer(times)
        absent = times[found < 0]
        if len(absent):
            of = "" if unique_id is None or len(self.ids) < 2 else f" of series {unique_id!r}"
            raise table.error(
                f"The known-future columns {names(schema.future)}{of} are needed for {span}, but "
                f"{len(absent)} of {len(times)} times are missing, the first "
                f"{stamp(absent[0], zone)}. Add the rows."
            )
        picked = own[first[found]]
        place = Rows(
            table, ("",), np.zeros(len(picked), int), times.to_numpy(), self.values[:, picked],
            picked, True, schema.future, zone,
        )  # fmt: skip
        for column, cells in zip(schema.future, place.values, strict=True):
            check_finite(place, column, cells, remedy="Fill them.")
        return np.ascontiguousarray(place.values.T)

    def _rows_of(self, unique_id: str | None) -> np.ndarray:
        """The rows of one series, as indices."""
        if not self.ids or (len(self.ids) == 1 and self.nameless):
            return np.arange(len(self.times))
        if unique_id is None:
            raise self.table.error(
                f"The table of the future holds {list_series(self.ids)}. Say which is meant, or "
                "give a table with the rows of one."
            )
        if unique_id not in self.ids:
            raise self.table.error(
                f"The known-future columns {names(self.schema.future)} of series {unique_id!r} are "
                f"missing; there are {list_series(self.ids)}. Add the rows, or, if all series "
                "share them, leave the column 'unique_id' out."
            )
        code = self.ids.index(unique_id)
        return np.sort(self.order[self.bounds[code] : self.bounds[code + 1]])


def future_rows(
    source: Source | None,
    schema: Schema,
    times: pd.DatetimeIndex,
    *,
    time_format: str | None = None,
    zone: str | None = None,
    unique_id: str | None = None,
) -> np.ndarray:
    """Returns the known-future covariates of one series at `times`; other rows are ignored.

    Args:
        source: as for `read_series`, or `None` where `schema.future` is empty.
        schema: schema of the series to forecast.
        times: times of the steps ahead, without zone (UTC where the history had one).
        time_format, zone: as for `read_series`; by default those of `schema`.
        unique_id: id of the series, where the table holds several.

    Returns:
        `(len(times), len(schema.future))`, `float64`.

    Raises:
        DataError: the table, a column, a time or a value is missing or not finite.
    """
    if not len(times):
        return np.empty((0, len(schema.future)))
    return FutureCovariates(source, schema, time_format=time_format, zone=zone).rows(
        times, unique_id
    )
