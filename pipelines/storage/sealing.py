"""Plain values as JSON under a hash of every byte."""

import hashlib
import json
from typing import Any, NoReturn

import numpy as np

LARGEST_JSON = 256 << 20  # most bytes of sealed values


def seal(values: dict[str, Any]) -> bytes:
    """Plain values as JSON, with their hash in the last line."""
    return _to_json(values | {"sha256": sha256(_to_json(values))})


def unseal(content: bytes) -> dict[str, Any]:
    """The values that `seal` wrote, without their hash.

    Raises:
        ValueError: a byte has changed, or it is something else.
    """
    try:
        values = json.loads(content, parse_constant=_refuse)
        if not isinstance(values, dict) or "sha256" not in values:
            raise ValueError("it has no hash")
        del values["sha256"]
        if seal(values) != content:
            raise ValueError("its hash is not the saved one")
    except RecursionError as error:
        raise ValueError("its values are nested too deeply") from error
    return values


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def plain(value: Any) -> Any:
    """Converts values that `json` cannot write: ranges of delays, and NumPy's numbers."""
    return value.item() if isinstance(value, np.generic) else list(value)


def _to_json(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, allow_nan=False, default=plain) + "\n").encode()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
