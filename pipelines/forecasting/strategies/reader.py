"""Reads many series of different lengths with one network, carrying its state."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from ..preprocessing.rows import Rows
from ..preprocessing.state import State

READ = 512  # rows read in one call: bounds the memory of a pass at any length
GROUP = 256  # series read in parallel: bounds the memory at any number
BATCH = 1024  # origins forecast in one call

#: From `[inputs (series, rows, columns), *states]` to `[output, *states]`.
Reader = Callable[[Sequence[np.ndarray]], list[np.ndarray]]


@dataclass(frozen=True)
class ReadBlock:
    """The rows that a pass reads in one call.

    Attributes:
        series: numbers of the series, `(read,)`; none ends within the block.
        first: first row of the block.
        output: outputs of the reader, `(read, rows, units)`.
        states: states that the reader returns.
    """

    series: np.ndarray
    first: int
    output: np.ndarray
    states: list[np.ndarray]


def blocks(
    rows: list[Rows],
    reader: Reader,
    states: list[np.ndarray],
    drive: Callable[[Rows], np.ndarray] = lambda rows: rows.read,
    every: bool = False,
) -> Iterator[ReadBlock]:
    """Reads series in parallel from their first rows, each exactly to its end.

    Args:
        rows: rows of each series.
        reader: compiled network.
        states: first states, each `(series, …)`.
        drive: function from rows to the inputs of the network, `(rows, columns)`.
        every: whether the reader returns its states after every row, `(series, rows, …)`,
            rather than after the last.
    """
    lengths = np.array([len(one) for one in rows])
    longest_first = np.argsort(-lengths, kind="stable")
    for group in np.split(longest_first, range(GROUP, len(rows), GROUP)):
        here = [state[group] for state in states]
        ends = np.union1d(lengths[group], np.arange(READ, lengths[group[0]], READ))
        first = 0
        for end in ends[ends > 0].tolist():
            reach = int((lengths[group] >= end).sum())
            inputs = np.stack([drive(rows[i][first:end]) for i in group[:reach]])
            output, *after = reader([inputs, *[state[:reach] for state in here]])
            here = [state[:, -1] for state in after] if every else after
            yield ReadBlock(group[:reach], first, output, after)
            first = end


class FinalStates:
    """Collects the states at the ends of the series during a pass."""

    def __init__(self, rows: list[Rows]):
        self.rows = rows
        self.ends: dict[int, tuple[list[np.ndarray], np.ndarray]] = {}

    def add(self, block: ReadBlock, states: list[np.ndarray]) -> None:
        end = block.first + block.output.shape[1]
        for k, i in enumerate(block.series):
            if len(self.rows[i]) == end:
                self.ends[int(i)] = [s[k] for s in states], block.output[k, -1]

    def state(self) -> State:
        ends = [self.ends[i] for i in range(len(self.rows))]
        arrays = [np.stack(a) for a in zip(*[states for states, _ in ends], strict=True)]
        output = np.stack([output for _, output in ends])
        return State.from_rows(arrays, output, self.rows)


@dataclass(frozen=True)
class OriginBatch:
    """Origins within a block that are forecast in one batch.

    Attributes:
        series: number of the series of each origin, `(origins,)`, grouped by series.
        place: indices of their rows in the arrays `(read, rows, …)` of the block.
        anchor: last observed values of the target, the newest last, `(origins, lag)`.
        scale: mean and scale of the target, `(origins, 2)`.
        future: covariates known ahead, `(origins, horizon, ahead)`.
    """

    series: np.ndarray
    place: tuple[np.ndarray, np.ndarray]
    anchor: np.ndarray
    scale: np.ndarray
    future: np.ndarray


class ForecastCollector:
    """Collects the forecasts from increasing origins of each series during a pass.

    Args:
        rows: rows of each series.
        origins: rows from which to forecast.
        horizon: number of leads.
        shape: shape of the forecast of a lead: `()` for a number.
    """

    def __init__(
        self,
        rows: list[Rows],
        origins: list[np.ndarray],
        horizon: int,
        shape: tuple[int, ...] = (),
    ):
        self.rows, self.origins, self.horizon, self.shape = rows, origins, horizon, shape
        self.parts: list[list[np.ndarray]] = [[] for _ in origins]

    def batches(self, block: ReadBlock) -> Iterator[OriginBatch]:
        """The origins within a block, in batches of at most `BATCH`."""
        end = block.first + block.output.shape[1]
        spans = [(k, i, self.origins[i]) for k, i in enumerate(block.series.tolist())]
        within = [o[np.searchsorted(o, block.first) : np.searchsorted(o, end)] for *_, o in spans]
        counts = [len(o) for o in within]
        k = np.repeat(np.arange(len(spans)), counts)
        rows = np.concatenate(within)
        for first in range(0, len(rows), BATCH):
            span = slice(first, first + BATCH)
            yield self._batch(block, k[span], rows[span])

    def add(self, batch: OriginBatch, forecasts: np.ndarray) -> None:
        """Adds the forecasts of a batch, `(origins, horizon, *shape)`."""
        edges = np.flatnonzero(np.diff(batch.series)) + 1
        parts = zip(np.split(batch.series, edges), np.split(forecasts, edges), strict=True)
        for series, part in parts:
            self.parts[series[0]].append(part)

    def forecasts(self) -> list[np.ndarray]:
        """The forecasts of each series, `(origins, horizon, *shape)`."""
        none = np.empty((0, self.horizon, *self.shape))
        return [np.concatenate(parts) if parts else none for parts in self.parts]

    def _batch(self, block: ReadBlock, k: np.ndarray, at: np.ndarray) -> OriginBatch:
        series = block.series[k]
        pairs = [(self.rows[i], at[series == i]) for i in dict.fromkeys(series.tolist())]
        return OriginBatch(
            series,
            (k, at - block.first),
            np.concatenate([rows.anchor[here] for rows, here in pairs]),
            np.concatenate([rows.scale[here] for rows, here in pairs]),
            np.concatenate([future_of(rows, here, self.horizon) for rows, here in pairs]),
        )


def state_shapes(reader: keras.Model, series: int) -> list[tuple[int, ...]]:
    """The shapes of the states of some series, for a reader `[x, *states]`."""
    return [(series, *x.shape[1:]) for x in reader.inputs[1:]]


def zero_states(reader: keras.Model, series: int) -> list[np.ndarray]:
    """States of zero for a reader `[x, *states]`."""
    return [np.zeros(shape, "float32") for shape in state_shapes(reader, series)]


def until_last_origin(rows: list[Rows], origins: list[np.ndarray]) -> list[Rows]:
    """The rows of each series up to its last origin; none without origins."""
    return [r[: int(o[-1]) + 1 if len(o) else 0] for r, o in zip(rows, origins, strict=True)]


def future_of(rows: Rows, origins: np.ndarray, horizon: int) -> np.ndarray:
    """The covariates known ahead of each origin, `(origins, horizon, ahead)`; after the end of
    the rows, where there is no target either, the last row is repeated."""
    at = origins[:, None] + np.arange(1, horizon + 1)
    return rows.future[np.minimum(at, len(rows) - 1)]
