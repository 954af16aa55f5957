"""Trains an encoder–forecaster through its own roll-out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from ...datasets import Sampler
from ..recorder import NullRecorder, Recorder
from ..training.checkpoints import Checkpoint
from ..training.loop import History, fit
from ..training.optimizers import new_optimizer
from ..training.options import TrainingOptions
from ..training.state import ResampledBatches
from .charts import lead_strip
from .evaluation import batches
from .losses import training_loss
from .metrics import mse
from .patches import to_patches, unit
from .settings import LEARNING_RATE

PICTURES = 10  # roll-outs shown in the course of a fit, at most, after the first one


def fit_network(
    network: keras.Model,
    roll_out: Callable[[np.ndarray, int], np.ndarray],
    training: np.ndarray | Sampler,
    validation: np.ndarray,
    settings: dict[str, Any],
    recorder: Recorder,
    checkpoint: Checkpoint | None = None,
    weights: np.ndarray | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> History:
    """Trains `network` in place; the mean squared error of validation frames, rolled out
    freely, chooses the weights, whatever the loss.

    Args:
        network: as `encoder_forecaster` makes it, on patches.
        roll_out: the same network on frames, from what is known and a number of steps.
        training: clips, or what makes them.
        validation: clips.
        settings: of a `NextFrame`.
        recorder: told of each epoch, with pictures of the first validation clip.
        checkpoint: to go on from, and to be written.
        weights: what each training clip counts, `(clips,)`; `None` where all count alike.
        callbacks: of Keras.
    """
    context, horizon, epochs = settings["context"], settings["horizon"], settings["epochs"]
    every = -(-epochs // PICTURES)

    def score() -> float:
        errors = []
        for clips in batches(validation):
            forecast = roll_out(clips[:, :context], horizon)
            errors.append(mse(unit(clips[:, context : context + horizon]), forecast))
        return float(np.concatenate(errors).mean())

    def show(epoch: int) -> None:
        if epoch % every or isinstance(recorder, NullRecorder):
            return
        clip = validation[:1]
        truth, forecast = unit(clip[0, context:]), roll_out(clip[:, :context], horizon)[0]
        figure = lead_strip(truth[:horizon], forecast, f"validation clip, epoch {epoch}")
        recorder.picture("frames/validation-by-epoch", figure, step=epoch)

    show(0)  # the network as it begins
    clips = _Batches(training, settings, weights)
    rate = LEARNING_RATE if settings["learning_rate"] is None else settings["learning_rate"]
    options = TrainingOptions(
        epochs=epochs,
        patience=settings["patience"],
        batch_size=settings["batch_size"],
        seed=settings["seed"],
        optimizer=partial(new_optimizer, settings["optimizer"], rate),
        loss=settings["loss"],
        max_minutes=None,
        recorder=recorder,
        checkpoint=checkpoint,
        callbacks=callbacks,
    )
    optimizer = options.optimizer(steps=epochs * len(clips))
    loss = training_loss(options.loss, settings["patch"], weights is not None)
    network.compile(optimizer=optimizer, loss=loss)
    return fit(network, clips, score, "mse", options, after_epoch=show)


class _Batches(ResampledBatches):
    """Batches of clips, in another order or of new clips each epoch."""

    def __init__(
        self, clips: np.ndarray | Sampler, settings: dict[str, Any],
        weights: np.ndarray | None = None,
    ):  # fmt: skip
        super().__init__(np.random.default_rng(settings["seed"]))
        self.clips, self.settings, self.weights = clips, settings, weights
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.chosen) // self.settings["batch_size"])

    def __getitem__(self, k: int) -> tuple:
        size, context = self.settings["batch_size"], self.settings["context"]
        clips = self.chosen[k * size : (k + 1) * size]
        batch = clips if callable(self.clips) else self.clips[clips]
        end = context + self.settings["horizon"]
        patches = to_patches(batch[:, :end], self.settings["patch"])
        ahead = np.zeros((*patches.shape[:-1], 0), "float32")[:, context:]
        weights = () if self.weights is None else (self.weights[clips],)
        return (patches[:, :context], ahead), patches[:, context:], *weights

    def draw(self) -> None:
        count = self.settings["clips_per_epoch"]
        if callable(self.clips):
            self.chosen = self.clips(count, int(self.rng.integers(2**32)))
        else:
            self.chosen = self.rng.permutation(len(self.clips))[:count]
