"""Cells of a user's own that a command or an experiment file names: `package.module:Class`.

Their module is imported because the user's own command or file names it. A saved model that
names one never has it imported.
"""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from ...errors import ArgumentError, ArgumentTypeError

_NAMED: list[tuple[Any, str]] = []  # what has been named, and how


def named_cell(text: str, folder: Path | None = None) -> Any:
    """The cell that a text names: the text itself, or what a module holds.

    Args:
        text: a name in `CELLS`, or `package.module:name` of a class of cells or of a function
            from units to a cell.
        folder: where modules are looked for after the usual places and the current folder.

    Raises:
        ArgumentError: the module cannot be imported, or holds no such name.
        ArgumentTypeError: what it holds is no class and no function.
    """
    if ":" not in text:
        return text
    module, _, name = text.partition(":")
    found = own_module(module, f"the cell {text}", folder)
    try:
        cell = attrgetter(name)(found)
    except AttributeError:
        raise ArgumentError(
            f"The module {module} ({found.__file__}) holds no {name!r}. Received: cell={text!r}"
        ) from None
    _NAMED.append((cell, text))
    if not callable(cell) or (hasattr(cell, "state_size") and not isinstance(cell, type)):
        raise ArgumentTypeError(
            "A cell that is named must be a class of cells, or a function from units to a cell. "
            f"Received: cell={text!r}, {cell!r}"
        )
    return cell


def own_module(name: str, of: str, folder: Path | None = None) -> ModuleType:
    """Imports a module of the user's own.

    Args:
        name: its name, with dots.
        of: what it is the module of, for the message.
        folder: where it is looked for after the usual places and the current folder.

    Raises:
        ArgumentError: it cannot be imported.
    """
    with _also_from([Path.cwd(), *([folder] if folder else [])]):
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit) as error:  # whatever the user's module raises
            raise ArgumentError(
                f"The module of {of} cannot be imported: {error}. A module lies in the "
                "current folder, next to the experiment's file, or is installed."
            ) from error


def cell_label(text: str) -> str:
    """What tables and folders call a cell: `module:Class` is `Class`."""
    return text.rpartition(":")[2]


def cell_text(cell: Any) -> str:
    """The text that `named_cell` takes for a cell."""
    if isinstance(cell, str):
        return cell
    return next(text for named, text in _NAMED if named is cell)


def labeled(texts: Sequence[str]) -> dict[str, Any]:
    """The cells that texts name, by their labels.

    Raises:
        ArgumentError: two have one label.
    """
    found: dict[str, Any] = {}
    for text in texts:
        if (label := cell_label(text)) in found:
            raise ArgumentError(
                f"Two cells are called {label}: run them from an experiment file, where each "
                f"has a `name`. Received: {', '.join(texts)}"
            )
        found[label] = named_cell(text)
    return found


@contextmanager
def _also_from(folders: Sequence[Path]) -> Iterator[None]:
    """Inside, modules are found in these folders too: last, so that they hide no others."""
    added = [str(folder) for folder in folders]
    sys.path.extend(added)
    try:
        yield
    finally:
        for folder in added:
            sys.path.remove(folder)
