"""Arguments of commands that hold several: names with commas between, `name=value`."""

import json
from collections.abc import Collection
from inspect import signature
from typing import Any

from ...errors import ArgumentError, one_of


def listed(values: list[str] | None, known: Collection[str] = ()) -> list[str]:
    """Names given one by one or with commas between, each once.

    Args:
        values: given.
        known: names that have a comma themselves, which are not divided.
    """
    names = [
        name.strip()
        for value in values or ()
        for name in ([value] if value.strip() in known else value.split(","))
    ]
    return list(dict.fromkeys(filter(None, names)))


def options(values: list[str] | None) -> dict[str, Any]:
    """Arguments given as `name=value`: numbers, lists and true or false as in JSON, else text.

    Raises:
        ArgumentError: no `=`.
    """
    found: dict[str, Any] = {}
    for value in values or ():
        name, sign, text = value.partition("=")
        if not (name and sign):
            raise ArgumentError(f"An option is name=value. Received: {value!r}")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def other_settings(values: list[str] | None, task: str, said: Collection[str]) -> dict[str, Any]:
    """Settings of a network given as `name=value`, those that have no option of their own.

    Args:
        values: given.
        task: name in `TASKS`.
        said: settings that have one.

    Raises:
        ArgumentError: no such setting, or one with an option of its own.
    """
    found = options(values)
    if found:
        from ..tasks.registry import schema_of

        estimator = schema_of(task).estimator()
        known = [name for name in signature(estimator).parameters if name != "cell"]
        for name in found:
            one_of("set", name, known)
            if name in said:
                raise ArgumentError(f"{name} has an option of its own: --{name.replace('_', '-')}")
    return found
