"""How a network is trained, as one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras

from ..recorder import NullRecorder, Recorder
from .checkpoints import Checkpoint


@dataclass(frozen=True)
class TrainingOptions:
    """What a fit is given beside its network and its data.

    Attributes:
        epochs: passes over the training data, at most.
        patience: epochs without a better validation error before training ends.
        batch_size: items, or spans read side by side, in a step of training.
        seed: of the order of the data.
        optimizer: makes an optimizer from the `steps` of the whole training.
        loss: a setting of the estimator.
        max_minutes: after which no epoch begins; `None` for no limit.
        recorder: gets parameters and the errors of each epoch.
        checkpoint: written after each epoch; `None` writes nothing.
        callbacks: Keras callbacks, called in Keras's order.
    """

    epochs: int
    patience: int
    batch_size: int
    seed: int
    optimizer: Callable[..., keras.optimizers.Optimizer]
    loss: Any = None
    max_minutes: float | None = None
    recorder: Recorder = field(default_factory=NullRecorder)
    checkpoint: Checkpoint | None = None
    callbacks: Sequence[keras.callbacks.Callback] = ()
