"""The loop of training that all pipelines share: scored each epoch, the best weights kept."""

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..errors import CheckpointError, FitError
from .checkpoints import DELETE, Checkpoint
from .course import Course, Drawn, restored, stored
from .recorder import Recorder

SCHEDULES = ("plateau", "cosine")


@dataclass(frozen=True)
class History:
    """What a fit went through.

    Attributes:
        loss: training loss of each epoch.
        score: validation error of each epoch; the smallest one's weights were kept.
        best_epoch: counted from 1.
        seconds: of the whole fit; of one that was killed, up to its last checkpoint and since.
    """

    loss: list[float]
    score: list[float]
    best_epoch: int
    seconds: float


def fit(
    learner: keras.Model,
    batches: Drawn,
    score: Callable[[], float],
    error: str,
    *,
    epochs: int,
    patience: int,
    recorder: Recorder,
    checkpoint: Checkpoint | None = None,
    minutes: float | None = None,
    before_batch: Callable[[int], None] | None = None,
    after_epoch: Callable[[int], None] | None = None,
) -> History:
    """Fits a compiled model in place.

    A learning rate without a schedule of its own is halved after a third of the patience
    without a better `score()`. The weights with the best one are kept, or their averages, where
    the optimizer keeps such.

    Args:
        learner: a compiled model.
        batches: what it learns from, in the order in which it is read.
        score: the validation error of the weights as they are, after each epoch.
        error: what the score is called, e.g. `"mae"`.
        epochs: at most.
        patience: epochs without a better score before training ends.
        recorder: told of each epoch, of those too that a checkpoint knows.
        checkpoint: written after each epoch; the fit goes on from what is there.
        minutes: after which no epoch begins; by default none are counted.
        before_batch: called with the number of each batch.
        after_epoch: called with the number of each epoch, counted from 1, when it was scored:
            the learner's weights are then those that were.

    Raises:
        FitError: the loss or the score is not a number any more.
        CheckpointError: the checkpoint is damaged, of another fit, or cannot be written.
    """
    # TensorFlow traces a step twice if the first trace makes variables: a third of a short fit
    learner.optimizer.build(learner.trainable_variables)
    course = _begun(checkpoint, learner, batches)
    for epoch in range(course.epochs):
        _tell(recorder, course, epoch, error, len(batches))
    elapsed, began = course.elapsed, time.perf_counter()
    while not course.ended:
        start = time.perf_counter()
        loss = _epoch(learner, batches, before_batch)
        with _averages(learner):
            found = float(score()) if math.isfinite(loss) else math.nan
            _require_finite(course.epochs + 1, loss, found)
            rate = float(learner.optimizer.learning_rate)
            course.add(loss, found, rate, time.perf_counter() - start)
            if course.best_epoch == course.epochs:
                course.best = learner.get_weights()
            if after_epoch is not None:
                after_epoch(course.epochs)
        if not _scheduled(learner.optimizer) and course.stays(max(1, patience // 3)):
            learner.optimizer.learning_rate = rate / 2
        course.ended = course.epochs in (epochs, course.best_epoch + patience)
        course.elapsed = elapsed + time.perf_counter() - began
        if minutes is not None and course.elapsed > 60 * minutes:
            course.ended = True
        if checkpoint is not None:
            checkpoint.write(*stored(course, learner, batches), step=course.epochs)
        # once it is kept: nothing is told of an epoch that a fit which goes on does anew
        _tell(recorder, course, course.epochs - 1, error, len(batches))
    learner.set_weights(course.best)
    return History(course.loss, course.score, course.best_epoch, course.elapsed)


def _begun(checkpoint: Checkpoint | None, learner: keras.Model, batches: Drawn) -> Course:
    """The course of a fit so far: of one that was killed, as its checkpoint knows it."""
    found = None if checkpoint is None else checkpoint.read()
    if checkpoint is None or found is None:
        return Course()
    try:
        return restored(*found, learner, batches)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{checkpoint.folder} cannot be gone on from: {error}. {DELETE}"
        ) from error


def _epoch(
    learner: keras.Model, batches: Drawn, before_batch: Callable[[int], None] | None
) -> float:
    """What `learner.fit` does in an epoch, batch by batch: ours are made in no time, and on
    TensorFlow a whole fit took 1.6 times as long with Keras's loop (two cores, both pipelines).

    Returns:
        The mean loss.
    """
    learner.reset_metrics()
    loss = math.nan
    for k in range(len(batches)):
        if before_batch is not None:
            before_batch(k)
        loss = float(learner.train_on_batch(*batches[k]))  # the mean so far
    batches.on_epoch_end()
    return loss


@contextmanager
def _averages(learner: keras.Model) -> Iterator[None]:
    """Inside, the weights are their averages, where the optimizer keeps such."""
    if not learner.optimizer.use_ema:
        yield
        return
    swap = keras.callbacks.SwapEMAWeights()
    swap.set_model(learner)
    swap.on_test_begin()
    yield
    swap.on_test_end()


def _require_finite(epoch: int, loss: float, score: float) -> None:
    if not math.isfinite(score):
        raise FitError(
            f"Training diverged in epoch {epoch}: loss {loss}, validation error {score}. "
            "Lower `learning_rate`, or look for extreme values in the data."
        )


def _tell(recorder: Recorder, course: Course, epoch: int, error: str, steps: int) -> None:
    values = {
        "train/loss": course.loss[epoch],
        f"val/{error}": course.score[epoch],
        "train/learning_rate": course.rate[epoch],
        "time/epoch_s": course.seconds[epoch],
        "time/step_ms": 1000 * course.seconds[epoch] / steps,
    }
    recorder.metrics(values, step=epoch + 1)


def adam(
    learning_rate: float, steps: int, schedule: str = "plateau", averaging: float = 0.0
) -> keras.optimizers.Optimizer:
    """Adam with the norm of the gradient of each weight matrix or vector clipped at 1.

    Args:
        learning_rate: the largest.
        steps: of the whole training.
        schedule: a name in `SCHEDULES`: `"plateau"` leaves the rate to `fit`; `"cosine"` lets it
            rise over the first twentieth of the steps and fall to a hundredth by the last.
        averaging: share of the average of weights that is kept at each step; 0 averages none.

    References: Kingma and Ba (2015), Adam; Loshchilov and Hutter (2017), SGDR; Polyak and
    Juditsky (1992), Acceleration of stochastic approximation by averaging.
    """
    rate: Any = learning_rate
    if schedule == "cosine":
        warm = steps // 20
        rate = keras.optimizers.schedules.CosineDecay(
            learning_rate / 10, max(1, steps - warm), alpha=0.01,
            warmup_target=learning_rate, warmup_steps=warm,
        )  # fmt: skip
    averages = {"use_ema": True, "ema_momentum": averaging} if averaging else {}
    return keras.optimizers.Adam(rate, clipnorm=1.0, **averages)


def _scheduled(optimizer: keras.optimizers.Optimizer) -> bool:
    return isinstance(optimizer.get_config()["learning_rate"], dict)  # a number, unless scheduled


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
