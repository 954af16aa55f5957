"""The report of one run: a page that needs nothing but itself."""

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...messages import stamp
from ..comparison.format import decimal, less
from ..comparison.paired import Errors, Sample, compared, of_backtest, of_evaluation
from ..comparison.wording import significance_sentence, word
from .html import ERRORS, GLOSSARY, page, picture, row, score_rows
from .svg import Bar, Line, bar_chart, line_chart

if TYPE_CHECKING:
    from ...datasets import TimeSeriesPanel
    from ...pipelines.forecasting import Backtest
    from ...pipelines.next_frame import Evaluation

FILE = "report.html"  # among the artifacts of a run
GREY = "#999999"
#: What pictures of a run show, by name.
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
        backtest: of its network.
        panel: what was forecast.
        color: of the network.
        folder: where the run's pictures lie; those that are missing are left out.
        settings: of the network and of the split.
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
    unit = f", {schema.unit}" if schema.unit and error in ("mae", "rmse") else ""
    return _report(
        backtest,
        title=f"{backtest.model} on {backtest.name}",
        subtitle=f"{backtest.horizon} steps ahead",
        headline=_headline(backtest, error, of_backtest),
        error=error,
        error_text=ERRORS[error] + unit,
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
    """The report of a next-frame run as one HTML page; arguments are as of `run_report`."""
    clips = f"{evaluation.clips:,} test clips"
    return _report(
        evaluation,
        title=f"{evaluation.model} on {evaluation.name}",
        subtitle=f"{evaluation.horizon} frames rolled out after {evaluation.context}, {clips}",
        headline=_headline(evaluation, "mse", of_evaluation),
        error="mse",
        error_text=ERRORS["mse"],
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
    """The score beside that of the best baseline, which comparisons of runs rest on too."""
    scores = result.leaderboard.set_index("model")[error].astype(float)
    told = f"{error.upper()} {decimal(scores[result.model])}"
    base = next((name for name in scores.index if name != result.model), "")
    if not base or not scores[base]:
        return [f"{told}."]
    avoided = 1 - scores[result.model] / scores[base]
    ours, theirs = (
        Sample("", [float(scores[name])], [errors_of(result, name)])
        for name in (result.model, base)
    )
    verdict = compared(ours, theirs)
    return [
        f"{told}: {less(avoided)} the best baseline, {base} ({decimal(scores[base])}). "
        f"{significance_sentence(verdict, word(verdict.p, avoided))}"
    ]


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
