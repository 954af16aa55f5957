"""Describes cells, from a single source: their class.

Title, equation, arguments and reference come from the docstring, defaults from the constructor,
the number of weights from a built cell.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..errors import one_of
from .cells import CELLS, WRAPPERS, RecurrentCell

UNITS = 64  # width at which weights are counted
USES = ("stateful", "closed_loop", "next_frame")
VECTORS = "it reads the rows of a table, not images"


@dataclass(frozen=True)
class Argument:
    """An argument of a cell's constructor.

    Attributes:
        name: name of the argument.
        default: default value; `inspect.Parameter.empty` if it is required.
        text: description in the docstring.
    """

    name: str
    default: Any
    text: str


@dataclass(frozen=True)
class Description:
    """The description of a cell. What its docstring lacks is empty, or `None`.

    Attributes:
        name: name in `CELLS` or `WRAPPERS`.
        title: first line of the docstring, without its full stop.
        equation: first ``` block.
        reference: paragraph of references, without that word.
        year: earliest year in parentheses in the references.
        parameters: number of weights with 64 units, or filters, for one input channel, and
            images of 8 × 8 for cells that read images; `None` for a wrapper.
        width: first argument: `units` or `filters`, or, for a wrapper, the wrapped cell.
        options: the cell's other arguments.
        common: names of the arguments of `RecurrentCell` that the cell supports.
        serves: supported uses, the default first; empty for a wrapper.
        unsupported: unsupported uses, with the reason.
        page: docstring without indentation.
    """

    name: str
    title: str
    equation: str
    reference: str
    year: int | None
    parameters: int | None
    width: Argument
    options: tuple[Argument, ...]
    common: tuple[str, ...]
    serves: tuple[str, ...]
    unsupported: dict[str, str]
    page: str


def describe(name: str) -> Description:
    """Describes a cell, or a cell around other cells.

    Args:
        name: name in `CELLS` or `WRAPPERS`.

    Raises:
        ArgumentError: no such cell; the message holds the nearest names.

    Example:

    >>> from rnnzoo.zoo.catalog import describe
    >>> gru = describe("gru")
    >>> gru.title, gru.year, gru.parameters, gru.options[0].name
    ('Gated recurrent unit', 2014, 12736, 'reset')
    """
    every = CELLS | WRAPPERS
    kind = every[one_of("cell", name, every)]
    wraps = name in WRAPPERS
    page = inspect.cleandoc(kind.__dict__.get("__doc__") or "")
    equation = re.search(r"^```\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE)
    reference = _paragraph(page, "References?")
    years = [int(year) for year in re.findall(r"\((\d{4})\)", reference)]
    width, *options = _arguments(kind)
    return Description(
        name=name,
        title=page.partition("\n")[0].removesuffix("."),
        equation=equation.group(1) if equation else "",
        reference=reference,
        year=min(years, default=None),
        parameters=None if wraps else _weights(name),
        width=width,
        options=tuple(options),
        common=tuple(_common(kind)),
        serves=() if wraps else tuple(kind.serves),
        unsupported={
            u: kind.unsupported.get(u, VECTORS) for u in USES if u not in kind.serves and not wraps
        },
        page=page,
    )


def argument_texts(page: str) -> dict[str, str]:
    """The descriptions of arguments under `Args:` in a cleaned docstring, by name."""
    block = re.search(r"^Args:\n((?:[ ]+.*\n?)+)", page, re.MULTILINE)
    found = re.findall(
        r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", block.group(1) if block else "", re.MULTILINE
    )
    return {name: " ".join(text.split()) for name, text in found}


def _arguments(kind: type[RecurrentCell]) -> list[Argument]:
    """The arguments that the constructor itself names, without those passed on to the base."""
    texts = argument_texts(inspect.cleandoc(kind.__dict__.get("__doc__") or ""))
    _, *parameters = inspect.signature(kind.__init__).parameters.values()  # but for self
    return [
        Argument(p.name, p.default, texts.get(p.name, ""))
        for p in parameters
        if p.kind is not p.VAR_KEYWORD
    ]


def _common(kind: type[RecurrentCell]) -> Iterator[str]:
    """The names of the arguments of `RecurrentCell` that a cell supports."""
    own = {*[argument.name for argument in _arguments(kind)], *kind.fixed}
    roles = {*kind.roles.values()}
    drops = {"dropout": not kind.no_dropout, "recurrent_dropout": kind.supports_recurrent_dropout}
    there = {"use_bias": "bias" in roles, **drops, "seed": any(drops.values())}
    for name in (argument.name for argument in _arguments(RecurrentCell)):
        if name not in own and there.get(name, name.partition("_")[0] in roles):
            yield name


def _paragraph(page: str, heading: str) -> str:
    found = re.search(rf"^(?:{heading}): (.*?)(?:\n\n|\Z)", page, re.DOTALL | re.MULTILINE)
    return " ".join(found.group(1).split()) if found else ""


@cache
def _weights(name: str) -> int:
    kind: Any = CELLS[name]
    cell = kind(UNITS)
    cell.build((None, 8, 8, 1) if kind.serves == ("next_frame",) else (None, 1))
    return int(cell.count_params())
