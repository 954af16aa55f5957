"""Clips of a study: found by name, known by digests."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from ....datasets import CLIP_DATASETS, DATASETS, Clips, load_clips, read_clips
from ....errors import ArgumentError, one_of
from ...study.digests import Digest, Used

SAMPLED = (64, 0)  # clips and seed of what a sampler is known by


def named_clips(data: str, folder: Path | None, length: int) -> Clips:
    """Clips by the name of a data set, or from a file.

    Args:
        data: name or path.
        folder: where the files lie that a data set is made from.
        length: frames of a clip.

    Raises:
        ArgumentError: a folder that is missing or not needed.
        DataError: a file that cannot be used.
    """
    path = Path(data)
    if data in DATASETS and not os.path.exists(path):
        raise ArgumentError(f"{data} is a series and holds no clips: rnnzoo forecast {data}")
    if data in CLIP_DATASETS and not os.path.exists(path):
        return load_clips(data, folder)
    if not os.path.exists(path) and not path.suffix:
        one_of("data", data, CLIP_DATASETS)
    if folder is not None:
        raise ArgumentError("--folder goes with a data set's name, not with a file.")
    return read_clips(path, length)


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


def _of_array(frames: np.ndarray) -> str:
    digest = Digest(())
    digest.array(frames)
    return digest.text
