"""Commands in a stranger's folder, on terminals without UTF-8, with readers that go away."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rnnzoo.experiments.journal.records import folders, read
from rnnzoo.experiments.tracking import Store, server_environment

COMMAND = [sys.executable, "-P", "-m", "rnnzoo.experiments.cli.app"]
#: Modules that commands need: those of a working directory must not be taken for them.
MODULES = ("json", "mlflow", "uvicorn", "keras", "numpy", "typing", "sitecustomize", "matplotlib")


def environment(**changes):
    found = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "RNNZOO"))}
    return found | {"KERAS_BACKEND": "jax"} | changes


def rnnzoo(*arguments, **how):
    command = [*COMMAND, *map(str, arguments)]
    how = {"capture_output": True, "text": True, "env": environment()} | how
    return subprocess.run(command, check=False, timeout=300, **how)


@pytest.fixture
def hostile(tmp_path):
    """A folder whose modules and programs leave a mark."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    mark = tmp_path / "mark"
    for name in MODULES:
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write(__name__)\n")
    for name in ("git", "uname", "fc-list"):
        (folder / name).write_text(f"#!/bin/sh\necho {name} >> {mark}\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_dashboard_imports_nothing_of_the_working_directory(hostile, monkeypatch):
    monkeypatch.chdir(hostile)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    command = [sys.executable, "-m", "mlflow", "--version"]
    done = subprocess.run(command, env=server_environment(), capture_output=True, text=True)
    assert done.returncode == 0 and "version" in done.stdout
    assert not (hostile.parent / "mark").exists()


@pytest.mark.slow
def test_the_whole_dashboard_runs_in_a_folder_of_modules(hostile):
    """Its server starts others, which would import from the folder they run in."""
    Store(f"sqlite:///{hostile / 'mlflow.db'}").experiment("forecast/x")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*COMMAND, "ui", "--port", str(port)]
    how = {"cwd": hostile, "env": environment(), "stdout": -1, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, text=True, start_new_session=True, **how) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "startup complete" in line:
                break
        os.killpg(process.pid, signal.SIGKILL)
    assert "startup complete" in lines[-1], "".join(lines)
    assert f"  every run: http://127.0.0.1:{port}/#/experiments/" in "".join(lines)
    assert not (hostile.parent / "mark").exists()


def test_no_program_and_no_settings_of_the_working_directory(hostile):
    (hostile / "matplotlibrc").write_text("figure.figsize: 99, 99\nbackend: module://json\n")
    code = (
        "import os, subprocess, sys; from rnnzoo.experiments.cli.process import prepare\n"
        "prepare(); import matplotlib\n"
        "print(matplotlib.rcParams['figure.figsize'], os.getcwd(), os.environ['PATH'])\n"
        "import platform; platform.platform(); subprocess.run(['git', '--version'])"
    )
    odd = f".{os.pathsep}{os.pathsep}{os.environ['PATH']}{os.pathsep}"
    command = [sys.executable, "-P", "-c", code]
    how = {"cwd": hostile, "env": environment(PATH=odd), "capture_output": True, "text": True}
    done = subprocess.run(command, check=True, **how)
    assert f"[6.4, 4.8] {hostile} /" in done.stdout
    assert "git version" in done.stdout
    assert not (hostile.parent / "mark").exists()


LISTS = ("data", "run --list", "forecast --help", "compare", "sync")
CELLS = ("cells", "cells lru", "cells --json", "cells --markdown")


