"""Signs of missing values that are numbers or text, such as −9999 and `?`."""

import json
import shlex
from collections import Counter
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from ...errors import ArgumentError, ArgumentTypeError
from ...messages import counted

NA = "a list of numbers and texts, e.g. na=[-9999, '?']"


def signs_of_missing(na: Any) -> tuple[float | str, ...]:
    """Checks the argument `na`: numbers become `float`, also those given as text.

    Raises:
        ArgumentTypeError: no list, or one of something else.
        ArgumentError: a text that is empty, or NaN, which are missing anyway.
    """
    if na is None:
        return ()
    if isinstance(na, (str, bytes, Real, dict)) or not hasattr(na, "__iter__"):
        raise ArgumentTypeError(f"`na` must be {NA}. Received: na={na!r:.200}")
    found: list[float | str] = []
    for sign in na:
        if isinstance(sign, (bool, np.bool_)) or not isinstance(sign, (str, Real)):
            raise ArgumentTypeError(f"`na` must be {NA}. Received: na={na!r:.200}")
        value = _as_number(sign)
        if value == "" or value != value:
            raise ArgumentError(
                f"`na` must be {NA}; empty cells and NaN are missing without it. "
                f"Received: na={na!r:.200}"
            )
        found.append(value)
    return tuple(dict.fromkeys(found))


def _as_number(sign: Any) -> float | str:
    text = str(sign).strip()
    try:
        number = float(sign)
    except (ValueError, OverflowError):
        return text
    return text if isinstance(sign, str) and number != number else number


def shown(sign: float | str) -> str:
    """A sign as a user writes it in Python: `-9999`, `'?'`."""
    if isinstance(sign, str):
        return json.dumps(sign, ensure_ascii=False)
    return f"{sign:.0f}" if abs(sign) < 1e15 and sign == int(sign) else repr(sign)


def _typed(sign: float | str) -> str:
    """A sign as a user types it on the command line."""
    if isinstance(sign, str) and any(letter in sign for letter in '"$`\\!'):
        return shlex.quote(sign)
    return shown(sign)


def remedy(signs: Sequence[float | str], more: str = "") -> str:
    """How to say that `signs` are missing: in Python, and on the command line."""
    listed = ", ".join(map(shown, signs))
    options = " ".join(f"--na {_typed(one)}" for one in signs)
    python, command = (f", {more}=", f" --{more} ") if more else ("", "")
    if not more:
        return f"na=[{listed}] ({options})"
    return f'na=[{listed}]{python}"mask" ({options}{command}mask)'


def read_as_missing(found: dict[str, Counter]) -> list[str]:
    """One sentence for each column in which signs were found."""
    return [
        f"Column {column!r}: "
        + ", ".join(f"{counted(n, 'value')} of {shown(sign)}" for sign, n in signs.items())
        + (" was" if sum(signs.values()) == 1 else " were")
        + " read as missing."
        for column, signs in found.items()
        if signs
    ]
