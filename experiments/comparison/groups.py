"""Which runs may be set side by side, and which of them are seeds of one model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kinds import Kind, kind_of
from .models import Group, ModelSummary
from .runs import Run, values_frame

#: Parameters in which runs of one model differ.
OF_A_SEED = ("seed", "weights", "config.seeds")
DIGITS = 8  # of a digest or an id that are shown


@dataclass(frozen=True)
class ComparableRuns:
    """Runs of one task on the same data and the same test.

    Attributes:
        title: what was tried, on which rows or clips it was tested; no two have one.
        task: whose errors they have.
        runs: in the order they were given in.
    """

    title: str
    task: Kind
    runs: list[Run]


def comparable(runs: Sequence[Run]) -> list[ComparableRuns]:
    """Those of one task, data and test together; runs without scores are left out."""
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
    return _told_apart(found)


def groups(runs: Sequence[Run]) -> list[Group]:
    """Models that were tested alike together, the best first."""
    return [
        Group(
            one.title,
            one.runs[0].text("experiment").partition("/")[0],
            _standings(one.runs, _ranking(one.runs, one.task)),
        )
        for one in comparable(runs)
    ]


def without_repeats(runs: Sequence[Run]) -> list[Run]:
    """Of a baseline that several studies tested alike the newest run only, the newest first."""
    found: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: run.started, reverse=True):
        found.setdefault(run.model if run.baseline else run.id, run)
    return list(found.values())


def _told_apart(found: list[ComparableRuns]) -> list[ComparableRuns]:
    """Titles that are the same get the beginning of the data's digest, or the study."""
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


def _ranking(runs: list[Run], task: Kind) -> str:
    """The metric that ranks: that of the studies, if all runs have it, else the task's."""
    own = f"test/{runs[0].text('ranked_by')}"
    return own if not any(np.isnan(run.number(own)) for run in runs) else task.error


def _standings(runs: list[Run], error: str) -> list[ModelSummary]:
    by_model: dict[tuple[str, str], list[Run]] = {}
    for run in without_repeats(runs):
        study = "" if run.baseline else run.study_id
        by_model.setdefault((run.model, study), []).append(run)
    members = [one for found in by_model.values() for one in seeds_of_one(found)]
    names = _names(members)
    standings = [ModelSummary(name, one, error) for name, one in zip(names, members, strict=True)]
    return sorted(standings, key=lambda one: one.mean)


def seeds_of_one(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs of one name in parts whose parameters are the same and no two of whose seeds are.

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


def _names(members: list[list[Run]]) -> list[str]:
    """Of models: with the study where that is not enough, then with the id of a run."""
    names = [runs[0].model for runs in members]
    for told in (_study_of, _id_of):
        names = [
            f"{name} ({told(runs[0])})" if names.count(name) > 1 else name
            for name, runs in zip(names, members, strict=True)
        ]
    return names


def _study_of(run: Run) -> str:
    began = run.text("study")
    return run.study if run.study == began else f"{run.study}, {began}"


def _id_of(run: Run) -> str:
    return f"run {run.id[:DIGITS]}"
