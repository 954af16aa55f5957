"""A comparison of runs as a page that needs nothing but itself."""

import io
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..comparison.format import decimal, less
from ..comparison.models import Group, ModelSummary
from ..comparison.runs import Run
from ..comparison.wording import significance_sentence, with_interval
from .html import ERRORS, GLOSSARY, page, picture, row
from .svg import Bar, Line, bar_chart, line_chart

TRAINING = "Error after each epoch on the validation part, which trains nothing"
SHOWN = 4  # models whose frames stand beside the truth
#: Parameters that say what came of a run, or that all models share by nature.
NOT_SETTINGS = (
    "ranked_by",
    "weights",
    "config.seeds",
    "seed",
    "split.training_rows",
    "split.validation_rows",
)


def comparison_page(title: str, groups: Sequence[Group], server: str) -> str:
    """Models side by side as one HTML page.

    Args:
        title: of the page, such as the study's name.
        groups: models that were tested alike.
        server: where the dashboard is.
    """
    return page(
        "compare.html",
        title=title,
        made=f"Made by rnnzoo, {time.strftime('%Y-%m-%d %H:%M')}",
        groups=[_group(group, server) for group in groups],
    )


def _group(group: Group, server: str) -> dict[str, Any]:
    error = group.error
    steps = "rows" if group.task == "forecast" else "frames"
    validation = _validation_key(group.runs)
    return {
        "title": group.title,
        "headline": _headline(group),
        "error_text": ERRORS.get(error, error) + (f", {group.unit}" if group.unit else ""),
        "several": group.several,
        "lead_text": f"that many {steps} after the last one that was read; means over the seeds",
        "bars": bar_chart([_bar(one) for one in group.standings]),
        "rows": _rows(group),
        "note": group.note,
        "glossary": {
            one.label: GLOSSARY[one.label]
            for one in group.standings
            if one.baseline and one.label in GLOSSARY
        },
        "leads": line_chart(
            [Line(s.label, s.color, s.by_lead, s.baseline) for s in group.standings],
            f"lead: {steps} ahead",
            group.heading,
        ),
        "player": _player(group),
        "training": line_chart(
            _training(group, validation),
            "epoch",
            f"validation {validation.partition('/')[2].upper()}",
        ),
        "training_text": TRAINING,
        "settings": _settings(group),
        "address": f"{server}{group.address}",
        "runs": [
            row({"run": run.name, "study": run.study, "id": run.id, "seed": run.text("seed")})
            for run in group.runs
        ],
    }


def _headline(group: Group) -> list[str]:
    best = next((one for one in group.standings if not one.baseline), None)
    base = group.best_baseline
    if best is None:
        return ["Only baselines are here."]
    seeds = f", a mean over {len(best.runs)} seeds" if len(best.runs) > 1 else ""
    told_error = f"{group.error.upper()} {decimal(best.mean)} {group.unit}".rstrip()
    told = [f"The best network is {best.label}: {told_error}{seeds}."]
    if base is None:
        return told
    verdict = group.verdicts[best.label]
    told.append(
        f"That is {less(group.avoided(best))} the best baseline, {base.label} "
        f"({decimal(base.mean)}). {significance_sentence(verdict, group.word(best))}"
    )
    return told


def _bar(one: ModelSummary) -> Bar:
    return Bar(one.label, one.color, one.mean, one.half, with_interval(one.mean, one.half))


def _rows(group: Group) -> list[dict[str, Any]]:
    return [row(group.cells(one), one.color, one.baseline) for one in group.standings]


def _validation_key(runs: Sequence[Run]) -> str:
    """The metric that chose the weights, e.g. `val/mae`."""
    keys = (key for run in runs if not run.baseline for key in run.values)
    return next((key for key in keys if key.startswith("val/")), "")


def _training(group: Group, key: str) -> list[Line]:
    return [
        Line(one.label, one.color, run.series(key))
        for one in group.standings
        for run in one.runs
        if key and not one.baseline
    ]


def _settings(group: Group) -> list[dict[str, Any]]:
    """Parameters that are not the same in all networks, a column each."""
    networks = [one for one in group.standings if not one.baseline]
    told = [one.runs[0].parameters for one in networks]
    keys = [
        key
        for key in dict.fromkeys(key for one in told for key in one)
        if key not in NOT_SETTINGS and len({one.get(key) for one in told}) > 1
    ]
    return [
        row({"model": one.label} | {key: own.get(key, "not set") for key in keys}, one.color)
        for one, own in zip(networks, told, strict=True)
        if keys
        and not (
            keys == ["cell"] and all(one.label == one.runs[0].text("cell") for one in networks)
        )
    ]


def _player(group: Group) -> dict[str, Any] | None:
    """Frames of the best models beside the truth; nothing where none were kept."""
    if group.task != "frames":
        return None
    ranked = sorted(group.standings, key=lambda one: one.baseline)  # networks first, best first
    films = [(one, found) for one in ranked if (found := one.runs[0].frames) is not None]
    if not films:
        return None
    first = films[0][1]
    alike = [
        (one, clip)
        for one, clip in films
        if all(np.array_equal(clip[part], first[part]) for part in ("context", "truth"))
    ][:SHOWN]
    read, last = len(first["context"]), len(first["truth"])
    columns: list[tuple[str, np.ndarray, np.ndarray | None]] = [("truth", first["truth"], None)]
    columns += [(one.label, clip["forecast"], first["truth"]) for one, clip in alike]
    return {
        "first": 1 - read,
        "last": last,
        "names": [name for name, _, _ in columns],
        "told": {
            "first": 1 - read,
            "frames": [film([*first["context"], *frames]) for _, frames, _ in columns],
            "notes": [[""] * read + _misses(frames, truth) for _, frames, truth in columns],
        },
    }


def film(frames: Sequence[np.ndarray]) -> list[str]:
    """Frames `(height, width, channels)` of bytes, each as an address that holds it."""
    from PIL import Image

    pictures = []
    for frame in frames:
        grey = frame.shape[-1] < 3
        content = io.BytesIO()
        Image.fromarray(frame[..., 0] if grey else frame[..., :3]).save(content, "PNG")
        pictures.append(picture(content.getvalue()))
    return pictures


def _misses(frames: np.ndarray, truth: np.ndarray | None) -> list[str]:
    """The squared error of each frame, in words."""
    if truth is None:
        return [""] * len(frames)
    differences = (frames.astype("float64") - truth) / 255
    return [f"squared error {value:.1f}" for value in (differences**2).sum(axis=(1, 2, 3))]
