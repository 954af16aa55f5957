"""`NextFrame`: a recurrent network from clips to the frames that follow."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.exceptions import NotFittedError

from ...datasets import Clips
from ...errors import flag, whole_number
from ...zoo.backend.compiled import compiled
from ...zoo.factory import CellLike, cell_factory
from ...zoo.models import encoder_forecaster
from ..estimator import BaseEstimator
from ..recorder import Recorder
from ..training.callbacks import Callbacks, check_rates, checked_callbacks
from ..training.checkpoints import checkpoint_in
from ..training.fingerprint import identifying_settings
from ..training.keras_settings import LossLike, OptimizerLike, clone_estimator
from ..training.loop import History, seeded
from ..training.optimizers import schedule_of
from ..training.progress import with_progress
from . import settings
from .baselines import mean_image
from .evaluation import Evaluation, evaluate, record
from .fitting import fit_network
from .losses import try_loss
from .patches import to_frames, to_patches
from .saving import KIND, restore, save
from .settings import FrameSpec
from .weights import weighed

PIXELS = 2**17  # rolled out side by side: bounds memory, whatever the number of clips
MEAN_CLIPS = 1000  # made for the mean image, where clips are made anew


class NextFrame(BaseEstimator):
    """Reads some frames and rolls out those that follow, fed nothing but its own.

    Frames are `(clips, time, height, width)` or `(…, channels)`, `uint8` from 0 to 255 or
    floats from 0 to 1; forecasts are floats from 0 to 1.

    Args:
        cell: name of a cell in `CELLS` that reads images, a class of such cells, a function from
            filters to a cell, or a cell, ours or any Keras one, of which untrained copies are
            made; its own filters then count.
        context: frames that are read before the first forecast.
        horizon: frames that are forecast in training and evaluation.
        filters: channels of the cells.
        layers: cells on top of each other, in the encoder and in the forecaster.
        patch: side of the squares of pixels that the network reads as one place each
            (space to depth). Height and width must be divisible by it.
        seed: the same seed on the same clips gives the same forecast.
        epochs: at most.
        clips_per_epoch: clips that an epoch reads, at most.
        batch_size: clips in a step of training.
        patience: epochs without a better validation error before training ends.
        learning_rate: of the optimizer; by default 0.004.
        cell_options: further arguments of the cell, by name, e.g. `{"kernel_size": 5}`.
        engine: how the loops over time are run: `"auto"`, or a name in `rnnzoo.zoo.engines`.
        optimizer: by default Adam. A name, such as `"sgd"`, is used with `learning_rate` and with
            the norm of each gradient clipped at 1; an object or a config has its own, as for
            `Forecaster`.
        loss: by default the squared error. A name, a config, an object of `keras.losses`, or a
            function of truth and forecast, both `(clips, horizon, height, width, channels)` from
            0 to 1. Training minimizes the mean of what it returns. Whatever the loss, the
            weights are chosen by the squared error of the validation clips.

    What `fit` learns ends in an underscore: `network_`, `look_`, `mean_image_`,
    `history_`, and `settings_`, the arguments as they were then.

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

    def __sklearn_clone__(self) -> "NextFrame":
        return clone_estimator(self)

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
        settings.check(self.get_params())

    def check_clips(self, clips: Clips) -> None:
        """Raises what `fit` and `evaluate` would, before the work.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
            DataError: clips that cannot be used.
        """
        _, _, _, look = self._parts(clips, None)
        self._whole(look, clips.test, self.context, self.horizon)
        self._try_loss(look, None)

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
        """Trains through the roll-out: no frame that is forecast is ever an input.

        Args:
            clips: `Clips`, whose test part is not touched; an array or a list of clips; or
                a function of a count and a seed that makes clips.
            validation: clips that choose the weights; by default those of `Clips`, or the
                last tenth.
            sample_weight: how much each clip counts in training, `(clips,)`: numbers of 0 or
                above, relative to their mean, for all clips that are given, the last tenth
                included where it is held out. A clip of weight 0 is left out. The validation
                error does not use them. Clips that a function makes anew cannot have weights.
            callbacks: Keras callbacks, as for `Forecaster.fit`; the logs are `loss`, `val_loss`
                and `val_mse`, the last two being the validation error.
            recorder: told of parameters, of the errors of each epoch, with pictures.
            checkpoint: folder that keeps where the fit stands, as of `Forecaster.fit`. A
                function that makes clips is taken for the same if it makes the same first ones.
            progress: show epoch, loss, validation error and the time left.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
            DataError: no frames, too few in a clip, or ones that cannot be used.
            FitError: training diverged.
            CheckpointError: the checkpoint is damaged, of another fit, or cannot be written.
        """
        flag("progress", progress)
        called = checked_callbacks(callbacks, "mse")
        training, some, held_out, look = self._parts(clips, validation)
        training, weights = weighed(training, sample_weight, clips)
        self._try_loss(look, weights)
        check_rates(called, schedule_of(self.optimizer))
        if hasattr(self, "history_"):  # should this fit fail, no half of an older one is left
            del self.history_
        self.settings_, self.look_ = self.get_params(), look
        self.mean_image_ = mean_image(some)
        known = some if callable(training) else training
        read = (known, held_out, np.empty(0) if weights is None else weights)
        kept_in = checkpoint_in(
            checkpoint, KIND, identifying_settings(self.settings_, self.settings_["filters"]), read
        )
        with seeded(self.seed), kept_in as kept, with_progress(recorder, progress) as told:
            self._build()
            told.parameters(settings.described(self, training))
            self.history_: History = fit_network(
                self.network_,
                self._roll_out,
                training,
                held_out,
                self.settings_,
                told,
                kept,
                weights,
                called,
            )
        return self

    def predict(self, frames: Any, steps: int | None = None) -> np.ndarray:
        """Rolls out the frames that follow each clip.

        Args:
            frames: what is known, at least `context` frames a clip. All of it is read: of
                clips with the frames to be forecast, pass `clips[:, :context]`.
            steps: how many frames to forecast; by default `horizon`.

        Returns:
            `(clips, steps, height, width)` or `(…, channels)`, as the frames were given:
            floats from 0 to 1.

        Raises:
            DataError: too few frames, or frames of another size or type than in `fit`.
        """
        self._require_fit()
        steps = self.settings_["horizon"] if steps is None else whole_number("steps", steps)
        known = self.look_.checked(frames, self.settings_["context"], "the context")
        forecast = self._roll_out(known, steps)
        return forecast if np.ndim(frames) == 5 else forecast[..., 0]

    def evaluate(self, clips: Any, *, recorder: Recorder | None = None) -> Evaluation:
        """Scores free roll-outs beside `repeat-last`, `mean-image` and `zeros`.

        Args:
            clips: `Clips`, of which the test part is scored, or clips as an array or list,
                of which the first `context` frames are read and the next `horizon` scored.
            recorder: told of the errors.

        Raises:
            DataError: too few frames, or frames of another size or type than in `fit`.
        """
        self._require_fit()
        own = isinstance(clips, Clips)
        context, horizon = int(self.settings_["context"]), int(self.settings_["horizon"])
        evaluation = evaluate(
            cell_factory(self.settings_["cell"]).name,
            self._roll_out,
            self._whole(self.look_, clips.test if own else clips, context, horizon),
            context,
            horizon,
            self.mean_image_,
            name=clips.name if own else "clips",
            parameters=self.parameters_,
            seconds=self.history_.seconds,
        )
        if recorder is not None:
            record(evaluation, recorder)
        return evaluation

    def save(self, folder: str | Path) -> Path:
        """Writes the fitted network to a folder: JSON and arrays.

        The folder appears whole or not at all; an older model there is replaced.

        Raises:
            ArgumentError: the folder exists and holds something else.
        """
        self._require_fit()
        return save(self, Path(folder).expanduser())

    @classmethod
    def load(cls, folder: str | Path) -> "NextFrame":
        """Reads a saved network; it forecasts the same, bit for bit.

        Raises:
            ModelFileError: no model there, or a damaged one.
        """
        return restore(cls, Path(folder).expanduser())

    @property
    def cell_name(self) -> str:
        """What tables and charts call the cell."""
        return cell_factory(self.cell).name

    @property
    def parameters_(self) -> int:
        """Weights of the network."""
        self._require_fit()
        return int(self.network_.count_params())

    def _build(self) -> None:
        """Makes an untrained network of `settings_` for the frames of `look_`."""
        height, width, channels = self.look_.frame or ()
        patch, chosen = self.look_.patch, self.settings_
        factory, options = cell_factory(chosen["cell"]), chosen["cell_options"] or {}
        encoder, forecaster = (
            factory.stacked(chosen["layers"], chosen["filters"], **options) for _ in range(2)
        )
        places = (height // patch, width // patch, patch**2 * channels)
        self.network_: keras.Model = encoder_forecaster(
            encoder, forecaster, places, chosen["engine"]
        )
        self._compiled = compiled(self.network_)

    def _roll_out(self, known: np.ndarray, steps: int) -> np.ndarray:
        """`(clips, steps, height, width, channels)` after frames that were checked."""
        frames = np.empty((len(known), steps, *known.shape[2:]), "float32")
        together = max(1, PIXELS // (known.shape[2] * known.shape[3]))
        for first in range(0, len(known), together):
            patches = to_patches(known[first : first + together], self.look_.patch)
            ahead = np.zeros((len(patches), steps, *patches.shape[2:-1], 0), "float32")
            rolled = to_frames(self._compiled([patches, ahead])[0], self.look_.patch)
            np.clip(rolled, 0, 1, out=frames[first : first + together])
        return frames

    def _try_loss(self, look: FrameSpec, weights: np.ndarray | None) -> None:
        frames = (int(self.horizon), *(look.frame or ()))
        try_loss(self.loss, frames, look.patch, weights is not None)

    def _parts(self, clips: Any, validation: Any) -> tuple[Any, np.ndarray, np.ndarray, FrameSpec]:
        """What trains, clips that stand for it, what chooses the weights, how they look."""
        self.check()
        training, held_out = settings.parts(clips, validation)
        some = training(MEAN_CLIPS, 0) if callable(training) else training
        some = self._whole(FrameSpec(int(self.patch)), some, self.context, self.horizon)
        look = FrameSpec(int(self.patch), some.shape[2:], some.dtype.name)
        held_out = self._whole(look, held_out, self.context, self.horizon)
        if not callable(training):
            return some, some, held_out, look

        def checked(count: int, seed: int) -> np.ndarray:
            return self._whole(look, training(count, seed), self.context, self.horizon)

        return checked, some, held_out, look

    @staticmethod
    def _whole(look: FrameSpec, clips: Any, context: int, horizon: int) -> np.ndarray:
        why = f"{context} to read and {horizon} to forecast"
        return look.checked(clips, context + horizon, why)

    def _require_fit(self) -> None:
        if not hasattr(self, "history_"):
            raise NotFittedError("This NextFrame is not fitted yet: call `fit` or `load` first.")
