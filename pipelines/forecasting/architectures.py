"""The ways in which recurrent cells become forecasters, behind one small interface.

An architecture works on scaled `Rows` and knows no files, frames or dates. What it
has read is a `State`: plain arrays that can be kept, saved and moved on row by row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np

from ...errors import ArgumentError, one_of
from ...zoo.cells import CELLS, Feedback, RecurrentCell
from ...zoo.compiled import compiled
from ...zoo.models import carried, closed_loop
from ..windows import padded_ahead
from .chunks import Chunks
from .rows import Rows, Transform

READ = 512  # rows read in one call: bounds the memory of a pass, whatever its length
ROLL = 1024  # origins forecast in one batch
LONGEST_SEASON = 48  # rows that a delay line spans unasked, at most


@dataclass(frozen=True)
class State:
    """Where a network stands in a series.

    Attributes:
        arrays: the network's states, each `(1, channels)`.
        output: its last output, `(1, units)`.
        level: the last value of the target, in its own unit.
    """

    arrays: list[np.ndarray]
    output: np.ndarray
    level: float


class Architecture(Protocol):
    """What `Forecaster` asks of an architecture."""

    name: str
    network: keras.Model

    def chunks(self, rows: Rows, length: int, burn_in: int) -> Chunks:
        """The rows as inputs and targets for training."""

    def read(self, rows: Rows, state: State | None) -> State:
        """Reads on through `rows` from a state; from zero without one."""

    def forecast(self, state: State, future: np.ndarray) -> np.ndarray:
        """`(horizon,)` in the unit of the target, from `future (horizon, futures)`."""

    def forecast_origins(self, rows: Rows, origins: np.ndarray, horizon: int) -> np.ndarray:
        """`(origins, horizon)`: one pass over the rows, every origin forecast from its
        state on the way. Rising origins; memory does not grow with the rows."""


ARCHITECTURES = ("carried", "closed_loop")


def architecture_name(cell: str, architecture: str, layers: int) -> str:
    """The architecture that a cell is used in: its natural one for `"auto"`.

    Raises:
        ArgumentError: unknown cell or architecture, or one that does not fit the other.
    """
    kind = CELLS[one_of("cell", cell, CELLS)]
    one_of("architecture", architecture, ["auto", *ARCHITECTURES])
    served = [name for name in kind.serves if name in ARCHITECTURES]
    name = (served or ARCHITECTURES)[0] if architecture == "auto" else architecture
    if name not in served:
        remedy = f'architecture="{served[0]}" or another cell' if served else "another cell"
        raise ArgumentError(
            f"`{cell}` serves {', '.join(kind.serves)}, not {name}: {kind.refuses[name]}. "
            f"Use {remedy}."
        )
    if kind.reads_out and name == "closed_loop" and layers > 1:
        raise ArgumentError(
            f"`{cell}` puts out the forecast itself, so it cannot be stacked in a closed loop. "
            f"Received: layers={layers}"
        )
    return name


def build(
    name: str,
    transform: Transform,
    *,
    cell: str,
    units: int,
    layers: int,
    horizon: int,
    lookback: int,
    options: dict[str, Any],
) -> Architecture:
    """Builds an architecture around cells made by name."""
    kind = CELLS[cell]
    options = kind.spanning(_reach(kind, lookback, transform.schema.season)) | options
    if name == "carried":
        return CarriedArchitecture(transform, kind.layered(layers, units, **options), horizon)
    outputs = 1 + len(transform.schema.past)
    if kind.feeds_back:
        modes = [
            kind(units, outputs=outputs, feedback=mode, **options)
            for mode in ("truth", "prediction")
        ]
    else:
        width = {"outputs": outputs} if kind.reads_out else {}
        modes = [
            Feedback(
                kind.layered(layers, units, **width, **options),
                outputs,
                feedback=mode,
                residual=not (transform.difference or kind.reads_out),
            )
            for mode in ("truth", "prediction")
        ]
    return ClosedLoopArchitecture(transform, *modes)


class CarriedArchitecture:
    """All leads at once from the state, every step a training target.

    The network forecasts the change from the value at the origin, in scaled units.
    """

    name = "carried"

    def __init__(self, transform: Transform, cells: list[Any], horizon: int):
        self.transform = transform
        self.horizon = horizon
        past, futures = len(transform.schema.past), len(transform.schema.future)
        built = carried(cells, 1 + past + futures, horizon, futures)
        self.network, self.reader = built.network, built.reader
        self._read, self._head = compiled(built.reader), compiled(built.head)

    def chunks(self, rows: Rows, length: int, burn_in: int) -> Chunks:
        change = padded_ahead(rows.level, self.horizon) - rows.level[:, None]
        inputs = [_joined(rows)]
        if rows.future.shape[1]:
            inputs.append(_without_nan(padded_ahead(rows.future, self.horizon)))
        return Chunks(inputs, (change / self.transform.scale).astype("float32"), length, burn_in)

    def read(self, rows: Rows, state: State | None) -> State:
        for _, output, states in self._pass(rows, state):
            state = State(states, output[:, -1], float(rows.level[-1]))
        return _some(state)

    def forecast(self, state: State, future: np.ndarray) -> np.ndarray:
        # each lead reads its own row: rows repeated past the last one change no lead before
        missing = max(0, self.horizon - len(future))
        rows = np.concatenate([future, np.repeat(future[-1:], missing, axis=0)])
        forecast = self._leads(state.output, np.array([state.level]), rows[None])
        return forecast[0, : len(future)]

    def forecast_origins(self, rows: Rows, origins: np.ndarray, horizon: int) -> np.ndarray:
        found = []
        for first, output, _ in self._pass(rows[: origins[-1] + 1], None):
            here = _within(origins, first, output.shape[1])
            if len(here):
                future = _future(rows, here, self.horizon)
                found.append(self._leads(output[0, here - first], rows.level[here], future))
        return np.concatenate(found)[:, :horizon]

    def _pass(self, rows: Rows, state: State | None) -> Iterator[tuple[int, np.ndarray, list]]:
        states = _zeros(self.reader) if state is None else state.arrays
        inputs = _joined(rows)
        for first in range(0, len(rows), READ):
            output, *states = self._read([inputs[None, first : first + READ], *states])
            yield first, output, states

    def _leads(self, output: np.ndarray, level: np.ndarray, future: np.ndarray) -> np.ndarray:
        known = [future[:, None].astype("float32")] if future.shape[-1] else []
        change = self._head([output[:, None], *known])[0][:, 0]
        return level[:, None] + self.transform.scale * change.astype("float64")


class ClosedLoopArchitecture:
    """One step ahead, fed back on itself: trained on the truth, used on its forecasts.

    Past covariates are not known ahead, so the network forecasts them too and reads
    its own forecasts of them. A NARX network feeds itself; any other cell stands in
    `Feedback`, so a Jordan network reads the value fed back beside its own memory.
    """

    name = "closed_loop"

    def __init__(self, transform: Transform, open_cell: Any, closed_cell: Any):
        self.transform = transform
        built = closed_loop(open_cell, closed_cell, len(transform.schema.future))
        self.network, self.reader, self.roller = built.network, built.reader, built.roller
        self._read, self._rolled = compiled(built.reader), compiled(built.roller)

    def chunks(self, rows: Rows, length: int, burn_in: int) -> Chunks:
        return Chunks([_open(rows)], rows.known, length, burn_in)

    def read(self, rows: Rows, state: State | None) -> State:
        for _, output, states in self._pass(rows, state):
            last = [s[:, -1] for s in states]
            state = State(last, output[:, -1], float(rows.level[-1]))
        return _some(state)

    def forecast(self, state: State, future: np.ndarray) -> np.ndarray:
        return self._roll(state.arrays, np.array([state.level]), future[None])[0]

    def forecast_origins(self, rows: Rows, origins: np.ndarray, horizon: int) -> np.ndarray:
        found = []
        for first, output, states in self._pass(rows[: origins[-1] + 1], None):
            here = _within(origins, first, output.shape[1])
            if len(here):
                future = _future(rows, here, horizon)
                at = [s[0, here - first] for s in states]
                found.append(self._roll(at, rows.level[here], future))
        return np.concatenate(found)

    def _pass(self, rows: Rows, state: State | None) -> Iterator[tuple[int, np.ndarray, list]]:
        states = _zeros(self.reader) if state is None else state.arrays
        inputs = _open(rows)
        for first in range(0, len(rows), READ):
            output, *every = self._read([inputs[None, first : first + READ], *states])
            states = [s[:, -1] for s in every]
            yield first, output, every

    def _roll(self, states: list, level: np.ndarray, future: np.ndarray) -> np.ndarray:
        self.roller.set_weights(self.network.get_weights())
        batches = [slice(first, first + ROLL) for first in range(0, len(level), ROLL)]
        rolled = np.concatenate(
            [self._rolled([future[b], *[s[b] for s in states]])[0] for b in batches]
        )
        scaler = self.transform.known_
        target = rolled[..., 0].astype("float64") * scaler.scale_[0] + scaler.mean_[0]
        return level[:, None] + np.cumsum(target, axis=1) if self.transform.difference else target


def _reach(kind: type[RecurrentCell], lookback: int, season: int) -> int:
    """How far back a cell of bounded memory looks unasked: each row in a delay line costs a
    state, in another memory none."""
    if kind.hidden_states != 0:
        return lookback
    return min(lookback, season if 1 < season <= LONGEST_SEASON else 7)


def _joined(rows: Rows) -> np.ndarray:
    return np.concatenate([rows.known, rows.future], axis=1)


def _open(rows: Rows) -> np.ndarray:
    return np.concatenate([rows.future, rows.known], axis=1)


def _future(rows: Rows, origins: np.ndarray, horizon: int) -> np.ndarray:
    """`(origins, horizon, futures)`: the covariates known ahead of each origin."""
    if not rows.future.shape[1]:
        return np.zeros((len(origins), horizon, 0), "float32")
    return rows.future[origins[:, None] + np.arange(1, horizon + 1)]


def _without_nan(values: np.ndarray) -> np.ndarray:
    """Zeros past the end of the series, where no target is."""
    return np.nan_to_num(values, nan=0.0)


def _zeros(model: keras.Model) -> list[np.ndarray]:
    return [np.zeros((1, x.shape[-1]), "float32") for x in model.inputs[1:]]


def _within(origins: np.ndarray, first: int, count: int) -> np.ndarray:
    return origins[(origins >= first) & (origins < first + count)]


def _some(state: State | None) -> State:
    if state is None:
        raise ValueError("There are no rows to read.")
    return state
