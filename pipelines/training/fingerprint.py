"""Digests of a user's own code, so that a checkpoint is continued only by the same code."""

import hashlib
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

from ...zoo.cell_config import cell_to_config
from ...zoo.factory import BUILT_IN, cell_factory, classes_within
from .keras_config import is_object, to_config
from .keras_settings import MAY_BE_OBJECTS

FOREIGN = ("keras", "rnnzoo", "builtins")  # code identified by its version instead
PLAIN = (int, float, str, bool, bytes, type(None))


def identifying_settings(settings: Mapping[str, Any], units: int) -> dict[str, Any]:
    """Settings as plain values that identify a fit, with digests of the user's own code.

    Args:
        settings: settings of an estimator.
        units: width of its cells.
    """
    cell = settings["cell"]
    plain = dict(settings) | {"cell": cell_to_config(cell, units)}
    if code := _cell_code(cell, units):
        plain["cell"] = {"cell": plain["cell"], "code": code}
    for key in MAY_BE_OBJECTS:
        if is_object(settings[key]):
            code = fingerprint(settings[key])
            plain[key] = to_config(settings[key]) | ({"code": code} if code else {})
    return plain


def fingerprint(value: Any) -> str | None:
    """A digest of the code of a function, or of an object's class; `None` for Keras's own."""
    return _digest(
        list(_function(value) if isinstance(value, FunctionType) else _class(type(value)))
    )


def _cell_code(cell: Any, units: int) -> str | None:
    """A digest of the code that makes a cell, and of its classes; `None` for ours and Keras's."""
    if isinstance(cell, str) and cell in BUILT_IN:
        return None
    factory = cell_factory(cell)
    kinds = [factory.given] if factory.by_class else classes_within(factory.make(units)).values()
    parts = [part for kind in kinds for part in _class(kind)]
    if isinstance(cell, FunctionType):
        parts += _function(cell)
    return _digest(parts)


def _digest(parts: list[str]) -> str | None:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16] if parts else None


def _class(kind: type) -> Iterator[str]:
    for one in kind.__mro__:
        for name, member in sorted(vars(one).items(), key=lambda item: item[0]):
            function = getattr(member, "__func__", getattr(member, "fget", member))
            if isinstance(function, FunctionType):
                yield from (f"{name} {part}" for part in _function(function))


def _function(function: FunctionType) -> Iterator[str]:
    if str(function.__module__).partition(".")[0] in FOREIGN:
        return
    yield from _code(function.__code__)
    yield _plain(function.__defaults__) + _plain(function.__kwdefaults__)
    for cell in function.__closure__ or ():
        held = cell.cell_contents
        if held is not function:  # which may call itself
            yield from _function(held) if isinstance(held, FunctionType) else [_plain(held)]


def _code(code: CodeType) -> Iterator[str]:
    yield f"{code.co_code.hex()} {code.co_names} {code.co_varnames}"
    for constant in code.co_consts:
        yield from _code(constant) if isinstance(constant, CodeType) else [_plain(constant)]


def _plain(value: Any) -> str:
    """A value as text, without addresses in memory, which differ from process to process."""
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, frozenset):
        return f"frozenset({sorted(map(_plain, value))})"
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__}({', '.join(map(_plain, value))})"
    if isinstance(value, dict):
        return f"dict({', '.join(f'{key}: {_plain(one)}' for key, one in value.items())})"
    return type(value).__name__
