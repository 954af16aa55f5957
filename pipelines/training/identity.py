"""What the weights of a fit depend on, as plain values."""

import hashlib
import json
import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import keras
import numpy as np

from ...errors import CheckpointError
from ..storage.sealing import plain


def identity(kind: str, settings: dict[str, Any], data: Iterable[Any]) -> dict[str, Any]:
    """All that the weights of a fit depend on: two fits with one identity give the same bits."""
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
    """A hash of arrays with their shapes and types."""
    sha = hashlib.sha256()
    for each in data:
        array = np.ascontiguousarray(each)
        sha.update(f"{array.dtype.str}{array.shape}".encode())
        sha.update(array.data)
    return sha.hexdigest()


def require_same(saved: dict[str, Any], current: dict[str, Any], otherwise: str) -> None:
    """Checks that a saved fit and the current one are the same.

    Args:
        saved, current: as `identity` returns them.
        otherwise: first words of the error message.

    Raises:
        CheckpointError: they differ; names the differences.
    """
    if differing := _differences(saved, current):
        raise CheckpointError(
            f"{otherwise}: {'; '.join(differing)}. Name another folder, fit as before to "
            "continue from it, or delete it."
        )


def _differences(saved: dict[str, Any], current: dict[str, Any], within: str = "") -> list[str]:
    differing = []
    for key in dict.fromkeys([*saved, *current]):
        old, new = saved.get(key), current.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            differing += _differences(old, new, f"{within}{key}.")
        elif key == "data":
            differing.append("the data differ")
        else:
            differing.append(f"{within}{key} was {old!r} and is {new!r}")
    return differing


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as they are after a round trip through JSON."""
    return json.loads(json.dumps(values, default=plain))