@pytest.mark.parametrize("lines", [LISTS, pytest.param(CELLS, marks=pytest.mark.slow)])
def test_every_list_is_printed_on_any_terminal(lines, tmp_path):
    code = (
        "import sys; from rnnzoo.experiments.cli.process import prepare, conclude\n"
        "outputs = prepare()\n"
        "from rnnzoo.experiments.cli.app import app\n"
        "for encoding in 'ascii', 'cp1252', 'latin-1':\n"
        "    sys.stdout.reconfigure(encoding=encoding, errors=sys.stdout.errors)\n"
        "    for line in sys.argv[1:]:\n"
        "        try: app(line.split())\n"
        "        except SystemExit as ended: print('rc', ended.code)\n"
        "sys.exit(conclude(outputs))"
    )
    command = [sys.executable, "-P", "-c", code, *lines]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, env=environment(), capture_output=True
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode("latin-1").splitlines()
    there = {"compare": "rc 2", "sync": "rc 2"}  # no runs are there
    codes = [there.get(line, "rc 0") for line in lines]
    assert [line for line in said if line.startswith("rc ")] == 3 * codes
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("reader", ["goes away", "is full", "is closed"])
def test_output_that_cannot_be_written(reader, tmp_path):
    if reader == "goes away":
        reading, writing = os.pipe()
        os.close(reading)
        done = rnnzoo("data", cwd=tmp_path, capture_output=False, stdout=writing, stderr=-1)
        os.close(writing)
        assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
    elif reader == "is full":
        with Path("/dev/full").open("w") as full:
            done = rnnzoo("data", cwd=tmp_path, capture_output=False, stdout=full, stderr=-1)
        assert done.returncode == 2
        assert "could be written: No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
    else:
        command = f"exec {shlex.join(map(str, COMMAND))} data >&-"
        how = {"cwd": tmp_path, "env": environment(), "capture_output": True, "text": True}
        done = subprocess.run(["sh", "-c", command], check=False, **how)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def table(tmp_path):
    days = [f"2021-{1 + k // 28:02}-{1 + k % 28:02},{k % 7 + k / 10}" for k in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["ds,y", *days]), encoding="utf-8")
    return tmp_path


TINY = ["--horizon", "2", "--units", "2", "--lookback", "6", "--epochs", "1"]
FORECAST = ["forecast", "t.csv", *TINY, "--gaps", "fill", "--missing", "interpolate",
            "--save", "out"]  # fmt: skip


@pytest.mark.slow
def test_a_reader_that_goes_away_costs_nothing(table):
    """Nor does a server that is down: it is said on every backend."""
    reading, writing = os.pipe()
    os.close(reading)
    down = environment(
        MLFLOW_TRACKING_URI="http://anna:S3cr3t@127.0.0.1:9", PYTHONIOENCODING="ascii"
    )
    how = {"cwd": table, "env": down, "capture_output": False, "stdout": writing, "stderr": -1}
    done = rnnzoo(*FORECAST, **how)
    os.close(writing)
    assert done.returncode == 128 + signal.SIGPIPE, done.stderr
    saved = {path.name for path in (table / "out").iterdir()}
    assert {"model-gru", "forecast.csv", "report.html", "t-ahead.png", "t-forecast.png"} <= saved
    assert "The tracking store http://127.0.0.1:9 failed" in done.stderr
    assert "Traceback" not in done.stderr and "S3cr3t" not in done.stderr


@pytest.mark.slow
def test_a_chart_of_the_journal_that_does_not_fit_costs_no_fit(table):
    command = f"ulimit -f 80; exec {shlex.join(map(str, [*COMMAND, *FORECAST]))}"  # KiB of a file
    down = environment(MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    how = {"cwd": table, "env": down, "capture_output": True, "text": True}
    done = subprocess.run(["bash", "-c", command], check=False, **how)
    assert done.returncode == 2
    assert "report.html cannot be written: File too large. Free some space" in done.stderr
    assert [path.name for path in (table / "out").iterdir()] == ["model-gru"]
    assert (table / "out" / "model-gru" / "manifest.json").is_file()


@pytest.mark.slow
def test_signals_that_end_a_command_are_like_ctrl_c(table):
    """It reports its progress, its runs are marked, and the same command continues."""
    endless = ["--epochs", "1000000", "--set", "patience=1000000", "--checkpoint", "kept"]
    command = [*COMMAND, *FORECAST, *endless]
    down = environment(MLFLOW_TRACKING_URI="http://127.0.0.1:9", PYTHONUNBUFFERED="1")
    reached = []
    for sent, status in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        with subprocess.Popen(command, cwd=table, env=down, stdout=-1, stderr=-1, text=True) as one:
            reached.append(next(line for line in one.stdout if "epoch " in line))
            one.send_signal(sent)
            _, said = one.communicate()
        assert one.returncode == status, said
        assert "Interrupted. The same command continues from kept." in said
        assert "Traceback" not in said
        stored = [read(folder) for folder in folders(table / "rnnzoo-runs")]
        assert [run.status for run in stored] == ["KILLED", "KILLED"]
    kinds = [event.kind for event in stored[-1].events]
    assert kinds.count("resume") == 1 and kinds.count("end") == 2
