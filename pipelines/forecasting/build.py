"""Builds the network of a recipe from the cells of its settings."""

from ...zoo.cells import Feedback, RecurrentCell
from ...zoo.factory import cell_factory
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
    kind, layers, units = factory.kind, int(settings.layers), recipe.units
    reach = _reach(kind, recipe.lookback, transform.schema.season)
    options = factory.memory_options(reach) | (settings.cell_options or {})
    if recipe.strategy == "stateful":
        cells = factory.stacked(layers, units, **options)
        return StatefulStrategy(
            transform, cells, int(settings.horizon), recipe.dropout, settings.engine
        )
    if recipe.strategy == "segment":
        if factory.takes("truncate"):  # only the state carries the gradient to its encoder
            options = {"truncate": False} | options
        return SegmentStrategy(
            transform,
            factory.stacked(layers, units, **options),
            recipe.lookback,
            recipe.segment,
            int(settings.horizon),
            recipe.dropout,
            None if recipe.window_normalization == "none" else recipe.window_normalization,
            embedded=settings.channels == "embedded",
            engine=settings.engine,
        )
    outputs = 1 + len(transform.schema.past)
    if kind.has_feedback_delays:
        if transform.indicators and factory.by_class:  # inputs that mark missing taps
            options = {"input_delays": [0, *options["feedback_delays"]]} | options
        modes = [
            factory.make(units, outputs=outputs, feedback=mode, **options)
            for mode in ("truth", "prediction")
        ]
    else:
        width = {"outputs": outputs} if kind.has_output_layer else {}
        modes = [
            Feedback(
                factory.stacked(layers, units, **width, **options),
                outputs,
                feedback=mode,
                residual=not (transform.difference or kind.has_output_layer),
            )
            for mode in ("truth", "prediction")
        ]
    open_cell, closed_cell = modes
    return ClosedLoopStrategy(transform, open_cell, closed_cell, settings.engine)


def _reach(kind: type[RecurrentCell], lookback: int, season: int) -> int:
    """How many rows back a cell of bounded memory looks by default: limited for a delay line, in
    which each row costs a state."""
    if kind.hidden != ():
        return lookback
    return min(lookback, season if 1 < season <= LONGEST_SEASON else 7)
