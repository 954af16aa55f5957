"""Comparisons in words, the same on every page and terminal."""

import math
from collections.abc import Iterable

from .format import decimal, less_or_more, p_text
from .models import SIGNIFICANCE_LEVEL, UNCLEAR, Comparison, M
from .paired import TestResult

IN_UNITS = ("mae", "rmse")  # errors that have the unit of what is forecast


def error_unit(error: str, unit: str) -> str:
    """The unit of an error, given that of what is forecast; `""` of errors without one."""
    return unit if error in IN_UNITS else ""


def error_heading(comparison: Comparison[M]) -> str:
    """The error as a heading, e.g. `MAE, °C`."""
    unit = error_unit(comparison.error, comparison.unit)
    return f"{comparison.error.upper()}, {unit}" if unit else comparison.error.upper()


def against_baseline(comparison: Comparison[M], network: M, with_score: bool = True) -> str:
    """A network's mean error next to that of the best baseline, and whether that may be chance.

    E.g. `3.5 % less than the best baseline, theta (1.204). That may be luck (p = 0.2).`

    Args:
        comparison: ranks the network and the baselines.
        network: one of its networks.
        with_score: show the baseline's error; else name the kind of error.

    Returns:
        `""` without a baseline, or where it makes no error.
    """
    best, skill = comparison.best_baseline, comparison.skill(network)
    if best is None or math.isnan(skill):
        return ""
    scored = f"the best baseline, {best.label} ({decimal(best.mean)})"
    named = f"the {comparison.error.upper()} of {best.label}, the best baseline"
    sentence = significance_sentence(comparison.test(network), comparison.outcome(network))
    return f"{less_or_more(skill)} {scored if with_score else named}. {sentence}"


def significance_sentence(test: TestResult, outcome: str) -> str:
    """What a test says of a difference, in a sentence or two."""
    if math.isnan(test.p):
        return "Too little is known to say whether that is more than luck."
    p = p_text(test.p, "p")
    if outcome == UNCLEAR:
        return f"That may be luck ({p})."
    single = "" if test.seeds > 1 else " Luck in training is not counted: there is one seed."
    return f"Luck alone would hardly do that ({p}).{single}"


def comparison_note(comparison: Comparison[M]) -> str:
    """How the networks were tested, and how to read the table of models."""
    best, tests = comparison.best_baseline, comparison.tests.values()
    if best is None:
        return "No baseline was chosen: nothing is tested."
    if not tests:
        return "Only baselines are here: choose a network too, and it is tested against them."
    unknown = _distinct(test.basis for test in tests if math.isnan(test.p))
    known = _distinct(test.basis for test in tests if not math.isnan(test.p))
    sentences = [
        f"against {best.label}: the share of its error that is avoided; {best.label} is the "
        "best of the baselines here."
    ]
    if unknown:
        sentences.append(
            f"Too little is known to say whether a difference is luck: {'; '.join(unknown)}."
        )
    if known:
        sentences.append(
            f"p: how often equally good models would differ as much, by {'; or '.join(known)}. "
            f"{UNCLEAR}: above {SIGNIFICANCE_LEVEL}."
        )
    if comparison.repeated:
        sentences.append(
            "The interval of the mean is over seeds: it knows of luck in training, not of luck in "
            "the choice of the test."
        )
    if any(len(model.scores) == 1 for model in comparison.networks):
        sentences.append("Of a single seed, luck in training is not counted: try several seeds.")
    return " ".join(sentences)


def with_interval(mean: float, margin: float) -> str:
    """A mean and the margin of its interval, with the same number of digits."""
    digits = len(decimal(mean).partition(".")[2])
    return decimal(mean) if math.isnan(margin) else f"{decimal(mean)} ± {margin:.{digits}f}"


def _distinct(texts: Iterable[str]) -> list[str]:
    """Each text once, in order."""
    return list(dict.fromkeys(texts))
