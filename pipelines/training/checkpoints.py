"""Checkpoints: a fit that was killed continues from its last epoch, bit for bit.

A folder holds `manifest.json` and the arrays that it names with their hash. The arrays of each
epoch are in a file of their own, and the manifest is replaced in one step: at every moment the
folder holds the last epoch or the one before. Nothing in it is executed.
"""

import contextlib
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from ...errors import ArgumentError, ArgumentTypeError, CheckpointError
from ..storage.files import LARGEST, TEMPORARY, may_be_locked, read_regular, write_whole
from ..storage.packing import pack_arrays, unpack_arrays
from ..storage.sealing import LARGEST_JSON, seal, sha256, unseal
from .identity import identity, require_same

MANIFEST = "manifest.json"
FORMAT = 3
KIND = "checkpoint"
LOCK = ".lock"
EPOCH = re.compile(r"epoch-\d{6,}\.npz")
MEMBER = "member-"  # folder of one of several fits, followed by its number
REFIT = "refit"  # folder of the second training of a fit, on all rows
DELETE = "Delete the folder to train from the start."


class Checkpoint:
    """The folder in which one fit saves its state.

    Args:
        folder: path of the folder.
        fit: identity of the fit as plain values; see `identity`.
    """

    def __init__(self, folder: Path, fit: dict[str, Any]):
        self.folder, self.fit = folder, fit

    def read(self) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]] | None:
        """Reads the last checkpoint: values and lists of arrays; `None` before the first epoch.

        Raises:
            CheckpointError: the checkpoint is damaged, or of another fit.
        """
        manifest = read_sealed(self.folder / MANIFEST, KIND)
        if manifest is None:
            return None
        if not _well_formed(manifest):
            raise CheckpointError(f"{self.folder / MANIFEST} is no checkpoint. {DELETE}")
        require_same(manifest["fit"], self.fit, f"{self.folder} is the checkpoint of another fit")
        return manifest["values"], self._arrays(manifest)

    def write(self, values: dict[str, Any], arrays: dict[str, list[np.ndarray]], step: int) -> None:
        """Writes a checkpoint in place of the one before.

        Raises:
            CheckpointError: it cannot be written, e.g. the disk is full; the checkpoint before
                is unchanged.
        """
        content = pack_arrays([array for several in arrays.values() for array in several])
        name = _name(step)
        manifest = {
            "format": FORMAT,
            "kind": KIND,
            "fit": self.fit,
            "values": values,
            "arrays": {key: len(several) for key, several in arrays.items()},
            "step": step,
            "digest": sha256(content),
        }
        sealed = seal(manifest)
        if len(content) > LARGEST or len(sealed) > LARGEST_JSON:
            raise CheckpointError(
                f"The checkpoint takes {len(content):,} bytes, and at most {LARGEST:,} can be read "
                "again: fit without a checkpoint."
            )
        try:
            write_whole(self.folder / name, content)
            write_whole(self.folder / MANIFEST, sealed)
        except OSError as error:
            with contextlib.suppress(OSError, CheckpointError):  # the first error is the one to say
                self._tidy()
            raise CheckpointError(
                f"{error.filename or self.folder} could not be written: {error.strerror}. The last "
                "whole checkpoint is there: make room, and fit again with the same checkpoint."
            ) from error
        with contextlib.suppress(OSError):  # what is left over is removed at the next epoch
            self._tidy()

    def _arrays(self, manifest: dict[str, Any]) -> dict[str, list[np.ndarray]]:
        path = self.folder / _name(manifest["step"])
        try:
            content = read_regular(path)
        except FileNotFoundError:
            raise CheckpointError(f"{path} is missing. {DELETE}") from None
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read: {error.strerror}. {DELETE}") from error
        if sha256(content) != manifest["digest"]:
            raise CheckpointError(f"{path} is damaged: its hash is not the saved one. {DELETE}")
        try:
            arrays = unpack_arrays(content)
        except ValueError as error:
            raise CheckpointError(f"{path} is damaged: {error}. {DELETE}") from error
        counts = manifest["arrays"]
        if sum(counts.values()) != len(arrays):
            raise CheckpointError(f"{path} holds {len(arrays)} arrays, not {counts}. {DELETE}")
        left = iter(arrays)
        return {key: [next(left) for _ in range(count)] for key, count in counts.items()}

    def _tidy(self) -> None:
        """Removes files that the manifest does not name: older epochs and unfinished files."""
        manifest = read_sealed(self.folder / MANIFEST, KIND)
        named = [] if manifest is None else [_name(manifest["step"])]
        for other in self.folder.iterdir():
            if _is_ours(other) and other.name not in (MANIFEST, LOCK, *named):
                other.unlink(missing_ok=True)


