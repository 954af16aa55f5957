"""Reads runs back from the tracking store and sets them side by side."""

import json

import pandas as pd

from .tracking import Store

COLUMNS = {
    "name": "run",
    "horizon": "horizon",
    "test/mae": "mae",
    "test/rmse": "rmse",
    "test/mase": "mase",
    "test/skill": "skill",
    "parameters": "parameters",
    "time/fit_s": "seconds",
    "study": "study",
}


def comparison(store: Store, experiment: str, latest: bool = False) -> tuple[pd.DataFrame, str]:
    """The runs of an experiment, best first, and the address of MLflow's comparison.

    Args:
        store: where the runs are.
        experiment: e.g. `"forecast/seattle-weather"`.
        latest: only those of the newest study.

    Returns:
        A frame with the columns of `COLUMNS` that there are, and the part of the
        address after the server's name.
    """
    runs = store.runs(experiment)
    if not len(runs) or "test/mae" not in runs:
        return pd.DataFrame(), ""
    runs = runs.dropna(subset=["test/mae"])
    if latest:
        runs = runs[runs["study"] == runs["study"].max()]
    runs = runs.sort_values("test/mae", ignore_index=True)
    ids, experiments = runs["run"].tolist(), runs["experiment_id"].unique().tolist()
    address = f"/#/compare-runs?runs={json.dumps(ids, separators=(',', ':'))}"
    address += f"&experiments={json.dumps(experiments, separators=(',', ':'))}"
    present = {key: label for key, label in COLUMNS.items() if key in runs}
    table = runs.drop(columns="run")[list(present)].rename(columns=present)
    for column in {"horizon", "parameters"} & set(table):  # MLflow keeps parameters as text
        table[column] = pd.to_numeric(table[column]).astype("Int64")
    return table, address
