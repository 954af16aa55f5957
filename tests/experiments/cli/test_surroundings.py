"""Commands in a stranger's folder, on terminals without UTF-8, with readers that go away."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rnnzoo.experiments.tracking import server_environment

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
        command = f"exec {' '.join(COMMAND)} data >&-"
        how = {"cwd": tmp_path, "env": environment(), "capture_output": True, "text": True}
        done = subprocess.run(["sh", "-c", command], check=False, **how)
        assert (done.returncode, done.stderr) == (0, "")
