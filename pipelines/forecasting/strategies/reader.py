"""Reads many series of different length through one network, its state carried along."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from ..preprocessing.rows import Rows
from ..preprocessing.state import State

READ = 512  # rows read in one call: bounds the memory of a pass, whatever its length
GROUP = 256  # series read side by side: bounds it whatever their number
BATCH = 1024  # origins forecast in one call

#: Reads `[inputs (series, rows, columns), *states]` on to `[output, *states]`.
Reader = Callable[[Sequence[np.ndarray]], list[np.ndarray]]


@dataclass(frozen=True)
class ReadBlock:
    """What a pass has read in one call.

    Attributes:
        series: the numbers of the series, `(read,)`; they all reach to the block's end.
        first: its first row.
        output: `(read, rows, units)`.
        states: what the reader gives beside its output.
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
    """Reads series from their first rows, side by side, each to its end and no further.

    Args:
        rows: of each series.
        reader: the network.
        states: from which it starts, each `(series, …)`.
        drive: what the network reads of some rows, `(rows, columns)`.
        every: whether the reader gives its states after every row, `(series, rows, …)`,
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
    """Gathers the states at the series' ends from the blocks of a pass."""

    def __init__(self, rows: list[Rows]):
        self.rows = rows
        self.found: dict[int, tuple[list[np.ndarray], np.ndarray]] = {}

    def keep(self, block: ReadBlock, states: list[np.ndarray]) -> None:
        end = block.first + block.output.shape[1]
        for k, i in enumerate(block.series):
            if len(self.rows[i]) == end:
                self.found[int(i)] = [s[k] for s in states], block.output[k, -1]

    def state(self) -> State:
        kept = [self.found[i] for i in range(len(self.rows))]
        arrays = [np.stack(a) for a in zip(*[states for states, _ in kept], strict=True)]
        output = np.stack([output for _, output in kept])
        return State.after(arrays, output, self.rows)


@dataclass(frozen=True)
class OriginBatch:
    """Origins that a block has reached, to be forecast in one batch.

    Attributes:
        series: the number of the series of each, `(origins,)`, those of one series together.
        place: indices of their rows in the arrays `(read, rows, …)` of the block.
        base: last known values of the targets, the newest last, `(origins, lag)`.
        unit: mean and scale of the targets, `(origins, 2)`.
        ahead: what is known ahead, `(origins, horizon, ahead)`.
    """

    series: np.ndarray
    place: tuple[np.ndarray, np.ndarray]
    base: np.ndarray
    unit: np.ndarray
    ahead: np.ndarray


class Found:
    """Gathers the forecasts from rising origins of each series during a pass."""

    def __init__(self, rows: list[Rows], origins: list[np.ndarray], horizon: int):
        self.rows, self.origins, self.horizon = rows, origins, horizon
        self.parts: list[list[np.ndarray]] = [[] for _ in origins]

    def due(self, block: ReadBlock) -> Iterator[OriginBatch]:
        """The origins in a block, at most `BATCH` at a time."""
        end = block.first + block.output.shape[1]
        spans = [(k, i, self.origins[i]) for k, i in enumerate(block.series.tolist())]
        within = [o[np.searchsorted(o, block.first) : np.searchsorted(o, end)] for *_, o in spans]
        counts = [len(o) for o in within]
        k = np.repeat(np.arange(len(spans)), counts)
        rows = np.concatenate(within)
        for first in range(0, len(rows), BATCH):
            batch = slice(first, first + BATCH)
            yield self._due(block, k[batch], rows[batch])

    def add(self, due: OriginBatch, forecasts: np.ndarray) -> None:
        """Keeps `(origins, horizon)`."""
        edges = np.flatnonzero(np.diff(due.series)) + 1
        parts = zip(np.split(due.series, edges), np.split(forecasts, edges), strict=True)
        for series, part in parts:
            self.parts[series[0]].append(part)

    def forecasts(self) -> list[np.ndarray]:
        """`(origins, horizon)` of each series."""
        return [np.concatenate(p) if p else np.empty((0, self.horizon)) for p in self.parts]

    def _due(self, block: ReadBlock, k: np.ndarray, at: np.ndarray) -> OriginBatch:
        series = block.series[k]
        pairs = [(self.rows[i], at[series == i]) for i in dict.fromkeys(series.tolist())]
        return OriginBatch(
            series,
            (k, at - block.first),
            np.concatenate([rows.base[here] for rows, here in pairs]),
            np.concatenate([rows.unit[here] for rows, here in pairs]),
            np.concatenate([ahead_of(rows, here, self.horizon) for rows, here in pairs]),
        )


def at_zero(reader: keras.Model, series: int) -> list[np.ndarray]:
    """The states from which a reader `[x, *states]` starts."""
    return [np.zeros((series, *x.shape[1:]), "float32") for x in reader.inputs[1:]]


def up_to_the_last(rows: list[Rows], origins: list[np.ndarray]) -> list[Rows]:
    """Of each series the rows that its last origin knows; none without origins."""
    return [r[: int(o[-1]) + 1 if len(o) else 0] for r, o in zip(rows, origins, strict=True)]


def ahead_of(rows: Rows, origins: np.ndarray, horizon: int) -> np.ndarray:
    """`(origins, horizon, ahead)`: what is known ahead of each origin; past the end of the
    rows, where no target is either, the last row again."""
    at = origins[:, None] + np.arange(1, horizon + 1)
    return rows.ahead[np.minimum(at, len(rows) - 1)]
