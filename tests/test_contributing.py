"""The cell that CONTRIBUTING adds is added here, and every pipeline that it serves has it."""

import importlib.util
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import rnnzoo.zoo.cells
from keras import ops
from rnnzoo import Forecaster, Recurrent
from rnnzoo.zoo.catalog import argument_texts, describe
from rnnzoo.zoo.cells import CELLS


@pytest.fixture(scope="module")
def text(root):
    return (root / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example(text):
    """The file, the lines of the table, and the test."""
    file, table, test = re.findall(r"^````python\n(.*?)^````$", text, re.DOTALL | re.MULTILINE)
    return SimpleNamespace(file=file, table=table, test=test)


@pytest.fixture(scope="module")
def kind(example, tmp_path_factory):
    """The class, from its file, loaded as if it lay in the package."""
    path = tmp_path_factory.mktemp("cells") / "memory.py"
    path.write_text(example.file, encoding="utf-8")
    return loaded("rnnzoo.zoo.cells.memory", path).Memory


@pytest.fixture
def memory(kind, example, monkeypatch):
    """The cell, with its line in the table."""
    of_table, entry = map(str.strip, example.table.strip().split("\n\n"))
    assert of_table == "from .memory import Memory"
    monkeypatch.setattr(rnnzoo.zoo.cells, "Memory", kind, raising=False)
    for name, cell in eval(f"{{{entry}}}", {"Memory": kind}).items():
        monkeypatch.setitem(CELLS, name, cell)
    return CELLS["memory"]


def test_its_lines_are_counted(text, example):
    section = text.partition("### An example")[2].partition("\n## ")[0]
    table = "".join(re.findall(r".+\n", example.table))  # an import and an entry, apart
    true = [len(block.splitlines()) for block in (example.file, table, example.test)]
    assert [int(n) for n in re.findall(r"(\d+) lines\b", section)] == true


def test_its_own_test_passes(memory, example, root, tmp_path):
    path = tmp_path / "test_memory.py"
    path.write_text(example.test, encoding="utf-8")
    conftest = loaded("zoo_conftest", root / "tests" / "zoo" / "conftest.py")
    loaded("test_memory", path).test_forward(conftest.built)


def test_the_catalogue_describes_it(memory):
    entry = describe("memory")
    assert entry.year == 1990
    assert entry.title == "General memory: a variable whose task it is to remember"
    assert entry.parameters == 64 + 64 * 64 + 64 + 3 * 64 * 64 + 64 + 64 * 64 + 64
    assert list(argument_texts(entry.page)) == ["units", "outputs"]
    assert entry.serves == ("stateful", "closed_loop")
    assert "States: `[" in entry.page


def test_it_is_looped_and_masks_hold_its_states(memory):
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    loop = Recurrent(memory(4, outputs=2), return_state=True)
    mask = np.array([[True] * 5, [True] * 3 + [False] * 2])
    whole, cut = loop(x[:, :3]), loop(x, mask=mask)
    for state, held in zip(whole, cut, strict=True):
        np.testing.assert_allclose(numpy(held)[1], numpy(state)[1], atol=1e-6)
        assert not np.allclose(numpy(held)[0], numpy(state)[0], atol=1e-3)


@pytest.mark.parametrize("strategy", ["stateful", "closed_loop"])
def test_a_forecaster_has_it(memory, strategy, waves):
    frame = waves[["day", "sales"]][:40]
    forecaster = Forecaster("memory", horizon=2, lookback=4, units=2, epochs=1, strategy=strategy)
    forecast = forecaster.fit(frame, time="day", target="sales").predict()
    assert np.isfinite(forecast["yhat"]).all()
    assert len(forecast) == 2


def loaded(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
