"""Opens files: the only place where data are read from the disk."""

import gzip
import math
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import DataError, nearest

SHOWN = 300  # characters of a path in a message
LIMIT = 2**31  # bytes of frames, unpacked: a hostile archive must not fill the memory
IDX_IMAGES = b"\0\0\x08\x03"  # the head of an IDX file: bytes, in three axes
MOST_LETTERS = 300  # of a foreign error in a message
UNPACKING = (gzip.BadGzipFile, EOFError, zlib.error)


def open_frames(path: str | Path) -> np.ndarray:
    """Reads the frames of a `.npy` or `.npz` file, whatever their shape.

    Of a `.npz` file it takes the array called `frames`, or else the only one.

    Raises:
        DataError: the file is missing, damaged, too large, or holds no such array.
    """
    path = existing_path(path)
    if not path.name.lower().endswith((".npy", ".npz")):
        raise DataError(
            f"{path.name}: Frames are read from .npy and .npz files. Read other kinds with "
            "imageio and save the array: np.save('frames.npy', frames)"
        )
    try:
        if _unpacked_size(path) > LIMIT:
            raise DataError(
                f"{path.name}: The frames take more than {LIMIT >> 30} GiB. Cut them in parts."
            )
        if not zipfile.is_zipfile(path):
            # mapped: a header that says more than the file holds is refused, not allocated
            return np.array(np.lib.format.open_memmap(path, mode="r"))
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return stored[_frames_key(stored.files, path.name)]
    except DataError:
        raise
    except Exception as error:  # whatever a damaged file makes NumPy raise
        objects = "pickle" in str(error) or "Python objects" in str(error)
        said = "it holds Python objects" if objects else reason(error)
        raise DataError(f"{path.name}: The file cannot be read as frames: {said}") from error


def open_idx(folder: str | Path, name: str) -> np.ndarray:
    """Reads the images of an IDX file of MNIST, packed or not: `(images, height, width)`.

    Args:
        folder: folder that holds the file.
        name: file name without `.gz`, e.g. `"train-images-idx3-ubyte"`.

    Raises:
        DataError: the file is missing, damaged, or holds no images.
    """
    folder = Path(folder).expanduser()
    found = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
    if not found:
        raise DataError(
            f"There is no {name} and no {name}.gz in the folder {folder}. "
            "Name the folder that holds MNIST's IDX files."
        )
    try:
        content = _content(found[0])
    except (OSError, *UNPACKING) as error:
        raise DataError(f"{found[0].name}: The file cannot be read: {error}") from error
    shape = tuple(np.frombuffer(content[4:16], ">i4").tolist()) if len(content) > 16 else ()
    if content[:4] != IDX_IMAGES or len(content) != 16 + math.prod(shape):
        raise DataError(
            f"{found[0].name}: This is no IDX file of images, or it is damaged "
            f"({len(content):,} bytes unpacked). Fetch it again."
        )
    return np.frombuffer(content[16:], "uint8").reshape(shape)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raises what goes wrong inside as a `DataError` that names the file."""
    try:
        yield
    except UNPACKING as error:
        raise DataError(f"{path.name}: The gzip file is damaged or cut short ({error}).") from error
    except DataError:
        raise
    except Exception as error:  # whatever a damaged file makes its reader raise
        raise DataError(f"{path.name}: The file cannot be read: {reason(error)}") from error


def reason(error: Exception) -> str:
    """What an error says, in one line; its kind where it says nothing."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= MOST_LETTERS else f"{said[:MOST_LETTERS]} …"


def open_unpacked(path: Path) -> tuple[BinaryIO, Callable[[], float]]:
    """Opens the unpacked content of a file as a stream.

    Returns:
        The stream, and a function that gives the share of the file read so far, in [0, 1].
    """
    size = max(1, path.stat().st_size)
    if _is_packed(path):
        packed: Any = gzip.GzipFile(path)
        return packed, lambda: packed.fileobj.tell() / size
    plain = path.open("rb")
    return plain, lambda: plain.tell() / size


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b" or path.name.lower().endswith(".gz")


def existing_path(path: str | Path) -> Path:
    """Returns the path of a file that exists.

    Raises:
        DataError: it is missing, or a directory; near file names are suggested.
    """
    path = Path(path).expanduser()
    if os.path.isdir(path):
        raise DataError(f"{path} is a directory. Give the path of a file inside it.")
    if not os.path.exists(path):  # also where the name is too long for any
        shown = str(path) if len(str(path)) <= SHOWN else f"{str(path)[:SHOWN]}…"
        raise DataError(f"There is no file {shown}.{_near(path)}")
    if not os.path.isfile(path):  # a pipe would be waited for
        raise DataError(f"{path} is a pipe or a device. Write the data to a file, and give that.")
    return path


def _unpacked_size(path: Path) -> int:
    if not zipfile.is_zipfile(path):
        return path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist())


def _frames_key(keys: list[str], name: str) -> str:
    if "frames" in keys or len(keys) == 1:
        return "frames" if "frames" in keys else keys[0]
    raise DataError(
        f"{name}: The frames must be the only array, or be called 'frames'. "
        f"Received: {', '.join(map(repr, keys)) or 'no array'}"
    )


def _near(path: Path) -> str:
    if not os.path.isdir(path.parent):
        return "" if len(str(path)) > SHOWN else f" Nor is there a directory {path.parent}."
    close = nearest(path.name, [p.name for p in path.parent.iterdir()], cutoff=0.75)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def _content(path: Path) -> bytes:
    opener = gzip.open if _is_packed(path) else open
    with opener(path, "rb") as file:
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise DataError(
            f"{path.name}: The file unpacks to more than {LIMIT >> 30} GiB. "
            "Read the part that is needed and pass that."
        )
    return content
