"""Digests of data: of every value, time and name, so that no two data sets share one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...datasets import Clips, TimeSeriesPanel

LENGTH = 32  # characters: MLflow takes 36
SAMPLED = (64, 0)  # clips and seed of what a sampler is known by
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


def of_panel(panel: TimeSeriesPanel, use: str) -> Used:
    """Times, values, covariates and what was filled in, of every row of every series."""
    schema = panel.schema
    columns = ("y", *schema.past, *schema.future)
    names = (schema.target, schema.past, schema.future, schema.static)
    digest = _Digest((*names, schema.frequency, schema.zone))
    for series in panel:
        digest.add(series.unique_id, series.static, len(series))
        digest.array(series.times.to_numpy("datetime64[ns]").view("int64"))
        digest.array(series.values(columns))
        if series.filled is not None:
            digest.array(series.filled)
    rows = sum(len(series) for series in panel)
    return Used(digest.text, use, {"series": len(panel), "rows": rows})


def of_clips(clips: Clips) -> list[Used]:
    """Every pixel of the three parts; of a sampler, which has no end, some clips of one seed."""
    training: Any = clips.training
    endless = callable(training)
    shown = training(*SAMPLED) if endless else training
    about = {"clips": "made as they are read"} if endless else {"clips": len(training)}
    return [
        Used(_of_array(shown), "training", about),
        Used(_of_array(clips.validation), "validation", {"clips": len(clips.validation)}),
        Used(_of_array(clips.test), "test", {"clips": len(clips.test)}),
    ]


def of_all(used: Sequence[Used]) -> str:
    """One digest of several data: the same for the same data in the same use only."""
    digest = _Digest(())
    for each in used:
        digest.add(each.use, each.digest)
    return digest.text


def _of_array(frames: np.ndarray) -> str:
    digest = _Digest(())
    digest.array(frames)
    return digest.text


class _Digest:
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
