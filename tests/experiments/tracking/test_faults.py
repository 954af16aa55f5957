"""A real server behind a line that fails in every way a line can, and databases from nothing."""

import contextlib
import hashlib
import os
import random
import select
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from rnnzoo import Forecaster
from rnnzoo.datasets import TimeSeriesPanel, read_series
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.journal.records import folders
from rnnzoo.experiments.journal.records import read as read_journal
from rnnzoo.experiments.study.study import Listeners
from rnnzoo.experiments.tasks.forecast.task import Forecasting
from rnnzoo.experiments.tasks.study import study
from rnnzoo.experiments.tracking import Store, Tracker, server_command, server_environment, sync
from rnnzoo.experiments.tracking.store import with_retries

EPOCHS = 4
ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Server:
    """MLflow's own, as `rnnzoo ui` starts it."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        Store(f"sqlite:///{folder / 'mlflow.db'}")

    def start(self):
        environment = server_environment() | {
            "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{self.folder / 'mlflow.db'}",
            "MLFLOW_ARTIFACTS_DESTINATION": str(self.folder / "artifacts"),
        }
        command = [sys.executable, "-m", "mlflow", *server_command(self.port)]
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + 180
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.address}/health"):
                return
            time.sleep(0.5)
        pytest.fail(f"The server did not come up:\n{(self.folder / 'server.log').read_text()}")

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # it has children
        self.process.wait()


class Line(socketserver.ThreadingTCPServer):
    """A line to a server.

    `fault` is `""`, `hanging` (takes what is sent, answers nothing), `mute` (passes on what is
    sent, loses the answers), `created` (is mute from the moment a run is made), or `error`
    (answers 500 and passes nothing on).
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), _Talk)
        self.port, self.fault = port, ""
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.faults = 0
        self.mended = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A talk that was cut is what is tried here."""


class _Talk(socketserver.BaseRequestHandler):
    def handle(self):
        line: Any = self.server
        with contextlib.suppress(OSError):
            there = socket.create_connection(("127.0.0.1", line.port))
            with there:
                self._pass_on(line, there)

    def _pass_on(self, line, there):
        while True:
            ready, *_ = select.select([self.request, there], [], [])
            if self.request in ready:
                data = self.request.recv(65536)
                if not data:
                    return
                if line.fault == "created" and b"/runs/create" in data:
                    line.fault = "mute"
                line.faults += line.fault in ("hanging", "mute", "error")
                if line.fault == "error":
                    self.request.sendall(ERROR)
                    return
                if line.fault == "hanging":
                    line.mended.wait()
                there.sendall(data)
            if there in ready:
                data = there.recv(65536)
                if not data:
                    return
                if line.fault != "mute":
                    self.request.sendall(data)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def line(server):
    with Line(server.port) as line:
        yield line
        line.fault = ""
        line.mended.set()
        line.shutdown()


@pytest.fixture
def impatient(monkeypatch):
    """A store that is slow has failed."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")


def log(run, fault=lambda epoch: None):
    """Something of each kind; `fault` is called before the start, 0, and after each epoch."""
    fault(0)
    with run:
        run.parameters({"units": 4, "delays": [1, 2]})
        run.dataset("x", "0123456789abcdef", "training", {"rows": 9})
        for epoch in range(1, EPOCHS + 1):
            run.metrics({"train/loss": 1 / epoch, "val/mae": 2 / epoch}, step=epoch)
            run.picture("frames/by-epoch", Figure(figsize=(1, 1)), step=epoch)
            fault(epoch)
        run.series("horizon/mae", [1.0, 2.0, 3.0])
        run.metrics({"test/mae": 2.0, "test/mase": float("nan")})
        run.text("leaderboard.csv", "model,mae\ngru,2.0\n")
        run.saved("model", save_model)
        run.note("**gru**")
    return run


def save_model(path):
    path.mkdir()
    np.savez(path / "weights.npz", allow_pickle=False, a=np.zeros(100))


