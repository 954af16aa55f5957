"""Checkpoints: a fit that was killed goes on from its last epoch, bit for bit.

A folder holds `manifest.json` and the arrays that it names with their hash. The arrays of an
epoch are a file of their own, and the manifest takes the place of the one before in one step:
at every moment the folder holds the last epoch or the one before. Nothing in it is executed.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from filelock import FileLock, Timeout

from ...errors import ArgumentError, ArgumentTypeError, CheckpointError
from ..storage.files import packed, plain, sealed, sha256, unpacked, unsealed, write_whole

MANIFEST = "manifest.json"
FORMAT = 1
KIND = "checkpoint"
LOCK = ".lock"
MEMBER = "member-"  # folder of one of several fits, with its number
DELETE = "Delete the folder to train from the start."


class Checkpoint:
    """The folder in which one fit keeps where it stands.

    Args:
        folder: where; made if it is not there.
        fit: what tells this fit from others, as plain values; see `identity`.
    """

    def __init__(self, folder: Path, fit: dict[str, Any]):
        self.folder, self.fit = folder, fit

    def read(self) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]] | None:
        """What was last written: values and lists of arrays; `None` before the first epoch.

        Raises:
            CheckpointError: it is damaged, or of another fit.
        """
        manifest = sealed_in(self.folder / MANIFEST, KIND)
        if manifest is None:
            return None
        require_same(manifest["fit"], self.fit, f"{self.folder} is the checkpoint of another fit")
        return manifest["values"], self._arrays(manifest)

    def write(self, values: dict[str, Any], arrays: dict[str, list[np.ndarray]], step: int) -> None:
        """Replaces what was written before.

        Raises:
            CheckpointError: the disk is full, or another reason; what was there stays.
        """
        content = packed([array for several in arrays.values() for array in several])
        name = f"epoch-{step:06d}.npz"
        manifest = {
            "format": FORMAT,
            "kind": KIND,
            "fit": self.fit,
            "values": values,
            "arrays": {key: len(several) for key, several in arrays.items()},
            "file": {"name": name, "sha256": sha256(content)},
        }
        try:
            write_whole(self.folder / name, content)
            write_whole(self.folder / MANIFEST, sealed(manifest))
            self._tidy()
        except OSError as error:
            self._tidy()
            raise CheckpointError(
                f"{error.filename} could not be written: {error.strerror}. What was written "
                "before is there still: make room, and fit again with the same checkpoint."
            ) from error

    def _arrays(self, manifest: dict[str, Any]) -> dict[str, list[np.ndarray]]:
        path = self.folder / manifest["file"]["name"]
        if not path.is_file():
            raise CheckpointError(f"{path} is missing. {DELETE}")
        content = path.read_bytes()
        if sha256(content) != manifest["file"]["sha256"]:
            raise CheckpointError(f"{path} is damaged: its hash is not the saved one. {DELETE}")
        arrays = iter(unpacked(content))
        return {
            key: [next(arrays) for _ in range(count)] for key, count in manifest["arrays"].items()
        }

    def _tidy(self) -> None:
        """Removes what the manifest does not name: older epochs, and what was not finished."""
        path = self.folder / MANIFEST
        named = [unsealed(path.read_bytes())["file"]["name"]] if path.exists() else []
        for other in _ours(self.folder):
            if other.name not in (MANIFEST, LOCK, *named):
                other.unlink(missing_ok=True)


def sealed_in(path: Path, kind: str, remedy: str = DELETE) -> dict[str, Any] | None:
    """What a sealed file of a checkpoint holds; `None` where there is none yet.

    Args:
        path: of the file.
        kind: what it says that it is.
        remedy: told where it cannot be read.

    Raises:
        CheckpointError: it is damaged, or something else.
    """
    if not path.exists():
        return None
    try:
        found = unsealed(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {error}. {remedy}") from error
    if found.get("kind") != kind or found.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} is no {kind} of format {FORMAT}, which this rnnzoo reads. {remedy}"
        )
    return found


def require_same(there: dict[str, Any], here: dict[str, Any], otherwise: str) -> None:
    """Sees that what was begun is what is asked for.

    Args:
        there, here: as `identity` gives them.
        otherwise: what is the case if they differ, in words.

    Raises:
        CheckpointError: they differ; says in what.
    """
    if differing := _differences(there, here):
        raise CheckpointError(
            f"{otherwise}: {'; '.join(differing)}. Name another folder, or fit as before to go on "
            "from it, or delete it."
        )


@contextmanager
def checkpoint_in(
    folder: str | Path | None, kind: str, settings: dict[str, Any], data: Iterable[Any]
) -> Iterator[Checkpoint | None]:
    """A fit's checkpoint, the folder being locked inside; `None` of none.

    Args:
        folder: where, or `None`.
        kind: of pipeline.
        settings: all that the fit goes by, but for data.
        data: the arrays that it reads.

    Raises:
        ArgumentError, ArgumentTypeError: no path, or a folder that holds something else.
        CheckpointError: another process is using it, or it cannot be written to.
    """
    if folder is None:
        yield None
        return
    path = used_folder(folder, _is_ours)
    with alone_in(path):
        yield Checkpoint(path, identity(kind, settings, data))


@contextmanager
def alone_in(path: Path) -> Iterator[None]:
    """Inside, no other process fits in a folder.

    Raises:
        CheckpointError: another one does, or the folder cannot be written to.
    """
    lock = FileLock(path / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CheckpointError(
            f"{path} is in use: another process fits there. Wait for it, or name another folder."
        ) from None
    except OSError as error:
        raise CheckpointError(f"{path} could not be written to: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()


def identity(kind: str, settings: dict[str, Any], data: Iterable[Any]) -> dict[str, Any]:
    """What a fit must share with another one to come to the same weights, bit for bit."""
    backend = keras.backend.backend()
    versions = {name: sys.modules[name].__version__ for name in ("keras", "numpy", backend)}
    return _plain(
        {
            "pipeline": kind,
            "settings": settings,
            "data": digest(data),
            "backend": backend,
            "dtype": keras.config.dtype_policy().name,
            "versions": {"rnnzoo": version("rnnzoo"), **versions},
        }
    )


def digest(data: Iterable[Any]) -> str:
    """A hash of arrays, their shapes and kinds."""
    found = hashlib.sha256()
    for each in data:
        array = np.ascontiguousarray(each)
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(array.data)
    return found.hexdigest()


def member_folder(folder: str | Path | None, k: int) -> Path | None:
    """The folder of one of several fits that share a checkpoint."""
    return None if folder is None else _path(folder) / f"{MEMBER}{k + 1}"


def holds_fit(folder: Path) -> bool:
    """Whether a fit, or one of several, has kept there where it stands."""
    return (folder / MANIFEST).exists() or any(folder.glob(f"{MEMBER}*/{MANIFEST}"))


def holds_only_fits(path: Path) -> bool:
    """Whether a path is a folder with checkpoints, in it or in those of members, and no more."""
    return path.is_dir() and all(
        _is_ours(one) or (one.name.startswith(MEMBER) and holds_only_fits(one))
        for one in path.iterdir()
    )


def _path(folder: Any) -> Path:
    if not isinstance(folder, (str, Path)):
        raise ArgumentTypeError(f"`checkpoint` must be a path. Received: checkpoint={folder!r}")
    return Path(folder).expanduser()


def used_folder(folder: Any, belongs: Callable[[Path], bool]) -> Path:
    """A folder for checkpoints, made if it is not there.

    Args:
        folder: named by the user.
        belongs: whether what lies in it may lie there.

    Raises:
        ArgumentError, ArgumentTypeError: no path, a file, or a folder that holds something else.
        CheckpointError: it cannot be made.
    """
    path = _path(folder)
    if path.exists() and not path.is_dir():
        raise ArgumentError(f"{path} is a file: a checkpoint is a folder. Name a new one.")
    others = sorted(one.name for one in path.iterdir() if not belongs(one)) if path.exists() else []
    if others:
        raise ArgumentError(
            f"{path} holds more than a checkpoint ({', '.join(others[:3])}): nothing is "
            "written there. Name a new folder, or move them away."
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"{path} could not be made: {error.strerror}.") from error
    return path


def _ours(folder: Path) -> Sequence[Path]:
    return [path for path in folder.iterdir() if _is_ours(path)]


def _is_ours(path: Path) -> bool:
    patterns = (MANIFEST, f".{MANIFEST}.tmp", "epoch-*.npz", ".epoch-*.npz.tmp", LOCK)
    return any(path.match(pattern) for pattern in patterns)


def _differences(there: dict[str, Any], here: dict[str, Any], within: str = "") -> list[str]:
    found = []
    for key in dict.fromkeys([*there, *here]):
        old, new = there.get(key), here.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(old, new, f"{within}{key}.")
        elif key == "data":
            found.append("the data are others")
        else:
            found.append(f"{within}{key} was {old!r} and is {new!r}")
    return found


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As it is read back from JSON."""
    return json.loads(json.dumps(values, default=plain))
