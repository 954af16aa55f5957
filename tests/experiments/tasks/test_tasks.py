"""A third task, tried as a folder and a line in `TASKS` would make it: nothing else knows of it."""

import sys
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel
from rnnzoo.experiments import kinds
from rnnzoo.experiments.cli.app import app
from rnnzoo.experiments.comparison.paired import FILE, Errors
from rnnzoo.experiments.config.schema import FORBID, Schema
from rnnzoo.experiments.reports.run import run_page
from rnnzoo.experiments.study.digests import Digest, Used
from rnnzoo.experiments.tasks import registry
from rnnzoo.experiments.tasks.base import Task
from rnnzoo.pipelines.estimator import BaseEstimator
from rnnzoo.pipelines.storage.folders import write_folder
from typer.testing import CliRunner

KIND = kinds.Kind(
    same=("dataset", "split.test_items"),
    title="{0}: {1}, tested on {2} numbers",
    error="test/mae",
    columns={"name": "run", "test/mae": "mae"},
    note="Numbers forecast by one number.",
    step="numbers",
)
FILE_OF_TWO = """
task: numbers
data: numbers.npy
split: {test_items: 20}
defaults: {share: 0.5}
models: [{cell: mean}, {cell: median, name: middle}]
seeds: 2
save: out
"""


class Level(BaseEstimator):
    """Forecasts one number: the mean or the median of a share of what it saw."""

    def __init__(self, cell: str = "mean", share: float = 1.0, seed: int = 0):
        self.cell, self.share, self.seed = cell, share, seed

    cell_name = property(lambda self: self.cell)

    def check(self):
        getattr(np, self.cell)

    def fit(self, numbers):
        rng = np.random.default_rng(self.seed)
        self.level_ = getattr(np, self.cell)(rng.choice(numbers, int(self.share * len(numbers))))

    def save(self, folder):
        write_folder(folder, "level", {}, {"level": [np.array(self.level_)]})
        return folder


@dataclass
class Result:
    model: str
    forecasts: dict[str, float]
    truth: np.ndarray
    seconds: float = 0.1
    baselines = ("zero",)
    name = "integers"

    def errors(self, name):
        return np.abs(self.truth - self.forecasts[name])

    @property
    def by_lead(self):
        scores = {name: self.errors(name).mean() for name in self.forecasts}
        return pd.DataFrame({"model": scores.keys(), "step": 1, "mae": scores.values()})

    @property
    def leaderboard(self):
        board = self.by_lead.drop(columns="step")
        ours = board["model"] == self.model
        board["parameters"] = pd.Series([1, pd.NA], dtype="Int64")
        return board.assign(skill=0.0, seconds=np.where(ours, self.seconds, np.nan))


@dataclass(frozen=True)
class Numbers(Task[Level, Result]):
    numbers: np.ndarray
    items: int

    name, baselines, saves = "numbers", ("zero",), "Levels"
    dataset = "integers"
    split = property(lambda self: {"test_items": self.items})
    parameters = property(lambda self: self.split_parameters | {"dataset": self.dataset})

    @classmethod
    def read(cls, experiment, networks, where):
        return cls(np.load(experiment["data"]["path"]), experiment["split"]["test_items"])

    @classmethod
    def make(cls, settings, seeds):
        return Level(**settings)

    def test_parameters(self, result):
        return {}

    def checked(self, networks):
        return self

    def digests(self):
        digest = Digest(())
        digest.array(self.numbers)
        return [Used(digest.text, "test", {"numbers": len(self.numbers)})]

    def fit(self, network, journal, checkpoint):
        journal.parameters(network.get_params() | {"epochs": 1})
        network.fit(self.numbers[: -self.items])

    def score(self, network, label, first):
        return Result(label, {label: network.level_, "zero": 0.0}, self.numbers[-self.items :])

    def used(self, network):
        return network.get_params()

    def error(self, result):
        return "mae"

    def errors_of(self, result, name):
        where = [str(k) for k in range(self.items)]
        return Errors("number", where, result.errors(name), 1)

    def log(self, result, name, journal):
        journal.metrics({"test/mae": float(result.errors(name).mean())})

    def write_run(self, result, color, journal):
        journal.text(FILE, self.errors_of(result, result.model).text())

    def write_baseline(self, result, name, best, journal):
        journal.text(FILE, self.errors_of(result, name).text())

    def report(self, result, color, folder, settings):
        words = {"subtitle": "one", "ahead": "numbers ahead", "lead_text": "the next", "note": ""}
        where = {"color": color, "folder": folder, "pictures": {}, "facts": settings}
        errors_of = partial(self.errors_of, result)
        return run_page(result, errors_of, error="mae", **words, **where)

    def files(self, found):
        return {"board.csv": lambda path: found.leaderboard.to_csv(path, index=False)}

    def show_scores(self, found, out):
        out.print(f"best: {found.best}")


class Split(BaseModel):
    model_config = FORBID
    test_items: int | None = None


class Data(BaseModel):
    model_config = FORBID
    set: str | None = None
    path: str | None = None


@pytest.fixture
def third(monkeypatch):
    """The task, where its folder would be."""
    package = f"{registry.__package__}.numbers"
    schema, task = ModuleType(f"{package}.schema"), ModuleType(f"{package}.task")
    vars(schema)["SCHEMA"] = Schema(Data, Split, lambda: Level)
    vars(task)["TASK"] = Numbers
    for module in (ModuleType(package), schema, task):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(kinds.TASKS, "numbers", KIND)


def rnnzoo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", kinds.TASKS)
def test_each_name_in_the_table_is_a_folder(name):
    assert registry.task_of(name).name == name
    assert registry.schema_of(name).estimator()


def test_a_third_task_is_a_folder_and_a_line(third, store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    np.save("numbers.npy", np.random.default_rng(0).normal(5, 1, 100))
    (tmp_path / "two.yaml").write_text(FILE_OF_TWO)
    done = rnnzoo("run", "two.yaml", "--checkpoint", "kept")
    assert done.exit_code == 0, done.output
    assert "best: m" in done.output and "Levels are in out" in done.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "board.csv", "model-mean-0", "model-mean-1", "model-middle-0", "model-middle-1",
    }  # fmt: skip
    runs = store.runs("numbers/integers").set_index("name")
    assert set(runs.index) == {"mean-0", "mean-1", "middle-0", "middle-1", "zero"}
    assert set(runs["split.test_items"]) == {"20"}
    again = rnnzoo("run", "two.yaml", "--checkpoint", "kept")
    assert again.exit_code == 0, again.output
    assert len(store.runs("numbers/integers")) == len(runs)
    compared = rnnzoo("compare", "numbers/integers", "--html", "page.html")
    assert compared.exit_code == 0, compared.output
    assert "numbers/integers: integers, tested on 20 numbers" in compared.output
    wrong = rnnzoo("run", "two.yaml", "--set", "defaults.shar=1")
    assert wrong.exit_code == 2 and "Did you mean share" in wrong.output
