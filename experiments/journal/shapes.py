"""What the record of each kind of event must hold.

A journal may come from a stranger, and a right checksum says nothing about what was summed: names,
numbers and shapes are checked here, once, when a record is written and when it is read. Whoever
gets an event relies on them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import one_of

NAME = 1000  # characters of a name, at most
NAMES = 10_000  # entries of one mapping, at most
DEPTH = 20  # lists and mappings in one another, at most
LAST_TIME = 2**33  # seconds since 1970, in the year 2242: pandas has times until 2262
LAST_STEP = 2**63 - 1  # what a database holds
STATUS = ("FINISHED", "FAILED", "KILLED")
#: Tags that the store sets itself: those of MLflow, and those by which a run is found again.
RESERVED = re.compile(r"mlflow\..*|run_uid|rnnzoo\.events", re.DOTALL | re.IGNORECASE)
UID = re.compile("[0-9a-f]{32}")
#: A file in the folder of the run: no hidden one, none outside, no odd characters.
_PART = r"(?=[\w(+=@,])[\w .()+,=@-]{1,255}"
FILE = re.compile(rf"{_PART}(?:/{_PART}){{0,19}}")

Check = Callable[[Any], Any]


def text(value: Any) -> str:
    """Text of any length."""
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {_brief(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"must be text, and {_brief(value)} holds half a character") from None
    return value


def name(value: Any) -> str:
    """Text that is not empty, and not too long."""
    if not 0 < len(text(value)) <= NAME:
        raise ValueError(f"must have 1 to {NAME} characters, not {len(value)}")
    return str(value)


def uid(value: Any) -> str:
    """The identity of a run."""
    if not UID.fullmatch(text(value)):
        raise ValueError(f"must be 32 hexadecimal digits, not {_brief(value)}")
    return str(value)


def file(value: Any) -> str:
    """The path of a file in the folder of the run, as text."""
    if not FILE.fullmatch(text(value)):
        raise ValueError(
            f"must be the path of a file in the run's folder, of plain characters, not "
            f"{_brief(value)}"
        )
    return str(value)


def number(value: Any) -> float:
    """A number; those that JSON has no words for are written by name."""
    named = value in ("nan", "inf", "-inf") if isinstance(value, str) else False
    if not named and not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {_brief(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"must be a number, and {_brief(value)} is too large for one") from None


def step(value: Any) -> int:
    """A whole number of 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LAST_STEP:
        raise ValueError(f"must be a whole number from 0 to {LAST_STEP}, not {_brief(value)}")
    return value


def time(value: Any) -> float:
    """Seconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LAST_TIME:
        raise ValueError(f"its time must be seconds from 1970 to 2242, not {_brief(value)}")
    return float(value)


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_brief(value)}")
    return value


def status(value: Any) -> str:
    return one_of("status", value, STATUS) if isinstance(value, str) else text(value)


def plain(value: Any, depth: int = 0) -> Any:
    """Text, numbers, and lists and mappings of them that are not nested too deeply."""
    if depth > DEPTH:
        raise ValueError(f"must not be nested more than {DEPTH} times")
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(key): plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each, depth + 1) for each in value]
    return value


def mapping(of: Check) -> Check:
    """A mapping of names to values of one kind."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > NAMES:
            raise ValueError(f"must be a mapping of at most {NAMES} names, not {_brief(value)}")
        return {name(key): _at(repr(key[:40]), of, each) for key, each in value.items()}

    return check


def tags(value: Any) -> dict[str, str]:
    """Texts by name, none of them a tag that the store sets itself."""
    found: dict[str, str] = mapping(text)(value)
    for key in found:
        if RESERVED.fullmatch(key):
            raise ValueError(f"must not hold {_brief(key)}: the tracking store sets it itself")
    return found


def numbers(value: Any) -> list[float]:
    if not isinstance(value, list):
        raise ValueError(f"must be a list of numbers, not {_brief(value)}")
    return [number(each) for each in value]


def or_none(of: Check) -> Check:
    return lambda value: None if value is None else of(value)


#: What the data of each kind of event hold; further keys are passed over.
KINDS: dict[str, dict[str, Check]] = {
    "start": {
        "experiment": name,
        "run": name,
        "tags": tags,
        "uid": uid,
        "parent": or_none(uid),
        "format": step,
    },
    "resume": {},
    "parameters": {"values": mapping(plain)},
    "metrics": {"values": mapping(number), "step": or_none(step)},
    "series": {"name": name, "values": numbers},
    "image": {"path": file, "name": name, "step": step},
    "artifact": {"path": file},
    "dataset": {"name": name, "digest": name, "use": name, "about": mapping(plain)},
    "note": {"text": text},
    "end": {"status": status, "error": text, "diverged": flag},
}
#: Keys that older journals lack.
MORE: dict[str, dict[str, Check]] = {"end": {"type": text, "traceback": text}}


def checked(kind: Any, data: Any) -> dict[str, Any]:
    """The data of an event, numbers as numbers.

    Raises:
        ValueError: no such kind of event, or data of another shape; says what, in words.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"there is no such kind of event: {_brief(kind)}")
    if not isinstance(data, Mapping):
        raise ValueError(f"its data must be a mapping, not {_brief(data)}")
    needed, further = KINDS[kind], MORE.get(kind, {})
    if missing := needed.keys() - data.keys():
        raise ValueError(f"{kind} lacks {', '.join(sorted(missing))}")
    checks = needed | {key: check for key, check in further.items() if key in data}
    return {key: _at(f"{kind}: {key}", check, data[key]) for key, check in checks.items()}


def _at(where: str, check: Check, value: Any) -> Any:
    """Says where a value is wrong."""
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{where} {error}") from None


def _brief(value: Any) -> str:
    """A value in a message: short, and on one line."""
    if isinstance(value, dict | list):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    shown = repr(value[:60] if isinstance(value, str) else value)
    return shown if len(shown) <= 80 else f"{shown[:77]}…"
