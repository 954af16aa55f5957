"""What is wrong with an experiment, in words: the key, what is allowed, what was received."""

import types
from collections.abc import Sequence
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ...errors import nearest

WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    type(None): "null",
    dict: "a mapping",
    list: "a list",
    Sequence: "a list",
}
#: Where somebody looks for a key that has another place.
ELSEWHERE = {"seed": "seeds are set by `seeds`, for all models", "cell": "a cell belongs in models"}


def explained(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """All faults that Pydantic found, one a line.

    Args:
        error: what it raised.
        model: what was validated.
        where: the file.
    """
    lines: dict[str, str] = {}
    for fault in error.errors():
        keys, fields, annotation = _place(fault["loc"], model)
        path = _path(keys)
        if fault["type"] == "missing":
            text = f"is needed: {in_words(annotation)}."
        elif fault["type"] == "extra_forbidden":
            text = _unknown(str(fault["loc"][-1]), list(fields))
        elif fault["type"] == "value_error":
            text = f"{fault['ctx']['error']}. Received: {fault['input']!r}"
        else:
            text = f"must be {in_words(annotation)}. Received: {fault['input']!r}"
        lines.setdefault(path, f"{where}: {path}: {text}")  # of a union, once
    return "\n".join(lines.values())


def in_words(annotation: Any) -> str:
    """A type as a reader of YAML knows it, e.g. `a list of text, or null`."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return ", or ".join(dict.fromkeys(map(in_words, get_args(annotation))))
    if origin is Literal:
        return f"one of {', '.join(map(str, get_args(annotation)))}"
    word = WORDS.get(origin or annotation)
    if word == "a list" and get_args(annotation) and get_args(annotation)[0] in WORDS:
        return f"a list of {in_words(get_args(annotation)[0])}"
    if word:
        return word
    return "a mapping" if _section(annotation) else "another value"


def _unknown(key: str, allowed: list[str]) -> str:
    if key in ELSEWHERE:
        return f"there is no such key here: {ELSEWHERE[key]}."
    near = nearest(key, allowed, most=2)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"there is no such key.{hint} Allowed: {', '.join(allowed)}"


def _place(loc: tuple[Any, ...], model: type[BaseModel]) -> tuple[list[Any], dict[str, Any], Any]:
    """The keys that lead to a fault, the other fields there, and the type that it should have.

    Pydantic adds the members of a union to the keys; they end at the last field.
    """
    keys: list[Any] = []
    fields, annotation = dict(model.model_fields), None
    for key in loc:
        if isinstance(key, int):
            if get_origin(annotation) is not list:
                break
            keys.append(key)
            annotation = get_args(annotation)[0]
        else:
            section = _section(annotation) if annotation is not None else model
            if section is None:
                break
            fields = dict(section.model_fields)
            keys.append(key)
            if key not in fields:
                break
            annotation = fields[key].annotation
    return keys, fields, annotation


def _section(annotation: Any) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _path(keys: list[Any]) -> str:
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text or "the file"
