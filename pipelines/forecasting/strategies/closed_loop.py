"""The closed-loop strategy: one step ahead, then fed its own forecasts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....zoo.backend.compiled import compiled
from ....zoo.models import closed_loop
from ...training.loop import History
from ...training.losses import MaskedLoss
from ...training.options import TrainingOptions
from ..preprocessing.rows import Rows, undo_differences
from ..preprocessing.state import State
from ..preprocessing.transform import Transform
from .reader import FinalStates, ForecastCollector, blocks, until_last_origin, zero_states
from .tbptt import Chunks, ConcatenatedRows, train


class ClosedLoopStrategy:
    """Forecasts one step ahead and feeds it back: trained on the truth, used on its forecasts.

    Past covariates are not known ahead, so the network forecasts them too and reads its own
    forecasts of them. A NARX network has its own feedback; any other cell is wrapped in
    `Feedback`, so a Jordan network reads the fed-back value in addition to its own memory.
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
        self, rows: list[Rows], score: Callable[[], float] | None, lookback: int,
        options: TrainingOptions,
    ) -> History:  # fmt: skip
        chunks = self.chunks(rows, lookback, burn_in=lookback // 2)
        return train(self.network, chunks, score, options, MaskedLoss(options.loss))

    def chunks(self, rows: list[Rows], length: int, burn_in: int) -> Chunks:
        """Inputs and targets for training."""
        joined = ConcatenatedRows(rows)

        def batch(at: np.ndarray) -> tuple:
            here = joined.rows[at]
            missing = here.observed == 0 if self.indicators else np.False_
            targets = np.where(missing, np.float32("nan"), here.features)
            return (_drive(here),), *joined.apply_weights(targets, at)

        return Chunks(batch, joined.lengths, length, burn_in)

    def read(self, rows: list[Rows], state: State | None) -> State:
        start = zero_states(self.reader, len(rows)) if state is None else state.arrays
        ends = FinalStates(rows)
        for block in blocks(rows, self._read, start, _drive, every=True):
            ends.add(block, [s[:, -1] for s in block.states])
        return ends.state()

    def forecast(self, state: State, future: np.ndarray) -> np.ndarray:
        return self._roll(state.arrays, state.anchor, state.scale, future)

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        collector = ForecastCollector(rows, origins, horizon)
        read, start = until_last_origin(rows, origins), zero_states(self.reader, len(rows))
        for block in blocks(read, self._read, start, _drive, every=True):
            for batch in collector.batches(block):
                states = [state[batch.place] for state in block.states]
                collector.add(batch, self._roll(states, batch.anchor, batch.scale, batch.future))
        return collector.forecasts()

    def _roll(
        self, states: list, anchor: np.ndarray, scale: np.ndarray, future: np.ndarray
    ) -> np.ndarray:
        self.roller.set_weights(self.network.get_weights())
        # its own forecasts are never missing
        observed = np.ones((*future.shape[:2], self.indicators), "float32")
        future = np.concatenate([future, observed], axis=-1).astype("float32")
        outputs, *_ = self._rolled([future, *states])
        target = outputs[..., 0].astype("float64") * scale[:, 1:] + scale[:, :1]
        return undo_differences(anchor, target) if self.difference else target


def _drive(rows: Rows) -> np.ndarray:
    return np.concatenate([rows.future, rows.observed, rows.features], axis=-1)
