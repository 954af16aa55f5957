"""The closed-loop strategy: one step ahead, then fed its own forecasts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....zoo.backend.compiled import compiled
from ....zoo.models import closed_loop
from ...training.loop import History
from ...training.losses import MaskedLoss
from ...training.options import TrainingOptions
from ..preprocessing.rows import Rows, levels
from ..preprocessing.state import State
from ..preprocessing.transform import Transform
from .reader import FinalStates, Found, at_zero, blocks, up_to_the_last
from .tbptt import Chunks, ConcatenatedRows, train


class ClosedLoopStrategy:
    """One step ahead, fed back on itself: trained on the truth, used on its forecasts.

    Past covariates are not known ahead, so the network forecasts them too and reads
    its own forecasts of them. A NARX network feeds itself; any other cell stands in
    `Feedback`, so a Jordan network reads the value fed back beside its own memory.
    """

    name = "closed_loop"
    read_ahead = 0

    def __init__(
        self, transform: Transform, open_cell: Any, closed_cell: Any, engine: str = "auto"
    ):
        self.difference = transform.difference
        self.indicators = transform.indicators
        built = closed_loop(open_cell, closed_cell, transform.ahead + self.indicators, engine)
        self.network, self.reader, self.roller = built.network, built.reader, built.roller
        self._read, self._rolled = compiled(built.reader), compiled(built.roller)

    def train(
        self, rows: list[Rows], score: Callable[[], float], lookback: int,
        options: TrainingOptions,
    ) -> History:  # fmt: skip
        chunks = self.chunks(rows, lookback, burn_in=lookback // 2)
        return train(self.network, chunks, score, options, MaskedLoss(options.loss))

    def chunks(self, rows: list[Rows], length: int, burn_in: int) -> Chunks:
        """The rows as inputs and targets for training."""
        joined = ConcatenatedRows(rows)

        def batch(at: np.ndarray) -> tuple:
            here = joined.rows[at]
            missing = here.there == 0 if self.indicators else np.False_
            targets = np.where(missing, np.float32("nan"), here.known)
            return (_drive(here),), *joined.weighed(targets, at)

        return Chunks(batch, joined.lengths, length, burn_in)

    def read(self, rows: list[Rows], state: State | None) -> State:
        start = at_zero(self.reader, len(rows)) if state is None else state.arrays
        ends = FinalStates(rows)
        for block in blocks(rows, self._read, start, _drive, every=True):
            ends.keep(block, [s[:, -1] for s in block.states])
        return ends.state()

    def forecast(self, state: State, ahead: np.ndarray) -> np.ndarray:
        return self._roll(state.arrays, state.base, state.unit, ahead)

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        found = Found(rows, origins, horizon)
        read, start = up_to_the_last(rows, origins), at_zero(self.reader, len(rows))
        for block in blocks(read, self._read, start, _drive, every=True):
            for due in found.due(block):
                states = [state[due.place] for state in block.states]
                found.add(due, self._roll(states, due.base, due.unit, due.ahead))
        return found.forecasts()

    def _roll(
        self, states: list, base: np.ndarray, unit: np.ndarray, ahead: np.ndarray
    ) -> np.ndarray:
        self.roller.set_weights(self.network.get_weights())
        there = np.ones((*ahead.shape[:2], self.indicators), "float32")  # its own are all there
        ahead = np.concatenate([ahead, there], axis=-1).astype("float32")
        rolled, *_ = self._rolled([ahead, *states])
        target = rolled[..., 0].astype("float64") * unit[:, 1:] + unit[:, :1]
        return levels(base, target) if self.difference else target


def _drive(rows: Rows) -> np.ndarray:
    return np.concatenate([rows.ahead, rows.there, rows.known], axis=-1)
