"""The training loop of all pipelines: validates each epoch and returns the best weights."""

import math
import os
import random
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import keras
import numpy as np

from ...errors import CheckpointError, FitError
from ...zoo.backend.process import require_own_backend
from ..recorder import Recorder
from .callbacks import Hooks
from .checkpoints import DELETE, Checkpoint
from .optimizers import current_rate, has_schedule, inner
from .options import TrainingOptions
from .state import ResampledBatches, TrainingState, from_checkpoint, to_checkpoint

_one_fit = threading.RLock()  # held by the thread that fits; a fit may begin others


def _unlock() -> None:
    """In a forked process: the thread that held the lock is not there."""
    global _one_fit
    _one_fit = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)


@dataclass(frozen=True)
class History:
    """The course of a fit.

    Attributes:
        loss: training loss of each epoch.
        score: validation error of each epoch; empty without validation.
        rate: learning rate at the end of each epoch.
        steps: number of training steps in an epoch.
        best_epoch: epoch whose weights the network has, counted from 1: that with the smallest
            validation error, or the last one without early stopping.
        seconds: total fit time in seconds, including earlier attempts up to their last
            checkpoint.
    """

    loss: list[float]
    score: list[float]
    rate: list[float]
    steps: int
    best_epoch: int
    seconds: float


def fit(
    learner: keras.Model,
    batches: ResampledBatches,
    score: Callable[[], float] | None,
    error: str,
    options: TrainingOptions,
    *,
    before_batch: Callable[[int], None] | None = None,
    after_epoch: Callable[[int], None] | None = None,
) -> History:
    """Fits a compiled model in place.

    A learning rate without a schedule is halved after a third of the patience without a better
    `score()`. It is left to callbacks where one of Keras's callbacks for it is given, and from
    the first time that another one sets it. In the end the learner has the weights with the best
    score, or the last ones without early stopping, or their averages, where the optimizer
    computes averages.

    Args:
        learner: compiled model.
        batches: training batches, in the order in which they are read.
        score: computes the validation error of the current weights, after each epoch; `None` to
            train all epochs and take the weights of the last one.
        error: name of the score, e.g. `"mae"`.
        options: training options. The recorder gets every epoch, including those of the
            checkpoint from which the fit continues. At the end of an epoch the model of the
            callbacks has the validated weights; at the end of training, the best ones.
        before_batch: called with the index of each batch.
        after_epoch: called with the number of each epoch, from 1, after its validation, while
            the learner has the validated weights.

    Returns:
        Loss and score of every epoch, and the fit time.

    Raises:
        FitError: the loss or the score is not finite, and no callback has ended the fit.
        CheckpointError: the checkpoint is damaged, of another fit, or cannot be written.
    """
    # TensorFlow traces a step twice if the first trace makes variables: a third of a short fit
    learner.optimizer.build(learner.trainable_variables)
    recorder, checkpoint, epochs = options.recorder, options.checkpoint, options.epochs
    state = _initial_state(checkpoint, learner, batches)
    state.takes_last = score is None or not options.early_stopping
    for epoch in range(state.epochs):
        _log_epoch(recorder, state, epoch, error, len(batches))
    hooks = Hooks(options.callbacks, learner, error, epochs, len(batches))
    _warn_of_resumed(hooks, state)
    if not state.ended:
        hooks.train_begin()
    elapsed, began = state.elapsed, time.perf_counter()
    while not state.ended:
        start = time.perf_counter()
        hooks.epoch_begin(state.epochs)
        loss = _epoch(learner, batches, before_batch, hooks)
        with _averages(learner):
            value = None if score is None else _validate(score, loss, hooks)
            checked = loss if value is None else value
            over = hooks.stopped and not math.isfinite(checked) and state.epochs > 0
            if over:  # a callback has ended a diverged fit: the best weights before count
                hooks.epoch_end(state.epochs, loss, checked)
                break
            _require_finite(state.epochs + 1, loss, checked)
            rate = current_rate(learner.optimizer)
            state.add(loss, value, rate, time.perf_counter() - start)
            if state.best_epoch == state.epochs:
                state.best = learner.get_weights()
            if after_epoch is not None:
                after_epoch(state.epochs)
            hooks.epoch_end(state.epochs - 1, loss, checked)
        if score is not None:
            _settle_rate(learner.optimizer, state, options.patience, hooks)
        last = (epochs, state.best_epoch + options.patience)
        state.ended = state.epochs in last or hooks.stopped
        state.elapsed = elapsed + time.perf_counter() - began
        limit = options.max_minutes
        if limit is not None and state.elapsed > 60 * limit:
            state.ended = True
        if checkpoint is not None:
            checkpoint.write(*to_checkpoint(state, learner, batches), step=state.epochs)
        # only after the checkpoint: else a fit that continues would log an epoch twice
        _log_epoch(recorder, state, state.epochs - 1, error, len(batches))
    learner.set_weights(state.best)
    if hooks.logs:
        hooks.train_end()
        learner.set_weights(state.best)  # whatever callbacks did to them
    return History(
        state.loss, state.score, state.rate, len(batches), state.best_epoch, state.elapsed
    )


