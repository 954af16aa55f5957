"""A saved model as the content of its files: sealed JSON and packed arrays, never pickle.

No file holds the name of another: they follow from hashes, so that a manifest cannot point
outside its folder.
"""

import json
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ModelFileError
from .files import LARGEST
from .packing import pack_arrays, unpack_arrays
from .sealing import LARGEST_JSON, seal, sha256, unseal

MANIFEST = "manifest.json"
FORMAT = 6
LIST = r"[a-z_]+(-\d{1,6})?"  # name of a list of arrays
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class PackedModel:
    """A model as the content of its files.

    Attributes:
        manifest: sealed plain values.
        files: content by the name of each list of arrays.
    """

    manifest: bytes
    files: dict[str, bytes]

    @property
    def named(self) -> dict[str, bytes]:
        """The content of each file by its name in a folder."""
        return {file_name(name, sha256(one)): one for name, one in self.files.items()}


def pack(kind: str, manifest: dict[str, Any], arrays: dict[str, list]) -> PackedModel:
    """Packs a model.

    Args:
        kind: kind of model, such as `"forecaster"`.
        manifest: plain values.
        arrays: lists of arrays by their name.

    Raises:
        ModelFileError: it is too large to be read again.
    """
    files = {name: pack_arrays(values) for name, values in arrays.items()}
    versions = {"rnnzoo": version("rnnzoo"), "keras": version("keras")}
    values = {"format": FORMAT, "kind": kind, "versions": versions, **manifest}
    values["files"] = {name: sha256(content) for name, content in files.items()}
    packed = PackedModel(seal(values), files)
    largest = max(map(len, files.values()), default=0)
    if len(packed.manifest) > LARGEST_JSON or largest > LARGEST:
        raise ModelFileError(
            f"The model is too large to be read again: its settings take {len(packed.manifest):,} "
            f"bytes of at most {LARGEST_JSON:,}, its largest list of arrays {largest:,} of "
            f"{LARGEST:,}. Fit fewer series or members in one model."
        )
    return packed


def unpack(
    packed: PackedModel, kind: str, where: str | Path
) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """The plain values and the lists of arrays that `pack` packed.

    Args:
        packed: a packed model.
        kind: kind of model that it must be.
        where: place for messages.

    Raises:
        ModelFileError: it is damaged, of another kind or of another format.
    """
    manifest = checked_manifest(packed.manifest, kind, where)
    return manifest, unpack_files(packed.files, manifest, where)


def unpack_files(
    files: dict[str, bytes], manifest: dict[str, Any], where: str | Path
) -> dict[str, list[np.ndarray]]:
    """The lists of arrays in files that a checked manifest names.

    Raises:
        ModelFileError: a file is damaged, or holds something else.
    """
    arrays = {}
    for name, digest in manifest["files"].items():
        if sha256(files[name]) != digest:
            raise ModelFileError(
                f"{where} is damaged: the hash of {file_name(name, digest)} is not the saved one. "
                "Save the model again."
            )
        try:
            arrays[name] = unpack_arrays(files[name])
        except ValueError as error:
            raise ModelFileError(
                f"{where} holds no model that can be read: {file_name(name, digest)}: {error}."
            ) from error
    return arrays


def file_name(name: str, digest: str) -> str:
    """The name of the file of a list of arrays."""
    return f"{name}-{digest[:16]}.npz"


def checked_manifest(content: bytes, kind: str, where: str | Path) -> dict[str, Any]:
    """The values of a manifest whose format and kind are the ones to read."""
    try:
        manifest = json.loads(content)
        format, found_kind = manifest["format"], manifest["kind"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelFileError(
            f"{where}: {MANIFEST} is damaged ({error}). Save the model again."
        ) from error
    if format != FORMAT:
        raise ModelFileError(
            f"{where} has format {format!s:.40}, this rnnzoo reads format {FORMAT}. "
            "Fit and save the model again, or load it with the version of rnnzoo that saved it."
        )
    if found_kind != kind:
        raise ModelFileError(
            f"{where} holds a model of the kind {found_kind!s:.40}, not {kind}: load it with the "
            "class that saved it."
        )
    try:
        manifest = unseal(content)
    except ValueError as error:
        raise ModelFileError(
            f"{where}: {MANIFEST} is damaged: {error}. Save the model again."
        ) from error
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(
        re.fullmatch(LIST, name) and isinstance(digest, str) and DIGEST.fullmatch(digest)
        for name, digest in files.items()
    ):
        raise ModelFileError(f"{where}: {MANIFEST} names files that are none of a model.")
    return manifest
