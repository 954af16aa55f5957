"""Folders of saved models: JSON and plain arrays, never pickle.

A model is rebuilt from its settings by our own code, with cells that are registered or whose
module has been imported; nothing in a folder is executed or imported.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ArgumentError, ModelFileError
from .files import pack_arrays, seal, sha256, sync, unpack_arrays, unseal, write_whole

MANIFEST = "manifest.json"
FORMAT = 5
OURS = {"format", "kind", "versions", "files"}  # keys that tell our manifests from others


def write_folder(
    folder: Path, kind: str, manifest: dict[str, Any], arrays: dict[str, list]
) -> None:
    """Writes `manifest.json` and one `.npz` for each list of arrays, whole or not at all.

    An older model in the same folder is replaced in one step: at every moment the folder holds
    the old model or the new one. Other files are not touched.

    Args:
        folder: path of the folder.
        kind: kind of model, such as `"forecaster"`.
        manifest: plain values.
        arrays: lists of arrays by the name of their file, without ending.

    Raises:
        ArgumentError: the folder exists and is no model of rnnzoo.
        ModelFileError: it cannot be written, e.g. the disk is full; an older model is unchanged.
    """
    refuse_foreign(folder)
    taken = _files(folder)
    files = {}
    for name, values in arrays.items():
        file = f"{name}.npz"
        files[_replacement(file) if file in taken else file] = pack_arrays(values)
    versions = {"rnnzoo": version("rnnzoo"), "keras": version("keras")}
    manifest = {"format": FORMAT, "kind": kind, "versions": versions, **manifest}
    manifest["files"] = {name: sha256(content) for name, content in files.items()}
    try:
        if taken:
            _write(folder, files, manifest)
            for name in _leftovers(taken) - set(files):
                (folder / name).unlink(missing_ok=True)
        else:
            _write_new(folder, files, manifest)
    except OSError as error:
        raise ModelFileError(
            f"{error.filename or folder} could not be written: {error.strerror}. An older "
            "model there is unchanged: make room, and save again."
        ) from error


def _write_new(folder: Path, files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(temporary, files, manifest)
        temporary.chmod(0o755)
        temporary.replace(folder)  # the folder does not exist, or is empty
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync(folder.parent)


def _write(folder: Path, files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    """Writes the manifest last: until then the old one is valid."""
    try:
        for name, content in files.items():
            write_whole(folder / name, content)
        write_whole(folder / MANIFEST, seal(manifest))
    except OSError:
        for name in set(files) - _files(folder):
            (folder / name).unlink(missing_ok=True)
        raise


def _replacement(name: str) -> str:
    """The name of the file that replaces the file `name`."""
    return name.replace(".npz", ".2.npz")


def _files(folder: Path) -> set[str]:
    """The names of the files in the manifest of a folder."""
    try:
        return set(json.loads((folder / MANIFEST).read_bytes())["files"])
    except FileNotFoundError:
        return set()


def _leftovers(named: Iterable[str]) -> set[str]:
    """Files that may be left in a model's folder by a killed process that was replacing it."""
    first = {name.replace(".2.npz", ".npz") for name in named}
    both = first | {_replacement(name) for name in first} | {MANIFEST}
    return {*both, *[f".{name}.tmp" for name in both]} - {MANIFEST}


def refuse_foreign(folder: Path) -> None:
    """Checks that saving to a folder can overwrite nothing but an older model.

    Raises:
        ArgumentError: the folder holds something else, with or without a model.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        ours = {MANIFEST, *_leftovers(manifest["files"])} if manifest.keys() >= OURS else set()
    except (OSError, ValueError, TypeError, KeyError):
        ours = set()
    if not ours:
        raise ArgumentError(
            f"{folder} holds no rnnzoo model: it is not overwritten. Name a new folder."
        )
    others = sorted({path.name for path in folder.iterdir()} - ours)
    if others:
        raise ArgumentError(
            f"{folder} holds more than an rnnzoo model ({', '.join(others[:3])}): it is not "
            "overwritten. Name a new folder, or move them away."
        )


def read_folder(folder: Path, kind: str) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """Reads a folder that `write_folder` wrote.

    Returns:
        The manifest, and the lists of arrays by the name of their file.

    Raises:
        ModelFileError: no model of this kind, a file is missing or damaged, or the format is of
            another version of rnnzoo.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelFileError(f"There is no rnnzoo model in {folder}: {MANIFEST} is missing.")
    try:
        content = path.read_bytes()
        manifest = json.loads(content)
        format, found_kind = manifest["format"], manifest["kind"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelFileError(f"{path} is damaged ({error}). Save the model again.") from error
    if format != FORMAT:
        raise ModelFileError(
            f"{folder} has format {format}, this rnnzoo reads format {FORMAT}. "
            "Fit and save the model again, or load it with the version of rnnzoo that saved it."
        )
    if found_kind != kind:
        raise ModelFileError(
            f"{folder} holds a model of the kind {found_kind}, not {kind}: load it with the class "
            "that saved it."
        )
    try:
        manifest = unseal(content)
    except ValueError as error:
        raise ModelFileError(f"{path} is damaged: {error}. Save the model again.") from error
    return manifest, {
        name.split(".")[0]: _arrays(folder / name, digest)
        for name, digest in manifest["files"].items()
    }


def _arrays(path: Path, digest: str) -> list[np.ndarray]:
    if not path.is_file():
        raise ModelFileError(f"{path} is missing. Copy the whole folder, or save the model again.")
    content = path.read_bytes()
    if sha256(content) != digest:
        raise ModelFileError(f"{path} is damaged: its hash is not the saved one. Save it again.")
    return unpack_arrays(content)
