"""Networks of a study as models: a mean over the seeds of each, tested as comparisons are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd

from .format import less, p_text, percent
from .paired import Errors, OverSeeds, Sample, TestResult, compared
from .wording import significance_sentence, with_interval, word


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


@dataclass(frozen=True)
class Model(OverSeeds):
    """A model of a study.

    Attributes:
        name: of the model.
        labels: of its networks, one a seed.
        scores: in the same order.
        avoided: the share of the best baseline's error that its mean avoids; NaN without one.
        verdict: of the test against that baseline.
    """

    name: str
    labels: list[str]
    scores: list[float]
    avoided: float
    verdict: TestResult

    @property
    def word(self) -> str:
        return word(self.verdict.p, self.avoided)


class ByModel(Ranked):
    """A study that is ranked by models: the best of many seeds would be the luckiest.

    A study has `models`: by label, what networks that differ by their seed are called together.
    """

    models: Mapping[str, str]

    def errors_of(self, name: str) -> Errors:
        """Those of a network or a baseline at each origin or clip."""
        raise NotImplementedError

    @cached_property
    def best_baseline(self) -> str:
        """That with the smallest error; `""` without any."""
        names = [name for name in self.leaderboard["model"] if name not in self.results]
        return names[0] if names else ""

    @cached_property
    def ranking(self) -> list[Model]:
        """The models, the smallest mean error first."""
        seeds: dict[str, list[str]] = {}
        for label in self.results:
            seeds.setdefault(self.models.get(label, label), []).append(label)
        return sorted((self._model(*one) for one in seeds.items()), key=lambda one: one.mean)

    @property
    def best(self) -> str:
        """Of the best model the network with the first seed."""
        return self.ranking[0].labels[0]

    @property
    def several(self) -> bool:
        """Whether a model has more than one seed."""
        return any(len(one.labels) > 1 for one in self.ranking)

    def table(self) -> pd.DataFrame:
        """The models beside the best baseline, for a terminal."""
        return pd.DataFrame(
            {
                "model": one.name,
                f"{self.error.upper()} ±\u00a095\u00a0%": with_interval(one.mean, one.half),
                "seeds": str(len(one.labels)),
                f"against {self.best_baseline or 'baseline'}": percent(one.avoided),
                "p": p_text(one.verdict.p),
                "": one.word,
            }
            for one in self.ranking
        )

    def verdict_in_words(self) -> str:
        """Of the best model, beside the best baseline."""
        best = self.ranking[0]
        if not self.best_baseline:
            return ""
        return (
            f"{best.name}: {less(best.avoided)} the {self.error.upper()} of {self.best_baseline}, "
            f"the best baseline. {significance_sentence(best.verdict, best.word)}"
        )

    def _model(self, name: str, labels: list[str]) -> Model:
        error, base = self._scores, self.best_baseline
        scores = [error[label] for label in labels]
        if not base:
            return Model(
                name, labels, scores, math.nan, TestResult(math.nan, "there is no baseline")
            )
        avoided = 1 - float(np.mean(scores)) / error[base] if error[base] else math.nan
        ours = Sample("", scores, [self.errors_of(label) for label in labels])
        verdict = compared(ours, Sample("", [error[base]], [self.errors_of(base)]))
        return Model(name, labels, scores, avoided, verdict)

    @cached_property
    def _scores(self) -> dict[str, float]:
        board = self.leaderboard
        return dict(zip(board["model"], board[self.error].astype(float), strict=True))
