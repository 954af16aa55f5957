"""Steps between the rows of a series: counting in them, and the times that follow."""

from .base import Steps
from .names import canonical, steps_of
from .offsets import OffsetSteps
from .pattern import pattern_of, rows_pattern
from .sessions import Sessions

__all__ = [
    "OffsetSteps",
    "Sessions",
    "Steps",
    "canonical",
    "pattern_of",
    "rows_pattern",
    "steps_of",
]
