"""The closed-loop strategy: one step ahead, then fed its own forecasts."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ....zoo.backend.compiled import compiled
from ....zoo.cells import NARX
from ....zoo.heads import Head
from ....zoo.models import closed_loop
from ...training.loop import History
from ...training.options import TrainingOptions
from ..preprocessing.rows import Rows, undo_differences
from ..preprocessing.state import State
from ..preprocessing.transform import Transform
from .arx import least_squares_arx
from .reader import (
    FinalStates,
    ForecastCollector,
    blocks,
    state_shapes,
    until_last_origin,
    zero_states,
)
from .roll_out import RollOut, random_ranks
from .targets import count_targets, require_head, training_loss
from .tbptt import Chunks, ConcatenatedRows, train

MOST = 100_000  # roll-outs made in one call


class ClosedLoopStrategy:
    """Forecasts one step ahead and feeds it back: trained on the truth, used on its forecasts.

    Past covariates are not known ahead, so the network forecasts them too and reads its own
    forecasts of them. A NARX network has its own feedback; any other cell is wrapped in
    `Feedback`, so a Jordan network reads the fed-back value in addition to its own memory.

    With a head the network gives the distribution of one step. Later leads are those of roll-outs
    that draw every step from its distribution and feed it back; the point forecast is the roll-out
    of the medians.
    """

    name = "closed_loop"
    read_ahead = 0
    paths = 200

    def __init__(
        self,
        transform: Transform,
        open_cell: Any,
        closed_cell: Any,
        engine: str = "auto",
        head: Head | None = None,
    ):
        self.difference = transform.difference
        self.indicators = transform.indicators
        self.head, self.draws = head, open_cell.output_size
        self.cell = open_cell
        futures = transform.ahead + self.indicators
        built = closed_loop(open_cell, closed_cell, futures, engine, head)
        self.network, self.reader, self.roller = built.network, built.reader, built.roller
        self._read, self._rolled = compiled(built.reader), compiled(built.roller)

    def train(
        self, rows: list[Rows], score: Callable[[], float] | None, lookback: int,
        options: TrainingOptions,
    ) -> History:  # fmt: skip
        burn_in = lookback // 2
        if isinstance(self.cell, NARX):
            self._start_linear(self.cell, rows)
            reach = max([*self.cell.input_delays, *self.cell.feedback_delays])
            burn_in = min(reach, lookback - 1)  # its state is its taps alone
        chunks = self.chunks(rows, lookback, burn_in)
        return train(self.network, chunks, score, options, training_loss(self.head, options.loss))

    def _start_linear(self, cell: NARX, rows: list[Rows]) -> None:
        """Starts a network with a linear path at the least-squares ARX forecast of the rows."""
        counts = self.head is not None and self.head.counts
        if not cell.linear_path or cell.output_activation != "linear" or counts:
            return
        Dx = cell.input_delays if cell.inputs_width else []
        A, B, d = least_squares_arx(rows, Dx, cell.feedback_delays)
        cell.A.assign(A)
        if cell.B is not None:
            cell.B.assign(B)
        if cell.use_bias:
            cell.d.assign(d)
        cell.O.assign(np.zeros(cell.O.shape))

    def chunks(self, rows: list[Rows], length: int, burn_in: int) -> Chunks:
        """Inputs and targets for training."""
        joined = ConcatenatedRows(rows)

        def batch(at: np.ndarray) -> tuple:
            here = joined.rows[at]
            missing = here.observed == 0 if self.indicators else np.False_
            if self.head is not None and self.head.counts:
                targets = count_targets(here.target[..., None], here.scale[..., None, :])
            else:
                targets = np.where(missing, np.float32("nan"), here.features)
            return (_drive(here),), *joined.apply_weights(targets, at)

        return Chunks(batch, joined.lengths, length, burn_in)

    def state_shapes(self, series: int) -> list[tuple[int, ...]]:
        return state_shapes(self.reader, series)

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
        return self._from_origins(rows, origins, horizon, (), self._roll)

    def quantiles(
        self, state: State, future: np.ndarray, levels: Sequence[float], seed: int
    ) -> np.ndarray:
        ranks = random_ranks(self.paths, (1, future.shape[1], self.draws), seed)
        return self._quantiles(self.samples(state, future, ranks), levels)

    def samples(self, state: State, future: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        return self._paths(state.arrays, state.anchor, state.scale, future, ranks)

    def quantiles_origins(
        self,
        rows: list[Rows],
        origins: list[np.ndarray],
        horizon: int,
        levels: Sequence[float],
        seed: int,
    ) -> list[np.ndarray]:
        # the same ranks from every origin: a forecast does not depend on which others are made
        ranks = random_ranks(self.paths, (1, horizon, self.draws), seed)

        def quantiles(
            states: list, anchor: np.ndarray, scale: np.ndarray, future: np.ndarray
        ) -> np.ndarray:
            parts = []
            for k in np.array_split(np.arange(len(anchor)), -(-len(anchor) * self.paths // MOST)):
                here = [state[k] for state in states]
                drawn = self._paths(here, anchor[k], scale[k], future[k], ranks)
                parts.append(self._quantiles(drawn, levels))
            return np.moveaxis(np.concatenate(parts, axis=1), 0, -1)

        found = self._from_origins(rows, origins, horizon, (len(levels),), quantiles)
        return [np.moveaxis(one, -1, 0) for one in found]

    def _quantiles(self, paths: np.ndarray, levels: Sequence[float]) -> np.ndarray:
        """Quantiles over the first axis; those of counts are counts."""
        whole = require_head(self.head).counts
        return np.quantile(paths, levels, axis=0, method="inverted_cdf" if whole else "linear")

    def _from_origins(
        self,
        rows: list[Rows],
        origins: list[np.ndarray],
        horizon: int,
        shape: tuple[int, ...],
        forecast: Callable[..., np.ndarray],
    ) -> list[np.ndarray]:
        """What `forecast` gives from the states, anchors, scales and covariates ahead of the
        origins of each series, `(origins, horizon, *shape)`."""
        collector = ForecastCollector(rows, origins, horizon, shape)
        read, start = until_last_origin(rows, origins), zero_states(self.reader, len(rows))
        for block in blocks(read, self._read, start, _drive, every=True):
            for batch in collector.batches(block):
                states = [state[batch.place] for state in block.states]
                collector.add(batch, forecast(states, batch.anchor, batch.scale, batch.future))
        return collector.forecasts()

    def _roll(
        self, states: list, anchor: np.ndarray, scale: np.ndarray, future: np.ndarray
    ) -> np.ndarray:
        if self.head is not None:
            return self._paths(states, anchor, scale, future, None)[0]
        self.roller.set_weights(self.network.get_weights())
        outputs, *_ = self._rolled([self._known(future), *states])
        target = outputs[..., 0].astype("float64") * scale[:, 1:] + scale[:, :1]
        return undo_differences(anchor, target) if self.difference else target

    def _paths(
        self,
        states: list,
        anchor: np.ndarray,
        scale: np.ndarray,
        future: np.ndarray,
        ranks: np.ndarray | None,
    ) -> np.ndarray:
        """Roll-outs in the unit of the target, `(samples, series, leads)`; of the medians, one for
        each series, without ranks."""
        roll_out = RollOut(self._read, require_head(self.head), self.draws)
        target = roll_out(states, scale, self._known(future), ranks)
        return undo_differences(anchor, target) if self.difference else target

    def _known(self, future: np.ndarray) -> np.ndarray:
        """What a roll-out reads of the steps ahead: its own forecasts are never missing."""
        observed = np.ones((*future.shape[:2], self.indicators), "float32")
        return np.concatenate([future, observed], axis=-1).astype("float32")


def _drive(rows: Rows) -> np.ndarray:
    return np.concatenate([rows.future, rows.observed, rows.features], axis=-1)
