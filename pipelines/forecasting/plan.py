"""How the rows that `fit` is given are used."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...datasets import TimeSeriesPanel, require_rows
from .recipe import Recipe
from .settings import Settings


@dataclass(frozen=True)
class Plan:
    """How the rows given to `fit` are used.

    Attributes:
        recipe: every setting that follows from the data.
        training: rows of each series that train, the first ones.
        held_out: rows of each that choose the weights, the last ones.
        unknown: first rows of each that train nothing, for their seasonal differences are not
            known.
    """

    recipe: Recipe
    training: list[int]
    held_out: list[int]
    unknown: int

    @property
    def lookback(self) -> int:
        """Rows over which errors are propagated back."""
        return self.recipe.lookback


def plan(settings: Settings, panel: TimeSeriesPanel, reserved: int | Sequence[int] = 0) -> Plan:
    """Divides each series by time into a training and a validation span.

    Args:
        settings: those of the forecaster.
        panel: all rows that there are.
        reserved: rows at the end of each that are kept for a test; one number for all, or
            one for each.

    Raises:
        DataError: a series is too short for that.
    """
    horizon = settings.horizon
    kept = [reserved] * len(panel) if isinstance(reserved, int) else list(reserved)
    rows = [max(0, len(series) - test) for series, test in zip(panel, kept, strict=True)]
    held_out = [max(horizon, round(settings.validation * count)) for count in rows]
    training = [max(1, count - last) for count, last in zip(rows, held_out, strict=True)]
    recipe = Recipe.followed(settings, training, panel.schema.season)
    lookback = recipe.lookback
    unknown = panel.schema.season if settings.difference == "season" else 0
    for series, last, test in zip(panel, held_out, kept, strict=True):
        why = f"look-back {lookback} + horizon {horizon} to train on, {last} to validate on"
        if test:
            why += f", {test} to test on"
        if unknown:
            why += f", {unknown} to take differences from"
        needed = lookback + horizon + last + test + unknown
        require_rows(series, needed, why, among=len(panel))
    return Plan(recipe, training, held_out, unknown)
