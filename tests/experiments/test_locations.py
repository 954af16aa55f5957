import os
import subprocess
import sys
from pathlib import Path

import pytest
from rnnzoo import ArgumentError, JournalError, TrackingError
from rnnzoo.experiments.locations import (
    absolute,
    check_runs,
    check_uri,
    driver_for,
    runs_folder,
    shown,
    tracking_uri,
)
from rnnzoo.experiments.study.outputs import check_folder
from rnnzoo.pipelines.storage.redact import address, redacted


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
        ("ftp://anna:secret@tracking", r"store ftp://tracking is of no known kind"),
        ("anna:secret@tracking", r"store \*\*\* is of no known kind"),
        ("HTTP://anna:secret@tracking", r"store HTTP://tracking is of no known kind"),
        ("postgresql://anna:se cret@db/mlflow", "postgresql://db/mlflow holds a space"),
        ("postgresql://anna:a@secret@db/mlflow", "in postgresql://db/mlflow holds an @"),
        ("sqlite:///missing/mlflow.db", "There is no folder .*missing"),
    ],
)
def test_addresses_that_are_wrong_at_sight(uri, fault):
    with pytest.raises(TrackingError, match=fault) as caught:
        check_uri(uri)
    assert "secret" not in str(caught.value)


SECRETS = [
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
    "mssql+pyodbc:///?odbc_connect=DRIVER%3D%7BODBC%7D%3BUID%3Danna%3BPWD%3Dsecret",
    "mssql+pyodbc:///?odbc_connect=DRIVER%253DX%253BUID%253Danna%253BPWD%253Dsecret",
    "MSSQL+PYODBC:///?ODBC_CONNECT=DRIVER={ODBC};UID=anna;PWD={sec;secret}",
    "DRIVER=X;Server=db;UID=anna;PWD=secret;Encrypt=yes",
    "odbc_connect=DRIVER%3DX%3BPWD%3Dsecret is wrong",
    "https://tracking/?api_key=secret",
    "https://tracking/api?apikey=secret&x=1",
    "https://tracking/a?sig=secret",
    "https://tracking/a?key=secret",
    "https://tracking/a#access_token=secret",
    "Max retries exceeded with url: /api/2.0/mlflow?key=secret (Caused by",
    "wasbs://box@account.blob/a?sv=2022&sig=secret%3D",
    "mysql://anna:secret",
    "mysql://anna:secret failed, and mysql://b:secret too",
    "jdbc:sqlserver://db:1433;user=anna;password=secret",
    "http%3A%2F%2Fanna%3Asecret%40tracking",
    "http%253A%252F%252Fanna%253Asecret%2540tracking",
    "https://anna:s'ecret\"secret@tracking/x",
    "https://anna%3Asecret%40tracking/x",
    "PASSWORD = secret",
    "Pass: secret",
    '{"password": "secret"}',
    "{'api-key': 'a secret'}",
    "X-API-KEY: secret",
    "Authorization: Bearer secret",
    "Authorization: Basic secret==",
    "AccountKey=secret;EndpointSuffix=core",
    "AWS_ACCESS_KEY=secret",
    "passwd%3Dsecret",
    'FATAL: password authentication failed for user "secret"',
    "Access denied for user 'secret'@'localhost' (using password: YES)",
    "user=secret host=db",
    "UID%3Dsecret%3B",
    "postgresql://secret:@db/mlflow",
    "[('https://a:secret@one/x?token=secret', 3), {'y': 'ftp://b:secret@two'}]",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_message_shows_a_password(text):
    assert "secret" not in redacted(text).lower()
    assert "anna" not in redacted(text).lower()
    assert "secret" not in redacted(redacted(text)).lower()
    assert "secret" not in address(text).lower()


@pytest.mark.parametrize(
    "text",
    [
        "sqlite:////home/anna@work/mlflow.db",
        "http://127.0.0.1:5000/#/experiments",
        "http://127.0.0.1:9 failed: [Errno 111] Connection refused.",
        "https://tracking.example.org/mlflow, and postgresql+psycopg://db:5432/mlflow.",
        "http://[::1]:5000/a-b/c%20d",
        "There is no key 'epoch'. Did you mean epochs? See https://a.org/b (c).",
        "column y: 3 values",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redacted(text) == text


@pytest.mark.parametrize("part", ["a.", "http://", "%3A", "?a=", "user ", "'", "password ", "!"])
def test_long_texts_take_no_longer_than_others(part):
    """Each took minutes where a pattern began anew at every character."""
    assert redacted(f"http://a{part * 50_000}b http://anna:secret@c").endswith("http://c")


def test_an_address_is_scheme_host_and_path():
    assert address("https://anna:secret@tracking:8080/a?b=c#d") == "https://tracking:8080/a"
    assert address("postgresql://anna:se cret@db/mlflow") == "postgresql://db/mlflow"
    assert address("databricks") == "databricks"
    assert address("mlruns") == "mlruns"


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


def test_folders_to_save_to_are_tried_and_left_as_they_were(here, monkeypatch):
    (here / "file").write_text("")
    (here / "dangling").symlink_to(here / "nowhere")
    for folder in ("new/and/newer", "."):
        check_folder(Path(folder), ["gru"])
        check_runs(Path(folder))
    bad = ["file/below", "dangling", "x" * 5000, "/proc/rnnzoo", "/dev/null"]
    for folder in bad:
        with pytest.raises(ArgumentError, match="for --save"):
            check_folder(Path(folder), ["gru"])
        with pytest.raises(JournalError, match="Set RNNZOO_RUNS") as caught:
            check_runs(Path(folder))
        assert len(str(caught.value)) < 6000
    assert {path.name for path in here.iterdir()} == {"file", "dangling"}


def test_what_to_install_for_a_database():
    assert "pymysql" in driver_for("mysql://db/mlflow")
    assert "rnnzoo[postgres]" in driver_for("postgresql+psycopg://db/mlflow")
