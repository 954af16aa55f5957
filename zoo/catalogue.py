"""What is known of a cell, read from one source: its class.

The docstring gives title, equation, arguments and reference, the constructor the
defaults, a built cell the number of weights.
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
        name: of the argument.
        default: its default; `inspect.Parameter.empty` if it has to be given.
        text: what the docstring says of it.
    """

    name: str
    default: Any
    text: str


@dataclass(frozen=True)
class Description:
    """A cell, described. What its docstring does not say is empty, or `None`.

    Attributes:
        name: in `CELLS` or `WRAPPERS`.
        title: the summary of the docstring, without its full stop.
        equation: the first ``` block.
        reference: the paragraph of references, without that word.
        year: the earliest that stands there in parentheses.
        parameters: weights with 64 units, or filters, on one input channel; images of
            8 × 8 for cells that read images; `None` of a wrapper.
        width: the first argument, `units` or `filters`; of a wrapper what it wraps.
        options: the other arguments of its own.
        common: names of the arguments of every Keras RNN that it takes too; see `RecurrentCell`.
        serves: what it serves, the natural one first; a wrapper nothing, by its name alone.
        refuses: what it does not serve, and why.
        page: the docstring, indentation removed.
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
    refuses: dict[str, str]
    page: str


def describe(name: str) -> Description:
    """Describes a cell, or a cell around other cells.

    Args:
        name: in `CELLS` or `WRAPPERS`.

    Raises:
        ArgumentError: no such cell; the message holds the nearest names.

    Example:

    >>> from rnnzoo.zoo.catalogue import describe
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
        refuses={
            u: kind.refuses.get(u, VECTORS) for u in USES if u not in kind.serves and not wraps
        },
        page=page,
    )


def documented(page: str) -> dict[str, str]:
    """The arguments that a cleaned docstring names under `Args:`, each with its text."""
    block = re.search(r"^Args:\n((?:[ ]+.*\n?)+)", page, re.MULTILINE)
    found = re.findall(
        r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", block.group(1) if block else "", re.MULTILINE
    )
    return {name: " ".join(text.split()) for name, text in found}


def _arguments(kind: type[RecurrentCell]) -> list[Argument]:
    """Those that the constructor itself names; what it passes on to the base is not."""
    texts = documented(inspect.cleandoc(kind.__dict__.get("__doc__") or ""))
    _, *parameters = inspect.signature(kind.__init__).parameters.values()  # but for self
    return [
        Argument(p.name, p.default, texts.get(p.name, ""))
        for p in parameters
        if p.kind is not p.VAR_KEYWORD
    ]


def _common(kind: type[RecurrentCell]) -> Iterator[str]:
    """The arguments of the base that a cell has a use for."""
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
