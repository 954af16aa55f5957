"""Databases that are made by processes that start together: SQLite and PostgreSQL."""

import contextlib
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock
from rnnzoo import TrackingError
from rnnzoo.experiments.tracking import Store, sync
from rnnzoo.experiments.tracking.database import publish

TOGETHER = """
import sys
from pathlib import Path
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.tracking import Tracker
uri, runs, name = sys.argv[1:]
with Tracker(uri, Path(runs), strict=True) as tracker:
    with Journal("forecast/cold", name, {}, (tracker.listener(),), tracker.root) as journal:
        for step in range(1, 21):
            journal.metrics({"train/loss": 1 / step}, step=step)
        journal.text("table.csv", "a")
"""


def together(uri, runs, count=8):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TOGETHER, uri, runs, f"run-{i}"],
            stderr=subprocess.PIPE, text=True, cwd=runs,
        )
        for i in range(count)
    ]  # fmt: skip
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * count, errors
    store = Store(uri)
    found = store.runs("forecast/cold")
    assert sorted(found["name"]) == sorted(f"run-{i}" for i in range(count))
    for run in found["run"]:
        history = store.client.get_metric_history(run, "train/loss")
        assert [point.step for point in history] == list(range(1, 21))
        assert [item.path for item in store.client.list_artifacts(run)] == ["table.csv"]
    assert sync(runs, uri).complete == count
    return store


def check_cold_start(folder):
    folder.mkdir()
    together(f"sqlite:///{folder / 'mlflow.db'}", folder)
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        (runs,) = connection.execute("SELECT count(*) FROM runs").fetchone()
    assert runs == 8


@pytest.mark.slow
def test_processes_that_start_together_on_a_missing_database(tmp_path):
    check_cold_start(tmp_path / "cold")


def test_what_a_killed_process_left_is_swept_and_no_link_is_followed(tmp_path):
    database, victim = tmp_path / "mlflow.db", tmp_path / "victim"
    (victim / "mine").mkdir(parents=True)
    (victim / "text").write_text("mine")
    left, other = tmp_path / ".mlflow.db.new-a", tmp_path / ".other.db.new-a"
    link = tmp_path / ".mlflow.db.new-link"
    link.symlink_to(victim)
    lock = tmp_path / ".mlflow.db.lock"
    lock.symlink_to(victim / "text")
    with pytest.raises(TrackingError, match="lock is a symbolic link"):
        Store(f"sqlite:///{database}")
    lock.unlink()
    for _ in range(2):  # while it is made, and when it is there
        for folder in (left, other):
            folder.mkdir(exist_ok=True)
            (folder / "mlflow.db-journal").write_text("half")
        Store(f"sqlite:///{database}")
        assert not left.exists() and other.exists() and link.is_symlink()
    assert (victim / "text").read_text() == "mine" and (victim / "mine").is_dir()
    with FileLock(lock):  # another process makes it
        left.mkdir()
        Store(f"sqlite:///{database}")
        assert left.exists()


def test_a_database_that_another_made_meanwhile_stays(tmp_path):
    ours, database = tmp_path / "fresh", tmp_path / "mlflow.db"
    ours.write_text("ours")
    publish(ours, database)
    assert database.read_text() == "ours"
    other = tmp_path / "other"
    other.write_text("later")
    publish(other, database)
    assert database.read_text() == "ours"


@pytest.mark.slow
def test_one_lock_wherever_temporary_files_lie(tmp_path):
    """Two processes that share no folder but that of the database, which a third holds up."""
    database = tmp_path / "mlflow.db"
    processes = []
    with FileLock(tmp_path / ".mlflow.db.lock", mode=0o666):
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            command = [sys.executable, "-c", TOGETHER, f"sqlite:///{database}", tmp_path, name]
            environment = os.environ | {"TMPDIR": str(tmp_path / name)}
            processes.append(subprocess.Popen(command, env=environment))
        with pytest.raises(subprocess.TimeoutExpired):
            processes[0].wait(8)
        assert not database.exists()
    assert [process.wait() for process in processes] == [0, 0]
    assert sorted(Store(f"sqlite:///{database}").runs("forecast/cold")["name"]) == ["a", "b"]
    assert (tmp_path / ".mlflow.db.lock").stat().st_mode & 0o777 == 0o666


@pytest.mark.soak
def test_twenty_cold_starts(tmp_path, capsys):
    for k in range(20):
        check_cold_start(tmp_path / str(k))
    with capsys.disabled():
        print("\ncold starts: 20 of 8 processes each, 160 runs in 20 databases, all in their place")


class Postgres:
    """A cluster of its own in a folder of its own."""

    def __init__(self, folder):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not found:
            pytest.fail("There is no PostgreSQL in /usr/lib/postgresql: install it.")
        self.programs, self.folder, self.port = found[-1].parent, folder, free_port()
        self.uri = f"postgresql://anna:secret@127.0.0.1:{self.port}/mlflow"
        self.user = None if os.geteuid() else unprivileged()
        if self.user:
            shutil.chown(folder, self.user)
        password = folder / "password"
        password.write_text("secret")
        password.chmod(0o644)
        self("initdb", "-D", folder / "data", "-U", "anna", "-A", "scram-sha-256", "--no-sync",
             f"--pwfile={password}")  # fmt: skip
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self("pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
        environment = os.environ | {"PGPASSWORD": "secret"}
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "anna"]
        subprocess.run([self.programs / "createdb", *where, "mlflow"], check=True, env=environment)

    def __call__(self, program, *arguments):
        """Runs a program as somebody else than root, whom PostgreSQL refuses."""
        command = [self.programs / program, *arguments]
        if self.user:
            runuser = shutil.which("runuser", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
            command = [runuser, "-u", self.user, "--", *command]
        # to files: a server that goes on would hold a pipe open
        with (self.folder.parent / f"{self.folder.name}.log").open("a+") as told:
            done = subprocess.run(command, stdout=told, stderr=told, cwd=self.folder, check=False)
            told.seek(0)
            assert done.returncode == 0, told.read()

    def stop(self):
        self("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")


@pytest.fixture(scope="module")
def postgres():
    parent = Path(tempfile.mkdtemp(prefix="rnnzoo-postgres-"))  # pytest's own are root's alone
    parent.chmod(0o755)
    folder = parent / "cluster"
    folder.mkdir()
    cluster = Postgres(folder)
    yield cluster
    cluster.stop()
    shutil.rmtree(parent)


def unprivileged():
    names = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def free_port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@pytest.mark.slow
def test_processes_that_start_together_on_postgresql(postgres, tmp_path):
    store = together(postgres.uri, tmp_path)
    assert store.uri == f"postgresql://127.0.0.1:{postgres.port}/mlflow"
    for run in store.runs("forecast/cold")["run"]:
        artifacts = Path(store.client.get_run(run).info.artifact_uri.removeprefix("file://"))
        assert artifacts.parents[2] == tmp_path / "mlartifacts"


@pytest.mark.slow
def test_a_password_that_is_wrong_is_not_shown(postgres):
    with pytest.raises(TrackingError, match="password authentication failed") as caught:
        Store(postgres.uri.replace("secret", "guess"))
    assert "guess" not in str(caught.value)
    assert "postgresql://127.0.0.1" in str(caught.value)
