"""The ways in which recurrent cells become forecasters, behind one small interface.

An strategy works on scaled `Rows` and knows no files, frames or dates. What it
has read is a `State`: plain arrays that can be kept, saved and moved on row by row.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import keras
import numpy as np

from ....errors import ArgumentError, one_of
from ....zoo.cells import Feedback, RecurrentCell
from ....zoo.engines import chosen
from ....zoo.factory import TRIED_UNITS, cell_factory
from ...recorder import Recorder
from ...training.loop import History
from ..preprocessing.rows import Rows
from ..preprocessing.transform import Transform
from .closed_loop import ClosedLoopStrategy
from .segment import SegmentStrategy
from .state import State
from .stateful import StatefulStrategy

if TYPE_CHECKING:
    from ..recipe import Recipe

LONGEST_SEASON = 48  # rows that a delay line spans unasked, at most


class Strategy(Protocol):
    """What `Forecaster` asks of an strategy. Lists hold one entry a series.

    Attributes:
        name: in `ARCHITECTURES`.
        network: what is trained.
        read_ahead: rows ahead that a forecast reads even where fewer leads are asked for.
    """

    name: str
    network: keras.Model
    read_ahead: int

    def train(
        self,
        rows: list[Rows],
        score: Callable[[], float],
        lookback: int,
        recorder: Recorder,
        **settings: Any,
    ) -> History:
        """Fits the network in place; the weights with the best `score()` are kept."""

    def read(self, rows: list[Rows], state: State | None) -> State:
        """Reads on through `rows` from a state; from zero without one."""

    def forecast(self, state: State, ahead: np.ndarray) -> np.ndarray:
        """`(series, leads)` in the units of the targets, from `ahead (series, leads, ahead)`."""

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        """`(origins, horizon)` of each series: one pass over the rows, every origin forecast
        from its state on the way. Rising origins; memory does not grow with the rows."""


#: By name, with the one in which a cell has to serve for it.
STRATEGIES = {"stateful": "stateful", "closed_loop": "closed_loop", "segment": "stateful"}


def strategy_name(cell: Any, strategy: str, layers: int) -> str:
    """The strategy that a cell is used in: its natural one for `"auto"`.

    Args:
        cell: as `cell_factory` takes it.
        strategy: a name in `ARCHITECTURES`, or `"auto"`.
        layers: cells on top of each other.

    Raises:
        ArgumentTypeError: no cell.
        ArgumentError: unknown cell or strategy, or one that does not fit the other.
    """
    factory = cell_factory(cell)
    kind, cell = factory.kind, factory.name
    one_of("strategy", strategy, ["auto", *STRATEGIES])
    served = [name for name in kind.serves if name in STRATEGIES]
    name = (served or ["stateful"])[0] if strategy == "auto" else strategy
    if STRATEGIES[name] not in served:
        remedy = f'strategy="{served[0]}" or another cell' if served else "another cell"
        why = kind.refuses[STRATEGIES[name]]
        raise ArgumentError(
            f"`{cell}` serves {', '.join(kind.serves)}, not {name}: {why}. Use {remedy}."
        )
    if kind.has_output_layer and name == "closed_loop" and layers > 1:
        raise ArgumentError(
            f"`{cell}` puts out the forecast itself, so it cannot be stacked in a closed loop. "
            f"Received: layers={layers}"
        )
    return name


def build(transform: Transform, recipe: "Recipe", settings: dict[str, Any]) -> Strategy:
    """Builds the strategy of a recipe around cells made by name.

    Args:
        transform: fitted.
        recipe: what was chosen.
        settings: of a forecaster.
    """
    factory = cell_factory(settings["cell"])
    kind, layers, units = factory.kind, int(settings["layers"]), recipe.units
    reach = _reach(kind, recipe.lookback, transform.schema.season)
    options = factory.spanning(reach) | (settings["cell_options"] or {})
    if recipe.strategy == "stateful":
        cells = factory.layered(layers, units, **options)
        return StatefulStrategy(
            transform, cells, int(settings["horizon"]), recipe.dropout, settings["engine"]
        )
    if recipe.strategy == "segment":
        if factory.takes("truncate"):  # its encoder learns through the state alone
            options = {"truncate": False} | options
        return SegmentStrategy(
            transform,
            factory.layered(layers, units, **options),
            recipe.lookback,
            recipe.segment,
            int(settings["horizon"]),
            recipe.dropout,
            None if recipe.window_normalization == "none" else recipe.window_normalization,
            embedded=settings["channels"] == "embedded",
            engine=settings["engine"],
        )
    outputs = 1 + len(transform.schema.past)
    if kind.has_feedback_delays:
        if transform.indicators and factory.by_class:  # each tap is told whether it is there
            options = {"input_delays": [0, *options["feedback_delays"]]} | options
        modes = [
            factory.make(units, outputs=outputs, feedback=mode, **options)
            for mode in ("truth", "prediction")
        ]
    else:
        width = {"outputs": outputs} if kind.has_output_layer else {}
        modes = [
            Feedback(
                factory.layered(layers, units, **width, **options),
                outputs,
                feedback=mode,
                residual=not (transform.difference or kind.has_output_layer),
            )
            for mode in ("truth", "prediction")
        ]
    open_cell, closed_cell = modes
    return ClosedLoopStrategy(transform, open_cell, closed_cell, settings["engine"])


def check_engine(settings: dict[str, Any], strategy: str) -> None:
    """Raises ArgumentError, with the reason, where an engine cannot run an strategy's loops."""
    if settings["engine"] == "auto":
        return
    factory = cell_factory(settings["cell"])
    cell = factory.make(settings["units"] or TRIED_UNITS, **settings["cell_options"] or {})
    steps = 1 if strategy == "segment" else None  # the others read series of any length
    if strategy == "closed_loop" and not factory.kind.has_feedback_delays:
        cell = Feedback([cell], cell.output_size if factory.kind.has_output_layer else 1)
    chosen(settings["engine"], cell, steps)


def _reach(kind: type[RecurrentCell], lookback: int, season: int) -> int:
    """How far back a cell of bounded memory looks unasked: each row in a delay line costs a
    state, in another memory none."""
    if kind.hidden != ():
        return lookback
    return min(lookback, season if 1 < season <= LONGEST_SEASON else 7)
