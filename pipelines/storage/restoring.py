"""Values out of a stranger's file: dataclasses of the right types, and one kind of error."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from ...errors import ModelFileError

MOST_LETTERS = 300  # of a foreign error in a message
Value = TypeVar("Value")


@contextmanager
def restoring(where: str | Path, kind: str) -> Iterator[None]:
    """Turns whatever is raised inside the context into a `ModelFileError`.

    Args:
        where: place of the model.
        kind: kind of model, in words.
    """
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{where} {error}") from error
    except Exception as error:  # whatever a stranger's file makes Keras raise
        said = str(error) or type(error).__name__
        said = said if len(said) <= MOST_LETTERS else f"{said[:MOST_LETTERS]} …"
        raise ModelFileError(f"{where} is no {kind} that can be read: {said}") from error


def typed(kind: type[Value], plain: Any) -> Value:
    """Makes a dataclass of plain values, each of the type that its annotation says.

    Raises:
        ValueError: a value is missing, unknown, or of another type.
    """
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(plain, dict) or not known.issuperset(plain):
        raise ValueError(f"it holds no values of a {kind.__name__}")
    try:
        return TypeAdapter(kind).validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{kind.__name__}.{place}: {first['msg']}") from error


def require_weights(arrays: list[np.ndarray], shapes: list[tuple[int, ...]]) -> None:
    """Checks weights before a network takes them.

    Args:
        arrays: weights out of a file.
        shapes: shapes of the weights of the network.

    Raises:
        ValueError: another number of weights, other shapes, or values that are not finite.
    """
    found = [array.shape for array in arrays]
    if found != shapes:
        raise ValueError(f"its weights have other shapes than its network: {found} {shapes}")
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("its weights are not finite")
