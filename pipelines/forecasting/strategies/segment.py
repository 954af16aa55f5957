"""The segment strategy: every forecast reads its own window of history."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....zoo.backend.compiled import compiled
from ....zoo.heads import Head
from ....zoo.models import segment
from ...training.loop import History, fit
from ...training.options import TrainingOptions
from ...training.state import ResampledBatches
from ...training.windows import shortest_window
from ..preprocessing.rows import Rows, lead_anchors, undo_differences
from ..preprocessing.state import State
from ..preprocessing.transform import Transform
from .direct import DirectStrategy
from .reader import BATCH, future_of
from .targets import count_level, count_targets, training_loss
from .tbptt import ConcatenatedRows


class SegmentStrategy(DirectStrategy):
    """Reads the look-back segment by segment, and decodes all leads in parallel.

    Nothing is carried from one forecast to the next: the state is the look-back itself, and the
    number of the series. A series that is shorter than the look-back is read as if it had begun
    with its first value. Each channel has windows of its own, which an embedding may distinguish
    (`embedded`); where channels are mixed, each reads the targets of all.

    Of a differenced series the network forecasts the difference at each lead; with a head, the
    change from the origin, because the distribution of a sum does not follow from those of its
    terms.
    """

    name = "segment"

    def __init__(
        self,
        transform: Transform,
        cells: list[Any],
        lookback: int,
        segment_rows: int,
        horizon: int,
        dropout: float = 0.0,
        window_normalization: str | None = "last",
        embedded: bool = False,
        engine: str = "auto",
        head: Head | None = None,
    ):
        self.lookback, self.segment, self.horizon = lookback, segment_rows, horizon
        self.difference, self.head = transform.difference, head
        changing = transform.schema.future or transform.cycles_
        self.read_ahead = horizon if changing else 0  # it decodes whole segments
        self.channels = len(transform.ids) if embedded or transform.mixed else 1
        extras = len(transform.schema.past) + transform.mixed_in
        extras += transform.indicators + transform.ahead
        self.columns = 1 + extras  # that are read of each row
        self.network = segment(
            cells,
            lookback,
            segment_rows,
            horizon,
            channels=self.channels,
            extras=extras,
            futures=transform.ahead,
            dropout=dropout,
            window_normalization=window_normalization,
            engine=engine,
            head=head,
        )
        self._forecast = compiled(self.network)

    def train(
        self, rows: list[Rows], score: Callable[[], float] | None, lookback: int,
        options: TrainingOptions,
    ) -> History:  # fmt: skip
        rng = np.random.default_rng(options.seed)
        windows = _Windows(
            rows, self._inputs, self._targets, self.lookback, self.segment, self.horizon,
            options.batch_size, rng,
        )  # fmt: skip
        options = options.with_epochs(len(windows))
        optimizer = options.optimizer(steps=options.epochs * len(windows))
        self.network.compile(optimizer, training_loss(self.head, options.loss))
        return fit(self.network, windows, score, options.error, options)

    def state_shapes(self, series: int) -> list[tuple[int, ...]]:
        return [(series, self.lookback, self.columns), (series,)]

    def read(self, rows: list[Rows], state: State | None) -> State:
        windows = []
        for i, one in enumerate(rows):
            drive = one[-self.lookback :].read
            if state is not None:
                drive = np.concatenate([state.arrays[0][i], drive])
            windows.append(drive[_behind(len(drive) - 1, self.lookback)])
        numbers = np.array([one.number for one in rows], "int32")
        return State.from_rows(
            [np.stack(windows), numbers], np.empty((len(rows), 0), "float32"), rows
        )

    def outputs(self, state: State, future: np.ndarray) -> np.ndarray:
        leads = future.shape[1]
        # where rows are missing, all covariates are static: any row can be repeated
        missing = max(0, self.horizon - leads)
        future = np.concatenate([future, np.repeat(future[:, -1:], missing, axis=1)], axis=1)
        windows, numbers = state.arrays
        return self._leads(windows, numbers, state.anchor, state.scale, future)[:, :leads]

    def from_origins(
        self,
        rows: list[Rows],
        origins: list[np.ndarray],
        horizon: int,
        shape: tuple[int, ...],
        finish: Callable[[np.ndarray], np.ndarray],
    ) -> list[np.ndarray]:
        forecasts = []
        for one, own in zip(rows, origins, strict=True):
            parts = [np.empty((0, horizon, *shape))]
            for first in range(0, len(own), BATCH):
                here = own[first : first + BATCH]
                windows = one[_behind(here, self.lookback)].read
                numbers = np.full(len(here), one.number, "int32")
                future = future_of(one, here, self.horizon)
                leads = self._leads(windows, numbers, one.anchor[here], one.scale[here], future)
                parts.append(finish(leads)[:, :horizon])
            forecasts.append(np.concatenate(parts))
        return forecasts

    def _leads(
        self,
        windows: np.ndarray,
        numbers: np.ndarray,
        anchor: np.ndarray,
        scale: np.ndarray,
        future: np.ndarray,
    ) -> np.ndarray:
        (scaled,) = self._forecast(self._inputs(windows, future, numbers))
        scaled = scaled.astype("float64")
        if self.head is None:
            target = scaled * scale[:, 1:] + scale[:, :1]
            return undo_differences(anchor, target) if self.difference else target
        if self.head.counts:
            return self.head.placed(scaled, 0.0, count_level(scale)[:, None, None])
        level = lead_anchors(anchor, self.horizon) if self.difference else scale[:, :1]
        return self.head.placed(scaled, level[..., None], scale[:, 1:, None])

    def _targets(self, rows: Rows, at: np.ndarray, leads: np.ndarray) -> np.ndarray:
        """What the network is to forecast from the rows `at`: of the rows `leads`, `(at, leads)`,
        or with a head for counts `(at, leads, 2)`; missing values are not yet marked."""
        if self._of_counts:
            return count_targets(rows.target[leads], rows.scale[at][:, None])
        if self.head is None or not self.difference:
            return rows.features[leads, 0]
        change = rows.target[leads] - lead_anchors(rows.anchor[at], self.horizon)
        return (change / rows.scale[at, 1:]).astype("float32")

    def _inputs(
        self, windows: np.ndarray, future: np.ndarray, numbers: np.ndarray
    ) -> list[np.ndarray]:
        """The inputs of the network: windows of the target and of other columns, the steps ahead,
        and the number of the channel."""
        others = [windows[..., 1:], future.astype("float32")]
        given = [windows[..., 0], *[array for array in others if array.shape[-1]]]
        return [*given, numbers] if self.channels > 1 else given


class _Windows(ResampledBatches):
    """All windows within the series, in random order."""

    def __init__(
        self,
        rows: list[Rows],
        inputs: Callable[[np.ndarray, np.ndarray, np.ndarray], list[np.ndarray]],
        targets: Callable[[Rows, np.ndarray, np.ndarray], np.ndarray],
        lookback: int,
        segment_rows: int,
        horizon: int,
        batch_size: int,
        rng: np.random.Generator,
    ):
        super().__init__(rng)
        self.joined, self.inputs, self.lookback = ConcatenatedRows(rows), inputs, lookback
        self.targets, self.batch_size = targets, batch_size
        self.numbers = np.array([one.number for one in rows], "int32")
        self.steps = np.arange(1, horizon + 1)
        lengths = self.joined.lengths
        self.firsts = self.joined.ends - lengths
        self.origins = np.concatenate(
            [
                np.arange(first + shortest_window(rows, lookback, segment_rows) - 1, end - 1)
                for first, end, rows in zip(self.firsts, self.joined.ends, lengths, strict=True)
            ]
        )
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.origins) // self.batch_size)

    def __getitem__(self, k: int) -> tuple:
        at = self.shuffled[k * self.batch_size : (k + 1) * self.batch_size]
        leads, inside = self.joined.after(at, self.steps)
        known = inside & ~np.isnan(self.joined.rows.target[leads])
        targets = self.targets(self.joined.rows, at, leads)
        targets[~known] = np.nan
        future = np.where(inside[..., None], self.joined.rows.future[leads], 0)
        which = self.joined.series(at)
        windows = self.joined.rows[_behind(at, self.lookback, self.firsts[which])].read
        inputs = tuple(self.inputs(windows, future, self.numbers[which]))
        return inputs, *self.joined.apply_weights(targets, leads)

    def draw(self) -> None:
        self.shuffled = self.rng.permutation(self.origins)


def _behind(origins: Any, lookback: int, firsts: Any = 0) -> np.ndarray:
    """The rows of the look-back of each origin, `(…, lookback)`; the first row of its series
    stands for those before it."""
    rows = np.asarray(origins)[..., None] + np.arange(1 - lookback, 1)
    return np.maximum(rows, np.asarray(firsts)[..., None])
