"""Reads tables with the columns of an earlier one: more history, or the future."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...errors import ArgumentError, DataError, nearest
from ..series import Schema, TimeSeries, TimeSeriesPanel
from .assemble import panel_of
from .impute import copy_filled_marks
from .joined import joined
from .options import Rules
from .source import Source, check_present, open_source, our_names, time_format_and_zone
from .table import OURS, TableSource, list_series, names
from .validate import weight_of

SAME = 1e-6  # relative difference below which static covariates are equal, as in float32


def read_like(
    source: Source,
    schema: Schema,
    *,
    missing: str | None = None,
    duplicates: str = "error",
    gaps: str = "auto",
    time_format: str | None = None,
    zone: str | None = None,
) -> TimeSeries:
    """Reads another table of one series with the same columns, to predict or for a backtest.

    Columns are found by their names in `schema`, or by the standard names `unique_id`, `ds` and
    `y`. One row is enough. Numeric columns that the fitted table did not have are ignored with
    a warning.

    Args:
        source: as for `read_series`.
        schema: schema of the series that the model was fitted on; the result has the same
            schema without the column of weights.
        missing: as for `read_series`; by default `"mask"` where `schema.masked`, else
            `"error"`.
        duplicates, gaps: as for `read_series`.
        time_format, zone: as for `read_series`; by default those of `schema`. They do not apply
            to a `TimeSeries`, whose times have been read.

    Raises:
        DataError: as for `read_series`; a column of `schema` is missing; the step differs;
            times with a zone where `schema` has none.
    """
    time_format, zone = time_format_and_zone(source, schema, time_format, zone)
    rules = _rules(schema, missing, duplicates, gaps, time_format, zone)
    if isinstance(source, TimeSeriesPanel) and len(source) == 1:
        source = source.series[0]
    unread = _opened(source, rules, schema)
    time, target = our_names(unread, schema)
    check_present(unread, (target, *schema.past, *schema.future))
    _warn_of_extra(unread, source, schema, {time, target})
    schema = replace(schema, weight="")
    known = replace(schema, static=())
    panel = panel_of(unread, time, (target,), known, rules, one=True, name=schema.name)
    (series,) = copy_filled_marks(panel.series, source)
    earlier = source.repairs if isinstance(source, TimeSeries) else ()
    static = source.static if isinstance(source, TimeSeries) else ()
    return replace(series, schema=schema, static=static, repairs=earlier + panel.repairs)


def read_panel_like(
    source: Source,
    schema: Schema,
    ids: Sequence[str] | None = None,
    statics: Mapping[str, Sequence[float]] | None = None,
    *,
    weights: bool = False,
    missing: str | None = None,
    duplicates: str = "error",
    gaps: str = "auto",
    time_format: str | None = None,
    zone: str | None = None,
) -> TimeSeriesPanel:
    """Reads another table of several series, to predict or for a backtest.

    Columns are found as by `read_like`. A table without `unique_id` is wide where it has
    columns named as in `ids`; else it holds a single series.

    Args:
        source: as for `read_panel`.
        schema: schema of the panel that the model was fitted on; the result has the same schema,
            without the column of weights unless that is read.
        weights: whether to read the column of weights, if there is one.
        ids: ids of the series that the model knows; by default any series is accepted.
        statics: static covariates by id; the table need not have their columns.
        missing, duplicates, gaps, time_format, zone: as for `read_like`.

    Raises:
        DataError: as for `read_panel`; a column of `schema` is missing; the step differs; a
            series is not in `ids`; static covariates are unknown, or differ from `statics`;
            times with a zone where `schema` has none.
    """
    time_format, zone = time_format_and_zone(source, schema, time_format, zone)
    rules = _rules(schema, missing, duplicates, gaps, time_format, zone)
    unread = _opened(source, rules, schema, ids or ())
    time, target = our_names(unread, schema)
    columns = set(unread.columns)
    own = tuple(one for one in ids or () if one in columns)
    wide = bool(own) and "unique_id" not in unread.columns
    wide = wide and (len(ids or ()) > 1 or target not in unread.columns)
    targets = own if wide else (target,)
    in_table = not wide and set(schema.static) <= set(unread.columns)
    weight = weight_of(schema) if weights else ()
    check_present(unread, (*targets, *schema.past, *schema.future, *weight))
    _warn_of_extra(unread, source, schema, {time, *targets})
    schema = replace(schema, weight="".join(weight))
    name = schema.name
    if ids is not None and not wide and "unique_id" not in unread.columns:
        name = _only(unread, ids)
    known = replace(schema, name=name, static=schema.static if in_table else ())
    panel = panel_of(unread, time, targets, known, rules, wide=wide)
    if ids is not None:
        _check_known(unread, panel.ids, ids)
    series = tuple(replace(s, schema=replace(schema, name=s.unique_id)) for s in panel)
    series = copy_filled_marks(series, source)
    if schema.static and not in_table:
        series = tuple(_with_static(unread, s, statics or {}) for s in series)
    elif schema.static:
        _check_statics(unread, series, statics or {})
    earlier = source.repairs if isinstance(source, (TimeSeries, TimeSeriesPanel)) else ()
    return TimeSeriesPanel(schema, series, earlier + panel.repairs)


def _opened(source: Source, rules: Rules, schema: Schema, ids: Sequence[str] = ()) -> TableSource:
    """The table, with the columns that the fitted one was given under the names of its own."""
    wanted = (schema.target, *schema.past, *schema.future, *ids, *filter(None, [schema.time]))
    return joined(open_source(source, rules, schema.dialect, wanted), schema)


def require_rows(series: TimeSeries, needed: int, why: str, among: int = 1) -> None:
    """Refuses a series that is too short.

    Args:
        series: series to check.
        needed: least number of rows.
        why: reason for that number, for the message.
        among: number of series; the message proposes to leave out one of several.

    Raises:
        DataError: it has fewer than `needed` rows.
    """
    if len(series) < needed:
        remedy = (
            f' Leave it out: rnnzoo.read_panel(…, short="drop", fewest={needed}), or --short drop '
            f"--fewest {needed}."
        )
        raise DataError(
            f"Series {series.schema.name!r} needs at least {needed} rows ({why}), "
            f"has {len(series)}.{remedy if among > 1 else ''}"
        )


def _rules(
    schema: Schema,
    missing: str | None,
    duplicates: str,
    gaps: str,
    time_format: str | None,
    zone: str | None,
) -> Rules:
    if missing == "mask" and not schema.masked:
        raise ArgumentError(
            'The model was fitted on complete series and reads no others. Fit it with missing="mask'
            '", or read them with missing="interpolate". Received: missing=\'mask\''
        )
    if missing is None:
        missing = "mask" if schema.masked else "error"
    empty = missing == "mask"
    return Rules(
        missing,
        duplicates,
        gaps,
        "error",
        1,
        time_format,
        zone,
        clock=schema.clock,
        empty=empty,
        again=True,
        na=schema.na,
    )


def _warn_of_extra(unread: TableSource, source: Source, schema: Schema, own: set[str]) -> None:
    if isinstance(source, (TimeSeries, TimeSeriesPanel)):
        return
    known = {*own, *schema.past, *schema.future, *schema.static, *schema.others, *OURS}
    known |= set(weight_of(schema))
    extra = [column for column in unread.columns if column in unread.numeric - known]
    if extra:
        text = f"Columns {names(extra)} were not used in fitting and are ignored."
        file = unread.head.file
        warnings.warn(f"{file}: {text}" if file else text, UserWarning, stacklevel=3)


def _only(unread: TableSource, ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return ids[0]
    raise unread.head.error(
        f"The model knows {list_series(ids)}, and the table does not say which of them it holds. "
        f'Add a column: frame.assign(unique_id="{ids[0]}").'
    )


def _check_known(unread: TableSource, found: Sequence[str], ids: Sequence[str]) -> None:
    known = set(ids)
    unseen = [one for one in found if one not in known]
    if unseen:
        near = nearest(unseen[0], ids)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise unread.head.error(
            f"The table holds unseen series, which the model was not fitted on: "
            f"{list_series(unseen)}.{hint} Fit it on them as well, or leave their rows out."
        )


def _with_static(
    unread: TableSource, series: TimeSeries, statics: Mapping[str, Sequence[float]]
) -> TimeSeries:
    if series.unique_id not in statics:
        raise unread.head.error(
            f"The static columns {names(series.schema.static)} of series {series.unique_id!r} are "
            "not known. Add them to the table."
        )
    return replace(series, static=tuple(map(float, statics[series.unique_id])))


def _check_statics(
    unread: TableSource, several: Sequence[TimeSeries], statics: Mapping[str, Sequence[float]]
) -> None:
    for series in several:
        known = statics.get(series.unique_id, series.static)
        for column, new, old in zip(series.schema.static, series.static, known, strict=True):
            if not math.isclose(new, old, rel_tol=SAME):
                raise unread.head.error(
                    f"Column {column!r} is static, and of series {series.unique_id!r} the model "
                    f"knows {old}; here it is {new}. Correct it, or fit the model again."
                )
