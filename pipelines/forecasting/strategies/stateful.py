"""The stateful strategy: reads step by step, forecasts all leads from its state."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....zoo.backend.compiled import compiled
from ....zoo.models import stateful_network
from ...training.loop import History
from ...training.losses import MaskedLoss
from ...training.options import TrainingOptions
from ..preprocessing.rows import Rows, counted_from
from ..preprocessing.state import State
from ..preprocessing.transform import Transform
from .reader import FinalStates, Found, at_zero, blocks, up_to_the_last
from .tbptt import Chunks, ConcatenatedRows, train


class StatefulStrategy:
    """All leads at once from the state, every step a training target.

    The network forecasts the change from the value at the origin, in scaled units.
    """

    name = "stateful"
    read_ahead = 0

    def __init__(
        self,
        transform: Transform,
        cells: list[Any],
        horizon: int,
        dropout: float = 0.0,
        engine: str = "auto",
    ):
        self.horizon = horizon
        known = 1 + len(transform.schema.past) + transform.indicators
        inputs = known + transform.ahead
        built = stateful_network(cells, inputs, horizon, transform.ahead, dropout, engine)
        self.network, self.reader, self.size = built.network, built.reader, built.size
        self._read, self._head = compiled(built.reader), compiled(built.head)

    def train(
        self, rows: list[Rows], score: Callable[[], float], lookback: int,
        options: TrainingOptions,
    ) -> History:  # fmt: skip
        chunks = self.chunks(rows, lookback, burn_in=lookback // 2)
        size = _sizes(rows, self.horizon)
        self.size.assign(size)
        return train(self.network, chunks, score, options, MaskedLoss(options.loss, size))

    def chunks(self, rows: list[Rows], length: int, burn_in: int) -> Chunks:
        """The rows as inputs and targets for training."""
        joined = ConcatenatedRows(rows)
        steps = np.arange(1, self.horizon + 1)

        def batch(at: np.ndarray) -> tuple:
            leads, inside = joined.after(at, steps)
            here = joined.rows[at]
            change = joined.rows.level[leads] - counted_from(here.base, self.horizon)
            change /= here.unit[..., 1:]
            inputs = [here.read]
            if joined.rows.ahead.shape[1]:
                inputs.append(np.where(inside[..., None], joined.rows.ahead[leads], 0))
            targets = np.where(inside, change, np.nan).astype("float32")
            return tuple(inputs), *joined.weighed(targets, leads)

        return Chunks(batch, joined.lengths, length, burn_in)

    def read(self, rows: list[Rows], state: State | None) -> State:
        start = at_zero(self.reader, len(rows)) if state is None else state.arrays
        ends = FinalStates(rows)
        for block in blocks(rows, self._read, start):
            ends.keep(block, block.states)
        return ends.state()

    def forecast(self, state: State, ahead: np.ndarray) -> np.ndarray:
        # each lead reads its own row: rows repeated past the last one change no lead before
        leads = ahead.shape[1]
        missing = max(0, self.horizon - leads)
        rows = np.concatenate([ahead, np.repeat(ahead[:, -1:], missing, axis=1)], axis=1)
        return self._leads(state.output, state.base, state.unit, rows)[:, :leads]

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        found = Found(rows, origins, self.horizon)
        read, start = up_to_the_last(rows, origins), at_zero(self.reader, len(rows))
        for block in blocks(read, self._read, start):
            for due in found.due(block):
                output = block.output[due.place]
                found.add(due, self._leads(output, due.base, due.unit, due.ahead))
        return [forecasts[:, :horizon] for forecasts in found.forecasts()]

    def _leads(
        self, output: np.ndarray, base: np.ndarray, unit: np.ndarray, ahead: np.ndarray
    ) -> np.ndarray:
        known = [ahead[:, None].astype("float32")] if ahead.shape[-1] else []
        change = self._head([output[:, None], *known])[0][:, 0]
        return counted_from(base, self.horizon) + unit[:, 1:] * change.astype("float64")


def _sizes(rows: list[Rows], horizon: int) -> np.ndarray:
    """The mean absolute change to each lead, in units of each series: far leads then count no
    more than near ones, and the head has outputs of one size to learn."""
    found = []
    for k in range(1, horizon + 1):
        changes = [
            np.abs(one.level[k:] - one.base[:-k, (k - 1) % one.base.shape[1]]) / one.unit[:-k, 1]
            for one in rows
        ]
        found.append(np.nanmean(np.concatenate(changes)))
    size = np.array(found)
    return np.where(size > 0, size, 1.0).astype("float32")
