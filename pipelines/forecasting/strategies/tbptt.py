"""Truncated backpropagation through time: trains on consecutive chunks, carrying the state."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from ....zoo.models import StateCarrier
from ...training.loop import History, fit
from ...training.losses import MaskedLoss
from ...training.options import TrainingOptions
from ...training.state import ResampledBatches
from ...training.windows import stream_starts
from ..preprocessing.rows import Rows

STREAMS = 16  # default of parallel spans: enough to use two cores, few enough for many steps
WIDE = 64  # default for several series, which give many spans


@dataclass(frozen=True)
class Chunks:
    """The data to train on, and how they are cut into chunks.

    Attributes:
        batch: function from row numbers `(streams, chunk)`, counted over all series, to the
            inputs of the network before its states, the targets and, where they differ, the
            weights of the targets, each `(streams, chunk, …)`. A target of NaN is left out of
            the loss.
        lengths: number of rows of each series.
        length: rows of a chunk, the reach of backpropagation through time.
        burn_in: first rows of a span that are left out of the loss, while the state warms up
            from zero.
    """

    batch: Callable[[np.ndarray], tuple]
    lengths: np.ndarray
    length: int
    burn_in: int


class ConcatenatedRows:
    """The rows of several series, one after the other; of a single series without a copy.

    Attributes:
        lengths: number of rows of each series.
        rows: rows of all series.
        uneven: whether the weights above 0 differ.
    """

    def __init__(self, rows: list[Rows]):
        self.lengths = np.array([len(one) for one in rows])
        self.ends = np.cumsum(self.lengths)
        self.rows = rows[0] if len(rows) == 1 else Rows.concatenate(rows)
        self.uneven = len(np.unique(self.rows.weight[self.rows.weight > 0])) > 1

    def apply_weights(self, targets: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, ...]:
        """Applies the weights of rows to their targets.

        Args:
            targets: targets of some rows, `(*rows, …)`.
            at: numbers of those rows, `(*rows,)`.

        Returns:
            The targets, NaN where the weight is 0, and, where weights differ, the weights.
        """
        if not self.rows.weight.shape[1]:
            return (targets,)
        weights = self.rows.weight[at]
        weights = weights.reshape(at.shape + (1,) * (targets.ndim - at.ndim))
        targets = np.where(weights > 0, targets, np.float32("nan"))
        return (targets, np.broadcast_to(weights, targets.shape)) if self.uneven else (targets,)

    def series(self, at: np.ndarray) -> np.ndarray:
        """The number of the series of each row."""
        return np.searchsorted(self.ends, at, side="right")

    def after(self, at: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows `steps` after the rows `at`, `(…, steps)`, and whether they are in the same
        series; rows beyond the last one of all are replaced by it."""
        rows = at[..., None] + steps
        inside = rows < self.ends[self.series(at)][..., None]
        return np.minimum(rows, self.ends[-1] - 1), inside


def train(
    network: keras.Model,
    chunks: Chunks,
    score: Callable[[], float] | None,
    options: TrainingOptions,
    loss: keras.losses.Loss | None = None,
) -> History:
    """Fits `network` (`[*inputs, *states]` to `[output, *states]`) in place.

    The series are cut into spans, `options.batch_size` of which are read in parallel; each chunk
    starts from the states in which the one before ended (truncated backpropagation through
    time). The network ends with the weights that have the best `score()`, or with the last ones.

    Args:
        network: network to train.
        chunks: data to train on.
        score: computes the validation error of the current weights; `None` to train all epochs.
        options: training options; the seed determines the cuts between spans.
        loss: loss that ignores targets of NaN; by default the mean absolute error.

    Raises:
        FitError: the loss is not finite.
        CheckpointError: the checkpoint cannot be used.
    """
    spans = _Spans(chunks, options.batch_size, np.random.default_rng(options.seed))
    options = options.with_epochs(len(spans))
    learner = StateCarrier(network, len(spans[0][0]), spans.streams)
    optimizer = options.optimizer(steps=options.epochs * len(spans))
    learner.compile(optimizer, loss=loss or MaskedLoss())

    def reset_at_span_start(batch: int) -> None:
        if batch % spans.chunks_a_span == 0:
            learner.reset_state()

    return fit(learner, spans, score, options.error, options, before_batch=reset_at_span_start)


class _Spans(ResampledBatches):
    """Spans of whole chunks, each within one series; an epoch is about one pass over all rows.

    A group of `streams` spans is read in parallel: its batch k is chunk k of every span. The
    spans shift a little in each epoch.
    """

    def __init__(self, chunks: Chunks, batch_size: int, rng: np.random.Generator):
        super().__init__(rng)
        self.chunks = chunks
        rows, shortest = int(chunks.lengths.sum()), int(chunks.lengths.min())
        alone = len(chunks.lengths) == 1
        across = batch_size if alone else STREAMS
        count = max(1, math.ceil((chunks.burn_in + rows / across) / chunks.length))
        self.chunks_a_span = min(count, shortest // chunks.length)
        self.length = self.chunks_a_span * chunks.length
        fresh = max(1, self.length - chunks.burn_in)
        self.spans = [math.ceil(rows / fresh) for rows in chunks.lengths.tolist()]
        if alone:
            self.spans = [min(batch_size, *self.spans)]
        self.streams = min(sum(self.spans), batch_size)
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self.starts) * self.chunks_a_span

    def __getitem__(self, k: int) -> tuple:
        group, k = divmod(k, self.chunks_a_span)
        first = self.starts[group] + k * self.chunks.length
        rows = first[:, None] + np.arange(self.chunks.length)  # (streams, chunk)
        inputs, targets, *weights = self.chunks.batch(rows)
        if k * self.chunks.length < self.chunks.burn_in:
            targets = targets.copy()
            targets[:, : self.chunks.burn_in - k * self.chunks.length] = np.nan
        return inputs, targets, *weights

    def draw(self) -> None:
        ends = np.cumsum(self.chunks.lengths)
        starts = np.concatenate(
            [
                end - rows + stream_starts(rows, self.length, spans, self.rng)
                for end, rows, spans in zip(ends, self.chunks.lengths, self.spans, strict=True)
            ]
        )
        groups = math.ceil(len(starts) / self.streams)
        if groups > 1:
            starts = self.rng.permutation(starts)
            starts = np.resize(starts, groups * self.streams)  # the first ones fill the last group
        self.starts = starts.reshape(groups, self.streams)
