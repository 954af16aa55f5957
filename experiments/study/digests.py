"""Digests of data: of every value, time and name, so that no two data sets share one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LENGTH = 32  # characters: MLflow takes 36
PART = 256  # rows or clips that are copied at once


@dataclass(frozen=True)
class Used:
    """Data that a run reads.

    Attributes:
        digest: the same for equal data only.
        use: `"training"`, `"validation"` or `"test"`.
        about: how many rows or clips.
    """

    digest: str
    use: str
    about: dict[str, Any]


def of_all(used: Sequence[Used]) -> str:
    """One digest of several data: the same for the same data in the same use only."""
    digest = Digest(())
    for each in used:
        digest.add(each.use, each.digest)
    return digest.text


class Digest:
    """SHA-256 over parts, each with its kind and size: none can be read as another."""

    def __init__(self, about: tuple):
        self._hash = hashlib.sha256()
        self.add(*about)

    def add(self, *values: Any) -> None:
        text = repr(values).encode()
        self._hash.update(b"%d:" % len(text))
        self._hash.update(text)

    def array(self, values: np.ndarray) -> None:
        self.add(values.dtype.str, values.shape)
        for first in range(0, len(values), PART):  # clips may be views that overlap
            self._hash.update(values[first : first + PART].tobytes())

    @property
    def text(self) -> str:
        return self._hash.hexdigest()[:LENGTH]