def tracked(tracker, experiment="forecast/faults"):
    tags = {"cell": "gru", "color": "#0072B2"}
    return Journal(experiment, "gru-0", tags, (tracker.listener(),), tracker.root)


def content(store, run, folder):
    """All that a store has of a run, but for what differs from run to run; times are checked."""
    experiment = store.experiment(run.experiment)
    (found,) = store.client.search_runs([experiment], f"tags.run_uid = '{run.uid}'")
    name = found.info.run_id
    lines = {key: store.client.get_metric_history(name, key) for key in found.data.metrics}
    times = {
        (key, event.data["step"] or 0): int(1000 * event.time)
        for event in run.events
        if event.kind == "metrics"
        for key in event.data["values"]
    }
    for key, line in lines.items():
        for point in line if not key.startswith("horizon/") else ():
            assert point.timestamp == times[key, point.step]
    assert found.info.start_time == int(1000 * run.events[0].time)
    assert found.info.end_time == int(1000 * run.events[-1].time)
    downloads = folder / "downloads" / name
    downloads.mkdir(parents=True)
    # a busy server may drop a line
    with_retries(lambda: store.client.download_artifacts(name, "", str(downloads)))
    return {
        "status": found.info.status,
        "params": found.data.params,
        "tags": {k: v for k, v in found.data.tags.items() if k != "run_uid"},
        "metrics": {key: [(p.step, p.value) for p in line] for key, line in lines.items()},
        "inputs": [each.dataset.digest for each in found.inputs.dataset_inputs],
        "artifacts": sorted(
            (nameless(path.relative_to(downloads)), digest(path))
            for path in downloads.rglob("*")
            if path.is_file()
        ),
    }


def nameless(path):
    """An image without the time and the identity in its name."""
    parts = str(path).split("+")
    return "+".join(parts[:3]) + path.suffix