def _name(step: int) -> str:
    """The name of the file of an epoch."""
    return f"epoch-{step:06d}.npz"


def read_sealed(path: Path, kind: str, remedy: str = DELETE) -> dict[str, Any] | None:
    """Reads a sealed file of a checkpoint; `None` where it does not exist yet.

    Args:
        path: path of the file.
        kind: kind that the file must name.
        remedy: last sentence of the error message.

    Raises:
        CheckpointError: the file is damaged, or of another kind or format.
    """
    try:
        values = unseal(read_regular(path, LARGEST_JSON))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}. {remedy}") from error
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: {error}. {remedy}") from error
    if values.get("kind") != kind or values.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} is no {kind} of format {FORMAT}, which this rnnzoo reads. {remedy}"
        )
    return values


@contextmanager
def checkpoint_in(
    folder: str | Path | None, kind: str, settings: dict[str, Any], data: Iterable[Any]
) -> Iterator[Checkpoint | None]:
    """The checkpoint of a fit, in a folder that is locked inside the context.

    Args:
        folder: path of the folder; `None` for no checkpoint.
        kind: kind of pipeline.
        settings: all that the weights depend on, except data.
        data: arrays that the fit reads.

    Yields:
        The checkpoint; `None` without a folder.

    Raises:
        ArgumentError, ArgumentTypeError: no path, or a folder that holds something else.
        CheckpointError: another process uses the folder, or it cannot be written to.
    """
    if folder is None:
        yield None
        return
    path = prepare_folder(folder, _belongs)
    with lock_folder(path):
        yield Checkpoint(path, identity(kind, settings, data))


@contextmanager
def lock_folder(path: Path) -> Iterator[None]:
    """Locks a folder inside the context, so that no other process fits there.

    Raises:
        CheckpointError: another process has locked it, or it cannot be written to.
    """
    lock = FileLock(path / LOCK)
    try:
        if not may_be_locked(path / LOCK):
            raise CheckpointError(
                f"{path / LOCK} is a link to another file, and is not opened: remove it."
            )
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


def member_folder(folder: str | Path | None, k: int) -> Path | None:
    """The folder of the k-th of several fits that share a checkpoint; `None` for none."""
    return None if folder is None else _path(folder) / f"{MEMBER}{k + 1}"


def refit_folder(folder: str | Path | None) -> Path | None:
    """The folder of the second training of a fit, on all rows; `None` for none."""
    return None if folder is None else _path(folder) / REFIT


def holds_fit(folder: Path) -> bool:
    """Whether a folder holds the checkpoint of a fit, or of one of several fits."""
    return (folder / MANIFEST).exists() or any(folder.glob(f"{MEMBER}*/{MANIFEST}"))


def holds_only_fits(path: Path) -> bool:
    """Whether a path is a folder that holds only checkpoints, its own or those of members."""
    return (
        path.is_dir()
        and not path.is_symlink()
        and all(
            _belongs(one) or (one.name.startswith(MEMBER) and holds_only_fits(one))
            for one in path.iterdir()
        )
    )


def _path(folder: Any) -> Path:
    if not isinstance(folder, (str, Path)):
        raise ArgumentTypeError(f"`checkpoint` must be a path. Received: checkpoint={folder!r}")
    return Path(folder).expanduser()


def prepare_folder(folder: Any, belongs: Callable[[Path], bool]) -> Path:
    """Checks a folder for checkpoints, and creates it if needed.

    Args:
        folder: path as the user gave it.
        belongs: whether a path in the folder is part of a checkpoint.

    Raises:
        ArgumentError, ArgumentTypeError: no path, a file, or a folder that holds something else.
        CheckpointError: it cannot be created.
    """
    path = _path(folder)
    if path.is_symlink() and (path.name.startswith(MEMBER) or path.name == REFIT):
        raise ArgumentError(f"{path} is a link in a checkpoint, and is not followed: remove it.")
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


def _belongs(path: Path) -> bool:
    return _is_ours(path) or (path.name == REFIT and holds_only_fits(path))


def _is_ours(path: Path) -> bool:
    known = path.name in (MANIFEST, LOCK) or EPOCH.fullmatch(path.name)
    try:
        return bool(known or TEMPORARY.fullmatch(path.name)) and stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:  # another process has just renamed it
        return True


def _well_formed(manifest: dict[str, Any]) -> bool:
    """Whether the values of a manifest have the types that a checkpoint has."""
    counts = manifest.get("arrays")
    return (
        isinstance(manifest.get("fit"), dict)
        and isinstance(manifest.get("values"), dict)
        and isinstance(manifest.get("digest"), str)
        and type(manifest.get("step")) is int
        and 0 <= manifest["step"] < 10**9
        and isinstance(counts, dict)
        and all(type(count) is int and count >= 0 for count in counts.values())
    )
