"""Runs of one study: one experiment, one time, the same tags."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Protocol

import pandas as pd

from ..zoo.cells import CELLS
from .journal import Journal, Listener

#: One a cell, after Okabe and Ito and after Tol, who chose them for the colour-blind as well;
#: baselines are grey.
COLOURS = [
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7B3294", "#8C510A"),
    *("#882255", "#117733", "#332288", "#AA4499", "#999933", "#44AA99", "#661100", "#6699CC"),
    *("#DDAA33", "#BB5566", "#004488", "#F0E442"),
]
GREYS = ["#222222", "#777777", "#AAAAAA", "#CCCCCC", "#4D4D4D", "#919191"]

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
class Origin:
    """What a study was made from, if it was described in a file.

    Its networks have labels then, as one cell may be tried with several settings and seeds.

    Attributes:
        name: of the study; may be empty.
        parameters: that all runs have.
        models: by label, what the networks that differ by their seed are called together.
        colours: by label; by default that of the cell.
        configs: by label, the experiment that repeats this run alone, in YAML.
    """

    name: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)

    def tell(self, label: str, journal: Journal) -> None:
        """Tells the journal of a network's run where it comes from."""
        journal.parameters(dict(self.parameters))
        if label in self.configs:
            journal.text("config.yaml", self.configs[label])


@dataclass(frozen=True)
class Runs:
    """Opens the journals of a study's runs.

    Attributes:
        task: `"forecast"` or `"video"`; the experiment is `task/dataset`.
        dataset: what the networks are tried on.
        listeners: of each run.
        origin: what the study was made from.
        began: when the study did, which tells its runs from those of another.
    """

    task: str
    dataset: str
    listeners: Listeners = nobody
    origin: Origin = Origin()
    began: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M:%S"))

    def network(self, cell: str, seed: int, label: str | None = None) -> Journal:
        """The journal of a network's run; a label that ends in the seed is the run's name."""
        label = label or cell
        colour = self.colour(cell, label)
        run = label if label.endswith(f"-{seed}") else f"{label}-{seed}"
        model = self.origin.models.get(label, label)
        return self._journal(run, cell, colour, label, model)

    def colour(self, cell: str, label: str) -> str:
        """Of a network in every chart."""
        return self.origin.colours.get(label) or colour_of(cell)

    def baselines(
        self, names: Iterable[str], task: dict[str, Any], tell: Callable[[str, Journal], None]
    ) -> None:
        """Makes each baseline a run of its own, so that charts show it beside the networks.

        Args:
            names: of the baselines.
            task: parameters that they share with the networks.
            tell: tells the journal of a baseline what there is to tell.
        """
        for place, name in enumerate(names):
            with self._journal(name, name, GREYS[place % len(GREYS)], name, name) as journal:
                journal.parameters({"cell": name, "dataset": self.dataset} | task)
                self.origin.tell(name, journal)
                tell(name, journal)

    def _journal(self, run: str, cell: str, colour: str, label: str, model: str) -> Journal:
        tags = {"task": self.task, "dataset": self.dataset, "study": self.began, "cell": cell}
        tags |= {"rnnzoo.version": version("rnnzoo"), "colour": colour, "model": model}
        if self.origin.name:
            tags["study.name"] = self.origin.name
        experiment = f"{self.task}/{self.dataset}"
        return Journal(experiment, run, tags, tuple(self.listeners(label)))


def colour_of(cell: str) -> str:
    """The colour that a cell has in every chart."""
    return COLOURS[list(CELLS).index(cell) % len(COLOURS)]


class Result(Protocol):
    """What a network's test gives: its own scores beside those of the baselines."""

    @property
    def leaderboard(self) -> pd.DataFrame: ...

    @property
    def by_lead(self) -> pd.DataFrame: ...


class Ranked:
    """Networks that were scored on the same test, and the baselines, best first."""

    @property
    def error(self) -> str:
        """The column that ranks, the smaller the better."""
        raise NotImplementedError

    @property
    def results(self) -> Mapping[str, Result]:
        """By cell."""
        raise NotImplementedError

    @property
    def leaderboard(self) -> pd.DataFrame:
        """One row a model; baselines, which every result holds, once."""
        tables = [result.leaderboard for result in self.results.values()]
        table = pd.concat(tables, ignore_index=True).drop_duplicates("model")
        return table.sort_values(self.error, ignore_index=True)

    @property
    def by_lead(self) -> pd.DataFrame:
        """Errors at each lead, in the leaderboard's order."""
        order = self.leaderboard["model"].tolist()
        table = pd.concat([result.by_lead for result in self.results.values()], ignore_index=True)
        table = table.drop_duplicates(["model", "step"])
        return table.sort_values("model", key=lambda m: m.map(order.index), kind="stable")

    @property
    def best(self) -> str:
        """The cell with the smallest error."""
        return next(m for m in self.leaderboard["model"] if m in self.results)
