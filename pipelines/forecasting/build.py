"""Builds the network of a recipe from the cells of its settings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...datasets import Schema
from ...errors import ArgumentError
from ...zoo.cells import Feedback, RecurrentCell
from ...zoo.factory import CellFactory, cell_factory
from ...zoo.heads import HEADS, Head
from .preprocessing.transform import Transform
from .recipe import Recipe
from .settings import Settings
from .strategies.base import Strategy
from .strategies.closed_loop import ClosedLoopStrategy
from .strategies.segment import SegmentStrategy
from .strategies.stateful import StatefulStrategy

LONGEST_SEASON = 48  # most rows that a delay line spans by default


@dataclass(frozen=True)
class _Given:
    """What a network is built from; `options` are arguments of its cells."""

    factory: CellFactory
    options: dict[str, Any]
    transform: Transform
    recipe: Recipe
    settings: Settings

    @property
    def head(self) -> Head | None:
        """The head of the network; `None` for one number for each lead."""
        return None if self.settings.head is None else HEADS[self.settings.head]()


def build(transform: Transform, recipe: Recipe, settings: Settings) -> Strategy:
    """Builds the strategy of a recipe with its network.

    Args:
        transform: fitted transform.
        recipe: settings that follow from the data.
        settings: settings of the forecaster.
    """
    factory = cell_factory(settings.cell)
    reach = _reach(factory.kind, recipe.lookback, transform.schema.season)
    options = factory.memory_options(reach) | recipe.delays | (settings.cell_options or {})
    return BUILDERS[recipe.strategy](_Given(factory, options, transform, recipe, settings))


def _stateful(given: _Given) -> Strategy:
    cells = given.factory.stacked(given.settings.layers, given.recipe.units, **given.options)
    return StatefulStrategy(
        given.transform,
        cells,
        given.settings.horizon,
        given.recipe.dropout,
        given.settings.engine,
        given.recipe.linear_lags,
        given.head,
    )


def _segment(given: _Given) -> Strategy:
    options = given.options
    if given.factory.takes("truncate"):  # its encoder learns through the state alone
        options = {"truncate": False} | options
    normalization = given.recipe.window_normalization
    return SegmentStrategy(
        given.transform,
        given.factory.stacked(given.settings.layers, given.recipe.units, **options),
        given.recipe.lookback,
        given.recipe.segment,
        given.settings.horizon,
        given.recipe.dropout,
        None if normalization == "none" else normalization,
        embedded=given.settings.channels == "embedded",
        engine=given.settings.engine,
        head=given.head,
    )


def _closed_loop(given: _Given) -> Strategy:
    options = given.options
    kind, outputs = given.factory.kind, 1 + len(given.transform.schema.past)
    width = {"outputs": outputs} if kind.has_output_layer else {}
    counts = given.head is not None and given.head.counts
    if counts and outputs > 1:
        raise ArgumentError(
            "A closed loop forecasts past covariates with the head of the target, and they are no "
            f'counts: leave them out, or use strategy="stateful". Received: head='
            f"{given.settings.head!r}, past={[*given.transform.schema.past]}"
        )

    schema, delays = given.transform.schema, [*(options.get("input_delays") or ())]
    exogenous = schema.future or given.recipe.calendar
    if kind.has_feedback_delays and delays not in ([], [0]) and not exogenous:
        past = f", past={[*schema.past]}" if schema.past else ""
        raise ArgumentError(
            "`input_delays` need an exogenous input whose values ahead are known, and there is "
            "none: name its column in future=[…]. Columns in past are forecast by the loop "
            f"itself. Received: input_delays={delays}{past}"
        )

    def mode(feedback: str) -> Any:
        """The cell that is fed with the truth, or with its own prediction."""
        if kind.has_feedback_delays:
            return given.factory.make(
                given.recipe.units, outputs=outputs, feedback=feedback, **options
            )
        return Feedback(
            given.factory.stacked(given.settings.layers, given.recipe.units, **width, **options),
            outputs,
            feedback=feedback,
            residual=not (given.transform.difference or kind.has_output_layer or counts),
        )

    if given.settings.linear_path:
        options = {"linear_path": True} | options
    return ClosedLoopStrategy(
        given.transform, mode("truth"), mode("prediction"), given.settings.engine, given.head
    )


#: By name, what builds an untrained network.
BUILDERS: dict[str, Callable[[_Given], Strategy]] = {
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


def new_transform(settings: Settings, recipe: Recipe, schema: Schema) -> Transform:
    """Makes an unfitted transform for a table."""
    return Transform(
        schema,
        settings.difference,
        recipe.calendar,
        None if recipe.transform == "none" else recipe.transform,
        settings.scaling,
        recipe.lookback,
        settings.channels == "mixed",
    )
