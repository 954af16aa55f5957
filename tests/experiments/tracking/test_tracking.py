import json
import os
import re
from datetime import datetime
from pathlib import Path

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest
from rnnzoo import FitError, Forecaster
from rnnzoo.datasets import TimeSeriesPanel, read_series
from rnnzoo.experiments.cli.compare import run_tables
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.reports.style import COLORS
from rnnzoo.experiments.study.commit import git_tags
from rnnzoo.experiments.study.digests import of_all
from rnnzoo.experiments.study.study import Listeners
from rnnzoo.experiments.tasks.forecast.data import of_panel
from rnnzoo.experiments.tasks.forecast.task import Forecasting
from rnnzoo.experiments.tasks.study import study
from rnnzoo.experiments.tracking import Tracker
from rnnzoo.pipelines.forecasting.baselines.table import BASELINES
from rnnzoo.zoo.cells import CELLS


def settings_of_mlflow():
    return {name: value for name, value in os.environ.items() if name.startswith("MLFLOW")}


SETTINGS = settings_of_mlflow()  # before any test


@pytest.fixture(scope="module")
def found(store, waves):
    series = read_series(
        waves, time="day", target="sales", past=["wind"], future=["holiday"], name="waves"
    )
    tiny = {"horizon": 3, "lookback": 10, "units": 3, "epochs": 2}
    forecasters = {cell: Forecaster(cell, **tiny) for cell in ("gru", "elman")}
    with Tracker(store.uri) as tracker:
        task = Forecasting(TimeSeriesPanel.of(series), 60)
        return study(task, forecasters, Listeners(None, tracker))


@pytest.fixture(scope="module")
def runs(found, store):
    experiment = store.client.get_experiment_by_name("forecast/waves")
    return {
        run.data.tags.get("cell", ""): run
        for run in store.client.search_runs([experiment.experiment_id])
    }


def test_networks_and_baselines_are_runs(runs):
    assert set(runs) == {"gru", "elman", *BASELINES, ""}
    assert {run.info.status for run in runs.values()} == {"FINISHED"}
    assert runs["gru"].info.run_name == "gru-0"
    assert len({run.data.tags["study"] for run in runs.values()}) == 1


def test_a_study_has_an_identity_besides_its_second(runs, found):
    tags = {name: run.data.tags for name, run in runs.items()}
    assert {each["study.uid"] for each in tags.values()} == {tags[""]["run_uid"]}
    used = [of_panel(found.task.panel[:340], "training"), of_panel(found.task.panel, "test")]
    assert {each["data.digest"] for each in tags.values()} == {of_all(used)}
    assert of_all(used) not in (of_all(used[:1]), of_all(used[::-1]))
    began = datetime.strptime(tags[""]["study"] + "+0000", "%Y-%m-%d %H:%M:%S%z")
    assert abs(runs[""].info.start_time / 1000 - began.timestamp()) < 600  # in UTC


def test_no_two_runs_of_a_study_have_one_color(runs):
    colors = {run.data.tags["mlflow.runColor"] for cell, run in runs.items() if cell}
    assert len(colors) == len(runs) - 1


def test_an_experiment_says_what_its_numbers_are(store, found):
    tags = store.client.get_experiment_by_name("forecast/waves").tags
    assert "the step is the lead" in tags["mlflow.note.content"]
    view = json.loads(tags["mlflow.sharedViewState.rnnzoo"])
    assert view["orderByKey"] == "metrics.`test/mae`"
    assert {"metrics.`test/skill`", "params.`lookback`", "metrics.`time/fit_s`"} <= set(
        view["selectedColumns"]
    )


def test_settings_are_parameters(runs):
    assert (
        runs["gru"].data.params.items()
        >= {
            "cell": "gru",
            "horizon": "3",
            "lookback": "10",
            "units": "3",
            "seed": "0",
            "strategy": "stateful",
            "future": "holiday",
            "split.training_rows": "272",
            "split.validation_rows": "68",
        }.items()
    )


def test_error_by_lead_is_a_line_over_the_lead(runs, store, found):
    for name in ("gru", "naive-last"):
        line = store.client.get_metric_history(runs[name].info.run_id, "horizon/mae")
        table = found.by_lead[found.by_lead["model"] == name]
        assert [(m.step, m.value) for m in line] == list(
            zip(table["step"], table["mae"], strict=True)
        )


def test_losses_are_lines_over_the_epoch(runs, store):
    for key in ("train/loss", "val/mae", "time/epoch_s", "time/step_ms"):
        line = store.client.get_metric_history(runs["gru"].info.run_id, key)
        assert [m.step for m in line] == [1, 2]


