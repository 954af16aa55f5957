"""The stateful strategy: reads step by step, forecasts all leads from its state."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....zoo.backend.compiled import compiled
from ....zoo.heads import Head
from ....zoo.models import stateful_network
from ...training.loop import History
from ...training.options import TrainingOptions
from ..preprocessing.rows import Rows, lead_anchors
from ..preprocessing.state import State
from ..preprocessing.transform import Transform
from .direct import DirectStrategy
from .linear import RIDGE, least_squares_leads
from .reader import (
    FinalStates,
    ForecastCollector,
    blocks,
    state_shapes,
    until_last_origin,
    zero_states,
)
from .targets import count_level, count_targets, training_loss
from .tbptt import Chunks, ConcatenatedRows, train


class StatefulStrategy(DirectStrategy):
    """Forecasts all leads at once from the state; every step is a training target.

    The network forecasts the change from the value at the origin, in scaled units; with a head for
    counts, the counts themselves, their mean in units of the level of the series.
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
        lags: int = 0,
        head: Head | None = None,
    ):
        self.horizon, self.head = horizon, head
        known = 1 + len(transform.schema.past) + transform.indicators
        inputs = known + transform.ahead
        built = stateful_network(
            cells,
            inputs,
            horizon,
            transform.ahead,
            dropout,
            engine,
            lags,
            1 + len(transform.schema.past),
            head,
        )
        self.lags, self.linear = lags, built.linear
        self.ridge = RIDGE["differences" if transform.difference else "levels"]
        self.network, self.reader, self.size = built.network, built.reader, built.size
        self._read, self._outputs = compiled(built.reader), compiled(built.head)

    def train(
        self, rows: list[Rows], score: Callable[[], float] | None, lookback: int,
        options: TrainingOptions,
    ) -> History:  # fmt: skip
        chunks = self.chunks(rows, lookback, burn_in=max(lookback // 2, self.lags))
        size = None if self._of_counts else _sizes(rows, self.horizon)
        if size is not None:
            self.size.assign(size)
        if self.linear is not None:
            kernel, bias = least_squares_leads(rows, self.lags, self.horizon, self.ridge)
            unit = 1.0 if size is None else size
            self.linear.kernel.assign(kernel / unit)
            self.linear.bias.assign(bias / unit)
        return train(
            self.network, chunks, score, options, training_loss(self.head, options.loss, size)
        )

    def chunks(self, rows: list[Rows], length: int, burn_in: int) -> Chunks:
        """Inputs and targets for training."""
        joined = ConcatenatedRows(rows)
        steps = np.arange(1, self.horizon + 1)

        def batch(at: np.ndarray) -> tuple:
            leads, inside = joined.after(at, steps)
            here = joined.rows[at]
            inputs = [here.read]
            if joined.rows.future.shape[1]:
                inputs.append(np.where(inside[..., None], joined.rows.future[leads], 0))
            if self._of_counts:
                counts = np.where(inside, joined.rows.target[leads], np.nan)
                targets = count_targets(counts, here.scale[..., None, :])
            else:
                change = joined.rows.target[leads] - lead_anchors(here.anchor, self.horizon)
                change /= here.scale[..., 1:]
                targets = np.where(inside, change, np.nan).astype("float32")
            return tuple(inputs), *joined.apply_weights(targets, leads)

        return Chunks(batch, joined.lengths, length, burn_in)

    def state_shapes(self, series: int) -> list[tuple[int, ...]]:
        return state_shapes(self.reader, series)

    def read(self, rows: list[Rows], state: State | None) -> State:
        start = zero_states(self.reader, len(rows)) if state is None else state.arrays
        ends = FinalStates(rows)
        for block in blocks(rows, self._read, start):
            ends.add(block, block.states)
        return ends.state()

    def outputs(self, state: State, future: np.ndarray) -> np.ndarray:
        # each lead reads only its own row: rows repeated after the last one change no earlier lead
        leads = future.shape[1]
        missing = max(0, self.horizon - leads)
        rows = np.concatenate([future, np.repeat(future[:, -1:], missing, axis=1)], axis=1)
        return self._leads(state.output, state.anchor, state.scale, rows)[:, :leads]

    def from_origins(
        self,
        rows: list[Rows],
        origins: list[np.ndarray],
        horizon: int,
        shape: tuple[int, ...],
        finish: Callable[[np.ndarray], np.ndarray],
    ) -> list[np.ndarray]:
        collector = ForecastCollector(rows, origins, self.horizon, shape)
        read, start = until_last_origin(rows, origins), zero_states(self.reader, len(rows))
        for block in blocks(read, self._read, start):
            for batch in collector.batches(block):
                output = block.output[batch.place]
                leads = self._leads(output, batch.anchor, batch.scale, batch.future)
                collector.add(batch, finish(leads))
        return [forecasts[:, :horizon] for forecasts in collector.forecasts()]

    def _leads(
        self, output: np.ndarray, anchor: np.ndarray, scale: np.ndarray, future: np.ndarray
    ) -> np.ndarray:
        known = [future[:, None].astype("float32")] if future.shape[-1] else []
        change = self._outputs([output[:, None], *known])[0][:, 0].astype("float64")
        anchors = lead_anchors(anchor, self.horizon)
        if self.head is None:
            return anchors + scale[:, 1:] * change
        if self.head.counts:
            return self.head.placed(change, 0.0, count_level(scale)[:, None, None])
        return self.head.placed(change, anchors[..., None], scale[:, 1:, None])


def _sizes(rows: list[Rows], horizon: int) -> np.ndarray:
    """The mean absolute change to each lead, in units of each series, `(horizon,)`.

    Divided by it, far leads weigh no more than near ones, and all outputs of the head have one
    size."""
    sizes = []
    for k in range(1, horizon + 1):
        changes = [
            np.abs(one.target[k:] - one.anchor[:-k, (k - 1) % one.anchor.shape[1]])
            / one.scale[:-k, 1]
            for one in rows
        ]
        sizes.append(np.nanmean(np.concatenate(changes)))
    size = np.array(sizes)
    return np.where(size > 0, size, 1.0).astype("float32")
