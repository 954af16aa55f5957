"""Folders that hold a fitted forecaster: JSON and plain arrays, never pickle.

A forecaster is rebuilt from its settings by our own code, from a table of known cells;
nothing in a folder is executed.
"""

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pandas as pd

from ...datasets import Schema
from ...errors import ArgumentError, ModelFileError
from ..training import History
from .architectures import State
from .rows import Transform

if TYPE_CHECKING:
    from .forecaster import Forecaster

MANIFEST = "manifest.json"
FORMAT = 1


def save(forecaster: "Forecaster", folder: Path) -> Path:
    """Writes a fitted forecaster and its state to a folder."""
    state = forecaster.state_
    manifest = {
        "kind": "forecaster",
        "versions": {"rnnzoo": version("rnnzoo"), "keras": keras.version()},
        "settings": forecaster.get_params(),
        "schema": asdict(forecaster.schema_),
        "transform": forecaster.transform_.to_dict(),
        "lookback": forecaster.lookback_,
        "horizon": forecaster.horizon_,
        "history": asdict(forecaster.history_),
        "fitted_until": forecaster.fitted_until_.isoformat(),
        "state": {"time": forecaster.last_time_.isoformat(), "level": state.level},
    }
    arrays = {
        "weights": forecaster.architecture_.network.get_weights(),
        "state": [state.output, *state.arrays],
    }
    write_folder(folder, manifest, arrays)
    return folder


def restore(kind: type["Forecaster"], folder: Path) -> "Forecaster":
    """Reads what `save` wrote.

    Raises:
        ModelFileError: no model there, or a damaged one.
    """
    manifest, arrays = read_folder(folder)
    try:
        forecaster = kind(**manifest["settings"])
        forecaster.check()
        schema = manifest["schema"]
        lists = {key: tuple(schema[key]) for key in ("past", "future", "others")}
        forecaster.schema_ = Schema(**schema | lists)
        forecaster.lookback_, forecaster.horizon_ = manifest["lookback"], manifest["horizon"]
        forecaster.transform_ = Transform.from_dict(forecaster.schema_, manifest["transform"])
        forecaster.history_ = History(**manifest["history"])
        forecaster.fitted_until_ = pd.Timestamp(manifest["fitted_until"])
        forecaster.last_time_ = pd.Timestamp(manifest["state"]["time"])
        forecaster.architecture_ = forecaster.build()
        forecaster.architecture_.network.set_weights(arrays["weights"])
        output, *states = arrays["state"]
        forecaster.state_ = State(states, output, manifest["state"]["level"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{folder} is no forecaster that can be read: {error}") from error
    return forecaster


def write_folder(folder: Path, manifest: dict[str, Any], arrays: dict[str, list]) -> None:
    """Writes `manifest.json` and one `.npz` for each list of arrays, whole or not at all.

    An older model in the same place is replaced; anything else there is left alone.

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
        manifest = {"format": FORMAT} | manifest | {"files": hashes}
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
        ours = {MANIFEST, *manifest["files"]} if manifest["kind"] == "forecaster" else set()
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


def _plain(value: Any) -> Any:
    """What `json` does not know: ranges and tuples of delays, NumPy's numbers."""
    return value.item() if isinstance(value, np.generic) else list(value)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
