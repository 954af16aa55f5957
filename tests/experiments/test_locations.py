import os
import subprocess
import sys

import pytest
from rnnzoo import TrackingError
from rnnzoo.experiments.locations import (
    absolute,
    check_uri,
    driver_for,
    runs_folder,
    shown,
    tracking_uri,
)
from rnnzoo.pipelines.storage.redact import redacted


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("RNNZOO_RUNS", raising=False)
    return tmp_path


def test_runs_lie_beside_the_store_unless_told_otherwise(here, monkeypatch):
    assert tracking_uri() == "sqlite:///mlflow.db"
    assert runs_folder() == here / "rnnzoo-runs"
    assert runs_folder(f"sqlite:///{here}/far/mlflow.db") == here / "far" / "rnnzoo-runs"
    assert runs_folder("https://tracking") == here / "rnnzoo-runs"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{here}/near/mlflow.db")
    assert runs_folder() == here / "near" / "rnnzoo-runs"
    monkeypatch.setenv("RNNZOO_RUNS", "elsewhere")
    assert runs_folder("https://tracking") == here / "elsewhere"


@pytest.mark.parametrize(
    ("uri", "fault"),
    [
        ("mlruns", "no known kind"),
        ("htp://tracking", "no known kind"),
        ("ftp://anna:secret@tracking", r"ftp://\*\*\*@tracking"),
        ("postgresql://anna:a@secret@db/mlflow", r"in postgresql://\*\*\*@db/mlflow holds an @"),
        ("sqlite:///missing/mlflow.db", "There is no folder .*missing"),
    ],
)
def test_addresses_that_are_wrong_at_sight(uri, fault):
    with pytest.raises(TrackingError, match=fault) as caught:
        check_uri(uri)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg2://anna:secret@db:5432/mlflow",
        "https://secret@tracking/",
        "https://anna:p@secret@tracking/",
        "first https://a:secret@one, then mysql://b:secret@two",
        "postgresql://db/mlflow?user=anna&password=secret&sslmode=require",
        "connection failed: host=db password='secret' dbname=mlflow",
        "token: secret",
        "postgresql://anna:a/secret@db/mlflow",
        "postgresql://anna:secret/b@db:5432/mlflow failed",
        "mysql+pymysql://anna:a@secret:b@db/mlflow",
        "https://anna:a?secret/@b:c@tracking/path",
    ],
)
def test_no_message_shows_a_password(text):
    assert "secret" not in redacted(text)


def test_what_is_no_secret_stays():
    for text in ("sqlite:////home/anna@work/mlflow.db", "http://127.0.0.1:5000/#/experiments"):
        assert redacted(text) == text


def test_a_file_keeps_its_place_where_the_working_directory_changes(here, monkeypatch):
    uri = absolute("sqlite:///mlflow.db")
    assert uri == f"sqlite:///{here}/mlflow.db"
    assert shown(uri, "sqlite:///mlflow.db") == "sqlite:///mlflow.db"
    monkeypatch.chdir("/")
    assert shown(uri, "sqlite:///mlflow.db") == uri
    assert absolute("https://tracking") == "https://tracking"


def test_databricks_is_a_store():
    check_uri("databricks")
    check_uri("databricks://profile")


def test_a_folder_that_cannot_be_written_is_said_before_keras_loads(here):
    (here / "file").write_text("")
    code = (
        "import sys; from rnnzoo.experiments.cli.app import app\n"
        "try: app(['forecast', 'data.csv'])\n"
        "except SystemExit as ended: print(ended.code, 'keras' in sys.modules)"
    )
    environment = os.environ | {"RNNZOO_RUNS": str(here / "file" / "runs")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"
    assert f"Runs cannot be saved in {here / 'file' / 'runs'}: {here / 'file'} is no" in done.stderr
    assert "Free some space" not in done.stderr


def test_what_to_install_for_a_database():
    assert "pymysql" in driver_for("mysql://db/mlflow")
    assert "rnnzoo[postgres]" in driver_for("postgresql+psycopg://db/mlflow")
