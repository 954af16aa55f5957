"""How the kernels are compiled, found and checked."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from rnnzoo.zoo.cells import LSTM, SLSTM
from rnnzoo.zoo.engines.native import build, kernel, library
from rnnzoo.zoo.engines.native.engine import PLANS


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return build.compile_library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def anew():
    """The library is looked for again, before and after the test."""
    library.library.cache_clear()
    yield
    library.library.cache_clear()


def test_every_variant_gives_the_same(form, compiled, monkeypatch):
    cell = form(11)
    cell.build((None, 3))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(9, 6, 3)).astype("float32")
    states = [np.zeros((9, n), "float32") for n in cell.state_size]
    results = []
    for variant in build.variants():
        loaded = library.Library(compiled, variant)
        assert loaded.sources == build.source_hash()
        monkeypatch.setattr(kernel, "library", lambda loaded=loaded: loaded)
        run = kernel.Kernel(PLANS[type(cell)](cell, 3), "states", 1)
        weights = np.random.default_rng(1)
        arrays = [x, *states, *(weights.normal(size=w.shape) / 4 for w in run.plan.weights)]
        token, found = run.forward(arrays, None, None, True)
        results.append(found + run.backward(token, arrays, None, None, found))
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_allclose(one, two, atol=1e-4 * max(1, np.abs(one).max()))


def test_a_library_of_other_sources_is_not_loaded(tmp_path, monkeypatch, anew):
    folder = tmp_path / "kernels"
    shutil.copytree(build.KERNELS, folder)
    monkeypatch.setattr(build, "KERNELS", folder)
    with open(folder / "cells.h", "a", encoding="utf-8") as file:
        file.write("/* changed */\n")
    assert "are not there: install the package anew" in library.why_missing()
    assert "those there are of other sources or machines" in library.why_missing()
    old, wanted = next(folder.glob("*.so")), folder / build.library_name(folder)
    wanted.write_bytes(b"no library")
    assert "cannot be loaded: install the package anew" in library.why_missing()
    wanted.unlink()
    shutil.copy(old, wanted)
    assert "are of other sources" in library.why_missing()


def test_compiling_anew_leaves_one_library(tmp_path):
    (tmp_path / "kernels-other.so").touch()
    build.compile_library(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [build.library_name()]


def test_it_can_be_switched_off(monkeypatch, anew):
    monkeypatch.setenv(library.OFF, "1")
    assert f"{library.OFF} is set" in library.why_missing()


def test_without_a_compiler_or_with_one_that_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "/bin/false")
    with pytest.raises(build.NoCompiler, match="/bin/false"):
        build.compile_library(tmp_path)
    monkeypatch.setenv("CC", str(tmp_path / "none"))
    with pytest.raises(build.NoCompiler, match="No such file"):
        build.compile_library(tmp_path)
    monkeypatch.delenv("CC")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.NoCompiler, match="there is no C compiler"):
        build.compile_library(tmp_path)
    assert not list(tmp_path.glob("*.so"))


SANITIZED = """
import sys
import numpy as np
from rnnzoo.zoo.engines.native import build, kernel, library
from rnnzoo.zoo.engines.native.engine import PLANS
sys.path.insert(0, sys.argv[2])
from conftest import FORMS

rng = np.random.default_rng(0)
kernel.WORK = 1
for variant in build.variants():
    loaded = library.Library(sys.argv[1], variant)
    kernel.library = lambda: loaded
    for make in FORMS.values():
        for _ in range(12):
            batch, steps, features, units = (int(rng.integers(1, n)) for n in (40, 20, 40, 40))
            cell = make(units)
            cell.build((None, features))
            plan = PLANS[type(cell)](cell, features)
            need = kernel.NEEDS[rng.integers(3)]
            run = kernel.Kernel(plan, need, int(rng.integers(1, 5)))
            shapes = [(batch, steps, features), *((batch, n) for n in cell.state_size)]
            arrays = [rng.normal(size=shape) for shape in shapes]
            arrays += [rng.normal(size=w.shape) / 9 for w in plan.weights]
            mask = rng.random((batch, steps)) > 0.3 if rng.random() > 0.5 else None
            drop = rng.random((batch, cell.state_size[0])) if rng.random() > 0.5 else None
            token, results = run.forward(arrays, mask, drop, bool(rng.random() > 0.2))
            run.backward(token, arrays, mask, drop, results)
print("clean")
"""


def path_of(name):
    """The path of a library of the compiler."""
    command = [*build.compiler(), f"-print-file-name={name}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_under_the_sanitizers(tmp_path):
    flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1")
    checked = build.compile_library(tmp_path, flags)
    log = tmp_path / "found"
    done = subprocess.run(
        [sys.executable, "-c", SANITIZED, checked, os.path.dirname(__file__)],
        env=os.environ
        # the C++ library too: other libraries throw before they have loaded it
        | {"LD_PRELOAD": " ".join(map(path_of, ("libasan.so", "libstdc++.so")))}
        | {"ASAN_OPTIONS": f"detect_leaks=0:log_path={log}", "UBSAN_OPTIONS": f"log_path={log}"},
        capture_output=True, text=True,
    )  # fmt: skip
    reports = [path.read_text(encoding="utf-8")[:4000] for path in tmp_path.glob("found*")]
    assert not reports, reports
    assert done.stdout.strip() == "clean", done.stderr[-4000:]


def test_a_library_finds_its_variant(compiled):
    loaded = library.Library(compiled)
    assert loaded.variant in build.variants()
    for cell in (LSTM(3), SLSTM(3)):
        cell.build((None, 2))
        plan = PLANS[type(cell)](cell, 2)
        assert loaded.saved_size(plan, 9, 5, 2) > loaded.saved_size(plan, 9, 4, 2) > 0
