"""The stateful strategy: reads step by step, forecasts all leads from its state."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....zoo.backend.compiled import compiled
from ....zoo.models import stateful_network
from ...training.loop import History
from ...training.losses import MaskedLoss
from ...training.options import TrainingOptions
from ..preprocessing.rows import Rows, lead_anchors
from ..preprocessing.state import State
from ..preprocessing.transform import Transform
from .linear import RIDGE, least_squares_leads
from .reader import FinalStates, ForecastCollector, blocks, until_last_origin, zero_states
from .tbptt import Chunks, ConcatenatedRows, train


class StatefulStrategy:
    """Forecasts all leads at once from the state; every step is a training target.

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
        lags: int = 0,
    ):
        self.horizon = horizon
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
        )
        self.lags, self.linear = lags, built.linear
        self.ridge = RIDGE["differences" if transform.difference else "levels"]
        self.network, self.reader, self.size = built.network, built.reader, built.size
        self._read, self._head = compiled(built.reader), compiled(built.head)

    def train(
        self, rows: list[Rows], score: Callable[[], float] | None, lookback: int,
        options: TrainingOptions,
    ) -> History:  # fmt: skip
        chunks = self.chunks(rows, lookback, burn_in=max(lookback // 2, self.lags))
        size = _sizes(rows, self.horizon)
        self.size.assign(size)
        if self.linear is not None:
            kernel, bias = least_squares_leads(rows, self.lags, self.horizon, self.ridge)
            self.linear.kernel.assign(kernel / size)
            self.network.get_layer("head").get_layer("leads").bias.assign(bias / size)
        return train(self.network, chunks, score, options, MaskedLoss(options.loss, size))

    def chunks(self, rows: list[Rows], length: int, burn_in: int) -> Chunks:
        """Inputs and targets for training."""
        joined = ConcatenatedRows(rows)
        steps = np.arange(1, self.horizon + 1)

        def batch(at: np.ndarray) -> tuple:
            leads, inside = joined.after(at, steps)
            here = joined.rows[at]
            change = joined.rows.target[leads] - lead_anchors(here.anchor, self.horizon)
            change /= here.scale[..., 1:]
            inputs = [here.read]
            if joined.rows.future.shape[1]:
                inputs.append(np.where(inside[..., None], joined.rows.future[leads], 0))
            targets = np.where(inside, change, np.nan).astype("float32")
            return tuple(inputs), *joined.apply_weights(targets, leads)

        return Chunks(batch, joined.lengths, length, burn_in)

    def read(self, rows: list[Rows], state: State | None) -> State:
        start = zero_states(self.reader, len(rows)) if state is None else state.arrays
        ends = FinalStates(rows)
        for block in blocks(rows, self._read, start):
            ends.add(block, block.states)
        return ends.state()

    def forecast(self, state: State, future: np.ndarray) -> np.ndarray:
        # each lead reads only its own row: rows repeated after the last one change no earlier lead
        leads = future.shape[1]
        missing = max(0, self.horizon - leads)
        rows = np.concatenate([future, np.repeat(future[:, -1:], missing, axis=1)], axis=1)
        return self._leads(state.output, state.anchor, state.scale, rows)[:, :leads]

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        collector = ForecastCollector(rows, origins, self.horizon)
        read, start = until_last_origin(rows, origins), zero_states(self.reader, len(rows))
        for block in blocks(read, self._read, start):
            for batch in collector.batches(block):
                output = block.output[batch.place]
                collector.add(batch, self._leads(output, batch.anchor, batch.scale, batch.future))
        return [forecasts[:, :horizon] for forecasts in collector.forecasts()]

    def _leads(
        self, output: np.ndarray, anchor: np.ndarray, scale: np.ndarray, future: np.ndarray
    ) -> np.ndarray:
        known = [future[:, None].astype("float32")] if future.shape[-1] else []
        change = self._head([output[:, None], *known])[0][:, 0]
        return lead_anchors(anchor, self.horizon) + scale[:, 1:] * change.astype("float64")


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
