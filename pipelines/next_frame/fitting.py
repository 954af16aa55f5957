"""Trains an encoder–forecaster through its own roll-out."""

from collections.abc import Sequence
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
from .clips import TrainingClips
from .evaluation import batches
from .losses import training_loss
from .metrics import mse
from .network import FrameNetwork
from .patches import to_patches, to_unit_interval
from .settings import Settings

PICTURES = 10  # epochs of a fit of which a roll-out is drawn, at most, after the first picture


def fit_network(
    network: FrameNetwork,
    clips: TrainingClips,
    settings: Settings,
    recorder: Recorder,
    checkpoint: Checkpoint | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> History:
    """Trains a network in place.

    Whatever the loss, the weights of the epoch with the smallest mean squared error of the
    validation clips, rolled out from their context, are the final ones.

    Args:
        network: untrained.
        clips: training and validation clips.
        settings: settings of the fit.
        recorder: gets the settings, the errors of each epoch, and pictures of the first
            validation clip.
        checkpoint: read if it holds epochs of this fit, which then continues; written after each
            epoch.
        callbacks: Keras callbacks.

    Raises:
        FitError: training diverged.
        CheckpointError: the checkpoint is damaged, of another fit, or cannot be written.
    """
    recorder.parameters(_parameters(network, clips, settings))
    context, horizon, epochs = settings.context, settings.horizon, settings.epochs
    every = -(-epochs // PICTURES)

    def score() -> float:
        errors = []
        for batch in batches(clips.validation):
            forecast = network.roll_out(batch[:, :context], horizon)
            truth = to_unit_interval(batch[:, context : context + horizon])
            errors.append(mse(truth, forecast))
        return float(np.concatenate(errors).mean())

    def draw(epoch: int) -> None:
        if epoch % every or isinstance(recorder, NullRecorder):
            return
        clip = clips.validation[:1]
        truth = to_unit_interval(clip[0, context : context + horizon])
        forecast = network.roll_out(clip[:, :context], horizon)[0]
        figure = lead_strip(truth, forecast, f"validation clip, epoch {epoch}")
        recorder.picture("frames/validation-by-epoch", figure, step=epoch)

    draw(0)  # the untrained network
    options = TrainingOptions(
        epochs=epochs,
        patience=settings.patience,
        batch_size=settings.batch_size,
        seed=settings.seed,
        optimizer=partial(new_optimizer, settings.optimizer, settings.rate),
        loss=settings.loss,
        recorder=recorder,
        checkpoint=checkpoint,
        callbacks=callbacks,
    )
    training = _Batches(clips.training, settings, clips.weights)
    network.model.compile(
        optimizer=options.optimizer(steps=epochs * len(training)),
        loss=training_loss(options.loss, settings.patch, clips.weights is not None),
    )
    return fit(network.model, training, score, "mse", options, after_epoch=draw)


def _parameters(network: FrameNetwork, clips: TrainingClips, settings: Settings) -> dict[str, Any]:
    """The settings as they are used, without those that are `None`, and what the clips are."""
    height, width, channels = clips.spec.frame
    training = clips.training
    values = settings.as_used() | {
        "cell": settings.factory.name,
        "cell_options": str(settings.cell_options or {}),
        "frame": f"{height}x{width}x{channels}",
        "split.training_clips": "made anew" if callable(training) else len(training),
        "weights": network.parameters,
    }
    return {key: value for key, value in values.items() if value is not None}


class _Batches(ResampledBatches):
    """Batches of clips, each epoch in another order or of new clips.

    A batch is `((context, empty frames that say how many follow), frames that follow)`, in
    patches, and the weight of each clip if weights are given.
    """

    def __init__(
        self, clips: np.ndarray | Sampler, settings: Settings, weights: np.ndarray | None = None
    ):
        super().__init__(np.random.default_rng(settings.seed))
        self.clips, self.settings, self.weights = clips, settings, weights
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.chosen) // self.settings.batch_size)

    def __getitem__(self, k: int) -> tuple:
        size, context = self.settings.batch_size, self.settings.context
        clips = self.chosen[k * size : (k + 1) * size]
        batch = clips if callable(self.clips) else self.clips[clips]
        end = context + self.settings.horizon
        patches = to_patches(batch[:, :end], self.settings.patch)
        ahead = np.zeros((*patches.shape[:-1], 0), "float32")[:, context:]
        weights = () if self.weights is None else (self.weights[clips],)
        return (patches[:, :context], ahead), patches[:, context:], *weights

    def draw(self) -> None:
        count = self.settings.clips_per_epoch
        if callable(self.clips):
            self.chosen = self.clips(count, int(self.rng.integers(2**32)))
        else:
            self.chosen = self.rng.permutation(len(self.clips))[:count]
