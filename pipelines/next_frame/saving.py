"""A fitted next-frame network in a folder, and back."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ModelFileError
from ..storage.folders import read_folder, write_folder
from ..training.keras_settings import settings_from_config, settings_to_config
from ..training.loop import History
from .settings import FrameSpec

if TYPE_CHECKING:
    from .predictor import NextFrame

KIND = "next_frame"


def save(predictor: "NextFrame", folder: Path) -> Path:
    """Writes a fitted network to a folder."""
    manifest = {
        "settings": settings_to_config(predictor.settings_, predictor.settings_["filters"]),
        "look": asdict(predictor.look_),
        "history": asdict(predictor.history_),
    }
    arrays = {
        "weights": predictor.network_.get_weights(),
        "mean_image": [predictor.mean_image_],
    }
    write_folder(folder, KIND, manifest, arrays)
    return folder


def restore(kind: type["NextFrame"], folder: Path) -> "NextFrame":
    """Reads what `save` wrote.

    Raises:
        ModelFileError: no model there, or a damaged one.
    """
    manifest, arrays = read_folder(folder, KIND)
    try:
        predictor = kind(**settings_from_config(manifest["settings"]))
        predictor.check()
        predictor.settings_ = predictor.get_params()
        look = manifest["look"]
        predictor.look_ = FrameSpec(**look | {"frame": tuple(look["frame"])})
        (predictor.mean_image_,) = arrays["mean_image"]
        predictor._build()
        predictor.network_.set_weights(arrays["weights"])
        predictor.history_ = History(**manifest["history"])
    except ModelFileError as error:
        raise ModelFileError(f"{folder} {error}") from error
    except Exception as error:  # whatever a stranger's file makes Keras raise
        raise ModelFileError(f"{folder} is no network that can be read: {error}") from error
    return predictor
