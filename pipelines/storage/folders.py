"""Folders that hold a fitted pipeline: JSON and plain arrays, never pickle.

A pipeline is rebuilt from its settings by our own code, around cells that are registered or
whose module has been imported; nothing in a folder is executed or imported.
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
from .files import packed, sealed, sha256, sync, unpacked, unsealed, write_whole

MANIFEST = "manifest.json"
FORMAT = 2
KINDS = ("forecaster", "ensemble", "next_frame")


def write_folder(
    folder: Path, kind: str, manifest: dict[str, Any], arrays: dict[str, list]
) -> None:
    """Writes `manifest.json` and one `.npz` for each list of arrays, whole or not at all.

    An older model in the same place is replaced, in one step: at every moment there is the one
    or the other. Anything else there is left alone.

    Args:
        folder: where to.
        kind: of model, one of `KINDS`.
        manifest: plain values.
        arrays: lists of arrays, each under the name of its file.

    Raises:
        ArgumentError: the folder exists and is no model of rnnzoo.
        ModelFileError: the disk is full, or another reason; an older model there stays.
    """
    refuse_foreign(folder)
    taken = _files(folder)
    files = {}
    for name, values in arrays.items():
        file = f"{name}.npz"
        files[_other(file) if file in taken else file] = packed(values)
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
            f"{error.filename or folder} could not be written: {error.strerror}. What was there "
            "before is there still: make room, and save again."
        ) from error


def _write_new(folder: Path, files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(fresh, files, manifest)
        fresh.chmod(0o755)
        fresh.replace(folder)  # which is not there, or empty
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    sync(folder.parent)


def _write(folder: Path, files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    """The manifest last: until it is there, what it replaces holds."""
    try:
        for name, content in files.items():
            write_whole(folder / name, content)
        write_whole(folder / MANIFEST, sealed(manifest))
    except OSError:
        for name in set(files) - _files(folder):
            (folder / name).unlink(missing_ok=True)
        raise


def _other(name: str) -> str:
    """The name of a file while, or after, it replaces the one of this name."""
    return name.replace(".npz", ".2.npz")


def _files(folder: Path) -> set[str]:
    """Those that the manifest of a folder names."""
    try:
        return set(json.loads((folder / MANIFEST).read_bytes())["files"])
    except FileNotFoundError:
        return set()


def _leftovers(named: Iterable[str]) -> set[str]:
    """Files that may lie beside those of a model, had the process that replaced it been killed."""
    first = {name.replace(".2.npz", ".npz") for name in named}
    both = first | {_other(name) for name in first} | {MANIFEST}
    return {*both, *[f".{name}.tmp" for name in both]} - {MANIFEST}


def refuse_foreign(folder: Path) -> None:
    """Sees to it that saving to a folder destroys nothing but an older model.

    Raises:
        ArgumentError: something else is there, or stands beside the model's files.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        ours = {MANIFEST, *_leftovers(manifest["files"])} if manifest["kind"] in KINDS else set()
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
    """Reads what `write_folder` wrote.

    Raises:
        ModelFileError: no such model, or a file of it is missing, damaged, or newer
            than this version of rnnzoo.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelFileError(f"There is no rnnzoo model in {folder}: {MANIFEST} is missing.")
    try:
        content = path.read_bytes()
        manifest = json.loads(content)
        format, found = manifest["format"], manifest["kind"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelFileError(f"{path} is damaged ({error}). Save the model again.") from error
    if format != FORMAT:
        raise ModelFileError(
            f"{folder} has format {format}, this rnnzoo reads format {FORMAT}. "
            "Install the version of rnnzoo that saved it."
        )
    if found != kind:
        raise ModelFileError(
            f"{folder} holds a model of the kind {found}, not {kind}: load it with the class that "
            "saved it."
        )
    try:
        manifest = unsealed(content)
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
    return unpacked(content)
