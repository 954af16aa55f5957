"""Builds the network of a recipe from the cells of its settings."""

from collections.abc import Callable
from typing import Any

from ...zoo.cells import Feedback, RecurrentCell
from ...zoo.factory import CellFactory, cell_factory
from .preprocessing.transform import Transform
from .recipe import Recipe
from .settings import Settings
from .strategies.base import Strategy
from .strategies.closed_loop import ClosedLoopStrategy
from .strategies.segment import SegmentStrategy
from .strategies.stateful import StatefulStrategy

LONGEST_SEASON = 48  # most rows that a delay line spans by default


def build(transform: Transform, recipe: Recipe, settings: Settings) -> Strategy:
    """Builds the strategy of a recipe with its network.

    Args:
        transform: fitted transform.
        recipe: settings that follow from the data.
        settings: settings of the forecaster.
    """
    factory = cell_factory(settings.cell)
    reach = _reach(factory.kind, recipe.lookback, transform.schema.season)
    options = factory.memory_options(reach) | (settings.cell_options or {})
    return BUILDERS[recipe.strategy](factory, options, transform, recipe, settings)


def _stateful(
    factory: CellFactory,
    options: dict[str, Any],
    transform: Transform,
    recipe: Recipe,
    settings: Settings,
) -> Strategy:
    cells = factory.stacked(settings.layers, recipe.units, **options)
    return StatefulStrategy(transform, cells, settings.horizon, recipe.dropout, settings.engine)


def _segment(
    factory: CellFactory,
    options: dict[str, Any],
    transform: Transform,
    recipe: Recipe,
    settings: Settings,
) -> Strategy:
    if factory.takes("truncate"):  # its encoder learns through the state alone
        options = {"truncate": False} | options
    normalization = recipe.window_normalization
    return SegmentStrategy(
        transform,
        factory.stacked(settings.layers, recipe.units, **options),
        recipe.lookback,
        recipe.segment,
        settings.horizon,
        recipe.dropout,
        None if normalization == "none" else normalization,
        embedded=settings.channels == "embedded",
        engine=settings.engine,
    )


def _closed_loop(
    factory: CellFactory,
    options: dict[str, Any],
    transform: Transform,
    recipe: Recipe,
    settings: Settings,
) -> Strategy:
    kind, outputs = factory.kind, 1 + len(transform.schema.past)
    width = {"outputs": outputs} if kind.has_output_layer else {}

    def mode(feedback: str) -> Any:
        """The cell that is fed with the truth, or with its own prediction."""
        if kind.has_feedback_delays:
            return factory.make(recipe.units, outputs=outputs, feedback=feedback, **options)
        return Feedback(
            factory.stacked(settings.layers, recipe.units, **width, **options),
            outputs,
            feedback=feedback,
            residual=not (transform.difference or kind.has_output_layer),
        )

    if kind.has_feedback_delays and transform.indicators and factory.by_class:
        # each tap is told whether its value is missing
        options = {"input_delays": [0, *options["feedback_delays"]]} | options
    return ClosedLoopStrategy(transform, mode("truth"), mode("prediction"), settings.engine)


#: By name: from cells, the fitted transform, recipe and settings to an untrained network.
BUILDERS: dict[str, Callable[..., Strategy]] = {
    "stateful": _stateful,
    "segment": _segment,
    "closed_loop": _closed_loop,
}


def _reach(kind: type[RecurrentCell], lookback: int, season: int) -> int:
    """How many rows back a cell of bounded memory looks by default: limited for a delay line, in
    which each row costs a state."""
    if kind.hidden != ():
        return lookback
    return min(lookback, season if 1 < season <= LONGEST_SEASON else 7)
