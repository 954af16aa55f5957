"""Names of files, and files that appear whole or not at all."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from ..pipelines.durable import replacing
from ..pipelines.folders import refuse_foreign

BYTES = 200  # of a file's name: systems take 255, and unfinished ones have longer names
ENDING = 10  # letters of what can be a file's ending
FRAME_MS, REST_MS = 200, 1000  # of an animation, and of its last frame


def slug(name: str) -> str:
    """A name that is safe as the name of a file."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "unnamed"


def short(name: str, limit: int) -> str:
    """A file's name in at most so many bytes, with its ending: a letter has up to four."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > ENDING:
        stem, dot, ending = name, "", ""
    room = limit - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


class Names:
    """Names of the files in a folder: safe and short, and each given to one thing.

    Args:
        reserved: names that are not given.
    """

    def __init__(self, *reserved: str):
        self._given: dict[str, tuple] = {name.casefold(): () for name in reserved}

    def __call__(self, name: str, ending: str = "", step: int | None = None) -> str:
        """The name of a file for what is called `name`; the same for the same thing.

        Raises:
            ArgumentError: the name is reserved, or something else has it.
        """
        end = ("" if step is None else f"-{step:06d}") + ending
        safe = short(slug(name), BYTES - len(end.encode())) + end
        thing = (name, ending, step)
        holder = self._given.setdefault(safe.casefold(), thing)
        if holder == thing:
            return safe
        whose = f"{holder[0]!r} has that name already" if holder else "it is the journal's own"
        raise ArgumentError(f"{name!r} cannot be the file {safe}: {whose}. Name it otherwise.")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, put in the place of `path` once it is written and on the disk."""
    # the ending stays: from it libraries know what to write
    with replacing(path, path.with_name(f".{path.stem}-unfinished{path.suffix}")) as fresh:
        yield fresh


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


def check_folder(folder: Path, cells: Iterable[str]) -> None:
    """Sees to it that saving the models of these cells destroys nothing.

    Raises:
        ArgumentError: the folder is a file, or something else is where a model would be.
    """
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"{folder} is a file: name a folder for --save.")
    for cell in cells:
        refuse_foreign(model_folder(folder, cell))
