"""Writes a fitted next-frame network to a folder, and reads it."""

from dataclasses import asdict
from pathlib import Path

from ...errors import ModelFileError
from ..storage.folders import read_folder, write_folder
from ..training.keras_settings import settings_from_config, settings_to_config
from ..training.loop import History
from .clips import FrameSpec
from .fitted import FittedNextFrame
from .network import FrameNetwork
from .settings import Settings

KIND = "next_frame"


def save(fitted: FittedNextFrame, folder: Path) -> Path:
    """Writes a fitted network to a folder.

    Raises:
        ArgumentError: the folder exists and holds something else.
        ModelFileError: it cannot be written, or the cell could not be found when loading.
    """
    manifest = {
        "settings": settings_to_config(fitted.settings.to_dict(), fitted.settings.filters),
        "frame_spec": asdict(fitted.network.spec),
        "history": asdict(fitted.history),
    }
    arrays = {
        "weights": fitted.network.model.get_weights(),
        "mean_image": [fitted.mean_image],
    }
    write_folder(folder, KIND, manifest, arrays)
    return folder


def load(folder: Path) -> FittedNextFrame:
    """Reads what `save` wrote.

    Raises:
        ModelFileError: no model there, or a damaged one.
    """
    manifest, arrays = read_folder(folder, KIND)
    try:
        settings = Settings.from_params(settings_from_config(manifest["settings"]))
        look = manifest["frame_spec"]
        spec = FrameSpec(**look | {"frame": tuple(look["frame"])})
        (mean_image,) = arrays["mean_image"]
        network = FrameNetwork.untrained(settings, spec)
        network.model.set_weights(arrays["weights"])
        return FittedNextFrame(settings, network, mean_image, History(**manifest["history"]))
    except ModelFileError as error:
        raise ModelFileError(f"{folder} {error}") from error
    except Exception as error:  # whatever a stranger's file makes Keras raise
        raise ModelFileError(f"{folder} is no network that can be read: {error}") from error
