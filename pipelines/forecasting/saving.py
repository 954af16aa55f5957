"""Folders that hold a fitted forecaster: JSON and plain arrays, never pickle."""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ArgumentError, ModelFileError

MANIFEST = "manifest.json"
FORMAT = 1


def write_folder(folder: Path, manifest: dict[str, Any], arrays: dict[str, list]) -> None:
    """Writes `manifest.json` and one `.npz` for each list of arrays, whole or not at all.

    An older model in the same place is replaced; anything else there is left alone.

    Raises:
        ArgumentError: the folder exists and is no model of rnnzoo.
    """
    if folder.exists() and not (folder / MANIFEST).is_file():
        raise ArgumentError(
            f"{folder} exists and holds no rnnzoo model: it is not overwritten. Name a new folder."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, values in arrays.items():
            np.savez(
                fresh / f"{name}.npz",
                allow_pickle=False,
                **{f"{i:03d}": value for i, value in enumerate(values)},
            )
        hashes = {f"{name}.npz": _sha256(fresh / f"{name}.npz") for name in arrays}
        manifest = {"format": FORMAT} | manifest | {"files": hashes}
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=2, allow_nan=False) + "\n")
        fresh.chmod(0o755)
        if folder.exists():
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
            folder.rename(aside / "model")
            fresh.rename(folder)
            shutil.rmtree(aside)
        else:
            fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """Reads what `write_folder` wrote.

    Raises:
        ModelFileError: no such model, or a file of it is missing, damaged, or newer
            than this version of rnnzoo.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelFileError(f"There is no rnnzoo model in {folder}: {MANIFEST} is missing.")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version, files = manifest["format"], dict(manifest["files"])
    except (ValueError, TypeError, KeyError) as error:
        raise ModelFileError(f"{path} is damaged ({error}). Save the model again.") from error
    if version != FORMAT:
        raise ModelFileError(
            f"{folder} has format {version}, this rnnzoo reads format {FORMAT}. "
            "Install the version of rnnzoo that saved it."
        )
    return manifest, {
        Path(name).stem: _arrays(folder / name, digest) for name, digest in files.items()
    }


def _arrays(path: Path, digest: str) -> list[np.ndarray]:
    if not path.is_file():
        raise ModelFileError(f"{path} is missing. Copy the whole folder, or save the model again.")
    if _sha256(path) != digest:
        raise ModelFileError(f"{path} is damaged: its hash is not the saved one. Save it again.")
    with np.load(path, allow_pickle=False) as stored:
        return [stored[key] for key in sorted(stored.files)]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
