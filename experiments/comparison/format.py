"""Numbers as tables and sentences show them."""

import numpy as np


def percent(value: float) -> str:
    """A share with its sign: `+3.5 %`; nothing where there is none."""
    return "" if np.isnan(value) else f"{100 * value:+.1f} %"


def share(value: float) -> str:
    """A share without a sign: `79.3 %`; nothing where there is none."""
    return "" if np.isnan(value) else f"{100 * value:.1f} %"


def less_or_more(skill: float) -> str:
    """A skill in words: `3.5 % less than`, of one below zero `3.5 % more than`."""
    return f"{abs(100 * skill):.1f} % {'less' if skill >= 0 else 'more'} than"


def p_text(p: float, name: str = "") -> str:
    """A probability to two digits: `0.04`, `< 0.001`; with its name `p = 0.04`."""
    if np.isnan(p):
        return ""
    small = p < 0.001
    number = "0.001" if small else f"{p:.2g}"
    sign = "<" if small else "="
    if name:
        return f"{name} {sign} {number}"
    return f"< {number}" if small else number


def decimal(value: float) -> str:
    """An error to three digits after the point, or to one from 10 on; nothing of NaN."""
    if np.isnan(value):
        return ""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
