"""Trains an encoder–forecaster through its own roll-out."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from ...datasets import Sampler
from ..recorder import Recorder, Silence
from ..training import History, fit
from .charts import lead_strip
from .evaluation import batches
from .metrics import mse
from .patches import to_patches, unit

PICTURES = 10  # roll-outs shown in the course of a fit, at most, after the first one


def fit_network(
    network: keras.Model,
    roll_out: Callable[[np.ndarray, int], np.ndarray],
    training: np.ndarray | Sampler,
    validation: np.ndarray,
    settings: dict[str, Any],
    recorder: Recorder,
) -> History:
    """Trains `network` in place; the mean squared error of validation frames, rolled out
    freely, chooses the weights.

    Args:
        network: as `encoder_forecaster` makes it, on patches.
        roll_out: the same network on frames, from what is known and a number of steps.
        training: clips, or what makes them.
        validation: clips.
        settings: of a `NextFrame`.
        recorder: told of each epoch, with pictures of the first validation clip.
    """
    context, horizon, epochs = settings["context"], settings["horizon"], settings["epochs"]
    every = -(-epochs // PICTURES)
    done = 0

    def score() -> float:
        nonlocal done
        done += 1
        errors = []
        for clips in batches(validation):
            forecast = roll_out(clips[:, :context], horizon)
            errors.append(mse(unit(clips[:, context : context + horizon]), forecast))
        if done % every == 0:
            show()
        return float(np.concatenate(errors).mean())

    def show() -> None:
        if isinstance(recorder, Silence):
            return
        clip = validation[:1]
        truth, forecast = unit(clip[0, context:]), roll_out(clip[:, :context], horizon)[0]
        figure = lead_strip(truth[:horizon], forecast, f"validation clip, epoch {done}")
        recorder.picture("frames/validation-by-epoch", figure, step=done)

    show()  # the network as it begins
    network.compile(
        optimizer=keras.optimizers.Adam(settings["learning_rate"], clipnorm=1.0), loss="mse"
    )
    return fit(
        network,
        _Batches(training, settings),
        score,
        "mse",
        epochs=epochs,
        patience=settings["patience"],
        recorder=recorder,
    )


class _Batches(keras.utils.PyDataset):
    """Batches of clips, in another order or of new clips each epoch."""

    def __init__(self, clips: np.ndarray | Sampler, settings: dict[str, Any]):
        super().__init__()
        self.clips, self.settings = clips, settings
        self.rng = np.random.default_rng(settings["seed"])
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.chosen) // self.settings["batch_size"])

    def __getitem__(self, k: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        size, context = self.settings["batch_size"], self.settings["context"]
        clips = self.chosen[k * size : (k + 1) * size]
        batch = clips if callable(self.clips) else self.clips[clips]
        end = context + self.settings["horizon"]
        patches = to_patches(batch[:, :end], self.settings["patch"])
        ahead = np.zeros((*patches.shape[:-1], 0), "float32")[:, context:]
        return (patches[:, :context], ahead), patches[:, context:]

    def on_epoch_end(self) -> None:
        count = self.settings["clips_per_epoch"]
        if callable(self.clips):
            self.chosen = self.clips(count, int(self.rng.integers(2**32)))
        else:
            self.chosen = self.rng.permutation(len(self.clips))[:count]
