"""The report of a run or a study: one HTML file that loads nothing."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..comparison.format import decimal
from ..comparison.models import from_leaderboard
from ..comparison.paired import Errors
from ..comparison.wording import against_baseline
from .html import GLOSSARY, error_text, page, picture, row, score_rows
from .svg import Bar, Line, bar_chart, line_chart

FILE = "report.html"  # among the artifacts of a run
GRAY = "#999999"


class Scored(Protocol):
    """Scores of networks and baselines on one test."""

    @property
    def leaderboard(self) -> pd.DataFrame: ...

    @property
    def by_lead(self) -> pd.DataFrame: ...


class Tested(Scored, Protocol):
    """The test of a network, with the baselines of the same test."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def baselines(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class ScoreTable:
    """A table of scores below the leaderboard.

    Attributes:
        title, text: heading, and what the columns are.
        scores: a column `model`, and numbers or text.
    """

    title: str
    text: str
    scores: pd.DataFrame


@dataclass(frozen=True)
class Picture:
    """A picture on a page.

    Attributes:
        title, text: heading, and what is to be seen.
        content: of a PNG or GIF.
        kind: `"png"` or `"gif"`.
    """

    title: str
    text: str
    content: bytes
    kind: str = "png"


def run_page(
    result: Tested,
    errors_of: Callable[[str], Errors],
    *,
    error: str,
    subtitle: str,
    color: str,
    folder: Path,
    pictures: Mapping[str, tuple[str, str]],
    **more: Any,
) -> str:
    """The report of a run as one HTML page.

    Args:
        result: the test of the run's network.
        errors_of: gives the errors of a network or baseline at each origin or clip, by its name.
        error: column of the leaderboard that ranks.
        subtitle: what was forecast.
        color: color of the network in charts.
        folder: folder with the run's pictures; those that are missing are left out.
        pictures: title and explanation of each picture, by file name.
        more: other arguments of `scores_page`.
    """
    return scores_page(
        result,
        title=f"{result.model} on {result.name}",
        subtitle=subtitle,
        headline=_headline(result, error, errors_of),
        error=error,
        colors={result.model: color},
        pictures=_pictures(folder, pictures),
        **more,
    )


def scores_page(
    result: Scored,
    *,
    title: str,
    subtitle: str,
    headline: Sequence[str],
    error: str,
    unit: str = "",
    ahead: str,
    lead_text: str,
    note: str,
    colors: Mapping[str, str],
    pictures: Sequence[Picture],
    facts: Mapping[str, Any],
    repairs: Sequence[str] = (),
    audit: str = "",
    tables: Sequence[ScoreTable] = (),
    first: Sequence[Picture] = (),
) -> str:
    """Networks and baselines on one test as an HTML page.

    Args:
        result: the scores.
        title: title of the page.
        subtitle: what was forecast.
        headline: the result in sentences.
        error: column of the leaderboard that ranks.
        unit: unit of what is forecast, if known.
        ahead: what leads count, e.g. `"rows ahead"`.
        lead_text: the same as a sentence.
        note: explains columns of the leaderboard.
        colors: color of each network in charts; baselines are gray.
        pictures: pictures below the scores.
        facts: settings of the networks and of the split, and what there is to know of the data.
        repairs: what was changed in the data as they were read.
        audit: whether a forecast depends on later data, in words.
        tables: further scores.
        first: pictures above the scores.
    """
    board = result.leaderboard
    scores = score_rows(board, colors)
    models = board["model"].tolist()
    known = "; ".join(f"{name}, {GLOSSARY[name]}" for name in _baselines(models, colors))
    leads = [
        Line(name, colors.get(name, GRAY), _by_lead(result, name, error), name not in colors)
        for name in models
    ]
    return page(
        "run.html",
        title=title,
        subtitle=f"{subtitle}. Made by rnnzoo {version('rnnzoo')}, "
        f"{time.strftime('%Y-%m-%d %H:%M')}. This page holds all it shows and needs no network.",
        headline=headline,
        error_text=error_text(error, unit),
        bars=bar_chart(
            [
                Bar(name, colors.get(name, GRAY), value, np.nan, decimal(value))
                for name, value in zip(models, board[error], strict=True)
            ]
        ),
        scores=scores,
        score_numbers=range(1, len(scores[0]["cells"])),
        note=f"{note} Baselines: {known}." if known else note,
        tables=[
            {"title": one.title, "text": one.text, "rows": score_rows(one.scores, colors)}
            for one in tables
        ],
        leads=line_chart(leads, f"lead: {ahead}", error.upper()),
        lead_text=lead_text,
        first=[_drawn(one) for one in first],
        pictures=[_drawn(one) for one in pictures],
        facts=[
            row({"setting": key, "value": _plain(value)})
            for key, value in facts.items()
            if value != ""
        ],
        repairs=repairs,
        audit=audit,
    )


def _headline(result: Tested, error: str, errors_of: Callable[[str], Errors]) -> list[str]:
    """The network's score, compared with the best baseline."""
    networks = {result.model: [result.model]}
    comparison = from_leaderboard(result.leaderboard, error, networks, errors_of)
    (model,) = comparison.networks
    score = f"{error.upper()} {decimal(model.mean)}"
    against = against_baseline(comparison, model)
    return [f"{score}: {against}" if against else f"{score}."]


def _baselines(models: Sequence[str], networks: Collection[str]) -> list[str]:
    """Those that the glossary explains, in its order."""
    return [name for name in GLOSSARY if name in models and name not in networks]


def _by_lead(result: Scored, name: str, error: str) -> Sequence[tuple[float, float]]:
    table = result.by_lead[result.by_lead["model"] == name]
    return list(zip(table["step"].tolist(), table[error].tolist(), strict=True))


def _pictures(folder: Path, named: Mapping[str, tuple[str, str]]) -> list[Picture]:
    """Those that are in a folder."""
    return [
        Picture(title, text, (folder / name).read_bytes(), name.rpartition(".")[2])
        for name, (title, text) in named.items()
        if (folder / name).is_file()
    ]


def _drawn(one: Picture) -> dict[str, str]:
    return {"title": one.title, "text": one.text, "source": picture(one.content, one.kind)}


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    return str(value)
