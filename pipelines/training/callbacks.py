"""Keras's callbacks on our loop of training."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import keras
from keras.callbacks import Callback

from ...errors import ArgumentError, ArgumentTypeError
from .optimizers import scheduled

Callbacks: TypeAlias = Sequence[Callback] | Callback | None

#: Those that set the learning rate, so that nothing else may.
RATES = (keras.callbacks.ReduceLROnPlateau, keras.callbacks.LearningRateScheduler)
REFUSED = {
    keras.callbacks.SwapEMAWeights: "a fit scores, and ends with, the averages of the weights by "
    "itself where the optimizer has them: leave it out",
    keras.callbacks.BackupAndRestore: "a fit that was killed continues from its checkpoint: "
    "give fit(…, checkpoint=folder)",
}


def checked_callbacks(callbacks: Any, error: str) -> list[Callback]:
    """The callbacks of a fit as a list.

    Args:
        callbacks: what the user gave.
        error: what the validation error is called.

    Raises:
        ArgumentError: one does what a fit does by itself, or monitors what there is not.
        ArgumentTypeError: no list, or one that holds something else.
    """
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback):
        callbacks = getattr(callbacks, "callbacks", [callbacks])  # of a CallbackList
    if not isinstance(callbacks, (list, tuple)):
        raise ArgumentTypeError(
            f"`callbacks` must be a list of Keras callbacks. Received: callbacks={callbacks!r}"
        )
    for one in callbacks:
        if not isinstance(one, Callback):
            hint = f" It is a class: give an object, {one.__name__}(…)." if _is_class(one) else ""
            raise ArgumentTypeError(
                "`callbacks` must hold objects of keras.callbacks.Callback. "
                f"Received: {one!r}, a {type(one).__module__}.{type(one).__qualname__}.{hint}"
            )
        for kind, why in REFUSED.items():
            if isinstance(one, kind):
                raise ArgumentError(f"`callbacks` must not hold a {kind.__name__}: {why}.")
        _check_monitored(one, error)
    return list(callbacks)


def _check_monitored(callback: Callback, error: str) -> None:
    logs = ("loss", "val_loss", f"val_{error}")
    if _looks_for_itself(callback) and callback.monitor not in logs:
        raise ArgumentError(
            f"`callbacks` hold a {type(callback).__name__} that monitors {callback.monitor!r}, "
            f"which is not in the logs: they hold {', '.join(logs)}. Where another callback adds "
            "it, say mode='min' or 'max'."
        )


def _looks_for_itself(callback: Any) -> bool:
    """Whether a callback finds out from its model if what it monitors is to be small or large."""
    return isinstance(getattr(callback, "monitor", None), str) and (
        getattr(callback, "mode", None) == "auto"
    )


def check_rates(callbacks: Iterable[Callback], schedule: str) -> None:
    """Refuses a callback that sets the learning rate where it follows a schedule.

    Args:
        callbacks: of a fit.
        schedule: as the fit will use it; `"plateau"` is none.

    Raises:
        ArgumentError: there is one.
    """
    if schedule == "plateau":
        return
    for one in callbacks:
        if isinstance(one, RATES):
            raise ArgumentError(
                f"`callbacks` hold a {type(one).__name__}, which sets the learning rate, but it "
                f'follows a schedule ("{schedule}"). Give schedule="plateau", an optimizer whose '
                "learning rate is a number, or leave the callback out."
            )


class Hooks:
    """Calls the callbacks of a fit in Keras's order; without any it does nothing.

    Args:
        callbacks: that were checked.
        learner: the model that they are shown.
        error: what the validation error is called, e.g. `"mae"`.
        epochs, steps: of the whole fit, and in an epoch, at most.

    Attributes:
        rate: the learning rate as the fit left it: another one was set by a callback.
    """

    def __init__(
        self, callbacks: Sequence[Callback], learner: keras.Model, error: str, epochs: int,
        steps: int,
    ):  # fmt: skip
        self.learner, self.error = learner, error
        self.logs: dict[str, float] = {}
        self.every: Any = None
        if callbacks:
            self.every = keras.callbacks.CallbackList(
                list(callbacks), model=learner, epochs=epochs, steps=steps, verbose=1
            )
            learner.stop_training = False
        for one in filter(_looks_for_itself, callbacks):
            one.mode = "min"  # Keras knows so of "loss" alone, and of compiled metrics
        self.sets_rates = any(isinstance(one, RATES) for one in callbacks)
        self.rate = self._rate()

    def __bool__(self) -> bool:
        return self.every is not None

    @property
    def stopped(self) -> bool:
        """Whether a callback has asked for training to end."""
        return bool(self and self.learner.stop_training)

    def train_begin(self) -> None:
        if self:
            self.every.on_train_begin()

    def epoch_begin(self, epoch: int) -> None:
        if self:
            self.every.on_epoch_begin(epoch)

    def test_begin(self) -> None:
        if self:
            self.every.on_test_begin()

    def test_end(self, score: float) -> None:
        if self:
            self.every.on_test_end({"loss": score, self.error: score})

    def epoch_end(self, epoch: int, loss: float, score: float) -> None:
        """Tells what an epoch came to.

        Args:
            epoch: counted from 0, as Keras does.
            loss: of training.
            score: the validation error.
        """
        if self:
            self.logs = {"loss": loss, "val_loss": score, f"val_{self.error}": score}
            self.every.on_epoch_end(epoch, self.logs)

    def train_end(self) -> None:
        if self:
            self.every.on_train_end(self.logs)

    def set_rate(self) -> bool:
        """Whether a callback has set the learning rate since `left_rate`, or will."""
        return bool(self) and (self.sets_rates or self._rate() != self.rate)

    def left_rate(self) -> None:
        """Takes note of the learning rate as the fit leaves it."""
        self.rate = self._rate()

    def _rate(self) -> float | None:
        optimizer = self.learner.optimizer
        return None if not self or scheduled(optimizer) else float(optimizer.learning_rate)


def _is_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Callback)
