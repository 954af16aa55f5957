"""Next frames: from clips to a free roll-out and its error at every lead."""

from ..._quiet import import_keras

import_keras()

from .evaluation import Evaluation  # noqa: E402
from .predictor import NextFrame  # noqa: E402

__all__ = ["Evaluation", "NextFrame"]
