"""Numbers as tables and sentences show them."""

import numpy as np


def percent(value: float) -> str:
    return "" if np.isnan(value) else f"{100 * value:+.1f} %"


def less(avoided: float) -> str:
    """A share of an error that is avoided, in words: `3.5 % less than`."""
    return f"{abs(100 * avoided):.1f} % {'less' if avoided >= 0 else 'more'} than"


def p_text(p: float, name: str = "") -> str:
    """A probability as a reader needs it: `0.04`, `< 0.001`; with its name `p = 0.04`."""
    if np.isnan(p):
        return ""
    small = p < 0.001
    number = "0.001" if small else f"{p:.2g}"
    sign = "<" if small else "="
    if name:
        return f"{name} {sign} {number}"
    return f"< {number}" if small else number


def decimal(value: float) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
