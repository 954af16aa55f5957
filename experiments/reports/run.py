"""The report of one run: one HTML file that loads nothing."""

import time
from collections.abc import Callable, Mapping, Sequence
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


class Tested(Protocol):
    """The test of a network, with the baselines of the same test."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def baselines(self) -> Sequence[str]: ...

    @property
    def leaderboard(self) -> pd.DataFrame: ...

    @property
    def by_lead(self) -> pd.DataFrame: ...


def run_page(
    result: Tested,
    errors_of: Callable[[str], Errors],
    *,
    error: str,
    unit: str = "",
    subtitle: str,
    ahead: str,
    lead_text: str,
    note: str,
    color: str,
    folder: Path,
    pictures: Mapping[str, tuple[str, str]],
    facts: Mapping[str, Any],
    repairs: Sequence[str] = (),
    audit: str = "",
) -> str:
    """The report of a run as one HTML page.

    Args:
        result: the test of the run's network.
        errors_of: gives the errors of a network or baseline at each origin or clip, by its name.
        error: column of the leaderboard that ranks.
        unit: unit of what is forecast, if known.
        subtitle: what was forecast.
        ahead: what leads count, e.g. `"rows ahead"`.
        lead_text: the same as a sentence.
        note: explains columns of the leaderboard.
        color: color of the network in charts.
        folder: folder with the run's pictures; those that are missing are left out.
        pictures: title and explanation of each picture, by file name.
        facts: settings of the network and of the split, and what there is to know of the data.
        repairs: what was changed in the data as they were read.
        audit: whether a forecast depends on later data, in words.
    """
    board = result.leaderboard
    scores = score_rows(board, result.model, color)
    known = [name for name in result.baselines if name in GLOSSARY]
    baselines = "; ".join(f"{name}, {GLOSSARY[name]}" for name in known)
    leads = [
        Line(name, _color(result, name, color), _by_lead(result, name, error), name != result.model)
        for name in board["model"]
    ]
    return page(
        "run.html",
        title=f"{result.model} on {result.name}",
        subtitle=f"{subtitle}. Made by rnnzoo {version('rnnzoo')}, "
        f"{time.strftime('%Y-%m-%d %H:%M')}. This page holds all it shows and needs no network.",
        headline=_headline(result, error, errors_of),
        error_text=error_text(error, unit),
        bars=bar_chart(
            [
                Bar(name, _color(result, name, color), value, np.nan, decimal(value))
                for name, value in zip(board["model"], board[error], strict=True)
            ]
        ),
        scores=scores,
        score_numbers=range(1, len(scores[0]["cells"])),
        note=f"{note} Baselines: {baselines}." if baselines else note,
        leads=line_chart(leads, f"lead: {ahead}", error.upper()),
        lead_text=lead_text,
        pictures=_shown(pictures, folder),
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


def _color(result: Tested, name: str, color: str) -> str:
    return color if name == result.model else GRAY


def _by_lead(result: Tested, name: str, error: str) -> Sequence[tuple[float, float]]:
    table = result.by_lead[result.by_lead["model"] == name]
    return list(zip(table["step"].tolist(), table[error].tolist(), strict=True))


def _shown(pictures: Mapping[str, tuple[str, str]], folder: Path) -> list[dict[str, str]]:
    found = []
    for name, (title, text) in pictures.items():
        if (folder / name).is_file():
            source = picture((folder / name).read_bytes(), name.rpartition(".")[2])
            found.append({"title": title, "text": text, "source": source})
    return found


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    return str(value)