def _initial_state(
    checkpoint: Checkpoint | None, learner: keras.Model, batches: ResampledBatches
) -> TrainingState:
    """The state in which training starts: a new one, or that of the checkpoint."""
    saved = None if checkpoint is None else checkpoint.read()
    if checkpoint is None or saved is None:
        return TrainingState()
    try:
        return from_checkpoint(*saved, learner, batches)
    except Exception as error:  # whatever a stranger's file makes Keras raise
        raise CheckpointError(
            f"{checkpoint.folder} cannot be continued: {error}. {DELETE}"
        ) from error


def _warn_of_resumed(hooks: Hooks, state: TrainingState) -> None:
    if not hooks or not state.epochs:
        return
    what = (
        "This fit was finished in an earlier call: nothing is trained, and callbacks are not called"
        if state.ended
        else f"This fit continues after epoch {state.epochs} of its checkpoint: callbacks begin "
        "anew there, without their state from the epochs before"
    )
    warnings.warn(f"{what}. Delete the folder to train from the start.", UserWarning, stacklevel=2)


def _epoch(
    learner: keras.Model,
    batches: ResampledBatches,
    before_batch: Callable[[int], None] | None,
    hooks: Hooks,
) -> float:
    """Trains one epoch batch by batch, as `learner.fit` does.

    Our batches are made at once, and on TensorFlow a whole fit took 1.6 times as long with
    Keras's loop (two cores, both pipelines).

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


def _validate(score: Callable[[], float], loss: float, hooks: Hooks) -> float:
    if not math.isfinite(loss):
        return math.nan
    hooks.test_begin()
    value = float(score())
    hooks.test_end(value)
    return value


def _settle_rate(
    optimizer: keras.optimizers.Optimizer, state: TrainingState, patience: int, hooks: Hooks
) -> None:
    """Halves the learning rate if the score has stalled, unless a schedule or callbacks set it."""
    state.rate_is_set = state.rate_is_set or hooks.rate_was_set()
    if (
        not has_schedule(optimizer)
        and not state.rate_is_set
        and state.has_stalled(max(1, patience // 3))
    ):
        optimizer.learning_rate = float(optimizer.learning_rate) / 2
    hooks.note_rate()


@contextmanager
def _averages(learner: keras.Model) -> Iterator[None]:
    """Replaces the weights by their averages inside the context, where the optimizer has them."""
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


def _log_epoch(
    recorder: Recorder, state: TrainingState, epoch: int, error: str, steps: int
) -> None:
    values = {
        "train/loss": state.loss[epoch],
        **({f"val/{error}": state.score[epoch]} if state.score else {}),
        "train/learning_rate": state.rate[epoch],
        "time/epoch_s": state.seconds[epoch],
        "time/step_ms": 1000 * state.seconds[epoch] / steps,
    }
    recorder.metrics(values, step=epoch + 1)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seeds Keras, NumPy and `random` inside the context; restores the last two afterwards.

    Their generators are those of the process, so that fits in other threads wait here for their
    turn.

    Raises:
        BackendError: in a forked process that cannot compute.
    """
    require_own_backend()
    with _one_fit:
        state, numpy_state = random.getstate(), np.random.get_state()
        keras.utils.set_random_seed(seed)
        try:
            yield
        finally:
            random.setstate(state)
            np.random.set_state(numpy_state)


def trained_weights(network: keras.Model) -> int:
    """The number of trained weights of a network."""
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)
