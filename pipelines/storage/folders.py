"""Folders of saved models: JSON and plain arrays, never pickle.

A model is rebuilt from its settings by our own code, with cells that are registered or whose
module has been imported; nothing in a folder is executed or imported. No file holds the name of
another: names of files follow from hashes, so that two writers never write the same file, and a
manifest cannot point outside its folder. `docs/security.md` says what may be opened from whom.
"""

import errno
import json
import logging
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from ...errors import ArgumentError, ModelFileError
from .files import TEMPORARY, may_be_locked, read_regular, write_whole
from .model import LIST, MANIFEST, PackedModel, checked_manifest, file_name, pack, unpack_files
from .sealing import LARGEST_JSON

logger = logging.getLogger("rnnzoo")

LOCK = ".lock"
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)
OURS = {"format", "kind", "versions", "files"}  # keys that tell our manifests from others
ARRAYS = re.compile(LIST + r"-[0-9a-f]{16}\.npz")
ARRAYS_BEFORE = re.compile(LIST + r"(\.2)?\.npz")  # up to format 5
BEFORE = re.compile(rf"\.({LIST}(\.2)?\.npz|manifest\.json)\.tmp")  # temporary files up to format 5
TRIES = 20  # readings of a folder that is being replaced


def write_folder(
    folder: Path, kind: str, manifest: dict[str, Any], arrays: dict[str, list]
) -> None:
    """Writes `manifest.json` and one `.npz` for each list of arrays, whole or not at all.

    An older model in the same folder is replaced in one step: at every moment the folder holds
    the old model or the new one. Of several writers at once each writes a whole model, and the
    last one stays. A folder that holds other files is refused.

    Args:
        folder: path of the folder.
        kind, manifest, arrays: as for `pack`.

    Raises:
        ArgumentError: the folder exists and is no model of rnnzoo.
        ModelFileError: it cannot be written, e.g. the disk is full; an older model is unchanged.
    """
    older = _Older.in_folder(folder)
    packed = pack(kind, manifest, arrays)
    try:
        with _locked(folder):
            older = _Older.in_folder(folder, older)
            _replace(folder, packed, older)
    except OSError as error:
        raise ModelFileError(
            f"{error.filename or folder} could not be written: {error.strerror}. "
            f"{_what_is_there(folder, older.manifest)}"
        ) from error


def read_folder(folder: Path, kind: str) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """Reads a folder that `write_folder` wrote, also while it is being replaced.

    Returns:
        The manifest, and the lists of arrays by the name of their file.

    Raises:
        ModelFileError: no model of this kind, a file is missing or damaged, or the format is of
            another version of rnnzoo.
    """
    for _ in range(TRIES):
        manifest = _manifest(folder)
        try:
            checked = checked_manifest(manifest, kind, folder)
            return checked, unpack_files(_files(folder, checked), checked, folder)
        except ModelFileError:
            if _manifest(folder) == manifest:  # else another process has replaced it
                raise
    raise ModelFileError(f"{folder} is replaced all the time: load it when its writer has ended.")


