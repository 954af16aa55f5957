"""A comparison of runs as one HTML file that loads nothing."""

import io
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..comparison.format import decimal
from ..comparison.models import Comparison
from ..comparison.runs import Run
from ..comparison.summaries import Group, ModelSummary
from ..comparison.wording import (
    against_baseline,
    comparison_note,
    error_heading,
    error_unit,
    with_interval,
)
from ..kinds import TASKS
from .html import GLOSSARY, error_text, page, picture, row
from .svg import Bar, Line, bar_chart, line_chart
from .tables import summary_cells

TRAINING = "Error after each epoch on the validation part, which trains nothing"
SHOWN = 4  # models whose frames are shown next to the truth
#: Parameters that are results of a run, or in which all models may differ.
NOT_SETTINGS = (
    "ranked_by",
    "weights",
    "config.seeds",
    "seed",
    "split.training_rows",
    "split.validation_rows",
)


def comparison_page(title: str, groups: Sequence[Group], server: str) -> str:
    """Compares models on one HTML page.

    Args:
        title: title of the page, such as the study's name.
        groups: models, grouped by the test.
        server: address of the dashboard's server.
    """
    return page(
        "compare.html",
        title=title,
        made=f"Made by rnnzoo, {time.strftime('%Y-%m-%d %H:%M')}",
        groups=[_group(group, server) for group in groups],
    )


def _group(group: Group, server: str) -> dict[str, Any]:
    comparison = group.comparison
    models = comparison.ranking
    steps = TASKS[group.task].step
    validation = _validation_key(group.runs)
    return {
        "title": group.title,
        "headline": _headline(comparison),
        "error_text": error_text(comparison.error, comparison.unit),
        "repeated": comparison.repeated,
        "lead_text": f"that many {steps} after the last one that was read; means over the seeds",
        "bars": bar_chart([_bar(model) for model in models]),
        "rows": [
            row(summary_cells(comparison, model), model.color, model.baseline) for model in models
        ],
        "note": comparison_note(comparison),
        "glossary": {
            model.label: GLOSSARY[model.label]
            for model in models
            if model.baseline and model.label in GLOSSARY
        },
        "leads": line_chart(
            [Line(model.label, model.color, model.by_lead, model.baseline) for model in models],
            f"lead: {steps} ahead",
            error_heading(comparison),
        ),
        "player": _player(group),
        "training": line_chart(
            _training(comparison.networks, validation),
            "epoch",
            f"validation {validation.partition('/')[2].upper()}",
        ),
        "training_text": TRAINING,
        "settings": _settings(comparison.networks),
        "address": f"{server}{group.address}",
        "runs": [
            row({"run": run.name, "study": run.study, "id": run.id, "seed": run.text("seed")})
            for run in group.runs
        ],
    }


def _headline(comparison: Comparison[ModelSummary]) -> list[str]:
    if not comparison.networks:
        return ["Only baselines are here."]
    best = comparison.networks[0]
    seeds = f", a mean over {len(best.scores)} seeds" if len(best.scores) > 1 else ""
    unit = error_unit(comparison.error, comparison.unit)
    score = f"{comparison.error.upper()} {decimal(best.mean)} {unit}".rstrip()
    first = f"The best network is {best.label}: {score}{seeds}."
    against = against_baseline(comparison, best)
    return [first, f"That is {against}"] if against else [first]


def _bar(model: ModelSummary) -> Bar:
    text = with_interval(model.mean, model.margin)
    return Bar(model.label, model.color, model.mean, model.margin, text)


def _validation_key(runs: Sequence[Run]) -> str:
    """Name of the metric by which the weights were chosen, e.g. `val/mae`; `""` without any."""
    keys = (key for run in runs if not run.baseline for key in run.values)
    return next((key for key in keys if key.startswith("val/")), "")


def _training(networks: Sequence[ModelSummary], key: str) -> list[Line]:
    return [
        Line(model.label, model.color, run.series(key))
        for model in networks
        for run in model.runs
        if key
    ]


def _settings(networks: Sequence[ModelSummary]) -> list[dict[str, Any]]:
    """Parameters in which the networks differ, one column each."""
    settings = [model.runs[0].parameters for model in networks]
    keys = [
        key
        for key in dict.fromkeys(key for own in settings for key in own)
        if key not in NOT_SETTINGS and len({own.get(key) for own in settings}) > 1
    ]
    named = all(model.label == model.runs[0].text("cell") for model in networks)
    if not keys or (keys == ["cell"] and named):
        return []
    return [
        row({"model": model.label} | {key: own.get(key, "not set") for key in keys}, model.color)
        for model, own in zip(networks, settings, strict=True)
    ]


def _player(group: Group) -> dict[str, Any] | None:
    """Frames of the best models next to the truth; `None` where none were saved."""
    if group.task != "frames":  # asking the store for what is not there takes long
        return None
    ranking = group.comparison.ranking
    networks_first = sorted(ranking, key=lambda model: model.baseline)
    films = [
        (model, clip) for model in networks_first if (clip := model.runs[0].frames) is not None
    ]
    if not films:
        return None
    first = films[0][1]
    alike = [
        (model, clip)
        for model, clip in films
        if all(np.array_equal(clip[part], first[part]) for part in ("context", "truth"))
    ][:SHOWN]
    read, last = len(first["context"]), len(first["truth"])
    columns: list[tuple[str, np.ndarray, np.ndarray | None]] = [("truth", first["truth"], None)]
    columns += [(model.label, clip["forecast"], first["truth"]) for model, clip in alike]
    return {
        "first": 1 - read,
        "last": last,
        "names": [name for name, _, _ in columns],
        "data": {
            "first": 1 - read,
            "frames": [film([*first["context"], *frames]) for _, frames, _ in columns],
            "notes": [[""] * read + _misses(frames, truth) for _, frames, truth in columns],
        },
    }


def film(frames: Sequence[np.ndarray]) -> list[str]:
    """Data URLs of frames, each an array of bytes of shape `(height, width, channels)`."""
    from PIL import Image

    pictures = []
    for frame in frames:
        gray = frame.shape[-1] < 3
        content = io.BytesIO()
        Image.fromarray(frame[..., 0] if gray else frame[..., :3]).save(content, "PNG")
        pictures.append(picture(content.getvalue()))
    return pictures


def _misses(frames: np.ndarray, truth: np.ndarray | None) -> list[str]:
    """The squared error of each frame, as text; empty for the truth."""
    if truth is None:
        return [""] * len(frames)
    differences = (frames.astype("float64") - truth) / 255
    return [f"squared error {value:.1f}" for value in (differences**2).sum(axis=(1, 2, 3))]