def test_test_scores_are_single_numbers_and_keys_are_few(runs, found):
    metrics = runs["gru"].data.metrics
    for key, value in found.tests["gru"].scores().items():
        assert metrics[f"test/{key}"] == value
    assert len(metrics) <= 30


def test_intervals_and_the_course_of_the_test_are_told_of_every_model(runs, store, found):
    backtest = found.tests["gru"]
    for model in ("gru", "naive-last"):
        told = runs[model].data.metrics
        table = backtest.intervals(model).set_index("nominal")
        of_80 = {"coverage_80": "coverage", "coverage_80_worst": "worst"}
        of_80 |= {"width_80": "width", "winkler_80": "winkler"}
        for key, column in of_80.items():
            assert told[f"test/{key}"] == table.loc[0.8, column]
        scores = backtest.distributions.set_index("model")
        assert told["test/crps"] == scores.loc[model, "crps"]
        assert told["test/pinball"] == pytest.approx(table["pinball"].mean())
        truth, forecast = backtest.truth, backtest.forecasts[model]
        assert told["test/smape"] == pytest.approx(
            200 * np.mean(np.abs(truth - forecast) / (np.abs(truth) + np.abs(forecast)))
        )
        line = store.client.get_metric_history(runs[model].info.run_id, "test/mae_by_fold")
        assert [m.step for m in line] == list(range(1, 11))
        errors = np.abs(truth - forecast)  # from 58 origins
        assert line[0].value == pytest.approx(errors[:6].mean())
        assert line[-1].value == pytest.approx(errors[-5:].mean())


def test_forecasts_are_kept_beside_the_truth(runs, store, found, tmp_path):
    backtest = found.tests["gru"]
    path = store.client.download_artifacts(runs["gru"].info.run_id, "forecasts.parquet", tmp_path)
    kept = pd.read_parquet(path)
    told = backtest.frame().rename(columns={"gru": "yhat"})
    pd.testing.assert_frame_equal(kept, told[kept.columns], check_dtype=False)


def test_charts_and_the_model_are_artifacts(runs, store, tmp_path, found, waves):
    run = runs["gru"].info.run_id
    names = {item.path for item in store.client.list_artifacts(run)}
    assert names == {
        "forecast.png", "error-by-lead.png", "intervals.png", "calibration.png",
        "reliability.png", "pit.png", "leaderboard.csv", "interval-scores.csv",
        "random-walk.csv", "errors.json", "forecasts.parquet", "report.html", "model",
        "environment.json", "images",
    }  # fmt: skip
    loaded = Forecaster.load(store.client.download_artifacts(run, "model", str(tmp_path)))
    future = waves[340:343][["day", "holiday"]]
    ours = found.networks["gru"].predict(future=future)
    assert loaded.predict(future=future)["yhat"].tolist() == ours["yhat"].tolist()


def test_artifacts_lie_beside_the_database(runs, store):
    assert str(store.database.parent / "mlartifacts") in runs["gru"].info.artifact_uri


def test_compare_reads_the_leaderboard_back(store, found):
    (compared,) = run_tables(store, "forecast/waves")
    assert compared.table["mae"].tolist() == sorted(found.leaderboard["mae"])
    assert compared.table["run"][0].startswith(found.leaderboard["model"][0])
    assert compared.title.startswith("forecast/waves: sales, 3 steps ahead, tested on 60 rows")
    assert compared.address.startswith("/#/experiments/")
    assert "forecast/waves" in store.experiments()


@pytest.mark.slow
def test_what_cannot_be_compared_is_kept_apart(store, found, waves):
    """Another target and horizon in the same experiment; the same study again."""
    series = read_series(waves[["day", "sales"]], time="day", target="sales", name="apart")
    tiny = {"lookback": 8, "units": 2, "epochs": 1}
    for horizon in (2, 2, 4):
        forecasters = {"elman": Forecaster("elman", horizon=horizon, **tiny)}
        with Tracker(store.uri) as tracker:
            study(Forecasting(TimeSeriesPanel.of(series), 6), forecasters, Listeners(None, tracker))
    found = run_tables(store, "forecast/apart")
    two, four = sorted(found, key=lambda comparison: comparison.title)
    assert "2 steps ahead" in two.title
    assert "4 steps ahead" in four.title
    names = two.table["run"].tolist()
    assert names.count("naive-last") == 1  # the same numbers twice are one row
    assert names.count("elman-0") == 2  # they took different seconds
    (latest,) = run_tables(store, "forecast/apart", latest=True)
    assert "4 steps ahead" in latest.title


