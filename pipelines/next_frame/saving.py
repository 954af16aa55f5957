"""A fitted next-frame network in a folder, and back."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelFileError
from ...zoo.cell_config import cell_from_config, cell_to_config, check_can_be_found
from ..folders import read_folder, write_folder
from ..training import History
from .settings import Look

if TYPE_CHECKING:
    from .predictor import NextFrame

KIND = "next_frame"


def plain_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as plain values."""
    return settings | {"cell": cell_to_config(settings["cell"], settings["filters"])}


def save(predictor: "NextFrame", folder: Path) -> Path:
    """Writes a fitted network to a folder."""
    check_can_be_found(predictor.settings_["cell"])
    manifest = {
        "settings": plain_settings(predictor.settings_),
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
        settings = manifest["settings"]
        predictor = kind(**settings | {"cell": cell_from_config(settings["cell"])})
        predictor.check()
        predictor.settings_ = predictor.get_params()
        look = manifest["look"]
        predictor.look_ = Look(**look | {"frame": tuple(look["frame"])})
        (predictor.mean_image_,) = arrays["mean_image"]
        predictor._build()
        predictor.network_.set_weights(arrays["weights"])
        predictor.history_ = History(**manifest["history"])
    except ModelFileError as error:
        raise ModelFileError(f"{folder} {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{folder} is no network that can be read: {error}") from error
    return predictor
