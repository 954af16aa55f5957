"""The loop of training that all pipelines share: scored each epoch, the best weights kept."""

import math
import random
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import keras
import numpy as np

from ...errors import CheckpointError, FitError
from ..recorder import Recorder
from .callbacks import Hooks
from .checkpoints import DELETE, Checkpoint
from .optimizers import inner, scheduled
from .options import TrainingOptions
from .state import ResampledBatches, TrainingState, restored, stored


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
    batches: ResampledBatches,
    score: Callable[[], float],
    error: str,
    options: TrainingOptions,
    *,
    before_batch: Callable[[int], None] | None = None,
    after_epoch: Callable[[int], None] | None = None,
) -> History:
    """Fits a compiled model in place.

    A learning rate without a schedule of its own is halved after a third of the patience
    without a better `score()`, unless callbacks set it: from the first time that one does, and
    from the start where there is one of Keras's that do, it is left to them. The weights with
    the best score are kept, or their averages, where the optimizer keeps such.

    Args:
        learner: a compiled model.
        batches: what it learns from, in the order in which it is read.
        score: the validation error of the weights as they are, after each epoch.
        error: what the score is called, e.g. `"mae"`.
        options: the recorder gets each epoch, those too that a checkpoint holds, from which the
            fit continues. At the end of an epoch the model of callbacks has the weights that were
            scored, in the end those that are kept.
        before_batch: called with the number of each batch.
        after_epoch: called with the number of each epoch, counted from 1, when it was scored:
            the learner's weights are then those that were.

    Raises:
        FitError: the loss or the score is not a number any more, and no callback ends the fit
            for that.
        CheckpointError: the checkpoint is damaged, of another fit, or cannot be written.
    """
    # TensorFlow traces a step twice if the first trace makes variables: a third of a short fit
    learner.optimizer.build(learner.trainable_variables)
    recorder, checkpoint, epochs = options.recorder, options.checkpoint, options.epochs
    course = _begun(checkpoint, learner, batches)
    for epoch in range(course.epochs):
        _tell(recorder, course, epoch, error, len(batches))
    hooks = Hooks(options.callbacks, learner, error, epochs, len(batches))
    _warn_of_resumed(hooks, course)
    if not course.ended:
        hooks.train_begin()
    elapsed, began = course.elapsed, time.perf_counter()
    while not course.ended:
        start = time.perf_counter()
        hooks.epoch_begin(course.epochs)
        loss = _epoch(learner, batches, before_batch, hooks)
        with _averages(learner):
            found = _scored(score, loss, hooks)
            over = hooks.stopped and not math.isfinite(found) and course.epochs > 0
            if over:  # a callback ends the fit for what is no number: the best before is kept
                hooks.epoch_end(course.epochs, loss, found)
                break
            _require_finite(course.epochs + 1, loss, found)
            rate = float(learner.optimizer.learning_rate)
            course.add(loss, found, rate, time.perf_counter() - start)
            if course.best_epoch == course.epochs:
                course.best = learner.get_weights()
            if after_epoch is not None:
                after_epoch(course.epochs)
            hooks.epoch_end(course.epochs - 1, loss, found)
        _settle_rate(learner.optimizer, course, options.patience, hooks)
        last = (epochs, course.best_epoch + options.patience)
        course.ended = course.epochs in last or hooks.stopped
        course.elapsed = elapsed + time.perf_counter() - began
        limit = options.max_minutes
        if limit is not None and course.elapsed > 60 * limit:
            course.ended = True
        if checkpoint is not None:
            checkpoint.write(*stored(course, learner, batches), step=course.epochs)
        # once it is kept: nothing is told of an epoch that a fit which goes on does anew
        _tell(recorder, course, course.epochs - 1, error, len(batches))
    learner.set_weights(course.best)
    if hooks.logs:
        hooks.train_end()
        learner.set_weights(course.best)  # whatever callbacks did to them
    return History(course.loss, course.score, course.best_epoch, course.elapsed)


def _begun(
    checkpoint: Checkpoint | None, learner: keras.Model, batches: ResampledBatches
) -> TrainingState:
    """The course of a fit so far: of one that was killed, as its checkpoint knows it."""
    found = None if checkpoint is None else checkpoint.read()
    if checkpoint is None or found is None:
        return TrainingState()
    try:
        return restored(*found, learner, batches)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{checkpoint.folder} cannot be gone on from: {error}. {DELETE}"
        ) from error


def _warn_of_resumed(hooks: Hooks, course: TrainingState) -> None:
    if not hooks or not course.epochs:
        return
    what = (
        "This fit was finished in an earlier call: nothing is trained, and callbacks are not called"
        if course.ended
        else f"This fit continues after epoch {course.epochs} of its checkpoint: callbacks begin "
        "anew there, without what they had counted, or written, in the epochs before"
    )
    warnings.warn(f"{what}. Delete the folder to train from the start.", UserWarning, stacklevel=2)


def _epoch(
    learner: keras.Model,
    batches: ResampledBatches,
    before_batch: Callable[[int], None] | None,
    hooks: Hooks,
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
        if hooks:
            hooks.every.on_train_batch_begin(k)
        loss = float(learner.train_on_batch(*batches[k]))  # the mean so far
        if hooks:
            hooks.every.on_train_batch_end(k, {"loss": loss})
            if learner.stop_training:
                break
    batches.on_epoch_end()
    return loss


def _scored(score: Callable[[], float], loss: float, hooks: Hooks) -> float:
    if not math.isfinite(loss):
        return math.nan
    hooks.test_begin()
    found = float(score())
    hooks.test_end(found)
    return found


def _settle_rate(
    optimizer: keras.optimizers.Optimizer, course: TrainingState, patience: int, hooks: Hooks
) -> None:
    """Halves the learning rate where the score stays, unless a schedule or callbacks set it."""
    course.rate_is_set = course.rate_is_set or hooks.set_rate()
    if not scheduled(optimizer) and not course.rate_is_set and course.stays(max(1, patience // 3)):
        optimizer.learning_rate = float(optimizer.learning_rate) / 2
    hooks.left_rate()


@contextmanager
def _averages(learner: keras.Model) -> Iterator[None]:
    """Inside, the weights are their averages, where the optimizer keeps such."""
    if not inner(learner.optimizer).use_ema:
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
            "Lower `learning_rate`, or look for extreme values in the data, and at what your own "
            "`loss` does, if you gave one."
        )


def _tell(recorder: Recorder, course: TrainingState, epoch: int, error: str, steps: int) -> None:
    values = {
        "train/loss": course.loss[epoch],
        f"val/{error}": course.score[epoch],
        "train/learning_rate": course.rate[epoch],
        "time/epoch_s": course.seconds[epoch],
        "time/step_ms": 1000 * course.seconds[epoch] / steps,
    }
    recorder.metrics(values, step=epoch + 1)


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


def trained_weights(network: keras.Model) -> int:
    """Number of weights that are trained."""
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)
