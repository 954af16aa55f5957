"""Reads runs back from the tracking store and sets those side by side that may be."""

from dataclasses import dataclass

import pandas as pd

from .tasks import charts_address, task_of
from .tracking import Store

WHOLE = ("lookback", "weights")  # columns of whole numbers: MLflow keeps parameters as text


@dataclass(frozen=True)
class Comparison:
    """Runs of one task, best first.

    Attributes:
        title: what was forecast, and on which rows it was tested.
        table: the columns of their task that there are.
        address: of the charts of their experiment, after the server's name.
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
    task = task_of(experiment)
    wanted = [task.error, *task.same]
    runs = store.runs(experiment)
    if not len(runs) or not set(wanted) <= set(runs):
        return []
    runs = runs.dropna(subset=wanted)
    if latest:
        runs = runs[runs["study"] == runs["study"].max()]
    runs = runs.sort_values([task.error, "study"], kind="stable")
    found = []
    for shared, group in runs.groupby(list(task.same), sort=False):
        scores = [column for column in task.columns if column in group and column != "study"]
        group = group.drop_duplicates(scores, keep="last")
        address = charts_address(group["experiment_id"].iloc[0])
        labels = {key: label for key, label in task.columns.items() if key in group}
        table = group[list(labels)].reset_index(drop=True).set_axis(list(labels.values()), axis=1)
        for column in set(WHOLE) & set(table):
            table[column] = pd.to_numeric(table[column]).astype("Int64")
        found.append(Comparison(task.title.format(experiment, *shared), table, address))
    return found
