"""Who imports whom. Imports that only type checkers read, and those within functions, count too."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

GROUND = {"errors", "messages", "_quiet", "_registered"}
MAY_IMPORT: dict[str, set[str]] = {
    "zoo": set(),
    "datasets": set(),
    "pipelines": {"zoo", "datasets"},
    "experiments": {"zoo", "datasets", "pipelines"},
}


@pytest.fixture(scope="module")
def imports(root):
    """By module, e.g. `("zoo", "cells", "gru")`, the modules of ours that it imports, and the
    names of all others."""
    paths = [path for layer in MAY_IMPORT for path in (root / layer).rglob("*.py")]
    modules = {_module(path.relative_to(root)): path for path in paths}
    return {module: _imports(path, root, modules) for module, path in modules.items()}


def test_no_layer_imports_one_above(imports):
    for module, found in imports.items():
        for other in found:
            if other[0] == "rnnzoo":
                allowed = MAY_IMPORT[module[0]] | GROUND | {module[0]}
                assert other[1] in allowed, f"{module}: {other}"


def test_no_modules_import_each_other(imports):
    graph = {module: _ours(found) - {module} for module, found in imports.items()}
    assert _cycle(graph) == []


def test_no_folder_imports_one_that_imports_it(imports):
    """Of the files and folders in a folder each stands below those that import it."""
    folders = {module[:k] for module in imports for k in range(len(module))}
    for folder in folders:
        graph: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for module, found in imports.items():
            own = module[: len(folder) + 1]
            if module[: len(folder)] != folder or module == folder:
                continue
            others = {
                one[: len(folder) + 1] for one in _ours(found) if one[: len(folder)] == folder
            }
            graph.setdefault(own, set()).update(others - {own, folder})
        assert _cycle(graph) == [], folder


def test_mlflow_in_one_place(imports):
    importers = {module for module, found in imports.items() if ("mlflow",) in found}
    tracking = ("experiments", "tracking")
    assert importers == {(*tracking, name) for name in ("store", "database", "projection")}


def test_no_pickle_anywhere(imports):
    for module, found in imports.items():
        assert not {name for name, *_ in found} & {"pickle", "joblib", "cloudpickle", "dill"}, (
            module
        )


def _module(path: Path) -> tuple[str, ...]:
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _ours(found: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    return {other[1:] for other in found if other[0] == "rnnzoo" and other[1] not in GROUND}


def _cycle(graph: dict[tuple[str, ...], set[tuple[str, ...]]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [".".join(module) for module in error.args[1]]
    return []


def _imports(path: Path, root: Path, modules: dict) -> set[tuple[str, ...]]:
    """What a file imports; ours are spelled from the top, others are the name of their package."""
    package = ("rnnzoo", *path.relative_to(root).parent.parts)
    found: set[tuple[str, ...]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(name.name.split(".")[0],) for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(((node.module or "").split(".")[0],))
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            module = (*base, *node.module.split(".")) if node.module else base
            for name in node.names:
                inner = (*module, name.name)
                found.add(inner if inner[1:] in modules or len(module) == 1 else module)
    return found