def digest(path):
    if path.suffix == ".npz":  # a zip holds the time
        with np.load(path) as arrays:
            return {key: arrays[key].tolist() for key in arrays}
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def undisturbed(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    with Tracker(server.address, folder) as tracker:
        run = log(tracked(tracker))
    assert tracker.pending == 0
    found = content(Store(server.address), run, folder)
    assert len(found["artifacts"]) == 2 * EPOCHS + 2
    assert found["metrics"]["val/mae"] == [(k, 2 / k) for k in range(1, EPOCHS + 1)]
    return found


def check_synced(run, tracker, server, undisturbed, caplog):
    """What every fault has to leave behind."""
    (warning,) = [r.message for r in caplog.records if r.name == "rnnzoo"]
    assert "The run continues without it" in warning
    assert tracker.pending > 0
    assert f"{tracker.pending} events are not yet in MLflow: rnnzoo sync" in tracker.outcome
    done = sync(tracker.root, server.address)
    assert (done.runs, done.damaged, done.running) == (1, [], [])
    assert content(Store(server.address), run, tracker.root.parent) == undisturbed
    assert sync(tracker.root, server.address).complete == 1
    shutil.rmtree(tracker.root.parent / "downloads")
    assert content(Store(server.address), run, tracker.root.parent) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("when", [0, 2], ids=["from the start", "in the middle"])
@pytest.mark.parametrize("fault", ["hanging", "mute", "error"])
def test_a_line_that_fails(fault, when, server, line, undisturbed, tmp_path, impatient, caplog):
    tracker = Tracker(line.address, tmp_path / "runs")

    def fails(epoch):
        if epoch == when:
            if epoch:
                tracker.close()  # waits: what was written so far is there
                assert tracker.pending == 0
            line.fault = fault

    with tracker:
        run = log(tracked(tracker), fails)
    assert line.faults >= 3  # once, and twice more
    line.fault = ""
    line.mended.set()
    check_synced(run, tracker, server, undisturbed, caplog)


@pytest.mark.slow
def test_a_run_that_is_made_several_times(
    server, line, undisturbed, tmp_path, impatient, caplog, monkeypatch
):
    """Where MLflow is set to try again itself, each try whose answer is lost makes a run."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    line.fault = "created"
    with Tracker(line.address, tmp_path / "runs") as tracker:
        run = log(tracked(tracker))
    client = Store(server.address).client
    experiment = client.get_experiment_by_name(run.experiment).experiment_id
    assert len(client.search_runs([experiment], f"tags.run_uid = '{run.uid}'")) > 1
    check_synced(run, tracker, server, undisturbed, caplog)


@pytest.mark.slow
def test_a_line_that_hangs_does_not_hold_up_a_fit(server, line, waves, tmp_path, monkeypatch):
    """A whole study ends before the server has answered once; it would wait for ten minutes."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "600")
    series = read_series(waves[["day", "sales"]], time="day", target="sales", name="hanging")
    line.fault = "hanging"
    tracker = Tracker(line.address, tmp_path)
    forecaster = Forecaster("gru", horizon=3, lookback=8, units=2, epochs=2)
    with tracker:
        task = Forecasting(TimeSeriesPanel.of(series), 60)
        study(task, {"gru": forecaster}, Listeners(None, tracker))
        assert tracker.pending > 50
        line.fault = ""
        line.mended.set()
    assert tracker.pending == 0
    runs = Store(server.address).runs("forecast/hanging")
    assert len(runs) == len(list(folders(tmp_path))) - 1  # the study itself is none


@pytest.mark.slow
def test_no_server_at_all(server, undisturbed, tmp_path, caplog):
    with Tracker(f"http://127.0.0.1:{free_port()}", tmp_path / "runs") as tracker:
        run = log(tracked(tracker))
    check_synced(run, tracker, server, undisturbed, caplog)


@pytest.mark.slow
def test_a_server_that_is_killed(server, undisturbed, tmp_path, caplog):
    tracker = Tracker(server.address, tmp_path / "runs")

    def kill(epoch):
        if epoch == 2:
            server.kill()

    with tracker:
        run = log(tracked(tracker), kill)
    server.start()
    check_synced(run, tracker, server, undisturbed, caplog)


KILLED = """
import sys
from pathlib import Path
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.tracking import Tracker
with Tracker("sqlite:///" + sys.argv[1]) as tracker:
    with Journal("forecast/killed", "r", {}, (tracker.listener(),), tracker.root) as journal:
        for step in range(1, 1_000_000):
            journal.metrics({"train/loss": 1 / step}, step=step)
            if step % 10 == 0:
                journal.text(f"{step}.txt", str(step))
            print(step, flush=True)
"""


def check_killed(folder, rng):
    """Killed while it uploads events; then all of them are there, none twice."""
    folder.mkdir()
    database = folder / "mlflow.db"
    command = [sys.executable, "-c", KILLED, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        while not database.exists():
            process.stdout.readline()
        end = time.monotonic() + rng.random()
        while time.monotonic() < end:
            last = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        last = (process.stdout.read().split("\n")[:-1] or [last])[-1]
    store = Store(f"sqlite:///{database}")
    done = sync(uri=f"sqlite:///{database}")
    (path,) = folders(folder / "rnnzoo-runs")
    assert done.killed == [path]
    events = read_journal(path).events
    (run,) = store.client.search_runs([store.experiment("forecast/killed")])
    assert run.info.status == "KILLED"
    steps = [p.step for p in store.client.get_metric_history(run.info.run_id, "train/loss")]
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) >= int(last)
    files = [event.data["path"] for event in events if event.kind == "artifact"]
    assert sorted(item.path for item in store.client.list_artifacts(run.info.run_id)) == sorted(
        files
    )
    return len(events)


@pytest.mark.slow
def test_killed_while_events_are_on_their_way(tmp_path):
    check_killed(tmp_path / "killed", random.Random(0))


@pytest.mark.soak
def test_killed_twenty_times_while_events_are_on_their_way(tmp_path, capsys):
    rng = random.Random(1)
    events = sum(check_killed(tmp_path / str(k), rng) for k in range(20))
    with capsys.disabled():
        print(f"\nkill -9 of tracked runs: 20, {events:,} events, all in the store, none twice")


def free_port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]
