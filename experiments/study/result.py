"""What a study found: networks and baselines on one test, ranked by models over their seeds."""

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

import pandas as pd

from ...datasets.shown import html_page
from ..comparison.format import decimal
from ..comparison.models import Comparison, from_leaderboard
from ..comparison.paired import Errors, ModelScores
from ..comparison.wording import against_baseline


class Result(Protocol):
    """The test of one network: its scores and those of the baselines."""

    @property
    def leaderboard(self) -> pd.DataFrame: ...

    @property
    def by_lead(self) -> pd.DataFrame: ...


class StudyResult:
    """Networks and baselines that were scored on the same test.

    The best is chosen among models, by their means over seeds: the best of many single networks
    would be the luckiest.

    Attributes:
        models: name of a network's model, by the network's label; networks that differ by their
            seed alone share a model. A label that is missing names its own model.
    """

    models: Mapping[str, str]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(self.results)}>\n{self.verdict}"

    def _repr_html_(self) -> str:
        """For notebooks: the verdict and the leaderboard."""
        return html_page(f"Study of {', '.join(self.results)}", [self.verdict], self.leaderboard)

    @property
    def verdict(self) -> str:
        """The error of the best network next to that of the best baseline, in a sentence or two."""
        best = self.comparison.networks[0]
        unit = f" {self.unit}" if self.unit and self.error == "mae" else ""
        said = f"{best.label}: {self.error.upper()} {decimal(best.mean)}{unit}"
        against = against_baseline(self.comparison, best)
        return f"{said}, {against}" if against else f"{said}."

    @property
    def error(self) -> str:
        """The column that ranks, the smaller the better."""
        raise NotImplementedError

    @property
    def unit(self) -> str:
        """Unit of what is forecast, if known."""
        return ""

    @property
    def results(self) -> Mapping[str, Result]:
        """By label of a network."""
        raise NotImplementedError

    def errors_of(self, name: str) -> Errors:
        """Errors of a network or a baseline at each origin or clip."""
        raise NotImplementedError

    @property
    def leaderboard(self) -> pd.DataFrame:
        """One row per network, the best first; baselines, which every result holds, once."""
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

    @cached_property
    def comparison(self) -> Comparison[ModelScores]:
        """The models over their seeds, and the baselines."""
        board = self.leaderboard
        return from_leaderboard(board, self.error, self._networks, self.errors_of, self.unit)

    @property
    def best(self) -> str:
        """Label of the best model's network with the first seed."""
        return self._networks[self.comparison.networks[0].label][0]

    @property
    def best_baseline(self) -> str:
        """Name of the baseline with the smallest error; `""` without any."""
        best = self.comparison.best_baseline
        return "" if best is None else best.label

    @property
    def _networks(self) -> dict[str, list[str]]:
        """Labels of the networks of each model, one per seed."""
        networks: dict[str, list[str]] = {}
        for label in self.results:
            networks.setdefault(self.models.get(label, label), []).append(label)
        return networks
