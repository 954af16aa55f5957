"""The terminal: progress of a study, and tables."""

import sys
from collections.abc import Collection, Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Table

from ..comparison.format import percent
from ..journal.journal import Event, Journal
from .plain import cell, visible

LINE_EVERY = 10  # epochs between two plain lines


def console(stderr: bool = False) -> Console:
    """A console, 120 columns wide where the output is no terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 120
    return PlainConsole(stderr=stderr, width=width, highlight=False, markup=False)


class PlainConsole(Console):
    """A console on which no text controls the terminal: names come from outside."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control is None:
                segment = Segment(visible(segment.text), segment.style)
            yield segment


class Display:
    """Shows a study's progress: a bar per network on a terminal, plain lines elsewhere."""

    def __init__(self, out: Console):
        self.out = out
        self.progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs, validation {task.fields[error]}"),
            TimeElapsedColumn(),
            console=out,
            disable=not out.is_terminal,
        )

    def __enter__(self) -> "Display":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def follow(self, run: str) -> "_Follower":
        return _Follower(self, run)


class _Follower:
    """Shows the progress of one run, as a listener of its journal."""

    def __init__(self, display: Display, run: str):
        self.display, self.name = display, run
        self.task: Any = None
        self.epochs = self.epoch = 0
        self.error = float("nan")

    def __call__(self, journal: Journal, event: Event) -> None:
        if event.kind == "resume":
            for before in journal.events[:-1]:
                self._show(before)
            if self.epoch:
                self._line(f"continues after epoch {self.epoch}")
        else:
            self._show(event)

    def _show(self, event: Event) -> None:
        data = event.data
        if event.kind == "parameters" and "epochs" in data["values"]:
            self.epochs = data["values"]["epochs"]
            self.task = self.display.progress.add_task(cell(self.name), total=self.epochs, error="")
        elif event.kind == "metrics" and data["step"] is not None:
            self.epoch = data["step"]
            self.error = next(v for k, v in data["values"].items() if k.startswith("val/"))
            self._advance()
        elif event.kind == "metrics" and "time/fit_s" in data["values"]:
            self._finish(data["values"]["time/fit_s"])

    def _advance(self) -> None:
        error = f"{self.error:.4f}"
        self.display.progress.update(self.task, completed=self.epoch, error=error)
        if self.epoch % LINE_EVERY == 0:
            self._line(f"epoch {self.epoch}/{self.epochs}, validation error {error}")

    def _finish(self, seconds: float) -> None:
        if self.task is None:
            self._line(f"no network was trained; {seconds:.1f} s")
            return
        self.display.progress.update(self.task, total=self.epoch, completed=self.epoch)
        epochs = "1 epoch" if self.epoch == 1 else f"{self.epoch} epochs"
        self._line(f"{epochs} in {seconds:.1f} s")

    def _line(self, text: str) -> None:
        """Prints a line, unless there is a bar."""
        if not self.display.out.is_terminal:
            self.display.out.print(f"{self.name}: {text}")


def print_table(out: Console, title: str, table: Table) -> None:
    """Prints a title and a table; a title inside would be wrapped to the table's width."""
    out.print(title, style="bold", soft_wrap=True)
    out.print(table)


def leaderboard_table(
    board: pd.DataFrame,
    by_lead: pd.DataFrame,
    width: int,
    *,
    error: str,
    heading: str,
    others: dict[str, str],
) -> Table:
    """Networks and baselines, best first: error at some leads, overall, skill, cost.

    As many leads as `width` characters hold, and the other scores where there is room.

    Args:
        board: table with the columns `model, skill, parameters, seconds` and the errors.
        by_lead: table with the columns `model, step` and the error.
        width: characters per line.
        error: column of the error that ranks.
        heading: heading of that column.
        others: headings of further scores, by column, the most important ones first; a column may
            hold text.
    """
    left = width - _width([max(board["model"], key=len), heading, "skill", "weights", "seconds"])
    left -= _width(["lead 1", "lead 10"])  # the first and the last are always shown
    further: dict[str, str] = {}
    for key, name in others.items():
        if _width([*further.values(), name]) <= left:
            further[key] = name
    left -= _width(further.values())
    shown = _some_leads(int(by_lead["step"].max()), 2 + max(0, left) // _width(["lead 10"]))
    table = _table()
    table.add_column("model", no_wrap=True)
    headings = [*[f"lead {k}" for k in shown], heading, *further.values()]
    for name in (*headings, "skill", "weights", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    errors = by_lead.set_index(["model", "step"])[error].to_dict()
    best = board["model"].iloc[0]
    for row in board.to_dict("records"):
        model = cell(str(row["model"]))
        cells = [_number(errors[row["model"], lead]) for lead in shown]
        cells += [_text(row[name]) for name in (error, *further)]
        cells += [percent(row["skill"])]
        cells += ["" if pd.isna(row["parameters"]) else f"{row['parameters']:,}"]
        cells += ["" if np.isnan(row["seconds"]) else f"{row['seconds']:.1f}"]
        table.add_row(model, *cells, style="bold" if row["model"] == best else "")
    return table


def frame_table(frame: pd.DataFrame, words: Collection[str] | None = None) -> Table:
    """A data frame as a table, numbers aligned to the right.

    Args:
        frame: the table's cells.
        words: columns aligned to the left, whose cells may take several lines where there is no
            room; by default those that hold text, in one line.
    """
    table = _table()
    for column in frame:
        numeric = pd.api.types.is_numeric_dtype(frame[column])
        if words is not None:
            numeric = column not in words
        side: Literal["left", "right"] = "right" if numeric else "left"
        whole = words is None or numeric
        table.add_column(cell(str(column)), justify=side, no_wrap=whole, overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*[_text(value) for value in row])
    return table


def _table() -> Table:
    return Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _width(headings: Iterable[str]) -> int:
    """Characters that columns take, with the space after each."""
    return sum(max(len(heading), len("-35.8 %")) + 2 for heading in headings)


def _some_leads(horizon: int, count: int) -> list[int]:
    """At most `count` leads from the first to the last, evenly spread."""
    spread = np.linspace(1, horizon, min(count, horizon))
    return sorted({int(lead) for lead in np.round(spread)})


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"


def _text(value: Any) -> str:
    if isinstance(value, float):
        return _number(value)
    return "" if value is None or value is pd.NA else cell(str(value))
