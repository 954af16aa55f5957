"""Keras callbacks in our training loop."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import keras
from keras.callbacks import Callback

from ...errors import ArgumentError, ArgumentTypeError
from .optimizers import has_schedule

Callbacks: TypeAlias = Sequence[Callback] | Callback | None

#: Callbacks that set the learning rate, so that nothing else may set it.
RATES = (keras.callbacks.ReduceLROnPlateau, keras.callbacks.LearningRateScheduler)
REFUSED = {
    keras.callbacks.SwapEMAWeights: "where the optimizer averages the weights, a fit "
    "validates the averages and ends with them already: leave it out",
    keras.callbacks.BackupAndRestore: "a fit that was killed continues from its checkpoint: "
    "give fit(…, checkpoint=folder)",
}


def checked_callbacks(callbacks: Any, error: str) -> list[Callback]:
    """Checks the callbacks of a fit, and returns them as a list.

    Args:
        callbacks: callbacks as the user gave them.
        error: name of the validation error, e.g. `"mae"`.

    Raises:
        ArgumentError: a callback does what a fit does by itself, or monitors a value that is not
            logged.
        ArgumentTypeError: no list of callbacks.
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
    if _has_auto_mode(callback) and callback.monitor not in logs:
        raise ArgumentError(
            f"`callbacks` hold a {type(callback).__name__} that monitors {callback.monitor!r}, "
            f"which is not in the logs: they hold {', '.join(logs)}. If another callback adds "
            "it, say mode='min' or 'max'."
        )


def _has_auto_mode(callback: Any) -> bool:
    """Whether a callback asks its model if the monitored value is to be minimized or maximized."""
    return isinstance(getattr(callback, "monitor", None), str) and (
        getattr(callback, "mode", None) == "auto"
    )


def check_rates(callbacks: Iterable[Callback], schedule: str) -> None:
    """Refuses callbacks that set the learning rate of a fit with a schedule.

    Args:
        callbacks: callbacks of the fit.
        schedule: schedule of the fit; `"plateau"` means none.

    Raises:
        ArgumentError: a callback sets the learning rate, and a schedule does too.
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
        callbacks: checked callbacks.
        learner: model passed to the callbacks.
        error: name of the validation error, e.g. `"mae"`.
        epochs, steps: most epochs of the fit, and steps of an epoch.

    Attributes:
        rate: learning rate last set by the fit; if the optimizer has another, a callback set it.
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
        for one in filter(_has_auto_mode, callbacks):
            one.mode = "min"  # Keras can tell only for "loss" and compiled metrics
        self.sets_rates = any(isinstance(one, RATES) for one in callbacks)
        self.rate = self._rate()

    def __bool__(self) -> bool:
        return self.every is not None

    @property
    def stopped(self) -> bool:
        """Whether a callback has requested the end of training."""
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
        """Passes the results of an epoch to the callbacks.

        Args:
            epoch: index of the epoch, from 0 as in Keras.
            loss: training loss.
            score: validation error.
        """
        if self:
            self.logs = {"loss": loss, "val_loss": score, f"val_{self.error}": score}
            self.every.on_epoch_end(epoch, self.logs)

    def train_end(self) -> None:
        if self:
            self.every.on_train_end(self.logs)

    def rate_was_set(self) -> bool:
        """Whether a callback has set the learning rate since `note_rate`, or will set it."""
        return bool(self) and (self.sets_rates or self._rate() != self.rate)

    def note_rate(self) -> None:
        """Notes the learning rate that the fit has set."""
        self.rate = self._rate()

    def _rate(self) -> float | None:
        optimizer = self.learner.optimizer
        return None if not self or has_schedule(optimizer) else float(optimizer.learning_rate)


def _is_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Callback)
