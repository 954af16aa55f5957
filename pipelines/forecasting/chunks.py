"""Trains a network on consecutive chunks of long series, its state carried over."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from ..recorder import Recorder
from ..training import History, fit
from ..windows import stream_starts

STREAMS = 16  # spans read side by side: enough to fill two cores, few enough to step often


@dataclass(frozen=True)
class Chunks:
    """Arrays over time and how they are cut for training.

    Attributes:
        inputs: arrays `(rows, …)`, the network's inputs before its states.
        targets: `(rows, …)`; NaN is outside the loss.
        length: rows a chunk, the reach of backpropagation through time.
        burn_in: first rows of a span that are outside the loss, while the state warms
            up from zero.
    """

    inputs: list[np.ndarray]
    targets: np.ndarray
    length: int
    burn_in: int

    @property
    def rows(self) -> int:
        return len(self.targets)


def train(
    network: keras.Model,
    chunks: Chunks,
    score: Callable[[], float],
    *,
    epochs: int,
    patience: int,
    learning_rate: float,
    seed: int,
    recorder: Recorder,
) -> History:
    """Fits `network` (`[*inputs, *states]` to `[output, *states]`) in place.

    The series is cut into `STREAMS` spans that are read side by side, each chunk
    starting from the states in which the one before ended (truncated
    backpropagation through time). The weights with the best `score()`, a mean absolute
    error, are kept.

    Raises:
        FitError: the loss is not a number any more.
    """
    streams, length = _streams(chunks)
    spans = _Spans(chunks, streams, length, np.random.default_rng(seed))
    learner = _StateCarrier(network, len(chunks.inputs), streams)
    learner.compile(
        optimizer=keras.optimizers.Adam(learning_rate, clipnorm=1.0), loss=mean_absolute_error
    )
    reset = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: learner.reset_state())
    return fit(
        learner, spans, score, "mae", epochs=epochs, patience=patience, recorder=recorder,
        callbacks=[reset],
    )  # fmt: skip


def mean_absolute_error(truth: Any, forecast: Any) -> Any:
    """Mean absolute error over the targets that are not NaN."""
    counted = ops.logical_not(ops.isnan(truth))
    error = ops.abs(forecast - ops.where(counted, truth, forecast))
    return ops.sum(error) / ops.maximum(ops.sum(ops.cast(counted, error.dtype)), 1)


def _streams(chunks: Chunks) -> tuple[int, int]:
    """How many spans, and how many rows each: whole chunks, about one pass an epoch."""
    count = max(1, math.ceil((chunks.burn_in + chunks.rows / STREAMS) / chunks.length))
    count = min(count, chunks.rows // chunks.length)
    length = count * chunks.length
    return max(1, min(STREAMS, math.ceil(chunks.rows / max(1, length - chunks.burn_in)))), length


class _Spans(keras.utils.PyDataset):
    """Chunk k of all spans is batch k; the spans move a little each epoch."""

    def __init__(self, chunks: Chunks, streams: int, length: int, rng: np.random.Generator):
        super().__init__()
        self.chunks, self.streams, self.length, self.rng = chunks, streams, length, rng
        self.on_epoch_end()

    def __len__(self) -> int:
        return self.length // self.chunks.length

    def __getitem__(self, k: int) -> tuple[tuple, np.ndarray]:
        first = self.starts + k * self.chunks.length
        rows = first[:, None] + np.arange(self.chunks.length)  # (streams, chunk)
        targets = self.chunks.targets[rows]
        if k * self.chunks.length < self.chunks.burn_in:
            targets[:, : self.chunks.burn_in - k * self.chunks.length] = np.nan
        return tuple(array[rows] for array in self.chunks.inputs), targets

    def on_epoch_end(self) -> None:
        self.starts = stream_starts(self.chunks.rows, self.length, self.streams, self.rng)


class _StateCarrier(keras.Model):
    """Calls a network with the states in which its last call ended."""

    def __init__(self, network: keras.Model, inputs: int, batch: int):
        super().__init__(name="learner")
        self.network = network
        self.carried = [
            self.add_weight(
                shape=(batch, *state.shape[1:]), initializer="zeros", trainable=False, name="state"
            )
            for state in network.inputs[inputs:]
        ]

    def call(self, inputs: Any) -> Any:
        # copies: the variables are assigned below, gradients still need the old values
        output, *states = self.network([*inputs, *[ops.copy(state) for state in self.carried]])
        for variable, state in zip(self.carried, states, strict=True):
            variable.assign(state)
        return output

    def reset_state(self) -> None:
        for variable in self.carried:
            variable.assign(ops.zeros(variable.shape, variable.dtype))
