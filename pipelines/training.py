"""Trains a network on consecutive chunks of long series, its state carried over."""

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from ..errors import FitError
from .recorder import Recorder
from .windows import stream_starts

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


@dataclass(frozen=True)
class History:
    """What a fit went through.

    Attributes:
        loss: training loss of each epoch.
        score: validation error of each epoch; the smallest one's weights were kept.
        best_epoch: counted from 1.
        seconds: of the whole fit.
    """

    loss: list[float]
    score: list[float]
    best_epoch: int
    seconds: float


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
    backpropagation through time). The learning rate is halved after a third of the
    patience without a better `score()`; the weights with the best one are kept.

    Raises:
        FitError: the loss is not a number any more.
    """
    began = time.perf_counter()
    streams, length = _streams(chunks)
    rng = np.random.default_rng(seed)
    dataset = _Spans(chunks, streams, length, rng)
    learner = _StateCarrier(network, len(chunks.inputs), streams)
    learner.compile(
        optimizer=keras.optimizers.Adam(learning_rate, clipnorm=1.0), loss=mean_absolute_error
    )
    watch = _Watch(learner, score, recorder)
    callbacks = [
        watch,  # first: the others go by its score
        keras.callbacks.ReduceLROnPlateau(
            "score", mode="min", factor=0.5, patience=max(1, patience // 3)
        ),
        keras.callbacks.EarlyStopping(
            "score", mode="min", patience=patience, restore_best_weights=True
        ),
    ]
    learner.fit(dataset, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
    return History(
        watch.losses, watch.scores, 1 + int(np.argmin(watch.scores)), time.perf_counter() - began
    )


def mean_absolute_error(truth: Any, forecast: Any) -> Any:
    """Mean absolute error over the targets that are not NaN."""
    counted = ops.logical_not(ops.isnan(truth))
    error = ops.abs(forecast - ops.where(counted, truth, forecast))
    return ops.sum(error) / ops.maximum(ops.sum(ops.cast(counted, error.dtype)), 1)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seeds Keras, NumPy and `random` inside; the last two are then as they were before."""
    kept, kept_numpy = random.getstate(), np.random.get_state()
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        random.setstate(kept)
        np.random.set_state(kept_numpy)


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


class _Watch(keras.callbacks.Callback):
    """Resets the states before an epoch, scores the network after it, and tells both."""

    def __init__(self, learner: _StateCarrier, score: Callable[[], float], recorder: Recorder):
        super().__init__()
        self.learner, self.score, self.recorder = learner, score, recorder
        self.losses: list[float] = []
        self.scores: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.began = time.perf_counter()
        self.learner.reset_state()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        loss = float(logs["loss"])
        score = logs["score"] = float(self.score()) if math.isfinite(loss) else math.nan
        if not math.isfinite(score):
            raise FitError(
                f"Training diverged in epoch {epoch + 1}: loss {loss}, validation error {score}. "
                "Lower `learning_rate`, or look for extreme values in the data."
            )
        self.losses.append(loss)
        self.scores.append(score)
        self.recorder.metrics(
            {
                "train/loss": loss,
                "val/mae": score,
                "opt/lr": float(self.learner.optimizer.learning_rate),
                "time/epoch_s": time.perf_counter() - self.began,
            },
            step=epoch + 1,
        )
