"""Reads runs back from the tracking store and sets those side by side that may be."""

import json
from dataclasses import dataclass

import pandas as pd

from .tracking import Store

TASK = ["target", "horizon", "split.test_rows", "split.test_start"]  # equal: comparable
COLUMNS = {
    "name": "run",
    "test/mae": "mae",
    "test/rmse": "rmse",
    "test/mase": "mase",
    "test/skill": "skill",
    "lookback": "lookback",
    "parameters": "weights",
    "time/fit_s": "seconds",
    "study": "study",
}


@dataclass(frozen=True)
class Comparison:
    """Runs of one task, best first.

    Attributes:
        title: what was forecast, and on which rows it was tested.
        table: the columns of `COLUMNS` that there are.
        address: of MLflow's comparison, after the server's name.
    """

    title: str
    table: pd.DataFrame
    address: str


def comparisons(store: Store, experiment: str, latest: bool = False) -> list[Comparison]:
    """The finished runs of an experiment, those with one target, horizon and test together.

    A baseline that several studies tested alike is shown once.

    Args:
        store: where the runs are.
        experiment: e.g. `"forecast/seattle-weather"`.
        latest: only those of the newest study.
    """
    runs = store.runs(experiment)
    if not len(runs) or not {"test/mae", *TASK} <= set(runs):
        return []
    runs = runs.dropna(subset=["test/mae", *TASK])
    if latest:
        runs = runs[runs["study"] == runs["study"].max()]
    runs = runs.sort_values(["test/mae", "study"], kind="stable")
    found = []
    for (target, horizon, rows, start), group in runs.groupby(TASK, sort=False):
        scores = [column for column in COLUMNS if column in group and column != "study"]
        group = group.drop_duplicates(scores, keep="last")
        title = f"{experiment}: {target}, {horizon} steps ahead, tested on {rows} rows from {start}"
        ids, experiments = group["run"].tolist(), group["experiment_id"].unique().tolist()
        address = f"/#/compare-runs?runs={_list(ids)}&experiments={_list(experiments)}"
        labels = {key: label for key, label in COLUMNS.items() if key in group}
        table = group[list(labels)].reset_index(drop=True).set_axis(list(labels.values()), axis=1)
        for column in {"lookback", "weights"} & set(table):  # MLflow keeps parameters as text
            table[column] = pd.to_numeric(table[column]).astype("Int64")
        found.append(Comparison(title, table, address))
    return found


def _list(values: list[str]) -> str:
    return json.dumps(values, separators=(",", ":"))
