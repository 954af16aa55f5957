import json
import sqlite3
import subprocess
import sys

import mlflow
import pytest
from rnnzoo import Forecaster, TrackingError
from rnnzoo.datasets import read
from rnnzoo.experiments.compare import comparisons
from rnnzoo.experiments.forecast_study import study
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.run import COLOURS
from rnnzoo.experiments.tracking import Store
from rnnzoo.pipelines.forecasting.baselines import BASELINES
from rnnzoo.zoo.cells import CELLS


@pytest.fixture(scope="module")
def found(store, waves):
    series = read(
        waves, time="day", target="sales", past=["wind"], future=["holiday"], name="waves"
    )
    tiny = {"horizon": 3, "lookback": 10, "units": 3, "epochs": 2}
    forecasters = {cell: Forecaster(cell, **tiny) for cell in ("gru", "elman")}
    return study(series, forecasters, 60, lambda run: [store.projection()])


@pytest.fixture(scope="module")
def runs(found, store):
    experiment = store.client.get_experiment_by_name("forecast/waves")
    return {
        run.data.tags["cell"]: run for run in store.client.search_runs([experiment.experiment_id])
    }


def test_networks_and_baselines_are_runs(runs):
    assert set(runs) == {"gru", "elman", *BASELINES}
    assert {run.info.status for run in runs.values()} == {"FINISHED"}
    assert runs["gru"].info.run_name == "gru-0"
    assert len({run.data.tags["study"] for run in runs.values()}) == 1


def test_no_two_runs_of_a_study_have_one_colour(runs):
    colours = {run.data.tags["mlflow.runColor"] for run in runs.values()}
    assert len(colours) == len(runs)


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
            "architecture": "carried",
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
    for key in ("train/loss", "val/mae", "time/epoch_s"):
        line = store.client.get_metric_history(runs["gru"].info.run_id, key)
        assert [m.step for m in line] == [1, 2]


def test_test_scores_are_single_numbers_and_keys_are_few(runs, found):
    metrics = runs["gru"].data.metrics
    for key, value in found.backtests["gru"].scores().items():
        assert metrics[f"test/{key}"] == value
    assert len(metrics) <= 25


def test_charts_and_the_model_are_artifacts(runs, store, tmp_path, found, waves):
    run = runs["gru"].info.run_id
    names = {item.path for item in store.client.list_artifacts(run)}
    assert names == {
        "forecast.png", "error-by-lead.png", "intervals.png", "calibration.png",
        "leaderboard.csv", "random-walk.csv", "errors.json", "report.html", "model",
    }  # fmt: skip
    loaded = Forecaster.load(store.client.download_artifacts(run, "model", str(tmp_path)))
    future = waves[340:343][["day", "holiday"]]
    ours = found.forecasters["gru"].predict(future=future)
    assert loaded.predict(future=future)["yhat"].tolist() == ours["yhat"].tolist()


def test_artifacts_lie_beside_the_database(runs, store):
    assert str(store.database.parent / "mlartifacts") in runs["gru"].info.artifact_uri


def test_compare_reads_the_leaderboard_back(store, found):
    (compared,) = comparisons(store, "forecast/waves")
    assert compared.table["mae"].tolist() == sorted(found.leaderboard["mae"])
    assert compared.table["run"][0].startswith(found.leaderboard["model"][0])
    assert compared.title.startswith("forecast/waves: sales, 3 steps ahead, tested on 60 rows")
    assert compared.address.startswith("/#/experiments/")
    assert "forecast/waves" in store.experiments()


def test_what_cannot_be_compared_is_kept_apart(store, found, waves):
    """Another target and horizon in the same experiment; the same study again."""
    series = read(waves[["day", "sales"]], time="day", target="sales", name="apart")
    tiny = {"lookback": 8, "units": 2, "epochs": 1}
    for horizon in (2, 2, 4):
        forecasters = {"elman": Forecaster("elman", horizon=horizon, **tiny)}
        study(series, forecasters, 40, lambda run: [store.projection()])
    found = comparisons(store, "forecast/apart")
    two, four = sorted(found, key=lambda comparison: comparison.title)
    assert "2 steps ahead" in two.title
    assert "4 steps ahead" in four.title
    names = two.table["run"].tolist()
    assert names.count("naive-last") == 1  # the same numbers twice are one row
    assert names.count("elman-0") == 2  # they took different seconds
    (latest,) = comparisons(store, "forecast/apart", latest=True)
    assert "4 steps ahead" in latest.title


def test_a_run_that_fails_is_marked(store):
    projection = store.projection()
    with (
        pytest.raises(ZeroDivisionError),
        Journal("forecast/broken", "r", listeners=(projection,)),
    ):
        1 / 0  # noqa: B018
    run = store.client.get_run(projection.run)
    assert run.info.status == "FAILED"
    assert run.data.tags["error"] == "division by zero"


def test_numbers_that_are_none_are_left_out(store):
    projection = store.projection()
    with Journal("forecast/broken", "r", listeners=(projection,)) as journal:
        journal.metrics({"test/mase": float("nan"), "test/mae": 1.0})
    assert store.client.get_run(projection.run).data.metrics == {"test/mae": 1.0}


COLD_START = """
import sys
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.run import COLOURS
from rnnzoo.experiments.tracking import Store
from rnnzoo.pipelines.forecasting.baselines import BASELINES
from rnnzoo.zoo.cells import CELLS
store = Store("sqlite:///" + sys.argv[1])
with Journal("forecast/cold", sys.argv[2], listeners=(store.projection(),)) as journal:
    journal.metrics({"test/mae": 1.0})
"""


@pytest.mark.slow
def test_processes_that_start_together_on_a_missing_database(tmp_path):
    database = tmp_path / "mlflow.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COLD_START, database, f"run-{i}"],
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(3)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    runs = Store(f"sqlite:///{database}").runs("forecast/cold")
    assert sorted(runs["name"]) == ["run-0", "run-1", "run-2"]
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_store_that_cannot_be_used(tmp_path):
    with pytest.raises(TrackingError, match="There is no folder"):
        Store(f"sqlite:///{tmp_path / 'missing' / 'mlflow.db'}")
    (tmp_path / "notes.db").write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(TrackingError, match="cannot be used.*--no-tracking"):
        Store(f"sqlite:///{tmp_path / 'notes.db'}")


def test_a_store_that_fails_later_is_told_once_and_stops_nothing(tmp_path, caplog):
    store = Store(f"sqlite:///{tmp_path / 'mlflow.db'}")
    with Journal("forecast/lost", "r", listeners=(store.projection(),)) as journal:
        journal.metrics({"train/loss": 1.0}, step=1)
        store.client.delete_run(store.client.search_runs(["1"])[0].info.run_id)
        for step in (2, 3):
            journal.metrics({"train/loss": 1.0}, step=step)
    assert len(journal.events) == 5
    assert [record.message.count("The run goes on") for record in caplog.records] == [1]


def test_a_run_that_cannot_start_leaves_no_folder(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'mlflow.db'}")
    store.client.delete_experiment(store.experiment("forecast/gone"))
    journal = Journal("forecast/gone", "r", listeners=(store.projection(),))
    with pytest.raises(TrackingError, match="forecast/gone is deleted"), journal:
        pass
    assert not journal.folder.exists()


def test_mlflow_itself_is_left_as_it_was():
    """Explicit clients only: no active run, no global address."""
    assert mlflow.active_run() is None
    assert json.dumps(mlflow.get_tracking_uri()).count("rnnzoo") == 0


def test_every_cell_has_a_colour_of_its_own():
    assert len(set(COLOURS)) == len(COLOURS) >= len(CELLS)
