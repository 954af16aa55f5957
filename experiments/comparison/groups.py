"""Which runs of the tracking store may be compared, and which are seeds of one model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kinds import Kind, kind_of
from .models import Comparison
from .runs import Run, values_frame
from .summaries import Group, ModelSummary

#: Parameters in which runs of one model may differ.
OF_A_SEED = ("seed", "weights", "config.seeds")
DIGITS = 8  # shown of a digest or an id


@dataclass(frozen=True)
class ComparableRuns:
    """Runs of one task on the same data and the same test.

    Attributes:
        title: what was tried, and on which rows or clips it was tested; no two titles are equal.
        task: the kind of task, which says how its runs are compared.
        runs: the runs, in their original order.
    """

    title: str
    task: Kind
    runs: list[Run]


def comparable(runs: Sequence[Run]) -> list[ComparableRuns]:
    """Groups runs by task, data and test; runs without scores are left out."""
    found = []
    table = values_frame(runs)
    for experiment in dict.fromkeys(run.text("experiment") for run in runs):
        task = kind_of(experiment)
        wanted = [task.error, *task.same]
        if not set(wanted) <= set(table):
            continue
        table["data"] = [run.data for run in runs]
        scored = table[table["experiment"] == experiment].dropna(subset=wanted)
        for shared, rows in scored.groupby([*task.same, "data"], sort=False):
            title = task.title.format(experiment, *shared)
            found.append(ComparableRuns(title, task, [runs[i] for i in rows.index]))
    return _distinct_titles(found)


def groups(runs: Sequence[Run]) -> list[Group]:
    """Compares the models of runs, those that were tested on the same data in the same way."""
    return [_group(alike) for alike in comparable(runs)]


def without_repeats(runs: Sequence[Run]) -> list[Run]:
    """The newest run alone of a baseline that several studies tested; the newest runs first."""
    found: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: run.started, reverse=True):
        found.setdefault(run.model if run.baseline else run.id, run)
    return list(found.values())


def _distinct_titles(found: list[ComparableRuns]) -> list[ComparableRuns]:
    """Adds the beginning of the data's digest, or the study, to titles that are equal."""
    titles = [one.title for one in found]
    return [
        one
        if titles.count(one.title) == 1
        else ComparableRuns(f"{one.title}, {_data_of(one.runs[0])}", one.task, one.runs)
        for one in found
    ]


def _data_of(run: Run) -> str:
    digest = run.text("data.digest")
    return f"data {digest[:DIGITS]}" if digest else f"data of {run.study} ({run.text('study')})"


def _ranked_by(runs: list[Run], task: Kind) -> str:
    """The error that ranks: that of the studies, if all runs have it, else the task's."""
    own = runs[0].text("ranked_by")
    missing = any(np.isnan(run.number(f"test/{own}")) for run in runs)
    return task.error.partition("/")[2] if missing else own


def _group(alike: ComparableRuns) -> Group:
    first, error = alike.runs[0], _ranked_by(alike.runs, alike.task)
    comparison = Comparison(error, _models(alike.runs, error), first.text("unit"))
    return Group(alike.title, first.text("experiment").partition("/")[0], comparison)


def _models(runs: list[Run], error: str) -> list[ModelSummary]:
    by_model: dict[tuple[str, str], list[Run]] = {}
    for run in without_repeats(runs):
        study = "" if run.baseline else run.study_id
        by_model.setdefault((run.model, study), []).append(run)
    models = [seeds for found in by_model.values() for seeds in split_by_settings(found)]
    names = _names(models)
    return [ModelSummary.of(name, seeds, error) for name, seeds in zip(names, models, strict=True)]


def split_by_settings(runs: Sequence[Run]) -> list[list[Run]]:
    """Splits runs of one name so that runs of a part have the same settings and different seeds.

    A mean over anything else would pass for one over seeds.
    """
    if len(runs) == 1:
        return [list(runs)]
    parts: list[tuple[dict[str, str], list[Run]]] = []
    for run in sorted(runs, key=lambda run: (run.number("seed"), run.started)):
        settings = {k: v for k, v in run.parameters.items() if k not in OF_A_SEED}
        for known, part in parts:
            seeds = [one.text("seed") for one in part]
            if known == settings and run.text("seed") not in seeds:
                part.append(run)
                break
        else:
            parts.append((settings, [run]))
    return [part for _, part in parts]


def _names(models: list[list[Run]]) -> list[str]:
    """Names of models, with the study where two are equal, then with the id of a run."""
    names = [runs[0].model for runs in models]
    for suffix in (_study_of, _id_of):
        names = [
            f"{name} ({suffix(runs[0])})" if names.count(name) > 1 else name
            for name, runs in zip(names, models, strict=True)
        ]
    return names


def _study_of(run: Run) -> str:
    began = run.text("study")
    return run.study if run.study == began else f"{run.study}, {began}"


def _id_of(run: Run) -> str:
    return f"run {run.id[:DIGITS]}"
