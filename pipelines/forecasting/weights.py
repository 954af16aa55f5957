"""Weights of rows: how much the error of each target counts in training."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from ...datasets import TimeSeriesPanel
from ...datasets.tabular.table import list_series
from ...errors import ArgumentError, ArgumentTypeError, DataError, did_you_mean, not_below_zero
from ...zoo.losses import SequenceLoss
from ..training.losses import loss_of
from .plan import Plan
from .preprocessing.rows import Rows

SampleWeight: TypeAlias = str | Mapping[str, float] | None


def split_weights(given: Any) -> tuple[str | None, dict[str, float] | None]:
    """The column of weights, and the weights by series: one of them, or neither.

    Raises:
        ArgumentError: a weight below 0, or not finite.
        ArgumentTypeError: neither the name of a column nor a mapping of numbers.
    """
    if given is None or isinstance(given, str):
        return given, None
    if not isinstance(given, Mapping):
        raise ArgumentTypeError(
            "`sample_weight` must be the name of a column with a weight in each row, or a mapping "
            "of each series' unique_id to its weight. An array goes into the table: "
            f"frame.assign(weight=array). Received: sample_weight={given!r}"
        )
    return None, {str(k): not_below_zero(f"sample_weight[{k!r}]", v) for k, v in given.items()}


def with_weights(
    rows: list[Rows],
    panel: TimeSeriesPanel,
    by_series: dict[str, float] | None,
    plan: Plan,
    loss: Any,
) -> list[Rows]:
    """Rows with what they weigh; as they are where all that train weigh alike.

    Weights are relative to their mean over the targets that are there, train, and weigh
    something: a factor before all of them changes nothing.

    Args:
        rows: of each series.
        panel: what they come from.
        by_series: weights of whole series, by which those of the rows are multiplied.
        plan: which rows train.
        loss: the setting.

    Raises:
        ArgumentError: a series has no weight, or a weight no series; rows differ in weight, and
            the loss takes a sequence as a whole.
        DataError: no target that trains weighs anything.
    """
    if by_series is not None:
        _check_ids(by_series, panel)
    weights = [_of_rows(series, panel.schema.weight, by_series) for series in panel]
    spans = [slice(plan.unknown, end) for end in plan.training]
    there = [~np.isnan(one.level[span]) for one, span in zip(rows, spans, strict=True)]
    training = np.concatenate(
        [own[span][known] for own, span, known in zip(weights, spans, there, strict=True)]
    )
    if not (training > 0).any():
        raise DataError(
            "No target that trains weighs anything: `sample_weight` is 0 for all that are known "
            f"in the first {sum(plan.training):,} rows, the training span. Give some a weight."
        )
    different = len(np.unique(training[training > 0])) > 1
    if not different and (training > 0).all():
        return rows
    if different and isinstance(loss_of(loss), SequenceLoss):
        raise ArgumentError(
            "The loss takes a sequence as a whole: its rows can be left out, by a weight of 0, but "
            "not weighed. Give weights of 0 and 1, or a loss of single values. "
            f"Received: loss={loss!r}"
        )
    mean = training[training > 0].mean()
    return [
        replace(one, weight=(own / mean).astype("float32")[:, None])
        for one, own in zip(rows, weights, strict=True)
    ]


def _of_rows(series: Any, column: str, by_series: dict[str, float] | None) -> np.ndarray:
    own = series.values([column])[:, 0] if column else np.ones(len(series))
    return own if by_series is None else own * by_series[series.unique_id]


def _check_ids(by_series: Mapping[str, float], panel: TimeSeriesPanel) -> None:
    missing = [one for one in panel.ids if one not in by_series]
    unknown = [one for one in by_series if one not in panel.ids]
    if unknown:
        raise ArgumentError(
            f"`sample_weight` names series that are not in the table: {list_series(unknown)}."
            f"{did_you_mean(unknown[0], panel.ids)}"
        )
    if missing:
        raise ArgumentError(
            f"`sample_weight` must hold a weight for every series, 0 for one that is not to count. "
            f"It has none for {list_series(missing)}."
        )
