"""`rnnzoo cells`: the cells as a table, as pages, as JSON, and the table of the README."""

import inspect
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from ...errors import ArgumentError
from ...zoo.catalog import UNITS, Description, describe
from ...zoo.cells import CELLS, WRAPPERS
from ..reports.terminal import console


def cells(name: str | None, as_json: bool, as_markdown: bool) -> None:
    """Prints one cell's page, be it a cell around others, or all cells.

    Raises:
        ArgumentError: no such cell; Markdown and JSON at once, or Markdown of one cell.
    """
    if as_markdown and (as_json or name):
        raise ArgumentError("--markdown is used alone. Received: a name or --json too")
    if as_markdown:
        print(markdown_table())
        return
    entries = [describe(each) for each in ([name] if name else CELLS)]
    if as_json:
        utf = (sys.stdout.encoding or "").lower().startswith("utf")
        print(json.dumps([record(entry) for entry in entries], ensure_ascii=not utf, indent=2))
    elif name:
        print_page(console(), entries[0])
    else:
        print_all(console(), entries)


def record(entry: Description) -> dict[str, Any]:
    """A cell as plain values."""
    return {
        "name": entry.name,
        "title": entry.title,
        "equation": entry.equation,
        "reference": entry.reference,
        "year": entry.year,
        "parameters": entry.parameters,
        "options": [
            {"name": option.name, "default": _given(option.default), "text": option.text}
            for option in entry.options
        ],
        "common": list(entry.common),
        "serves": list(entry.serves),
    }


def print_all(out: Console, entries: list[Description]) -> None:
    """Equation and reference of each cell, then a table of all: it stays on the screen."""
    for entry in entries:
        out.print(entry.name, style="bold")
        out.print(Padding(_fitting(entry.equation, out.width - 2), (0, 0, 0, 2)))
        out.print(Padding(entry.reference, (0, 0, 1, 2)), style="dim")
    out.print(_table(entries))
    out.print(f"\nWeights at {UNITS} units and one input. One cell's page: rnnzoo cells NAME")
    out.print(
        "All of them take dropout, a seed, and initializers, regularizers and constraints by role, "
        "as every Keras RNN does: on their pages"
    )
    out.print(f"Cells around others have a page too: {', '.join(WRAPPERS)}")


def print_page(out: Console, entry: Description) -> None:
    """The docstring, with defaults, weights, and what the cell serves or refuses."""
    out.print(f"{entry.name}: {entry.title}", style="bold")
    prose = entry.page.partition("\n")[2]  # the title is printed
    for k, block in enumerate(re.split(r"^```\n?", prose, flags=re.MULTILINE)):
        if k % 2:
            out.print()
            out.print(Padding(_fitting(block.rstrip(), out.width - 2), (0, 0, 0, 2)))
            continue
        for paragraph in filter(str.strip, block.split("\n\n")):
            out.print()
            if paragraph.lstrip().startswith("Args:"):
                out.print(_arguments(entry))
                if entry.common:
                    out.print(f"\nAs every Keras RNN it also takes {', '.join(entry.common)}.")
            else:
                out.print(" ".join(paragraph.split()))
    if entry.parameters is None:
        out.print("\nA cell around cells: not to be named to a forecaster, but built and looped.")
        return
    out.print(f"\nWeights at {UNITS} {entry.width.name} and one input: {entry.parameters:,}.")
    out.print(f"Serves: {_uses(entry)}.")
    for use, reason in entry.unsupported.items():
        out.print(f"Not {_spoken(use)}: {reason}.")


def markdown_table() -> str:
    """The table of the README."""
    lines = [
        f"| name | network | year | weights at {UNITS} units | serves |",
        "|---|---|---|---|---|",
    ]
    for entry in map(describe, CELLS):
        title = entry.title.replace("|", r"\|")
        lines.append(
            f"| `{entry.name}` | {title} | {entry.year} | {entry.parameters:,} | {_uses(entry)} |"
        )
    return "\n".join(lines)


def _table(entries: list[Description]) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("cell", no_wrap=True)
    table.add_column("network, and its options", ratio=1)
    table.add_column("year", justify="right", no_wrap=True)
    table.add_column("weights", justify="right", no_wrap=True)
    table.add_column("serves", min_width=len("closed loop,"))
    for entry in entries:
        options = ", ".join(option.name for option in entry.options)
        network = f"{entry.title}\n{options}" if options else entry.title
        year = "" if entry.year is None else str(entry.year)
        serves = ",\n".join(map(_spoken, entry.serves))
        table.add_row(entry.name, network, year, f"{entry.parameters:,}", serves)
    return table


def _arguments(entry: Description) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("argument", no_wrap=True)
    table.add_column("default", max_width=20)
    table.add_column("", ratio=1)
    table.add_row(entry.width.name, "", entry.width.text)
    for option in entry.options:
        table.add_row(option.name, _default(option.default), option.text)
    return table


def _given(default: Any) -> Any:
    return None if default is inspect.Parameter.empty else default


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def _uses(entry: Description) -> str:
    return ", ".join(map(_spoken, entry.serves))


def _spoken(use: str) -> str:
    return use.replace("_", " ")


def _fitting(equation: str, width: int) -> str:
    """An equation whose remarks go to a line of their own where they do not fit."""
    return "\n".join(line for full in equation.splitlines() for line in _broken(full, width))


def _broken(line: str, width: int) -> Iterator[str]:
    while cell_len(line) > width:
        found = re.finditer(r"(?<=\S) {3,}(?=\S)", line)
        gaps = [gap for gap in found if cell_len(line[: gap.start()]) <= width]
        if not gaps:
            break
        yield line[: gaps[-1].start()]
        line = " " * 8 + line[gaps[-1].end() :]
    yield line
