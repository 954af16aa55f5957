"""The ways in which recurrent cells become forecasters, behind one small interface.

An architecture works on scaled `Rows` and knows no files, frames or dates. What it
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
from .closed_loop import ClosedLoopArchitecture
from .segment import SegmentArchitecture
from .state import State
from .stateful import CarriedArchitecture

if TYPE_CHECKING:
    from ..recipe import Recipe

LONGEST_SEASON = 48  # rows that a delay line spans unasked, at most


class Architecture(Protocol):
    """What `Forecaster` asks of an architecture. Lists hold one entry a series.

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
ARCHITECTURES = {"carried": "carried", "closed_loop": "closed_loop", "segment": "carried"}


def architecture_name(cell: Any, architecture: str, layers: int) -> str:
    """The architecture that a cell is used in: its natural one for `"auto"`.

    Args:
        cell: as `cell_factory` takes it.
        architecture: a name in `ARCHITECTURES`, or `"auto"`.
        layers: cells on top of each other.

    Raises:
        ArgumentTypeError: no cell.
        ArgumentError: unknown cell or architecture, or one that does not fit the other.
    """
    factory = cell_factory(cell)
    kind, cell = factory.kind, factory.name
    one_of("architecture", architecture, ["auto", *ARCHITECTURES])
    served = [name for name in kind.serves if name in ARCHITECTURES]
    name = (served or ["carried"])[0] if architecture == "auto" else architecture
    if ARCHITECTURES[name] not in served:
        remedy = f'architecture="{served[0]}" or another cell' if served else "another cell"
        why = kind.refuses[ARCHITECTURES[name]]
        raise ArgumentError(
            f"`{cell}` serves {', '.join(kind.serves)}, not {name}: {why}. Use {remedy}."
        )
    if kind.reads_out and name == "closed_loop" and layers > 1:
        raise ArgumentError(
            f"`{cell}` puts out the forecast itself, so it cannot be stacked in a closed loop. "
            f"Received: layers={layers}"
        )
    return name


def build(transform: Transform, recipe: "Recipe", settings: dict[str, Any]) -> Architecture:
    """Builds the architecture of a recipe around cells made by name.

    Args:
        transform: fitted.
        recipe: what was chosen.
        settings: of a forecaster.
    """
    factory = cell_factory(settings["cell"])
    kind, layers, units = factory.kind, int(settings["layers"]), recipe.units
    reach = _reach(kind, recipe.lookback, transform.schema.season)
    options = factory.spanning(reach) | (settings["cell_options"] or {})
    if recipe.architecture == "carried":
        cells = factory.layered(layers, units, **options)
        return CarriedArchitecture(
            transform, cells, int(settings["horizon"]), recipe.dropout, settings["engine"]
        )
    if recipe.architecture == "segment":
        if factory.takes("truncate"):  # its encoder learns through the state alone
            options = {"truncate": False} | options
        return SegmentArchitecture(
            transform,
            factory.layered(layers, units, **options),
            recipe.lookback,
            recipe.segment,
            int(settings["horizon"]),
            recipe.dropout,
            None if recipe.normalisation == "none" else recipe.normalisation,
            embedded=settings["channels"] == "embedded",
            engine=settings["engine"],
        )
    outputs = 1 + len(transform.schema.past)
    if kind.feeds_back:
        if transform.indicators and factory.by_class:  # each tap is told whether it is there
            options = {"input_delays": [0, *options["feedback_delays"]]} | options
        modes = [
            factory.make(units, outputs=outputs, feedback=mode, **options)
            for mode in ("truth", "prediction")
        ]
    else:
        width = {"outputs": outputs} if kind.reads_out else {}
        modes = [
            Feedback(
                factory.layered(layers, units, **width, **options),
                outputs,
                feedback=mode,
                residual=not (transform.difference or kind.reads_out),
            )
            for mode in ("truth", "prediction")
        ]
    open_cell, closed_cell = modes
    return ClosedLoopArchitecture(transform, open_cell, closed_cell, settings["engine"])


def check_engine(settings: dict[str, Any], architecture: str) -> None:
    """Raises ArgumentError, with the reason, where an engine cannot run an architecture's loops."""
    if settings["engine"] == "auto":
        return
    factory = cell_factory(settings["cell"])
    cell = factory.make(settings["units"] or TRIED_UNITS, **settings["cell_options"] or {})
    steps = 1 if architecture == "segment" else None  # the others read series of any length
    if architecture == "closed_loop" and not factory.kind.feeds_back:
        cell = Feedback([cell], cell.output_size if factory.kind.reads_out else 1)
    chosen(settings["engine"], cell, steps)


def _reach(kind: type[RecurrentCell], lookback: int, season: int) -> int:
    """How far back a cell of bounded memory looks unasked: each row in a delay line costs a
    state, in another memory none."""
    if kind.hidden != ():
        return lookback
    return min(lookback, season if 1 < season <= LONGEST_SEASON else 7)
