"""Which rows a fit uses for training and for validation."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...datasets import TimeSeriesPanel, require_rows
from .recipe import Recipe
from .settings import Settings


@dataclass(frozen=True)
class Plan:
    """How a fit uses the rows of each series.

    Attributes:
        horizon: number of leads.
        recipe: all settings that follow from the data.
        training: number of training rows of each series, the first ones.
        held_out: number of validation rows of each series, the last ones.
        unknown: number of first rows of each series that are not used in training, because
            their seasonal differences are unknown.
    """

    horizon: int
    recipe: Recipe
    training: list[int]
    held_out: list[int]
    unknown: int

    @property
    def lookback(self) -> int:
        """The number of rows over which errors are propagated back."""
        return self.recipe.lookback


def held_out_rows(rows: int, validation: float, horizon: int) -> int:
    """The number of rows of a series that a fit holds out, the last ones."""
    return max(horizon, round(validation * rows))


def plan(settings: Settings, panel: TimeSeriesPanel, reserved: int | Sequence[int] = 0) -> Plan:
    """Divides each series by time into a training and a validation span.

    Args:
        settings: settings of the forecaster.
        panel: all rows of all series.
        reserved: number of rows at the end of each series that are left for a test; one number
            for all series, or one for each.

    Raises:
        DataError: a series is too short.
    """
    horizon = settings.horizon
    tests = [reserved] * len(panel) if isinstance(reserved, int) else list(reserved)
    rows = [max(0, len(series) - test) for series, test in zip(panel, tests, strict=True)]
    held_out = [held_out_rows(count, settings.validation, horizon) for count in rows]
    training = [max(1, count - last) for count, last in zip(rows, held_out, strict=True)]
    recipe = Recipe.from_data(settings, training, panel.schema.season)
    unknown = panel.schema.season if settings.difference == "season" else 0
    for series, last, test in zip(panel, held_out, tests, strict=True):
        why = f"{recipe.reach} + horizon {horizon} to train on, {last} to validate on"
        if test:
            why += f", {test} to test on"
        if unknown:
            why += f", {unknown} to take differences from"
        needed = recipe.needed + horizon + last + test + unknown
        require_rows(series, needed, why, among=len(panel))
    return Plan(horizon, recipe, training, held_out, unknown)
