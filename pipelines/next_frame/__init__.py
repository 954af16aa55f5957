"""Forecasts of the next frames of clips, and their error at every lead."""

from ..._quiet import import_keras

import_keras()

from .evaluation import Evaluation  # noqa: E402
from .fitted import FittedNextFrame  # noqa: E402
from .predictor import NextFrame  # noqa: E402

__all__ = ["Evaluation", "FittedNextFrame", "NextFrame"]
