"""The report of one run: one HTML file that loads nothing."""

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...messages import stamp
from ..comparison.format import decimal
from ..comparison.models import from_leaderboard
from ..comparison.paired import Errors, of_backtest, of_evaluation
from ..comparison.wording import against_baseline
from .html import GLOSSARY, error_text, page, picture, row, score_rows
from .svg import Bar, Line, bar_chart, line_chart

if TYPE_CHECKING:
    from ...datasets import TimeSeriesPanel
    from ...pipelines.forecasting import Backtest
    from ...pipelines.next_frame import Evaluation

FILE = "report.html"  # among the artifacts of a run
GREY = "#999999"
#: Title and explanation of a run's pictures, by file name.
PICTURES = {
    "forecast.png": (
        "Forecasts and what came true",
        "Forecasts issued one after the other, each from its dot on, over the truth in black.",
    ),
    "intervals.png": (
        "Intervals",
        "The last forecasts that do not overlap. The darker band should hold the truth in one of "
        "two cases, the lighter one in nine of ten.",
    ),
    "calibration.png": (
        "Do the intervals hold what they should?",
        "On the black diagonal a share of the truth lies inside as large as it should be; below "
        "it, intervals are too narrow.",
    ),
    "roll-out.png": (
        "Frames rolled out",
        "The first test clip: what was read, what followed, what was forecast, and the difference.",
    ),
    "roll-out.gif": (
        "The same, moving",
        "Truth on the left, forecast on the right. Both sides are the same until the network is "
        "on its own.",
    ),
}


def run_report(
    backtest: "Backtest",
    panel: "TimeSeriesPanel",
    color: str,
    folder: Path,
    settings: Mapping[str, Any],
) -> str:
    """The report of a forecasting run as one HTML page.

    Args:
        backtest: the backtest of the run's network.
        panel: the series that were forecast.
        color: color of the network in charts.
        folder: folder with the run's pictures; those that are missing are left out.
        settings: settings of the network and of the split.
    """
    schema, error = panel.schema, backtest.error
    facts = {
        "series": f"{len(panel):,}" if len(panel) > 1 else schema.name,
        "target": f"{schema.target}, {schema.unit}" if schema.unit else schema.target,
        "covariates known up to now": ", ".join(schema.past),
        "covariates known ahead": ", ".join(schema.future),
        "step, season": f"{schema.frequency}, {schema.season}",
        "tested from": f"{len(backtest.origins):,} origins, the first "
        + stamp(backtest.origins[0], backtest.zone),
    }
    return _report(
        backtest,
        title=f"{backtest.model} on {backtest.name}",
        subtitle=f"{backtest.horizon} steps ahead",
        headline=_headline(backtest, error, of_backtest),
        error=error,
        error_text=error_text(error, schema.unit),
        ahead="rows ahead",
        lead_text="that many rows after the last one that was known",
        color=color,
        folder=folder,
        facts=facts | dict(settings),
        repairs=panel.repairs,
        audit="" if backtest.audit is None else str(backtest.audit),
        note=f"skill: the share of the error of {backtest.reference} that is avoided. p: how "
        "often equally good forecasts would differ as much, by a Diebold–Mariano test.",
    )


def frames_report(
    evaluation: "Evaluation", color: str, folder: Path, settings: Mapping[str, Any]
) -> str:
    """The report of a next-frame run as one HTML page; the arguments are those of `run_report`."""
    clips = f"{evaluation.clips:,} test clips"
    return _report(
        evaluation,
        title=f"{evaluation.model} on {evaluation.name}",
        subtitle=f"{evaluation.horizon} frames rolled out after {evaluation.context}, {clips}",
        headline=_headline(evaluation, "mse", of_evaluation),
        error="mse",
        error_text=error_text("mse", ""),
        ahead="frames ahead",
        lead_text="that many frames after the last one that was read",
        color=color,
        folder=folder,
        facts=dict(settings),
        repairs=(),
        audit="",
        note=f"skill: the share of the error of {evaluation.reference} that is avoided. ssim: "
        "likeness of structure, 1 is the same. psnr: in dB, larger is better.",
    )


def _report(
    result: "Backtest | Evaluation",
    *,
    error: str,
    subtitle: str,
    color: str,
    folder: Path,
    facts: dict[str, Any],
    note: str,
    ahead: str,
    **values: Any,
) -> str:
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
        subtitle=f"{subtitle}. Made by rnnzoo {version('rnnzoo')}, "
        f"{time.strftime('%Y-%m-%d %H:%M')}. This page holds all it shows and needs no network.",
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
        pictures=_pictures(folder),
        facts=[
            row({"setting": key, "value": _plain(value)})
            for key, value in facts.items()
            if value != ""
        ],
        **values,
    )


def _headline(
    result: "Backtest | Evaluation", error: str, errors_of: Callable[[Any, str], Errors]
) -> list[str]:
    """The network's score, compared with the best baseline."""
    board, network = result.leaderboard, result.model
    comparison = from_leaderboard(
        board, error, {network: [network]}, lambda name: errors_of(result, name)
    )
    (model,) = comparison.networks
    score = f"{error.upper()} {decimal(model.mean)}"
    against = against_baseline(comparison, model)
    return [f"{score}: {against}" if against else f"{score}."]


def _color(result: "Backtest | Evaluation", name: str, color: str) -> str:
    return color if name == result.model else GREY


def _by_lead(
    result: "Backtest | Evaluation", name: str, error: str
) -> Sequence[tuple[float, float]]:
    table = result.by_lead[result.by_lead["model"] == name]
    return list(zip(table["step"].tolist(), table[error].tolist(), strict=True))


def _pictures(folder: Path) -> list[dict[str, str]]:
    found = []
    for name, (title, text) in PICTURES.items():
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
