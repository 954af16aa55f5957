"""Reads users' tables into one series or a panel; errors name the column and the rows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...errors import ArgumentError, DataError, text_or_none, whole_number
from ..dialect import NO_DIALECT, Dialect
from ..series import Schema, TimeSeries, TimeSeriesPanel
from .assemble import panel_of
from .frequency import check_frequency
from .impute import copy_filled_marks
from .options import Rules
from .source import Source, column_names, frame_of, open_source, target_column, time_column
from .table import TableSource, list_series
from .validate import check_columns

COLUMN = "the name of a column"


def read_series(
    source: Source,
    *,
    time: str | None = None,
    target: str | None = None,
    past: Sequence[str] = (),
    future: Sequence[str] = (),
    weight: str | None = None,
    name: str | None = None,
    missing: str = "error",
    duplicates: str = "error",
    gaps: str = "error",
    time_format: str | None = None,
    frequency: str | None = None,
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
        time: the time column; by default `ds`, else the `DatetimeIndex`.
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
        gaps: `"error"`, or `"fill"`: rows for the missing times, interpolated as above,
            or, with `missing="mask"`, without values.
            In a trading calendar (`"B"`) only holes of more than 10 business days count.
        time_format: format of times that are not ISO 8601, as for `strptime`; also used for
            later tables, to predict or for a backtest.
        frequency: the step as a pandas alias; by default the most common step.
        season: number of steps in a season; by default a day for minutes and hours, a week for
            days, a year for weeks, months and quarters, else 1. Steps have equal length, so a
            daily cycle by local clocks shifts by an hour when clocks change.
        unit: unit of the target, for the axes of charts.
        zone: time zone, e.g. `"Europe/Paris"`, of times given without one. Where clocks repeat
            an hour, the order of the rows decides which comes first. Also used for later
            tables, and for the times of forecasts.
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
    rules = Rules(
        missing, duplicates, gaps, time_format=time_format, zone=zone, na=na, dialect=dialect
    )
    _check_texts(name=name, frequency=frequency, unit=unit)
    _check_texts(COLUMN, time=time, weight=weight)
    past, future = column_names("past", past), column_names("future", future)
    text_or_none("target", target, COLUMN)
    if isinstance(source, TimeSeriesPanel):
        if len(source) > 1:
            raise DataError(
                f"The panel holds {list_series(source.ids)}, and one series is read here. Choose "
                "one, panel.series[0], or read all of them with rnnzoo.read_panel(…)."
            )
        source = source.series[0]
    columns, written = (time, target, past, future, weight), (time_format, zone, na, dialect)
    if isinstance(source, TimeSeries) and not _any_given(
        (*columns, *written, name, frequency, season, unit)
    ):
        return source
    panel = _read(
        source, time, target, past, future, (), weight, name, rules, frequency, season, unit,
        one=True,
    )  # fmt: skip
    return replace(panel.series[0], repairs=panel.repairs)


def read_panel(
    source: Source,
    *,
    time: str | None = None,
    target: str | Sequence[str] | None = None,
    past: Sequence[str] = (),
    future: Sequence[str] = (),
    static: Sequence[str] = (),
    weight: str | None = None,
    name: str | None = None,
    missing: str = "error",
    duplicates: str = "error",
    gaps: str = "error",
    short: str = "error",
    fewest: int = 2,
    time_format: str | None = None,
    frequency: str | None = None,
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
        weight: as for `read_series`; rows put before a short series take the weight of its
            first row.
        name: name of the panel; by default the file, else the target.
        missing, duplicates, gaps, time_format, zone: as for `read_series`; so is how a backtest
            treats interpolated values.
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
    rules = Rules(
        missing, duplicates, gaps, short, fewest, time_format, zone, na=na, dialect=dialect
    )
    _check_texts(name=name, frequency=frequency, unit=unit)
    _check_texts(COLUMN, time=time, weight=weight)
    past, future = column_names("past", past), column_names("future", future)
    static = column_names("static", static)
    if target is not None and not isinstance(target, str):
        target = column_names("target", target)
    columns, written = (time, target, past, future, weight), (time_format, zone, na, dialect)
    arguments = (*columns, static, *written, name, frequency, season, unit)
    if isinstance(source, (TimeSeries, TimeSeriesPanel)) and not _any_given(arguments):
        panel = TimeSeriesPanel.of(source)
        if all(len(one) >= fewest for one in panel):
            return panel
    return _read(
        source, time, target, past, future, static, weight, name, rules, frequency, season, unit
    )


def _read(
    source: Source,
    time: str | None,
    target: str | Sequence[str] | None,
    past: tuple[str, ...],
    future: tuple[str, ...],
    static: tuple[str, ...],
    weight: str | None,
    name: str | None,
    rules: Rules,
    frequency: str | None,
    season: int | None,
    unit: str,
    one: bool = False,
) -> TimeSeriesPanel:
    given = source
    time_format, zone = rules.time_format or "", ""
    repairs: tuple[str, ...] = ()
    if isinstance(source, (TimeSeries, TimeSeriesPanel)):
        old, repairs = source.schema, source.repairs
        time, target = time or old.time or "ds", target or old.target
        if not (past or future):
            past = tuple(c for c in old.past if c != target)
            future = tuple(c for c in old.future if c != target)
        static = static or old.static
        weight = weight or old.weight
        _require_weight(source, weight)
        name, frequency, unit = name or old.name, frequency or old.frequency, unit or old.unit
        season = old.season if season is None else season
        time_format = time_format or old.time_format
        if old.zone:  # the times are UTC by now
            zone, rules = rules.zone or old.zone, replace(rules, zone=None)
        rules = replace(rules, na=rules.na or old.na)
        if old.masked and rules.missing == "error":
            rules = replace(rules, missing="mask")
        source = frame_of(source).rename(columns={"ds": old.time or "ds", "y": old.target})
    unread = open_source(source, rules)
    time = time_column(unread) if time is None else time
    wide = target is not None and not isinstance(target, str)
    if wide:
        targets = _wide_targets(unread, tuple(target or ()), static)
    else:
        targets = (target_column(unread, source) if target is None else str(target),)
    numbers = (*targets, *past, *future, *static, *([weight] if weight else []))
    schema = Schema(
        name=name or unread.head.file.split(".")[0] or ("y" if wide else targets[0]),
        time=time,
        target="y" if wide else targets[0],
        past=past,
        future=future,
        static=static,
        frequency="" if frequency is None else check_frequency(frequency),
        season=0 if season is None else whole_number("season", season),
        unit=unit,
        others=tuple(c for c in unread.columns if c not in (time, *numbers)),
        masked=rules.missing == "mask",
        zone=zone,
        time_format=time_format,
        weight="" if weight is None else weight,
    )
    check_columns(unread.head, time, targets, schema)
    panel = panel_of(unread, time, targets, schema, rules, one=one, wide=wide, name=name)
    series = copy_filled_marks(panel.series, given)
    return replace(panel, series=series, repairs=repairs + panel.repairs)


def _wide_targets(
    unread: TableSource, targets: tuple[str, ...], static: tuple[str, ...]
) -> tuple[str, ...]:
    if not targets:
        raise ArgumentError("`target` must name at least one column. Received: target=[]")
    if static:
        raise ArgumentError(
            "`static` needs a long table, with a column `unique_id`; columns of a wide one are "
            f"shared by all series. Received: static={static!r}"
        )
    if "unique_id" in unread.columns:
        raise unread.head.error(
            "A table with a column for each series has no column 'unique_id'. Leave it out, or "
            "name one target."
        )
    return targets


def _require_weight(source: TimeSeries | TimeSeriesPanel, weight: str) -> None:
    """Refuses a column of weights that was not read with the series."""
    if weight and any(weight not in one.frame.columns for one in TimeSeriesPanel.of(source)):
        raise DataError(
            f"The column {weight!r} was not read with {source.schema.name!r}: name it where the "
            f'table is read, as in rnnzoo.read_panel(…, weight="{weight}").'
        )


def _check_texts(what: str = "text", **arguments: Any) -> None:
    for name, value in arguments.items():
        text_or_none(name, value, what)


def _any_given(arguments: Sequence[Any]) -> bool:
    return any(a is not None and a not in ("", (), [], NO_DIALECT) for a in arguments)
