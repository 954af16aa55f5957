"""The package as a whole: what it costs to import, who imports whom, what is shipped."""

import ast
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
import rnnzoo

HEAVY = {"tensorflow", "keras", "mlflow", "jax", "torch", "matplotlib", "sklearn"}

HELP = "from rnnzoo.experiments.cli.app import main; sys.argv = ['rnnzoo', '--help']; main()"

# what a type checker has to say of it, line by line
MISSPELLED = """
import rnnzoo
from rnnzoo import Ensemble, Forecaster, NextFrame, cells, load_dataset
from rnnzoo import Forcaster  # attr-defined
forecaster = Forecaster("gru", horizn=3)  # call-arg
forecaster.fti(load_dataset("seattle-weather"))  # attr-defined
forecaster.fit(load_dataset("seattle-weather")).predct()  # attr-defined
Forecaster("gru", horizon="three")  # arg-type
NextFrame("conv_lstm", filter=8)  # call-arg
Ensemble([forecaster], n_sedes=3)  # call-arg
cells.LSTN(3)  # attr-defined
rnnzoo.lode("seattle-weather")  # attr-defined
"""


@pytest.mark.parametrize("code", ["import rnnzoo", HELP], ids=["import", "help"])
def test_the_front_door_is_light(code):
    probe = f"""
import atexit, sys
atexit.register(lambda: print("loaded:", *sorted({HEAVY} & set(sys.modules))))
{code}
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


@pytest.mark.parametrize("command", ["cli.compare", "tracking", "cli.sync"])
def test_runs_are_compared_and_brought_without_a_backend(command):
    names = f"rnnzoo.experiments.{command}, rnnzoo.experiments.reports.terminal"
    code = f"import sys, {names}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "jax", "torch"} & set(done.stdout.split())


def test_nothing_of_tensorflow_reaches_the_screen():
    code = """
from rnnzoo import NextFrame, Recurrent, cells
import keras, numpy as np
x = keras.Input((3, 2))
keras.Model(x, Recurrent(cells.GRU(2))(x)).predict(np.zeros((1, 3, 2)), verbose=0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_backend_that_fails_is_heard():
    code = "import os; os.environ['KERAS_BACKEND'] = 'nonsense'; import rnnzoo.zoo"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "nonsense" in done.stderr


def test_type_checkers_see_what_python_finds(root):
    """The imports that only they read, and the table by which names are loaded."""
    (block,) = (
        node
        for node in ast.parse((root / "__init__.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = {
        name.asname: f".{node.module or ''}"
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    modules = {name: where.rpartition(".")[0] or "." for name, where in rnnzoo._MODULES.items()}
    assert seen == rnnzoo._WHERE | modules


@pytest.mark.slow
def test_a_misspelled_name_is_an_error_before_the_code_runs(root, tmp_path):
    readme = (root / "README.md").read_text(encoding="utf-8")
    for k, block in enumerate(re.findall(r"```python\n(.*?)```", readme, re.DOTALL)):
        (tmp_path / f"right{k}.py").write_text(block, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(MISSPELLED, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--ignore-missing-imports", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    found = re.findall(r"^(.*): error: .*\[(.*)\]$", done.stdout, re.MULTILINE)
    lines = enumerate(MISSPELLED.splitlines(), start=1)
    assert found == [(f"wrong.py:{k}", line.split("# ")[1]) for k, line in lines if "# " in line]


def test_every_public_name_is_there():
    for name in rnnzoo.__all__:
        assert getattr(rnnzoo, name) is not None
    assert set(rnnzoo.__all__) <= set(dir(rnnzoo))
    with pytest.raises(AttributeError, match="Forcaster"):
        rnnzoo.Forcaster  # type: ignore[attr-defined]  # noqa: B018


def test_the_wheel_holds_every_module(root, tmp_path):
    # an editable install hides a forgotten subpackage; an odd folder name, a wrong mapping
    copy = tmp_path / "my copy-1"
    made = (root / ".gitignore").read_text(encoding="utf-8").split()
    ignored = [pattern.removesuffix("/") for pattern in made]
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".git", *ignored))
    sources = {path.relative_to(copy).as_posix() for path in copy.rglob("*")}
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", copy],
        check=True, capture_output=True,
    )  # fmt: skip
    with zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl"))) as wheel:
        shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    layers = ("zoo/", "datasets/", "pipelines/", "experiments/")
    expected = {
        f"rnnzoo/{name}"
        for name in sources
        if re.fullmatch(r".*\.(py|yaml|html|typed|c|h)", name)
        and (name.startswith(layers) or "/" not in name)
        and name != "setup.py"
    }
    compiled = {name for name in shipped if name.endswith(".so")}
    assert shipped - compiled == expected
    assert len(compiled) == (shutil.which("cc") is not None)
