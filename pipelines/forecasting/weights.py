"""Sample weights: the weight of each target's error in training."""

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
    """Returns the column of weights, and the weights by series; one of them or both are `None`.

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
    """Adds weights to rows; returns them unchanged where all training weights are equal.

    Weights are divided by their mean over the known training targets with a weight above 0: a
    common factor has no effect.

    Args:
        rows: rows of each series.
        panel: series that the rows come from.
        by_series: weights of whole series, which multiply those of the rows.
        plan: which rows are for training.
        loss: the setting `loss`.

    Raises:
        ArgumentError: a series without a weight, or a weight without a series; weights that
            differ, with a loss over whole sequences.
        DataError: all training targets have the weight 0.
    """
    if by_series is not None:
        _check_ids(by_series, panel)
    weights = [_row_weights(series, panel.schema.weight, by_series) for series in panel]
    spans = [slice(plan.unknown, end) for end in plan.training]
    known_targets = [~np.isnan(one.target[span]) for one, span in zip(rows, spans, strict=True)]
    training = np.concatenate(
        [own[span][known] for own, span, known in zip(weights, spans, known_targets, strict=True)]
    )
    if not (training > 0).any():
        raise DataError(
            "All training targets have the weight 0: `sample_weight` is 0 for all known values "
            f"in the first {sum(plan.training):,} rows, the training span. Give some a weight."
        )
    different = len(np.unique(training[training > 0])) > 1
    if not different and (training > 0).all():
        return rows
    if different and isinstance(loss_of(loss), SequenceLoss):
        raise ArgumentError(
            "The loss takes a sequence as a whole: rows can be left out, by a weight of 0, but "
            "not weighted. Give weights of 0 and 1, or a loss of single values. "
            f"Received: loss={loss!r}"
        )
    mean = training[training > 0].mean()
    return [
        replace(one, weight=(own / mean).astype("float32")[:, None])
        for one, own in zip(rows, weights, strict=True)
    ]


def _row_weights(series: Any, column: str, by_series: dict[str, float] | None) -> np.ndarray:
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
