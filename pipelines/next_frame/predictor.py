"""`NextFrame`: a recurrent network from clips to the frames that follow."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from ...datasets import Clips
from ...errors import flag
from ...zoo.factory import CellLike, cell_factory
from ..estimator import Estimator
from ..recorder import Recorder
from ..storage.files import named_folder
from ..storage.folders import read_folder, write_folder
from ..storage.model import PackedModel, pack, unpack
from ..storage.restoring import restoring
from ..training.callbacks import Callbacks, check_rates, checked_callbacks
from ..training.checkpoints import checkpoint_in
from ..training.fingerprint import identifying_settings
from ..training.keras_settings import LossLike, OptimizerLike
from ..training.loop import History, seeded
from ..training.optimizers import schedule_of
from ..training.progress import with_progress
from .baselines import mean_image
from .clips import FrameSpec, training_clips
from .evaluation import Evaluation, record
from .fitted import FittedNextFrame
from .fitting import fit_network
from .losses import try_loss
from .network import FrameNetwork
from .saving import KIND, frames_from_plain, frames_to_plain
from .settings import Settings


class NextFrame(Estimator[FittedNextFrame]):
    """Forecasts the frames that follow a clip with a recurrent encoder–forecaster.

    The network reads the first frames of a clip, the context, and then forecasts frame after
    frame. In training and in use alike, what it reads after the context are its own forecasts.

    Frames are `(clips, time, height, width)` or `(…, channels)`, `uint8` from 0 to 255 or
    floats from 0 to 1; forecasts are floats from 0 to 1.

    Args:
        cell: name of a cell in `CELLS` that reads images, a class of such cells, a function from
            filters to a cell, or a cell, ours or any Keras one, of which untrained copies are
            made; its own number of filters is then used.
        context: frames that are read before the first forecast.
        horizon: frames that are forecast in training and evaluation.
        filters: channels of the cells.
        layers: number of cells on top of each other, in the encoder and in the forecaster.
        patch: side in pixels of the squares that the network reads as one place each
            (space to depth). Height and width must be divisible by it.
        seed: random seed. The same seed and clips give the same forecast.
        epochs: largest number of epochs.
        clips_per_epoch: largest number of clips in an epoch.
        batch_size: clips in a training step.
        patience: epochs without a better validation error after which training ends.
        learning_rate: learning rate of an optimizer that is given by name; by default 0.004.
        cell_options: further arguments of the cell, by name, e.g. `{"kernel_size": 5}`.
        engine: how the loops over time are run: `"auto"`, or a name in `rnnzoo.zoo.engines`.
        optimizer: by default Adam. A name, such as `"sgd"`, is used with `learning_rate` and with
            the norm of each gradient clipped at 1; an object or a config has its own learning
            rate and clipping, as for `Forecaster`.
        loss: by default the squared error. A name, a config, an object of `keras.losses`, or a
            function of truth and forecast, both `(clips, horizon, height, width, channels)` from
            0 to 1. Training minimizes the mean of what it returns. Whatever the loss, the
            weights are chosen by the squared error of the validation clips.

    `fit` sets `fitted_`, one value that never changes, when it has succeeded: a fit that fails
    or is interrupted leaves the one before. Parts of it can be read as `settings_`, `network_`,
    `frame_spec_`, `mean_image_`, `history_` and `parameters_`.

    Example:

    >>> from rnnzoo import NextFrame, load_clips
    >>> clips = load_clips("moving-digits")
    >>> tiny = NextFrame(filters=2, layers=1, patch=8, epochs=1, clips_per_epoch=8)
    >>> tiny.fit(clips).predict(clips.test[:3, :10], steps=5).shape
    (3, 5, 32, 32, 1)
    """

    def __init__(
        self,
        cell: CellLike = "conv_lstm",
        context: int = 10,
        horizon: int = 10,
        filters: int = 32,
        layers: int = 2,
        patch: int = 4,
        seed: int = 0,
        epochs: int = 50,
        clips_per_epoch: int = 1000,
        batch_size: int = 8,
        patience: int = 15,
        learning_rate: float | None = None,
        cell_options: dict[str, Any] | None = None,
        engine: str = "auto",
        optimizer: OptimizerLike | None = None,
        loss: LossLike | None = None,
    ):
        self.cell = cell
        self.context = context
        self.horizon = horizon
        self.filters = filters
        self.layers = layers
        self.patch = patch
        self.seed = seed
        self.epochs = epochs
        self.clips_per_epoch = clips_per_epoch
        self.batch_size = batch_size
        self.patience = patience
        self.learning_rate = learning_rate
        self.cell_options = cell_options
        self.engine = engine
        self.optimizer = optimizer
        self.loss = loss

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
        self._settings()

    def check_clips(self, clips: Clips) -> None:
        """Checks settings and clips as `fit` and `evaluate` would, without training.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
            DataError: clips that cannot be used.
        """
        settings = self._settings()
        spec = training_clips(clips, settings).spec
        spec.checked_whole(clips.test, settings)
        try_loss(settings.loss, (settings.horizon, *spec.frame), settings.patch, weighed=False)

    def fit(
        self,
        clips: Any,
        *,
        validation: Any = None,
        sample_weight: Any = None,
        callbacks: Callbacks = None,
        recorder: Recorder | None = None,
        checkpoint: str | Path | None = None,
        progress: bool = False,
    ) -> "NextFrame":
        """Trains the network on its own roll-out: no true frame after the context is an input.

        Args:
            clips: `Clips`, whose test part is not read; an array or a list of clips; or
                a function of a count and a seed that makes clips.
            validation: clips whose error chooses the weights of the network; by default those
                of `Clips`, or the last tenth.
            sample_weight: how much each clip counts in training, `(clips,)`: numbers of 0 or
                above, relative to their mean, for all clips that are given, also for the last
                tenth where it is held out. A clip of weight 0 is left out. The validation
                error does not use them. Clips that a function makes cannot have weights.
            callbacks: Keras callbacks, as for `Forecaster.fit`; the logs are `loss`, `val_loss`
                and `val_mse`, the last two being the validation error.
            recorder: gets the settings, the errors of each epoch, and pictures.
            checkpoint: folder to which the state of training is written after each epoch, and
                from which a fit that was killed continues, as for `Forecaster.fit`. Two
                functions that make clips count as the same if their first clips are equal.
            progress: whether to show epoch, loss, validation error and the time left.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
            DataError: no frames, too few in a clip, or ones that cannot be used.
            FitError: training diverged.
            CheckpointError: the checkpoint is damaged, of another fit, or cannot be written.
        """
        flag("progress", progress)
        hooks = checked_callbacks(callbacks, "mse")
        settings = self._settings()
        parts = training_clips(clips, settings, validation, sample_weight)
        spec, weighed = parts.spec, parts.weights is not None
        try_loss(settings.loss, (settings.horizon, *spec.frame), settings.patch, weighed)
        check_rates(hooks, schedule_of(settings.optimizer))
        mean = mean_image(parts.sample)
        identity = identifying_settings(settings.to_dict(), settings.filters)
        with (
            seeded(settings.seed),
            checkpoint_in(checkpoint, KIND, identity, parts.arrays) as epochs,
            with_progress(recorder, progress) as listener,
        ):
            network = FrameNetwork.untrained(settings, spec)
            history = fit_network(network, parts, settings, listener, epochs, hooks)
        self.fitted_ = FittedNextFrame(settings, network, mean, history)
        return self

    def predict(self, frames: Any, steps: int | None = None) -> np.ndarray:
        """Forecasts the frames that follow each clip.

        Args:
            frames: known frames, at least `context` of each clip. All of them are read: if clips
                hold the frames to be forecast as well, pass `clips[:, :context]`.
            steps: number of frames to forecast; by default `horizon`.

        Returns:
            `(clips, steps, height, width)` or `(…, channels)`, as the frames were given:
            floats from 0 to 1.

        Raises:
            DataError: too few frames, or frames of another size or type than in `fit`.
            NotFittedError: there has been no fit.
        """
        return self._require_fit().predict(frames, steps)

    def evaluate(self, clips: Any, *, recorder: Recorder | None = None) -> Evaluation:
        """Scores forecasts, next to the baselines `repeat-last`, `mean-image` and `zeros`.

        Args:
            clips: `Clips`, whose test part is scored, or clips as an array or a list. The first
                `context` frames of each clip are read, the next `horizon` are scored.
            recorder: gets the errors of the network.

        Raises:
            DataError: too few frames, or frames of another size or type than in `fit`.
            NotFittedError: there has been no fit.
        """
        own = isinstance(clips, Clips)
        evaluation = self._require_fit().evaluate(
            clips.test if own else clips, clips.name if own else "clips"
        )
        if recorder is not None:
            record(evaluation, recorder)
        return evaluation

    def save(self, folder: str | Path) -> Path:
        """Writes the fitted network to a folder: JSON and arrays.

        The folder appears whole or not at all; an older model there is replaced.

        Raises:
            ArgumentError: the folder exists and holds something else.
            ModelFileError: it cannot be written, or the class of the cell could not be found
                when loading.
            NotFittedError: there has been no fit.
        """
        path = named_folder(folder)
        write_folder(path, KIND, *frames_to_plain(self._require_fit()))
        return path

    @classmethod
    def load(cls, folder: str | Path) -> "NextFrame":
        """Reads a saved network; it forecasts the same, bit for bit.

        Raises:
            ModelFileError: no model there, or a damaged one.
        """
        path = named_folder(folder)
        manifest, arrays = read_folder(path, KIND)
        with restoring(path, "network"):
            fitted = frames_from_plain(manifest, arrays)
        loaded = cls(**fitted.settings.to_dict())
        loaded.fitted_ = fitted
        return loaded

    def _packed(self) -> PackedModel:
        return pack(KIND, *frames_to_plain(self.fitted_))

    def _unpacked(self, packed: PackedModel) -> FittedNextFrame:
        return frames_from_plain(*unpack(packed, KIND, "the pickled network"))

    @property
    def cell_name(self) -> str:
        """Name of the cell in tables and charts."""
        return cell_factory(self.fitted_.settings.cell if self.is_fitted else self.cell).name

    @property
    def settings_(self) -> dict[str, Any]:
        """Arguments of the constructor at the time of the fit."""
        return self._require_fit().settings.to_dict()

    @property
    def network_(self) -> keras.Model:
        """The trained network, which reads and forecasts patches of frames."""
        return self._require_fit().network.model

    @property
    def frame_spec_(self) -> FrameSpec:
        """Shape and type of the frames that can be read."""
        return self._require_fit().network.spec

    @property
    def mean_image_(self) -> np.ndarray:
        """Mean training frame, `(height, width, channels)` in [0, 1]."""
        return self._require_fit().mean_image

    @property
    def history_(self) -> History:
        """Errors of each epoch, and the fit time."""
        return self._require_fit().history

    @property
    def parameters_(self) -> int:
        """Number of weights of the network."""
        return self._require_fit().network.parameters

    def _settings(self) -> Settings:
        return Settings.from_params(self.get_params(deep=False))
