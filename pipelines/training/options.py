"""The options of training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from ..recorder import NullRecorder, Recorder
from .checkpoints import Checkpoint


@dataclass(frozen=True)
class TrainingOptions:
    """What a fit needs in addition to its network and its data.

    Attributes:
        epochs: largest number of passes over the training data.
        steps: number of training steps, which then decides `epochs`; `None` for no such number.
        patience: epochs without a better validation error before training ends.
        early_stopping: whether the weights with the best validation error are taken; else all
            epochs train, and the last weights are.
        batch_size: items, or parallel spans of a series, in a training step.
        seed: seed of the order of the data.
        optimizer: function that makes an optimizer from the number of steps of the whole training.
        loss: the `loss` of the estimator.
        error: name of the validation error.
        max_minutes: time limit in minutes, after which no epoch begins; `None` for no limit.
        recorder: logs parameters and the errors of each epoch.
        checkpoint: checkpoint written after each epoch; `None` for none.
        callbacks: Keras callbacks, called in Keras's order.
    """

    epochs: int
    patience: int
    batch_size: int
    seed: int
    optimizer: Callable[..., keras.optimizers.Optimizer]
    loss: Any = None
    error: str = "mae"
    max_minutes: float | None = None
    recorder: Recorder = field(default_factory=NullRecorder)
    checkpoint: Checkpoint | None = None
    callbacks: Sequence[keras.callbacks.Callback] = ()
    steps: int | None = None
    early_stopping: bool = True

    def with_epochs(self, steps_per_epoch: int) -> "TrainingOptions":
        """The same options, with as many epochs as hold `steps`, if these are given."""
        if self.steps is None:
            return self
        return replace(self, epochs=max(1, round(self.steps / steps_per_epoch)))
