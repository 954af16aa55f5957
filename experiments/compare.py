"""Reads runs back from the tracking store and sets those side by side that may be."""

import json
from dataclasses import dataclass

import pandas as pd

from .tracking import Store


@dataclass(frozen=True)
class Kind:
    """How the runs of one kind of task are set side by side.

    Attributes:
        task: parameters that are equal where runs may be compared.
        title: what was tried, from the experiment's name and these parameters.
        error: the metric that ranks.
        columns: of the table, by tag, parameter or metric.
    """

    task: tuple[str, ...]
    title: str
    error: str
    columns: dict[str, str]


COSTS = {"parameters": "weights", "time/fit_s": "seconds", "study": "study"}
KINDS = {
    "forecast": Kind(
        task=("target", "horizon", "split.test_rows", "split.test_start"),
        title="{0}: {1}, {2} steps ahead, tested on {3} rows from {4}",
        error="test/mae",
        columns={"name": "run", "test/mae": "mae", "test/rmse": "rmse", "test/mase": "mase"}
        | {"test/skill": "skill", "lookback": "lookback"}
        | COSTS,
    ),
    "video": Kind(
        task=("context", "horizon", "split.test_clips"),
        title="{0}: {2} frames after {1}, tested on {3} clips",
        error="test/mse",
        columns={"name": "run", "test/mse": "mse", "test/mae": "mae", "test/ssim": "ssim"}
        | {"test/psnr": "psnr", "test/skill": "skill"}
        | COSTS,
    ),
}
WHOLE = ("lookback", "weights")  # columns of whole numbers: MLflow keeps parameters as text


@dataclass(frozen=True)
class Comparison:
    """Runs of one task, best first.

    Attributes:
        title: what was forecast, and on which rows it was tested.
        table: the columns of their kind that there are.
        address: of MLflow's comparison, after the server's name.
    """

    title: str
    table: pd.DataFrame
    address: str


def comparisons(store: Store, experiment: str, latest: bool = False) -> list[Comparison]:
    """The finished runs of an experiment, those with one task and test together.

    A baseline that several studies tested alike is shown once.

    Args:
        store: where the runs are.
        experiment: e.g. `"forecast/seattle-weather"`.
        latest: only those of the newest study.
    """
    kind = KINDS[experiment.partition("/")[0]]
    wanted = [kind.error, *kind.task]
    runs = store.runs(experiment)
    if not len(runs) or not set(wanted) <= set(runs):
        return []
    runs = runs.dropna(subset=wanted)
    if latest:
        runs = runs[runs["study"] == runs["study"].max()]
    runs = runs.sort_values([kind.error, "study"], kind="stable")
    found = []
    for task, group in runs.groupby(list(kind.task), sort=False):
        scores = [column for column in kind.columns if column in group and column != "study"]
        group = group.drop_duplicates(scores, keep="last")
        ids, experiments = group["run"].tolist(), group["experiment_id"].unique().tolist()
        address = f"/#/compare-runs?runs={_list(ids)}&experiments={_list(experiments)}"
        labels = {key: label for key, label in kind.columns.items() if key in group}
        table = group[list(labels)].reset_index(drop=True).set_axis(list(labels.values()), axis=1)
        for column in set(WHOLE) & set(table):
            table[column] = pd.to_numeric(table[column]).astype("Int64")
        found.append(Comparison(kind.title.format(experiment, *task), table, address))
    return found


def _list(values: list[str]) -> str:
    return json.dumps(values, separators=(",", ":"))
