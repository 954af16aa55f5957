"""What `rnnzoo doctor` says of an installation, whole and broken."""

import keras
import pytest
from rnnzoo.experiments.cli import doctor
from rnnzoo.experiments.cli.app import app
from rnnzoo.zoo.engines.native import library
from typer.testing import CliRunner


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    library.library.cache_clear()
    yield
    library.library.cache_clear()


def said():
    done = CliRunner().invoke(app, ["doctor"])
    return done.exit_code, " ".join(done.output.split())


def test_an_installation_that_works(monkeypatch):
    if library.why_missing() is not None:
        pytest.skip("there is no compiler")
    monkeypatch.setenv("RNNZOO_THREADS", "3")
    code, output = said()
    assert code == 0, output
    assert f"backend {keras.backend.backend()}" in output
    assert f"kernels {library.library().variant}, 3 threads, used" in output
    assert "no runs yet" in output
    assert output.endswith("Nothing is wrong.")


def test_without_kernels_it_says_why(monkeypatch):
    monkeypatch.setenv(library.OFF, "1")
    code, output = said()
    assert code == 1
    assert "kernels none: everything runs by the loop" in output
    assert f"! kernels: The environment variable {library.OFF} is set: unset it" in output


def test_a_store_that_cannot_be_opened(monkeypatch, tmp_path):
    broken = tmp_path / "runs.db"
    broken.write_text("no database, " * 100)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{broken}")
    code, output = said()
    assert code == 1
    assert "! store: " in output


def test_a_backend_that_cannot_compute(monkeypatch):
    def broken(*_):
        raise RuntimeError("no device")

    monkeypatch.setattr(keras.ops, "ones", broken)
    assert doctor.backend() == (keras.backend.backend(), "it cannot compute: no device")


def test_libraries_that_are_not_there():
    assert doctor.version("keras") == keras.__version__
    assert doctor.version("no-such-library") is None
