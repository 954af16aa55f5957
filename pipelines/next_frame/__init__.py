"""Next frames: from clips to a free roll-out and its error at every lead."""

from .evaluation import Evaluation
from .predictor import NextFrame

__all__ = ["Evaluation", "NextFrame"]
