"""Progress of a fit: a bar on a terminal and in a notebook, plain lines elsewhere."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars

from ..recorder import CompositeRecorder, NullRecorder, Recorder

LINES = 10  # lines printed by a fit over all its epochs, about
RECENT = 5  # epochs from which the time of the next ones is estimated


class Progress(NullRecorder):
    """A recorder that shows epoch, loss, validation error, the best so far and the time left.

    Used in a `with` statement, which ends the bar. The time left is an estimate for all epochs;
    a fit may end earlier.

    Args:
        console: where to print; by default standard error.
    """

    def __init__(self, console: Console | None = None):
        self.out = console or Console(stderr=True, highlight=False, markup=False)
        # without widgets, a bar in a notebook is a warning and nothing else
        widgets = self.out.is_jupyter and find_spec("ipywidgets") is not None
        self.bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[status]}"),
            console=self.out,
            disable=not (self.out.is_terminal or widgets),
        )
        self.title, self.epochs, self.step = "", 0, 0
        self.best, self.best_epoch, self.error = math.inf, 0, "error"
        self.seconds: list[float] = []

    def __enter__(self) -> "Progress":
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()
        if self.bars.disable and self.step:
            best = f"best {self.error} {self.best:.4g} in epoch {self.best_epoch}"
            self.out.print(f"{self.title}: ended after epoch {self.step}, {best}", soft_wrap=True)

    def parameters(self, values: dict[str, Any]) -> None:
        if "epochs" not in values:
            return
        self.title = f"{values.get('cell', 'network')}, seed {values.get('seed', 0)}"
        self.epochs = int(values["epochs"])
        self.task = self.bars.add_task(self.title, total=self.epochs, status="")

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        if step is None or "train/loss" not in values or not self.epochs:
            return
        name = next(key for key in values if key.startswith("val/"))
        self.step, self.error = step, name.removeprefix("val/")
        if values[name] < self.best:
            self.best, self.best_epoch = values[name], step
        self.seconds.append(values["time/epoch_s"])
        status = (
            f"loss {values['train/loss']:.4g}, {self.error} {values[name]:.4g}, "
            f"best {self.best:.4g} in epoch {self.best_epoch}, {self._left()} left"
        )
        if not self.bars.disable:
            self.bars.update(self.task, completed=step, status=status)
        elif step == 1 or step % max(1, self.epochs // LINES) == 0:
            self.out.print(f"{self.title}: epoch {step}/{self.epochs}, {status}", soft_wrap=True)

    def _left(self) -> str:
        recent = self.seconds[-RECENT:]
        seconds = round((self.epochs - self.step) * sum(recent) / len(recent))
        minutes, seconds = divmod(seconds, 60)
        return f"{minutes}:{seconds:02d}"


@contextmanager
def with_progress(recorder: Recorder | None, progress: bool) -> Iterator[Recorder]:
    """Adds a progress bar to a recorder inside the context.

    Args:
        recorder: recorder of the fit; `None` for none.
        progress: whether to show the bar.

    Yields:
        The recorder to pass to the fit.
    """
    if not progress:
        yield recorder or NullRecorder()
        return
    with Progress() as bar:
        yield bar if recorder is None else CompositeRecorder(recorder, bar)