def test_a_study_is_the_parent_of_its_runs(runs, found):
    parent = runs.pop("")
    assert {run.data.tags["mlflow.parentRunId"] for run in runs.values()} == {parent.info.run_id}
    note = parent.data.tags["mlflow.note.content"]
    assert all(f"| {model} |" in note for model in found.leaderboard["model"])
    assert f"{found.leaderboard['mae'][0]:.4g}" in note


def test_a_run_says_what_it_was_made_from(runs, store, found, tmp_path, root):
    gru = runs["gru"]
    used = {each.tags[0].value: each.dataset.digest for each in gru.inputs.dataset_inputs}
    assert used == {
        "training": of_panel(found.task.panel[:340], "training").digest,
        "test": of_panel(found.task.panel, "test").digest,
    }
    path = store.client.download_artifacts(gru.info.run_id, "environment.json", str(tmp_path))
    told = json.loads(Path(path).read_text())
    assert told["backend"] == keras.backend.backend()
    assert {"rnnzoo", "keras", "mlflow", "numpy"} <= set(told["packages"])
    assert gru.data.tags.get("mlflow.source.git.commit") == git_tags().get("commit")
    assert "skill" in gru.data.tags["mlflow.note.content"]


def track(store, root, name="r"):
    """A journal that is followed, and its tracker; closed, the run is in the store."""
    tracker = Tracker(store.uri, root)
    return tracker, Journal("forecast/few", name, {}, (tracker.listener(),), root)


def in_store(store, journal):
    experiment = store.experiment(journal.experiment)
    return store.client.get_run(store.find(experiment, journal.uid).run)


def test_a_run_that_fails_is_marked(store, tmp_path):
    tracker, journal = track(store, tmp_path)
    with pytest.raises(ZeroDivisionError), tracker, journal:
        1 / 0  # noqa: B018
    run = in_store(store, journal)
    assert run.info.status == "FAILED"
    assert run.data.tags["error"] == "division by zero"
    assert run.data.tags["error.type"] == "ZeroDivisionError"
    assert "1 / 0" in run.data.tags["error.traceback"]
    assert "diverged" not in run.data.tags


def test_a_fit_that_diverged_is_marked(store, tmp_path):
    tracker, journal = track(store, tmp_path)
    with pytest.raises(FitError), tracker, journal:
        raise FitError("Training diverged in epoch 3")
    assert in_store(store, journal).data.tags["diverged"] == "Training diverged in epoch 3"


def test_numbers_that_are_none_are_left_out(store, tmp_path):
    tracker, journal = track(store, tmp_path)
    with tracker, journal:
        journal.metrics({"test/mase": float("nan"), "test/mae": 1.0})
    run = in_store(store, journal)
    assert run.data.metrics == {"test/mae": 1.0}
    assert "diverged" not in run.data.tags  # not defined is not diverged


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_in_training_have_diverged(store, tmp_path, value):
    tracker, journal = track(store, tmp_path)
    with tracker, journal:
        journal.metrics({"train/loss": value, "val/mae": 2.0}, step=3)
    run = in_store(store, journal)
    assert run.data.metrics == {"val/mae": 2.0}
    assert run.data.tags["diverged"] == f"train/loss is {value} at step 3"


def test_more_than_mlflow_takes_at_once(store, tmp_path):
    tracker, journal = track(store, tmp_path)
    with tracker, journal:
        journal.parameters({f"p{k}": k for k in range(250)})
        journal.series("horizon/mae", range(2500))
        journal.note("x" * 10_000)
    run = in_store(store, journal)
    assert len(run.data.params) == 250
    assert len(store.client.get_metric_history(run.info.run_id, "horizon/mae")) == 2500
    assert len(run.data.tags["mlflow.note.content"]) == 8000


def test_mlflow_itself_is_left_as_it_was(runs, monkeypatch):
    """Explicit clients only: no active run, no address that holds for the whole process."""
    assert mlflow.active_run() is None
    assert settings_of_mlflow() == SETTINGS
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # the user's own, if any
    assert not mlflow.tracking.is_tracking_uri_set()


def test_every_cell_has_a_color_of_its_own():
    assert len(set(COLORS)) == len(COLORS) >= len(CELLS)


@pytest.mark.slow
def test_the_python_of_the_page_runs(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("RNNZOO_RUNS", raising=False)
    page = (root / "docs" / "tracking.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(code, "tracking.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "Runs are in sqlite:///mlflow.db." in shown
    assert "FINISHED" in shown
    assert shown.splitlines()[-1] == "1"