def kind_of(folder: Path) -> str:
    """The kind of model that a folder says it holds; `read_folder` finds out whether it does.

    Raises:
        ModelFileError: no model, or a damaged manifest.
    """
    manifest = _manifest(folder)
    try:
        return str(json.loads(manifest)["kind"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelFileError(
            f"{folder}: {MANIFEST} is damaged ({error}). Save the model again."
        ) from error


def refuse_foreign(folder: Path) -> None:
    """Checks that saving to a folder can overwrite nothing but an older model.

    Raises:
        ArgumentError: the folder holds something else, with or without a model.
    """
    _Older.in_folder(folder)


@dataclass(frozen=True)
class _Older:
    """The model that a folder holds before another one is written.

    Attributes:
        manifest: content of its manifest; `None` without one.
        is_model: whether it is the manifest of a model.
        files: names of its files.
    """

    manifest: bytes | None = None
    is_model: bool = False
    files: frozenset[str] = frozenset()

    @classmethod
    def in_folder(cls, folder: Path, known: "_Older | None" = None) -> "_Older":
        """Looks into a folder; `known` is what was there before, which is not parsed again.

        Raises:
            ArgumentError: it holds something else, with or without a model.
        """
        try:
            paths = sorted(folder.iterdir())
        except FileNotFoundError:
            return cls()
        except NotADirectoryError:
            raise ArgumentError(f"{folder} is a file: name a folder to save to.") from None
        except OSError as error:
            raise ArgumentError(
                f"{folder} cannot be opened: {error.strerror}. Name another folder."
            ) from error
        manifest = _content(folder)
        older = known if known and known.manifest == manifest else cls.of(manifest)
        others = [path.name for path in paths if not _belongs(path, older.files)]
        if older.is_model and others:
            raise ArgumentError(
                f"{folder} holds more than an rnnzoo model ({', '.join(others[:3])}): it is not "
                "overwritten. Name a new folder, or move them away."
            )
        if others or (not older.is_model and (folder / MANIFEST).exists()):
            raise ArgumentError(
                f"{folder} holds no rnnzoo model: it is not overwritten. Name a new folder."
            )
        return older

    @classmethod
    def of(cls, manifest: bytes | None) -> "_Older":
        """The model of a manifest; no files of a damaged one."""
        try:
            values = json.loads(manifest or b"")
            is_model = values.keys() >= OURS
        except (ValueError, AttributeError, RecursionError):
            return cls(manifest)
        try:
            files = values["files"]
            names = {name if ".npz" in name else file_name(name, files[name]) for name in files}
        except (TypeError, KeyError):
            return cls(manifest, is_model)
        ours = {one for one in names if ARRAYS.fullmatch(one) or ARRAYS_BEFORE.fullmatch(one)}
        return cls(manifest, is_model, frozenset(ours))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Creates the folder if needed, and keeps other writers out of it inside the context. Where
    that fails before anything is in it, a new folder is removed again.

    Raises:
        OSError: it cannot be created or locked.
    """
    lock, made = FileLock(folder / LOCK), not folder.exists()
    while not lock.is_locked:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except FileNotFoundError:  # another writer failed, and removed the folder meanwhile
            if folder.exists():
                raise
        except (OSError, NotImplementedError) as error:
            if getattr(error, "errno", errno.ENOSYS) not in NO_LOCKS:
                raise
            logger.warning("%s is on a file system without locks: save there one by one.", folder)
            break
    try:
        yield
    except BaseException:
        with suppress(OSError):  # it is not empty, or another writer's
            if made and [path.name for path in folder.iterdir()] == [LOCK]:
                (folder / LOCK).unlink()
                folder.rmdir()
        raise
    finally:
        lock.release()


def _replace(folder: Path, packed: PackedModel, older: _Older) -> None:
    """Writes the manifest last: until then the old one is valid. Then removes the files of the
    older model, and those of killed writers."""
    files = packed.named
    try:
        for name, content in files.items():
            write_whole(folder / name, content)
        write_whole(folder / MANIFEST, packed.manifest)
    except OSError:
        for name in files.keys() - _Older.of(_content(folder)).files:
            (folder / name).unlink(missing_ok=True)
        raise
    for path in [*folder.iterdir()]:
        ours = any(one.fullmatch(path.name) for one in (ARRAYS, TEMPORARY, BEFORE))
        if (ours or path.name in older.files) and path.name not in files:
            path.unlink(missing_ok=True)


def _content(folder: Path) -> bytes | None:
    """The manifest in a folder; `None` without one."""
    try:
        return read_regular(folder / MANIFEST, LARGEST_JSON)
    except OSError:
        return None


def _what_is_there(folder: Path, older: bytes | None) -> str:
    """What a folder holds after a failed writing, and the remedy, in sentences."""
    now = _content(folder)
    if now is None:
        return "No model is there: make room, and save again."
    if now == older:
        return "The model that was there before is unchanged: make room, and save again."
    return "The new model, or that of another writer, is there nevertheless."


def _belongs(path: Path, named: frozenset[str]) -> bool:
    """Whether a path in the folder of a model is one of its files, and no link."""
    known = path.name in (MANIFEST, LOCK) or path.name in named
    if not known and not any(one.fullmatch(path.name) for one in (ARRAYS, TEMPORARY, BEFORE)):
        return False
    try:
        return stat.S_ISREG(path.lstat().st_mode) and (path.name != LOCK or may_be_locked(path))
    except FileNotFoundError:  # another writer has just renamed or removed it
        return True


def _manifest(folder: Path) -> bytes:
    path = folder / MANIFEST
    try:
        return read_regular(path, LARGEST_JSON)
    except (FileNotFoundError, NotADirectoryError):
        raise ModelFileError(
            f"There is no rnnzoo model in {folder}: {MANIFEST} is missing."
        ) from None
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from error


def _files(folder: Path, manifest: dict[str, Any]) -> dict[str, bytes]:
    """Reads the files that a manifest names."""
    files = {}
    for name, digest in manifest["files"].items():
        path = folder / file_name(name, digest)
        try:
            files[name] = read_regular(path)
        except FileNotFoundError:
            raise ModelFileError(
                f"{path} is missing. Copy the whole folder, or save the model again."
            ) from None
        except OSError as error:
            raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from error
    return files
