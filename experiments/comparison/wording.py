"""What tests say, in words that every page and table shares."""

import math

from .format import decimal, p_text
from .paired import TestResult

SIGNIFICANT = 0.05
UNCLEAR = "unclear"


def word(p: float, avoided: float) -> str:
    """Better, worse, or unclear; nothing where nothing tells."""
    if math.isnan(p):
        return ""
    if p > SIGNIFICANT:
        return UNCLEAR
    return "better" if avoided > 0 else "worse"


def significance_sentence(verdict: TestResult, found: str) -> str:
    """What a test says, in a sentence or two."""
    if math.isnan(verdict.p):
        return "Too little is known to say whether that is more than luck."
    told = p_text(verdict.p, "p")
    if found == UNCLEAR:
        return f"That may be luck ({told})."
    once = "" if verdict.seeds > 1 else " Luck in training is not counted: there is one seed."
    return f"Luck alone would hardly do that ({told}).{once}"


def with_interval(mean: float, half: float) -> str:
    """A mean and half of its interval, with the same digits."""
    digits = len(decimal(mean).partition(".")[2])
    return decimal(mean) if math.isnan(half) else f"{decimal(mean)} ± {half:.{digits}f}"
