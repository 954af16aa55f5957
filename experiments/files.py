"""Names of files, and files that appear whole or not at all."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from ..pipelines.folders import refuse_foreign

FRAME_MS, REST_MS = 200, 1000  # of an animation, and of its last frame


def slug(name: str) -> str:
    """A name that is safe as the name of a file."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "unnamed"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, put in the place of `path` once it is written and on the disk."""
    fresh = path.with_name(f".{path.stem}-unfinished{path.suffix}")
    try:
        yield fresh
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def write_animation(path: Path, film: Any) -> None:
    """Writes `(time, height, width, 3)` of `uint8` as a GIF that rests at its end, then starts
    again."""
    import imageio.v3 as imageio

    durations = [FRAME_MS] * (len(film) - 1) + [REST_MS]
    imageio.imwrite(path, film, duration=durations, loop=0)


def write_all(folder: Path, files: dict[str, Callable[[Path], Any]]) -> list[Path]:
    """Writes files into a folder, each whole or not at all; returns their paths.

    Args:
        folder: made if it is not there.
        files: by name, what writes to the path it is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in files.items():
        with whole(folder / name) as fresh:
            write(fresh)
    return [folder / name for name in files]


def model_folder(folder: Path, cell: str) -> Path:
    """Where the model of a cell lies in the folder that the user names."""
    return folder / f"model-{cell}"


def checkpoint_folder(folder: Path | None, label: str) -> Path | None:
    """Where the fit of a network keeps where it stands, in the folder that the user names."""
    return None if folder is None else folder / slug(label)


def check_folder(folder: Path, cells: Iterable[str]) -> None:
    """Sees to it that saving the models of these cells destroys nothing.

    Raises:
        ArgumentError: the folder is a file, or something else is where a model would be.
    """
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"{folder} is a file: name a folder for --save.")
    for cell in cells:
        refuse_foreign(model_folder(folder, cell))
