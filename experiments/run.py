"""Runs of one study: one experiment, one time, the same tags."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import pandas as pd

from ..zoo.cells import CELLS
from .journal import Journal, Listener

#: One a cell, that stay apart for the colour-blind as well; baselines are grey.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7B3294", "#8C510A"]
GREYS = ["#222222", "#777777", "#AAAAAA", "#CCCCCC"]

#: Makes the listeners of a run from its name, e.g. a tracker's.
Listeners = Callable[[str], Iterable[Listener]]


def nobody(run: str) -> Iterable[Listener]:
    """The listeners of a run that nobody follows."""
    return ()


def listeners(follow: Callable[[str], Listener], store: Any) -> Listeners:
    """Who follows each run: what `follow` makes, and the tracking store if there is one."""
    if store is None:
        return lambda run: [follow(run)]
    return lambda run: [follow(run), store.projection()]


@dataclass(frozen=True)
class Runs:
    """Opens the journals of a study's runs.

    Attributes:
        task: `"forecast"` or `"video"`; the experiment is `task/dataset`.
        dataset: what the networks are tried on.
        listeners: of each run.
        began: when the study did, which tells its runs from those of another.
    """

    task: str
    dataset: str
    listeners: Listeners = nobody
    began: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M:%S"))

    def network(self, cell: str, seed: int) -> Journal:
        """The journal of a network's run."""
        colour = COLOURS[list(CELLS).index(cell) % len(COLOURS)]
        return self._journal(f"{cell}-{seed}", cell, colour)

    def baseline(self, name: str, place: int) -> Journal:
        """The journal of the run of the baseline at that place of all."""
        return self._journal(name, name, GREYS[place % len(GREYS)])

    def _journal(self, run: str, cell: str, colour: str) -> Journal:
        tags = {"task": self.task, "dataset": self.dataset, "study": self.began, "cell": cell}
        tags |= {"rnnzoo.version": version("rnnzoo"), "colour": colour}
        experiment = f"{self.task}/{self.dataset}"
        return Journal(experiment, run, tags, tuple(self.listeners(cell)))


def errors_by_lead(tables: Iterable[pd.DataFrame], leaderboard: pd.DataFrame) -> pd.DataFrame:
    """Errors of all models at each lead, in the leaderboard's order, baselines once.

    Args:
        tables: with the columns `model` and `step`.
        leaderboard: with the column `model`.
    """
    order = leaderboard["model"].tolist()
    whole = pd.concat(tables, ignore_index=True).drop_duplicates(["model", "step"])
    return whole.sort_values("model", key=lambda m: m.map(order.index), kind="stable")
