"""Runs of one study: one experiment, one time, the same tags."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import pandas as pd

from .journal import Journal, Listener

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

    def journal(self, cell: str, seed: int | None = None) -> Journal:
        """The journal of a network's run, or without a seed, of a baseline's."""
        tags = {"task": self.task, "dataset": self.dataset, "study": self.began, "cell": cell}
        tags |= {"rnnzoo.version": version("rnnzoo")}
        name = f"{cell}-{self.dataset}" if seed is None else f"{cell}-{self.dataset}-{seed}"
        return Journal(f"{self.task}/{self.dataset}", name, tags, tuple(self.listeners(cell)))


def errors_by_lead(tables: Iterable[pd.DataFrame], leaderboard: pd.DataFrame) -> pd.DataFrame:
    """Errors of all models at each lead, in the leaderboard's order, baselines once.

    Args:
        tables: with the columns `model` and `step`.
        leaderboard: with the column `model`.
    """
    order = leaderboard["model"].tolist()
    whole = pd.concat(tables, ignore_index=True).drop_duplicates(["model", "step"])
    return whole.sort_values("model", key=lambda m: m.map(order.index), kind="stable")
