"""Series of a study: found by name, split in time, known by a digest."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ....datasets import (
    CLIP_DATASETS,
    DATASETS,
    Dialect,
    TimeSeriesPanel,
    load_dataset,
    read_panel,
    table_columns,
)
from ....errors import ArgumentError, one_of
from ...study.digests import Digest, Used


def named_panel(data: str, asked: dict[str, Any], how: dict[str, Any]) -> TimeSeriesPanel:
    """Series by the name of a data set, or from a file.

    Args:
        data: name or path.
        asked: columns, as `read_panel` takes them.
        how: repairs, step, season and unit, as `read_panel` takes them; those that are `None`
            are left to it.

    Raises:
        ArgumentError: any of these for a data set that has its own.
        DataError: a file that cannot be used.
    """
    path = Path(data)
    how = {name: value for name, value in how.items() if value is not None}
    if data in CLIP_DATASETS and not os.path.exists(path):
        raise ArgumentError(f"{data} holds clips, not a series: rnnzoo frames {data}")
    if data not in DATASETS or os.path.exists(path):
        if not os.path.exists(path) and not path.suffix:
            one_of("data", data, DATASETS)
        return read_panel(path, **asked, **how)
    given = [
        name for name, value in (asked | how).items() if value not in (None, [], "error", "auto")
    ]
    if given:
        raise ArgumentError(
            f"The data set {data} has its own columns, step, season and unit, and no faults: "
            f"leave out --{', --'.join(given).replace('_', '-')}, or give a file."
        )
    return TimeSeriesPanel.of(load_dataset(data))


def columns_with_commas(data: str, how: dict[str, Any]) -> tuple[str, ...]:
    """The columns of a file whose names hold a comma; none of a data set.

    Args:
        data: name or path.
        how: arguments of `read_panel`; of these, how the file is written.

    Raises:
        DataError: a file that cannot be opened.
    """
    if not os.path.isfile(data):  # `named_panel` says what is wrong with it
        return ()
    return tuple(column for column in table_columns(data, **_written(how)) if "," in column)


def _written(how: dict[str, Any]) -> dict[str, Any]:
    return {one.name: how.get(one.name) for one in fields(Dialect)}


@dataclass(frozen=True)
class Split:
    """A table cut at one time, the same for all series.

    Attributes:
        begins: the first time of the test.
        rows: number of rows of each series from then on, which no fit sees.
    """

    begins: pd.Timestamp
    rows: list[int]


def split(panel: TimeSeriesPanel, test_rows: int) -> Split:
    """Cuts so that the last `test_rows` times of the table are the test.

    Series that end earlier have fewer rows there, or none: then they only train.
    """
    times = np.unique(np.concatenate([series.times for series in panel]))
    begins = pd.Timestamp(times[-min(test_rows, len(times))])
    return Split(begins, [int((series.times >= begins).sum()) for series in panel])


def of_panel(panel: TimeSeriesPanel, use: str) -> Used:
    """Times, values, covariates and what was filled in, of every row of every series."""
    schema = panel.schema
    columns = ("y", *schema.past, *schema.future)
    names = (schema.target, schema.past, schema.future, schema.static)
    digest = Digest((*names, schema.frequency, schema.zone))
    for series in panel:
        digest.add(series.unique_id, series.static, len(series))
        digest.array(series.times.to_numpy("datetime64[ns]").view("int64"))
        digest.array(series.values(columns))
        if series.filled is not None:
            digest.array(series.filled)
    rows = sum(len(series) for series in panel)
    return Used(digest.text, use, {"series": len(panel), "rows": rows})
