"""Trains a network on consecutive chunks of long series, its state carried over."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from ...training.loop import History, fit
from ...training.losses import MaskedLoss
from ...training.options import TrainingOptions
from ...training.state import ResampledBatches
from ...training.windows import stream_starts
from ..preprocessing.rows import Rows

STREAMS = 16  # spans side by side unasked: enough to fill two cores, few enough to step often
WIDE = 64  # where many series give many spans


@dataclass(frozen=True)
class Chunks:
    """What a network is trained on, and how it is cut.

    Attributes:
        batch: from the numbers of rows `(streams, chunk)` to the network's inputs before
            its states, its targets and, where they differ, the weights of these, each
            `(streams, chunk, …)`; a target that is NaN is outside the loss. Rows are counted
            through all series.
        lengths: rows of each series.
        length: rows a chunk, the reach of backpropagation through time.
        burn_in: first rows of a span that are outside the loss, while the state warms
            up from zero.
    """

    batch: Callable[[np.ndarray], tuple]
    lengths: np.ndarray
    length: int
    burn_in: int


class ConcatenatedRows:
    """The rows of several series one after the other; those of a single one uncopied.

    Attributes:
        lengths: rows of each series.
        rows: those of all series.
        uneven: whether rows that weigh something differ in what they weigh.
    """

    def __init__(self, rows: list[Rows]):
        self.lengths = np.array([len(one) for one in rows])
        self.ends = np.cumsum(self.lengths)
        self.rows = rows[0] if len(rows) == 1 else Rows.joined(rows)
        self.uneven = len(np.unique(self.rows.weight[self.rows.weight > 0])) > 1

    def weighed(self, targets: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, ...]:
        """Targets, NaN where they weigh nothing, and their weights, where these differ.

        Args:
            targets: of some rows, `(*rows, …)`.
            at: the numbers of those rows.
        """
        if not self.rows.weight.shape[1]:
            return (targets,)
        weights = self.rows.weight[at]
        weights = weights.reshape(at.shape + (1,) * (targets.ndim - at.ndim))
        targets = np.where(weights > 0, targets, np.float32("nan"))
        return (targets, np.broadcast_to(weights, targets.shape)) if self.uneven else (targets,)

    def series(self, at: np.ndarray) -> np.ndarray:
        """The number of the series to which each row belongs."""
        return np.searchsorted(self.ends, at, side="right")

    def after(self, at: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows `steps` after those at `at`, `(…, steps)`, and whether they lie in the
        same series; where not, the last row of all stands for them."""
        rows = at[..., None] + steps
        inside = rows < self.ends[self.series(at)][..., None]
        return np.minimum(rows, self.ends[-1] - 1), inside


def train(
    network: keras.Model,
    chunks: Chunks,
    score: Callable[[], float],
    options: TrainingOptions,
    loss: keras.losses.Loss | None = None,
) -> History:
    """Fits `network` (`[*inputs, *states]` to `[output, *states]`) in place.

    The series are cut into spans, `options.batch_size` of which are read side by side, each
    chunk starting from the states in which the one before ended (truncated
    backpropagation through time). The weights with the best `score()`, a mean absolute
    error, are kept.

    Args:
        network: as above.
        chunks: what it is trained on.
        score: the validation error of the weights as they are.
        options: of the fit; the seed is that of the cuts between spans.
        loss: of targets, NaN being those that are missing; by default the mean absolute error.

    Raises:
        FitError: the loss is not a number any more.
        CheckpointError: the checkpoint cannot be used.
    """
    spans = _Spans(chunks, options.batch_size, np.random.default_rng(options.seed))
    learner = StateCarrier(network, len(spans[0][0]), spans.streams)
    optimizer = options.optimizer(steps=options.epochs * len(spans))
    learner.compile(optimizer, loss=loss or MaskedLoss())

    def zero_where_spans_begin(batch: int) -> None:
        if batch % spans.chunks_a_span == 0:
            learner.reset_state()

    return fit(learner, spans, score, "mae", options, before_batch=zero_where_spans_begin)


class _Spans(ResampledBatches):
    """Spans of whole chunks, none across two series, about one pass over all rows an epoch.

    `streams` of them are read side by side, then the next: chunk k of a group of spans is
    its batch k. The spans move a little each epoch.
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


@keras.saving.register_keras_serializable("rnnzoo")
class StateCarrier(keras.Model):
    """Calls a network with the states in which its last call ended.

    Args:
        network: `[*inputs, *states]` to `[output, *states]`.
        inputs: how many inputs it has before its states.
        batch: series side by side.
    """

    def __init__(
        self, network: keras.Model, inputs: int, batch: int, name: str = "learner", **kwargs: Any
    ):
        super().__init__(name=name, **kwargs)
        self.network, self.inputs_before, self.batch = network, inputs, batch
        self.carried = [
            self.add_weight(
                shape=(batch, *state.shape[1:]), initializer="zeros", trainable=False, name="state"
            )
            for state in network.inputs[inputs:]
        ]

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        # copies: the variables are assigned below, gradients still need the old values
        before = [ops.copy(state) for state in self.carried]
        output, *states = self.network([*inputs, *before], training=training)
        for variable, state in zip(self.carried, states, strict=True):
            variable.assign(state)
        return output

    def reset_state(self) -> None:
        for variable in self.carried:
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    def get_config(self) -> dict[str, Any]:
        network = keras.saving.serialize_keras_object(self.network)
        about = {"network": network, "inputs": self.inputs_before, "batch": self.batch}
        return {"name": self.name} | about

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "StateCarrier":
        network = keras.saving.deserialize_keras_object(config["network"], custom_objects)
        return cls(**config | {"network": network})
