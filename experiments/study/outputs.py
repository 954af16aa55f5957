"""What a command keeps of its work, and where."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ArgumentError
from ...pipelines.storage.files import replacing
from ...pipelines.storage.folders import refuse_foreign
from ..locations import SHOWN, try_folder, why_not

if TYPE_CHECKING:
    from ..tracking import Tracker


@dataclass(frozen=True)
class OutputOptions:
    """What a command keeps; by default nothing.

    Attributes:
        open_tracker: makes what brings the runs to a store; `None` tracks nothing.
        save: folder for models, charts, tables and forecasts.
        checkpoints: folder for the state of each fit, from which it continues.
    """

    open_tracker: "Callable[[], Tracker] | None" = None
    save: Path | None = None
    checkpoints: Path | None = None

    def tracker(self) -> "Tracker | None":
        return None if self.open_tracker is None else self.open_tracker()


def write_all(folder: Path, files: dict[str, Callable[[Path], Any]]) -> list[Path]:
    """Writes files into a folder, each whole or not at all; returns their paths.

    Args:
        folder: made if it is not there.
        files: by name, what writes to the path it is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in files.items():
        with replacing(folder / name) as fresh:
            write(fresh)
    return [folder / name for name in files]


def model_folder(folder: Path, cell: str) -> Path:
    """Where the model of a cell lies in the folder that the user names."""
    return folder / f"model-{cell}"


def check_folder(folder: Path, cells: Iterable[str], option: str = "--save") -> None:
    """Sees to it that models and files can be saved, and that saving them destroys nothing.

    Args:
        folder: that the user names.
        cells: labels of the networks whose models are saved there.
        option: by which it is named.

    Raises:
        ArgumentError: the folder is a file, nothing can be written to it, or something else is
            where a model would be.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise ArgumentError(f"{folder} is a file: name a folder for {option}.")
    _try(folder, option)
    for cell in cells:
        model = model_folder(folder, cell)
        if model.is_symlink():
            raise ArgumentError(f"{model} is a link, and is not followed: remove it.")
        refuse_foreign(model)
        if model.exists():
            _try(model, option)


def _try(folder: Path, option: str) -> None:
    """Refuses a folder to which nothing can be written."""
    try:
        try_folder(folder)
    except OSError as error:
        raise ArgumentError(
            f"Nothing can be saved in {str(folder)[:SHOWN]}: {why_not(error)}. Name another folder "
            f"for {option}."
        ) from error
