"""Reads users' tables into one series or a panel; errors name the column and the rows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...errors import ArgumentTypeError, DataError
from ..dialect import NO_DIALECT, Dialect
from ..series import TimeSeries, TimeSeriesPanel
from .asked import Asked
from .options import Rules
from .reading import read
from .source import Source
from .table import list_series


def read_series(
    source: Source,
    *,
    time: str | Sequence[str] | None = None,
    target: str | None = None,
    past: str | Sequence[str] = (),
    future: str | Sequence[str] = (),
    weight: str | None = None,
    name: str | None = None,
    missing: str = "error",
    duplicates: str = "error",
    gaps: str = "auto",
    time_format: str | None = None,
    frequency: Any = None,
    calendar: str | None = None,
    season: int | None = None,
    unit: str = "",
    zone: str | None = None,
    na: Sequence[float | str] = (),
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    skip_rows: int | None = None,
) -> TimeSeries:
    """Reads and checks one series. The caller's frame is never changed.

    Rows out of time order are sorted and times with a zone become UTC; `repairs` lists both,
    and every repair that an option allows. Of a file only the named columns are read, and a
    file that would not fit into the memory is refused.

    Args:
        source: path of a `.csv`, `.tsv`, `.txt` (each also `.gz`), `.parquet` or `.xlsx` file, a
            frame, a pandas Series with a `DatetimeIndex`, or a `TimeSeries`, which is returned as
            it is if no other argument is given.
        time: the time column; by default `ds`, else the `DatetimeIndex`. Or several that make it
            together: `["Date", "Time"]`, `["year", "month", "day", "hour"]`.
        target: the column to forecast; by default `y`, else the pandas Series itself.
        past: covariates known up to the origin only.
        future: covariates known for the steps ahead as well.
        weight: column that says how much each row counts in training: numbers of at least 0,
            0 has the effect of a missing target. Rows inserted in gaps take the weights of their
            neighbors, linear in time; rows that share a time take their mean.
        name: name of the series; by default its `unique_id`, else the file, else the target.
        missing: `"error"`; or `"interpolate"`: linear in time inside a gap, the nearest
            value at the ends, which looks at the value after the gap; or `"mask"`: values
            of the target and of past covariates stay missing, and the network reads where.
            Fitting and predicting use interpolated values as history. A backtest never scores
            them, and treats those in a gap that is open at its first origin, or that begins
            later, as missing.
        duplicates: `"error"`, or `"mean"` of the rows that share a time.
        gaps: `"fill"`: rows for the missing times, interpolated as above, or, with
            `missing="mask"`, without values; `"error"`; or `"auto"`: where at most 2 % of the
            times are missing, rows without values are inserted, as with `missing="mask"`, and
            nothing is made from later ones; else an error. In a calendar only holes of more than
            10 days with rows count.
        time_format: format of times that can be read in several ways, as for `strptime`, or
            `"excel"`, `"unix s"`, `"unix ms"`; also used for later tables, to predict or for a
            backtest. Without it, times are read that can be read in one way only.
        frequency: the step as a pandas alias or offset; by default the most common step. Or the
            days that have rows, `"Mon Tue Wed Thu Fri Sun"`, perhaps with hours, `"Mon Tue Wed Thu
            Fri 09:30-16:00/5min"`, as it is found by itself where it is plain.
        calendar: `"rows"`: steps are the rows that are there, whatever their times; the next times
            follow the pattern of weekdays and hours, or the usual distance where there is none.
            `frequency="rows"` is the same.
        season: number of steps in a season; by default a day for minutes and hours, a week for
            days, a year for weeks, months and quarters, else 1. Steps below a day have equal
            length, so a daily cycle by local clocks shifts by an hour when clocks change.
        unit: unit of the target, for the axes of charts.
        zone: time zone, e.g. `"Europe/Paris"`, of times given without one. Where clocks repeat
            an hour, the order of the rows decides which comes first; of one that is there once,
            the other is a gap. Also used for later tables, and for the times of forecasts. Steps
            of a day or longer, and sessions, are counted in its local time, also where times come
            with a zone.
        na: numbers and texts that mean missing in columns of numbers, e.g. `[-9999, "?"]`; also
            in later tables.
        separator, decimal, thousands, encoding, skip_rows: how a CSV file is written, as in
            `Dialect`. What is left out is found where the file leaves no doubt, and listed in
            `repairs`; else an error asks for it.

    Raises:
        DataError: the table cannot be used; names the column, the rows and the remedy.
        ArgumentError, ArgumentTypeError: another argument cannot be used.
    """
    dialect = Dialect(separator, decimal, thousands, encoding, skip_rows)
    asked = Asked(
        time, target, past, future, (), weight, None, name, frequency, calendar, season, unit
    )
    rules = Rules(
        missing, duplicates, gaps, time_format=time_format, zone=zone, rows=asked.rows, na=na,
        dialect=dialect,
    )  # fmt: skip
    if isinstance(asked.target, tuple):
        raise ArgumentTypeError(
            "`target` must be the name of a column: one series is read here, and "
            f"rnnzoo.read_panel(…) reads several. Received: target={target!r:.200}"
        )
    if isinstance(source, TimeSeriesPanel):
        if len(source) > 1:
            raise DataError(
                f"The panel holds {list_series(source.ids)}, and one series is read here. Choose "
                "one, panel.series[0], or read all of them with rnnzoo.read_panel(…)."
            )
        source = source.series[0]
    asks = asked.asks or any((time_format, zone, rules.na, dialect != NO_DIALECT))
    if isinstance(source, TimeSeries) and not asks:
        return source
    panel = read(source, asked, rules, one=True)
    return replace(panel.series[0], repairs=panel.repairs)


def read_panel(
    source: Source,
    *,
    time: str | Sequence[str] | None = None,
    target: str | Sequence[str] | None = None,
    past: str | Sequence[str] = (),
    future: str | Sequence[str] = (),
    static: str | Sequence[str] = (),
    weight: str | None = None,
    id: str | Sequence[str] | None = None,
    name: str | None = None,
    missing: str = "error",
    duplicates: str = "error",
    gaps: str = "auto",
    short: str = "error",
    fewest: int = 2,
    time_format: str | None = None,
    frequency: Any = None,
    calendar: str | None = None,
    season: int | None = None,
    unit: str = "",
    zone: str | None = None,
    na: Sequence[float | str] = (),
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    skip_rows: int | None = None,
) -> TimeSeriesPanel:
    """Reads and checks several series of one step, for one network over all of them.

    A long table names the series of each row in a column `unique_id`; without that column it
    holds a single series. A wide table has a column for each series. Ids are text: `NA` and
    `0001` stay as they are. The series are in the order in which they first appear.

    Args:
        source: as for `read_series`, or a `TimeSeriesPanel`, which is returned as it is if no
            other argument is given.
        time: as for `read_series`.
        target: as for `read_series`; or, for a wide table, the columns of the series, whose
            names become their ids. Covariates are then shared by all series.
        past, future: as for `read_series`.
        static: columns of numbers that are constant within each series.
        id: the column that names the series, or several that do together; by default `unique_id`.
        weight: as for `read_series`; rows put before a short series take the weight of its
            first row.
        name: name of the panel; by default the file, else the target.
        missing, duplicates, gaps, time_format, zone, calendar: as for `read_series`; so is how a
            backtest treats interpolated values.
        short: for series with fewer than `fewest` rows: `"error"`; `"drop"` leaves them out;
            `"pad"` begins them earlier, with rows of their first values, which count as
            interpolated.
        fewest: least number of rows in a series.
        frequency: step of all series; by default the step of the longest one.
        season, unit, na, separator, decimal, thousands, encoding, skip_rows: as for
            `read_series`.

    Raises:
        DataError: the table cannot be used, or the series have different steps; names the
            series, the column, the rows and the remedy.
        ArgumentError, ArgumentTypeError: another argument cannot be used.
    """
    dialect = Dialect(separator, decimal, thousands, encoding, skip_rows)
    asked = Asked(
        time, target, past, future, static, weight, id, name, frequency, calendar, season, unit
    )
    rules = Rules(
        missing, duplicates, gaps, short, fewest, time_format, zone, rows=asked.rows, na=na,
        dialect=dialect,
    )  # fmt: skip
    asks = asked.asks or any((time_format, zone, rules.na, dialect != NO_DIALECT))
    if isinstance(source, (TimeSeries, TimeSeriesPanel)) and not asks:
        panel = TimeSeriesPanel.of(source)
        if all(len(one) >= fewest for one in panel):
            return panel
    return read(source, asked, rules)
