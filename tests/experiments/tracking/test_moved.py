"""A project that is moved, renamed or copied keeps its artifacts, and writes nothing elsewhere."""

import shutil
import sqlite3

import pytest
from rnnzoo.experiments.cli.app import app
from rnnzoo.experiments.tracking import Store, sync
from typer.testing import CliRunner

NAME = "forecast/waves"
COMMAND = (
    "forecast", "waves.csv", "--time", "day", "--target", "sales", "--cell", "gru", "--horizon", 3,
    "--lookback", 8, "--units", 2, "--epochs", 1,
)  # fmt: skip


def rnnzoo(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory, waves):
    """A project with one study, in a folder whose name is not plain."""
    folder = tmp_path_factory.mktemp("made") / "a b%c"
    folder.mkdir()
    waves[:120].to_csv(folder / "waves.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("RNNZOO_RUNS", raising=False)
        rnnzoo(*COMMAND)
        before = rnnzoo("compare")
    return folder, before


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    """A copy of its own of that project, which names the artifacts of this copy."""
    folder, before = made
    own = tmp_path / "old"
    shutil.copytree(folder, own)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("RNNZOO_RUNS", raising=False)
    monkeypatch.chdir(own)
    rnnzoo("compare")
    assert places(own) == {(own / "mlartifacts").as_uri()}
    return own, before


def places(folder):
    """Where the database of a project says that its artifacts are."""
    with sqlite3.connect(folder / "mlflow.db") as database:
        rows = database.execute("SELECT artifact_uri FROM runs").fetchall()
        rows += database.execute(
            "SELECT artifact_location FROM experiments WHERE name = ?", (NAME,)
        ).fetchall()
    return {uri.partition("/forecast-waves")[0].partition("/forecast_waves")[0] for (uri,) in rows}


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("copied", [False, True])
def test_a_moved_project_keeps_its_artifacts(project, copied, monkeypatch, caplog):
    old, before = project
    new = old.with_name("new name")
    shutil.copytree(old, new) if copied else old.rename(new)
    left = files(old) if copied else {}
    monkeypatch.chdir(new)
    assert rnnzoo("compare") == before  # p-values come from artifacts
    assert "The tracking store was moved" in caplog.text
    assert places(new) == {(new / "mlartifacts").as_uri()}
    caplog.clear()
    rnnzoo(*COMMAND)
    assert rnnzoo("sync")
    assert "was moved" not in caplog.text  # said once
    assert (files(old) if copied else old.exists()) == (left if copied else False)
    store = Store()
    runs = store.client.search_runs([store.experiment(NAME)])
    assert len(runs) > 10
    for run in runs:
        assert store.client.list_artifacts(run.info.run_id), run.data.tags
    assert not sync().damaged


def test_a_database_that_was_moved_alone_still_finds_its_artifacts(project, tmp_path, monkeypatch):
    old, _ = project
    alone = tmp_path / "alone"
    alone.mkdir()
    for part in old.glob("mlflow.db*"):  # what is not in the file yet is next to it
        shutil.copy(part, alone)
    monkeypatch.chdir(alone)
    Store()
    assert places(alone) == {(old / "mlartifacts").as_uri()}


def test_places_of_somebodys_own_stay(project, monkeypatch):
    old, _ = project
    elsewhere = (old / "of mine").as_uri()
    Store().client.create_experiment("mine", elsewhere)
    Store().client.create_experiment("forecast/other", elsewhere)
    new = old.with_name("new")
    old.rename(new)
    monkeypatch.chdir(new)
    client = Store().client
    for name in ("mine", "forecast/other"):
        assert client.get_experiment_by_name(name).artifact_location == elsewhere
    assert places(new) == {(new / "mlartifacts").as_uri()}
