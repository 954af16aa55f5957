"""The kinds of task that are studied and tracked, and how the runs of each are compared.

This table alone names them: the code of a task is the folder of its name in `tasks`.
"""

import json
from dataclasses import dataclass

#: The views that are stored with an experiment, and what they show.
BY_RUN, BY_MODEL = "rnnzoo", "rnnzoo-models"
VIEWS = {BY_RUN: "every run", BY_MODEL: "each model, a mean over its seeds"}


@dataclass(frozen=True)
class Kind:
    """How the runs of one kind of task are compared.

    Attributes:
        same: parameters that are equal where runs may be compared.
        title: what was tried, from the experiment's name and these parameters.
        error: the metric that ranks, the smaller the better.
        columns: columns of a table of runs: labels by tag, parameter or metric.
        note: what a reader of the dashboard has to know.
        step: what leads are counted in.
    """

    same: tuple[str, ...]
    title: str
    error: str
    columns: dict[str, str]
    note: str
    step: str


COSTS = {"weights": "weights", "time/fit_s": "seconds", "study": "study"}
TASKS = {
    "forecast": Kind(
        same=("target", "horizon", "split.test_rows", "split.test_start"),
        title="{0}: {1}, {2} steps ahead, tested on {3} rows from {4}",
        error="test/mae",
        columns={"name": "run", "test/mae": "mae", "test/rmse": "rmse", "test/mase": "mase"}
        | {"test/crps": "crps", "test/coverage_80": "in 80 %"}
        | {"test/skill": "skill", "lookback": "lookback"}
        | COSTS,
        note="Forecasts of rows that no fit saw, errors in the unit of the target. In horizon/ the "
        "step is the lead: how many rows ahead.\n\n"
        "- test/crps: error of the whole distribution\n"
        "- test/coverage_80: share of the truth inside 80 % intervals; "
        "coverage_80_worst: the same in the worst tenth of the test in time; width_80 and "
        "winkler_80: their width and interval score\n"
        "- test/pinball: pinball loss of such intervals\n"
        "- test/mae_by_fold: the step is a part of the test, in order of time\n"
        "- test/ratio_random_walk: RMSE one step ahead over that of the last value\n"
        "- test/direction: share of ups and downs called right, one step ahead, with its 95 % "
        "interval, direction_lower and direction_upper\n"
        "- test/p: how often forecasts that are as good as the best naive one would differ as much",
        step="rows",
    ),
    "frames": Kind(
        same=("context", "horizon", "split.test_clips", "frame"),
        title="{0}: {2} frames after {1}, tested on {3} clips of {4}",
        error="test/mse",
        columns={"name": "run", "test/mse": "mse", "test/mae": "mae", "test/ssim": "ssim"}
        | {"test/psnr": "psnr", "test/skill": "skill"}
        | COSTS,
        note="Frames rolled out freely on clips that no fit saw. MSE and MAE are summed over a "
        "frame, values 0 to 1; SSIM has data range 1; PSNR is in dB. In horizon/ and in "
        "frames/test-by-lead the step is the lead: how many frames ahead.",
        step="frames",
    ),
}


def kind_of(experiment: str) -> Kind:
    """The kind of task of an experiment, e.g. of `"forecast/seattle-weather"`."""
    return TASKS[experiment.partition("/")[0]]


def view_state(kind: Kind, view: str) -> str:
    """A view for MLflow's dashboard: the scores as columns, the best run first.

    Grouped by model, MLflow draws no pictures, and in colors of its own; hence two views. The
    form is MLflow's own and not documented; one that it does not know, it passes over.

    Args:
        kind: kind of task of the experiment.
        view: a name in `VIEWS`.
    """
    tables = {"test": "metrics", "time": "metrics"}
    columns = [
        f"{tables.get(key.partition('/')[0], 'params')}.`{key}`"
        for key in kind.columns
        if key not in ("name", "study")
    ]
    state = {"orderByKey": f"metrics.`{kind.error}`", "orderByAsc": True}
    state |= {"selectedColumns": columns, "runsHiddenMode": "SHOW_ALL"}
    if view == BY_MODEL:
        keys = [{"mode": "tag", "groupByData": "model"}]
        state["groupBy"] = {"aggregateFunction": "average", "groupByKeys": keys}
    return json.dumps(state)


def charts_address(experiment_id: str, view: str = BY_RUN) -> str:
    """The charts of an experiment in MLflow's dashboard, after the server's name."""
    query = f"viewStateShareKey={view}&workflowType=machine_learning&compareRunsMode=CHART"
    return f"/#/experiments/{experiment_id}/runs?{query}"
