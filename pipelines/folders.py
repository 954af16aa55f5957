"""Folders that hold a fitted pipeline: JSON and plain arrays, never pickle.

A pipeline is rebuilt from its settings by our own code, from a table of known cells;
nothing in a folder is executed.
"""

import hashlib
import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError, ModelFileError

MANIFEST = "manifest.json"
FORMAT = 1
KINDS = ("forecaster", "combination", "next_frame")


def write_folder(
    folder: Path, kind: str, manifest: dict[str, Any], arrays: dict[str, list]
) -> None:
    """Writes `manifest.json` and one `.npz` for each list of arrays, whole or not at all.

    An older model in the same place is replaced; anything else there is left alone.

    Args:
        folder: where to.
        kind: of model, one of `KINDS`.
        manifest: plain values.
        arrays: lists of arrays, each under the name of its file.

    Raises:
        ArgumentError: the folder exists and is no model of rnnzoo.
    """
    refuse_foreign(folder)
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
        versions = {"rnnzoo": version("rnnzoo"), "keras": version("keras")}
        manifest = {"format": FORMAT, "kind": kind, "versions": versions, **manifest}
        manifest["files"] = hashes
        (fresh / MANIFEST).write_text(
            json.dumps(manifest, indent=2, allow_nan=False, default=_plain) + "\n"
        )
        fresh.chmod(0o755)
        if folder.exists():
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
            older = folder.rename(aside / "model")
            try:
                fresh.rename(folder)
            except OSError:
                older.rename(folder)
                raise
            finally:
                shutil.rmtree(aside)
        else:
            fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def refuse_foreign(folder: Path) -> None:
    """Sees to it that saving to a folder destroys nothing but an older model.

    Raises:
        ArgumentError: something else is there, or stands beside the model's files.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        ours = {MANIFEST, *manifest["files"]} if manifest["kind"] in KINDS else set()
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
        manifest = json.loads(path.read_text(encoding="utf-8"))
        format, found, files = manifest["format"], manifest["kind"], dict(manifest["files"])
    except (ValueError, TypeError, KeyError) as error:
        raise ModelFileError(f"{path} is damaged ({error}). Save the model again.") from error
    if found != kind:
        raise ModelFileError(
            f"{folder} holds a model of the kind {found}, not {kind}: load it with the class that "
            "saved it."
        )
    if format != FORMAT:
        raise ModelFileError(
            f"{folder} has format {format}, this rnnzoo reads format {FORMAT}. "
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


def _plain(value: Any) -> Any:
    """What `json` does not know: ranges and tuples of delays, NumPy's numbers."""
    return value.item() if isinstance(value, np.generic) else list(value)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
