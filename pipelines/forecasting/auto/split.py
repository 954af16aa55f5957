"""The rows by which candidates are weighted: they train none of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....datasets import TimeSeriesPanel, require_rows
from ....errors import DataError
from ....messages import counted
from ..fitting import TrainedNetwork
from ..past_errors import held_out_origins
from ..plan import Plan, held_out_rows
from ..recipe import Recipe
from ..settings import Settings

LEAST_ORIGINS = 8  # validation origins, over all series, by which a network is judged


@dataclass(frozen=True)
class Split:
    """The training rows, and the origins by which candidates are weighted; one entry a series.

    Attributes:
        training: number of training rows, the first ones.
        origins: rows to forecast from, each `(origins,)`.
    """

    training: list[int]
    origins: list[np.ndarray]

    @classmethod
    def of(
        cls,
        panel: TimeSeriesPanel,
        horizon: int,
        validation: float,
        trained: Mapping[str, TrainedNetwork],
    ) -> "Split":
        """As of the networks; where there is none, what few rows allow."""
        for one in trained.values():  # networks that share horizon and validation share these
            return cls(one.plan.training, one.validation().origins)
        rows = [len(series) for series in panel]
        training = [training_rows(count, validation, horizon) for count in rows]
        pairs = zip(rows, training, strict=True)
        return cls(training, [held_out_origins(n, first, horizon) for n, first in pairs])


def with_origins(planned: Plan) -> Plan:
    """A plan that has enough origins to judge a network by.

    Raises:
        DataError: too few origins, over all series.
    """
    origins = sum(max(0, held_out - planned.horizon + 1) for held_out in planned.held_out)
    if origins < LEAST_ORIGINS:
        raise DataError(
            f"The validation rows hold {counted(origins, 'origin')} to forecast "
            f"{counted(planned.horizon, 'row')} from, and a network is judged by at least "
            f"{LEAST_ORIGINS}: give more rows, a shorter horizon, or a larger `validation`."
        )
    return planned


def network_rows(
    panel: TimeSeriesPanel, reserved: int | Sequence[int], validation: float, horizon: int
) -> list[int]:
    """The number of rows of each series that networks are trained on, at least 1."""
    tests = [reserved] * len(panel) if isinstance(reserved, int) else list(reserved)
    rows = [max(1, len(series) - test) for series, test in zip(panel, tests, strict=True)]
    return [max(1, count - held_out_rows(count, validation, horizon)) for count in rows]


def training_rows(rows: int, validation: float, horizon: int) -> int:
    """The number of rows that baselines alone are fitted to, of those of a series: a third of the
    rows, or less, is held out."""
    return rows - min(held_out_rows(rows, validation, horizon), rows // 3)


def plan_of_baselines(
    settings: Settings, panel: TimeSeriesPanel, reserved: int | Sequence[int]
) -> Plan:
    """How rows that are too few for a network are used; arguments as for `plan`.

    Raises:
        DataError: less than two rows.
    """
    tests = [reserved] * len(panel) if isinstance(reserved, int) else list(reserved)
    for series, test in zip(panel, tests, strict=True):
        why = f"1 to fit to, 1 to forecast, {test} to test on"
        require_rows(series, test + 2, why, among=len(panel))
    rows = [len(series) - test for series, test in zip(panel, tests, strict=True)]
    training = [training_rows(count, settings.validation, settings.horizon) for count in rows]
    recipe = Recipe.from_data(settings, training, panel.schema.season)
    held_out = [count - first for count, first in zip(rows, training, strict=True)]
    return Plan(settings.horizon, recipe, training, held_out, unknown=0)
