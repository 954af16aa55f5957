"""Examples in docstrings are run, on the installed package."""

import doctest
import importlib
import pkgutil

import pytest
import rnnzoo

MODULES = [
    module.name
    for module in pkgutil.walk_packages(rnnzoo.__path__, "rnnzoo.")
    if module.name.split(".")[1] in ("zoo", "datasets", "pipelines", "experiments")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    before = dict(rnnzoo.CELLS)  # an example registers a cell
    try:
        assert doctest.testmod(module).failed == 0
    finally:
        rnnzoo.CELLS.clear()
        rnnzoo.CELLS.update(before)


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    examples = [
        test.examples for name in MODULES for test in finder.find(importlib.import_module(name))
    ]
    assert sum(map(len, examples)) > 5
