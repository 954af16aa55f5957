"""Reads a table into a panel, as a user asked."""

from dataclasses import replace

from ...errors import ArgumentError, DataError
from ..series import Schema, TimeSeries, TimeSeriesPanel
from .asked import Asked
from .assemble import panel_of
from .impute import copy_filled_marks
from .joined import with_ids, with_time
from .options import Rules
from .source import Source, frame_of, open_source, target_column, time_column
from .table import TableSource
from .validate import check_columns


def read(source: Source, asked: Asked, rules: Rules, one: bool = False) -> TimeSeriesPanel:
    """Reads and checks the series of a table.

    Args:
        source: as for `read_panel`.
        one: whether the table may hold only one series.

    Raises:
        DataError, ArgumentError: as for `read_panel`.
    """
    given = source
    earlier = Schema("", "", "")
    if isinstance(source, (TimeSeries, TimeSeriesPanel)):
        earlier = source.schema
        source, asked, rules = _again(source, asked, rules)
    wide = isinstance(asked.target, tuple)
    unread = _opened(source, asked, rules, earlier)
    time = unread_time = asked.time
    if isinstance(time, tuple):
        unread, time = with_time(unread, time)
    elif time is None:
        time = time_column(unread)
    if asked.id:
        unread = with_ids(unread, asked.id)
    if wide:
        targets = _wide_targets(unread, asked)
    else:
        targets = (target_column(unread, source) if asked.target is None else asked.target,)
    weight = asked.weight or ""
    numbers = (*targets, *asked.past, *asked.future, *asked.static, *([weight] if weight else []))
    schema = Schema(
        name=asked.name or unread.head.file.split(".")[0] or ("y" if wide else targets[0]),
        time=time,
        target="y" if wide else targets[0],
        past=asked.past,
        future=asked.future,
        static=asked.static,
        frequency=asked.frequency,
        season=asked.season or 0,
        unit=asked.unit,
        others=tuple(c for c in unread.columns if c not in (time, *numbers)),
        masked=rules.missing == "mask",
        zone=rules.zone or earlier.zone if earlier.zone else "",
        time_format=rules.time_format or earlier.time_format,
        weight=weight,
        clock=earlier.clock,
        time_parts=unread_time if isinstance(unread_time, tuple) else earlier.time_parts,
        id_parts=asked.id or earlier.id_parts,
    )
    if earlier.zone:  # the times are UTC by now
        rules = replace(rules, zone=None)
    check_columns(unread.head, time, targets, schema)
    panel = panel_of(unread, time, targets, schema, rules, one=one, wide=wide, name=asked.name)
    series = copy_filled_marks(panel.series, given)
    repairs = given.repairs if isinstance(given, (TimeSeries, TimeSeriesPanel)) else ()
    return replace(panel, series=series, repairs=repairs + panel.repairs)


def _again(
    source: TimeSeries | TimeSeriesPanel, asked: Asked, rules: Rules
) -> tuple[Source, Asked, Rules]:
    """Series as a frame, and what was asked when they were read."""
    old = source.schema
    target = asked.target or old.target
    past, future = asked.past, asked.future
    if not (past or future):
        past = tuple(c for c in old.past if c != target)
        future = tuple(c for c in old.future if c != target)
    asked = replace(
        asked,
        time=asked.time or old.time or "ds",
        target=target,
        past=past,
        future=future,
        static=asked.static or old.static,
        weight=asked.weight or old.weight,
        id=asked.id or None,
        name=asked.name or old.name,
        frequency=None if asked.rows else asked.frequency or old.frequency or None,
        calendar="rows" if asked.rows else None,
        season=asked.season or old.season,
        unit=asked.unit or old.unit,
    )
    _require_weight(source, asked.weight)
    missing = "mask" if old.masked and rules.missing == "error" else rules.missing
    rules = replace(rules, missing=missing, na=rules.na or old.na, clock=old.clock)
    if old.clock:
        rules = replace(rules, zone=None)
    frame = frame_of(source).rename(columns={"ds": old.time or "ds", "y": old.target})
    return frame, asked, rules


def _opened(source: Source, asked: Asked, rules: Rules, earlier: Schema) -> TableSource:
    target = asked.target if isinstance(asked.target, tuple) else (asked.target,)
    time = asked.time if isinstance(asked.time, tuple) else (asked.time,)
    columns = (*target, *asked.past, *asked.future, *asked.static, asked.weight, *time)
    return open_source(source, rules, earlier.dialect, [one for one in columns if one])


def _wide_targets(unread: TableSource, asked: Asked) -> tuple[str, ...]:
    if not asked.target:
        raise ArgumentError("`target` must name at least one column. Received: target=[]")
    if asked.static:
        raise ArgumentError(
            "`static` needs a long table, with a column `unique_id`; columns of a wide one are "
            f"shared by all series. Received: static={asked.static!r}"
        )
    if "unique_id" in unread.columns:
        raise unread.head.error(
            "A table with a column for each series has no column 'unique_id'. Leave it out, or "
            "name one target."
        )
    return asked.target


def _require_weight(source: TimeSeries | TimeSeriesPanel, weight: str | None) -> None:
    """Refuses a column of weights that was not read with the series."""
    if weight and any(weight not in one.frame.columns for one in TimeSeriesPanel.of(source)):
        raise DataError(
            f"The column {weight!r} was not read with {source.schema.name!r}: name it where the "
            f'table is read, as in rnnzoo.read_panel(…, weight="{weight}").'
        )
