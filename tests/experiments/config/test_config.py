"""Experiments in files: what they may say, what is refused, and that all that are shipped run."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
import yaml
from rnnzoo import Forecaster, NextFrame, load_dataset
from rnnzoo.errors import ArgumentError
from rnnzoo.experiments.cli.app import app, frames
from rnnzoo.experiments.cli.forecast import forecast
from rnnzoo.experiments.cli.run import planned, run_config, tried_in
from rnnzoo.experiments.config.schema import load_config, model_of, packaged
from rnnzoo.experiments.config.yaml_file import dumped, parsed
from rnnzoo.experiments.kinds import TASKS
from rnnzoo.experiments.study.outputs import OutputOptions
from rnnzoo.experiments.tasks.registry import schema_of
from typer.testing import CliRunner

BASE = """
task: forecast
data: seattle-weather
defaults: {horizon: 3, lookback: 8, units: 2}
models:
  - cell: gru
"""
TINY = {
    "forecast": ["data.rows=100", "split.test_rows=4", "defaults.horizon=3", "defaults.lookback=8",
                 "defaults.units=4", "models.*.epochs=1"],
    "frames": ["split.test_clips=2", "defaults.filters=2", "defaults.layers=1", "defaults.patch=8",
              "models.*.epochs=1", "defaults.clips_per_epoch=8", "defaults.context=3",
              "defaults.horizon=2"],
}  # fmt: skip
# sixteen cells take as long as all others together
#: One of each kind; the others are tried by the slow tests.
QUICK = {"narx-closed-loop", "employment-panel", "moving-digits"}
SHIPPED = [
    pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in packaged()
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.fixture
def file(here):
    def write(text):
        (here / "tried.yaml").write_text(text, encoding="utf-8")
        return here / "tried.yaml"

    return write


def rnnzoo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.filterwarnings("ignore:Series")  # of few rows many look odd
@pytest.mark.parametrize("name", SHIPPED)
def test_every_packaged_experiment_is_tried_for_one_step(name, here):
    told = yaml.safe_load(packaged()[name].read_text(encoding="utf-8"))
    changes = [*TINY[told["task"]], "seeds=1"]
    if isinstance(told["data"], str) and told["task"] == "forecast":
        changes.insert(0, f"data={{set: {told['data']}}}")
    found = run_config(name, changes, OutputOptions())
    assert list(found.results) == [m.get("name") or m["cell"] for m in told["models"]]
    assert found.leaderboard[found.error].notna().all()
    assert not list(here.iterdir())


def test_there_are_a_dozen_and_they_are_listed():
    assert len(packaged()) >= 12
    listed = rnnzoo("run", "--list").output
    for name, path in packaged().items():
        assert name in listed
        assert path.read_text(encoding="utf-8").startswith("# ")


def test_settings_are_those_of_the_constructors():
    assert set(TASKS) == {"forecast", "frames"}
    for task, kind in (("forecast", Forecaster), ("frames", NextFrame)):
        schema = schema_of(task)
        assert schema.estimator() is kind
        fields = model_of(schema, kind).model_fields["defaults"].annotation.model_fields
        own = set(schema.settings)
        assert set(fields) - own == set(inspect.signature(kind).parameters) - {"cell", "seed"}


def test_options_that_repeat_a_setting_have_its_type_and_default():
    """Written out in the commands, so that help is shown without Keras; but for two."""
    others = {("forecast", "horizon"), ("forecast", "calendar")}
    for task, command in (("forecast", forecast), ("frames", frames)):
        options = inspect.signature(command, eval_str=True).parameters
        settings = inspect.signature(schema_of(task).estimator(), eval_str=True).parameters
        repeated = options.keys() & settings.keys() - {"cell"}
        assert len(repeated) > 10
        for name in sorted(repeated):
            (kind, *_), setting = get_args(options[name].annotation), settings[name]
            if (task, name) not in others:
                assert (kind, options[name].default) == (setting.annotation, setting.default), name


def test_code_that_a_file_names_is_not_run_without_a_word(here, file):
    (here / "evil.py").write_text("import pathlib; pathlib.Path('mark').touch()")
    path = file(BASE.replace("cell: gru", "cell: evil:Cell"))
    refused = rnnzoo("run", path, "--no-tracking")
    assert refused.exit_code == 2 and "add --own-code" in refused.stderr
    assert not (here / "mark").exists()
    trusted = rnnzoo("run", path, "--no-tracking", "--own-code")
    assert trusted.exit_code == 2 and "holds no 'Cell'" in trusted.stderr
    assert (here / "mark").exists()


def test_a_misspelt_key_is_answered_before_keras_loads(file):
    code = f"""
import sys
from rnnzoo.experiments.cli.run import run_config
try:
    run_config({str(file("task: frames" + chr(10) + "splt: 3"))!r}, [], None)
except ValueError as error:
    print(error, "keras" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Did you mean split?" in done.stdout and done.stdout.endswith("False\n")


REFUSED = {
    "a setting misspelt": ("defaults: {untis: 3}", "defaults.untis: there is no such key. Did you "
                           "mean units?"),
    "a section misspelt": ("splt: {test_rows: 3}", "splt: there is no such key. Did you"),
    "a key given twice": ("seeds: 1\nseeds: 2", "line 7: No YAML that can be used: the key"),
    "an object": ("save: !!python/name:os.system x", "objects are not read"),
    "true or false by a tag": ("audit: !!bool x", "no other tags: 'tag:yaml.org,2002:bool'"),
    "a time by a tag": ("save: !!timestamp x", "no other tags"),
    "a number by a tag": ("seeds: !!int '010'", "no other tags"),
    "a tag without a name": ("seeds: ! 3", "no other tags"),
    "a number of base 8": ("split: {test_rows: 010}", "a whole number, or null. Received: '010'"),
    "a number of base 60": ("split: {test_rows: 1:30}", "Received: '1:30'"),
    "a number of base 16": ("seeds: 0x10", "seeds: must be how many seeds"),
    "a number in groups": ("split: {test_rows: 1_000}", "Received: '1_000'"),
    "yes for true": ("audit: yes", "audit: must be true or false. Received: 'yes'"),
    "seeds without end": ("seeds: 1000000000", "seeds: must be at most 10,000 seeds"),
    "seeds of many digits": (f"seeds: {'9' * 5000}", "No YAML that can be used"),
    "too many networks": (f"models: [{', '.join(['{cell: gru}'] * 2)}]\nseeds: 10000",
                          "2 models with their seeds are 20,000 networks"),
    "members without end": ("defaults: {members: 1000000000}", "`members` must be at most 1000"),
    "a folder to save to elsewhere": ("save: /etc/cron.d", "To save elsewhere: --save FOLDER"),
    "a folder to save to above": ("save: out/../../x", "To save elsewhere: --save FOLDER"),
    "a folder to save to at home": ("save: ~/x", "To save elsewhere: --save FOLDER"),
    "all of the folder": ("save: .", "To save elsewhere: --save FOLDER"),
    "an alias": ("split: &a {test_rows: 3}\nsave: *a", "aliases"),
    "no text for a key": ("1: 2", "a key must be text"),
    "text for a number": ("defaults: {horizon: '7'}", "defaults.horizon: must be a whole number. "
                          "Received: '7'"),
    "a number for a text": ("defaults: {difference: 1}", "must be text, or null"),
    "a seed beside the seeds": ("defaults: {seed: 3}", "seeds are set by `seeds`"),
    "no seeds": ("seeds: 0", "seeds: must be how many seeds"),
    "a seed twice": ("seeds: [1, 1]", "seeds: must be"),
    "an optimizer misspelt": ("defaults: {optimizer: sdg}", "models[0] (gru): `optimizer` must be "
                              "one of"),
    "an optimizer's config": ("defaults: {optimizer: {class_name: SDG}}", "Did you mean SGD?"),
    "no optimizer": ("defaults: {optimizer: 3}", "must be text, or a mapping, or null. Received"),
    "a loss misspelt": ("defaults: {loss: hubre}", "Did you mean huber?"),
    "a loss of classes": ("defaults: {loss: bce}", "The loss bce compares classes"),
    "an impossible value": ("defaults: {dropout: 1.5}", "models[0] (gru): `dropout` must lie in"),
    "two of one name": ("models: [{cell: gru}, {cell: gru}]", "another model is called 'gru'"),
    "a name that leads out": ("models: [{cell: gru, name: ../x}]", "models[0].name"),
    "a baseline's name": ("models: [{cell: gru, name: naive-last}]", "give this one a `name`"),
    "members that share seeds": ("defaults: {members: 2}\nseeds: 2", "such as [0, 2]"),
    "one combined": ("defaults: {aggregation: median}", "`aggregation` needs more than one"),
    "no models": ("models: []", "must hold one model at least"),
    "clips of a table": ("split: {test_clips: 3}", "Did you mean test_rows"),
    "two sources": ("data: {set: seattle-weather, path: x.csv}", "either `set`"),
    "a column of a data set": ("data: {set: seattle-weather, time: date}", "leave out --time"),
    "a data set misspelt": ("data: seattle-wether", "Did you mean seattle-weather"),
    "a sign of missing by itself": ("data: {path: x.csv, na: '?'}", "data.na: must be a list"),
    "a sign between columns of two": ("data: {path: x.csv, separator: ';;'}", "`separator` must"),
    "a number of lines as text": ("data: {path: x.csv, skip_rows: '1'}", "a whole number, or null"),
    "a file that is not there": ("data: sales.csv", "There is no file"),
    "the wrong kind of data": ("data: moving-digits", "rnnzoo frames moving-digits"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_one_clear_message_and_exit_2(case, file, here):
    text, message = REFUSED[case]
    sections = yaml.compose(text).value[0][0].value
    kept = BASE.lstrip()
    if sections in ("models", "data", "defaults"):  # stands in place of its own
        told = {k: v for k, v in yaml.safe_load(kept).items() if k != sections}
        kept = yaml.safe_dump(told)
    done = rnnzoo("run", file(f"{kept}{text}\n"))
    assert done.exit_code == 2, done.output
    assert message in done.output
    assert "Traceback" not in done.output and "pydantic" not in done.output
    assert [path.name for path in here.iterdir()] == ["tried.yaml"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("defaults.untis=3", "Did you mean units"),
        ("seeds", "--set takes key=value"),
        ("models.4.cell=gru", "must be * or a number below 1"),
        ("seeds.x=1", "'x' must be * or a number"),
        ("study.x=1", "'x' leads into 'mine'"),
        ("seeds=[", "--set seeds"),
    ],
)
def test_changes_are_checked_as_the_file_is(change, message, file):
    path = file(BASE + "seeds: [0]\nstudy: mine\n")
    with pytest.raises(ArgumentError) as raised:
        load_config(path, schema_of, [change])
    assert message in str(raised.value)


def test_no_link_leads_what_is_saved_out_of_the_folder(here, file, tmp_path_factory):
    (here / "out").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    done = rnnzoo("run", file(f"{BASE}save: out/deep\n"), "--no-tracking")
    assert done.exit_code == 2 and "links that lead out of it" in done.stderr.replace("\n", " ")


def test_what_is_written_is_read_back_as_it_was():
    """Text that looks like something else to us or to YAML 1.1 is quoted."""
    odd = ["010", "1:30", "no", "yes", "2026-01-01", "1e5", "1_000", "0x10", "null", "~", "",
           "true", "1.5", ".inf", "=", "a: b", "0o10"]  # fmt: skip
    values = {"texts": odd, "numbers": [0, -3, 1.5, 1e-05, 1e22, float("inf"), True, None]}
    text = dumped(values)
    assert parsed(text, "here") == values
    assert yaml.safe_load(text)["texts"] == odd
    assert parsed("{a: 1e-3, b: 010, c: on, d: -.5, e: 2026-01-01}", "here") == {
        "a": 1e-3, "b": "010", "c": "on", "d": -0.5, "e": "2026-01-01",
    }  # fmt: skip


def test_an_experiment_that_is_no_file(here):
    os.mkfifo("pipe.yaml")
    for name, words in (
        ("pipe.yaml", "It is no file"),
        ("x" * 5000 + ".yaml", "File name too long"),
        ("x" * 5000, "`experiment` must be one of"),
    ):
        done = rnnzoo("run", name)
        assert done.exit_code == 2 and words in done.stderr
    for command in ("forecast", "frames"):
        for name in ("x" * 5000 + ".csv", "x" * 5000 + ".npy", "x" * 5000):
            done = rnnzoo(command, name, "--no-tracking")
            assert done.exit_code == 2 and "Errno" not in done.stderr
    os.mkfifo("pipe.npy")
    done = rnnzoo("frames", "pipe.npy", "--no-tracking")
    assert done.exit_code == 2 and "is a pipe or a device" in done.stderr


def test_a_working_directory_that_is_gone(here, monkeypatch):
    (here / "gone").mkdir()
    monkeypatch.chdir(here / "gone")
    (here / "gone").rmdir()
    done = rnnzoo("data")
    assert done.exit_code == 2 and "is not there any more" in done.stderr
    monkeypatch.chdir(here)


def test_optimizers_and_losses_are_names_or_mappings(file):
    """They are written out again as they were read, and reach the networks."""
    path = file(
        "task: forecast\ndata: seattle-weather\nmodels:\n"
        "  - {cell: gru, optimizer: sgd, loss: huber}\n"
        "  - cell: lstm\n    optimizer: {class_name: SGD, config: {momentum: 0.5}}\n"
        "    loss: {class_name: Huber, config: {delta: 2}}\n"
    )
    changes = ["models.0.loss={class_name: Huber}"]
    config = load_config(path, schema_of, changes).model_dump(exclude_unset=True)
    tried = tried_in(config, path)
    gru, lstm = (one.network for one in tried.values())
    assert (gru.optimizer, gru.loss) == ("sgd", {"class_name": "Huber"})
    momentum = {"class_name": "SGD", "config": {"momentum": 0.5}}
    assert (lstm.optimizer, lstm.loss["config"]) == (momentum, {"delta": 2})
    alone = load_config(file(planned(config, path, tried).configs["lstm"]), schema_of)
    assert alone.models[0].optimizer == momentum and alone.models[0].loss == lstm.loss


def test_changes_find_their_place(file):
    path = file(BASE + "  - {cell: lstm, units: 3}\n")
    changes = ["defaults.learning_rate=1e-3", "models.*.epochs=4", "models.1.cell=elman", "seeds=2"]
    config = load_config(path, schema_of, changes)
    assert config.defaults.learning_rate == 1e-3
    assert [(m.cell, m.epochs) for m in config.models] == [("gru", 4), ("elman", 4)]
    assert config.seeds == [0, 1]
    assert config.study == "tried"


@pytest.mark.filterwarnings("ignore:Series")
def test_each_model_with_each_seed_is_a_run_that_can_be_repeated(file, here, store, monkeypatch):
    """`gru-7` is a run of the model `gru`, and the name of another model."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    load_dataset("seattle-weather").frame[["ds", "y"]][:120].to_csv("short.csv", index=False)
    text = BASE.replace("seattle-weather", "{path: short.csv, unit: °C}")
    path = file(text + "  - {cell: gru, name: gru-7, units: 3}\nseeds: [4, 7]\n")
    done = rnnzoo("run", path, "--set", "defaults.epochs=1", "--set", "split.test_rows=5")
    assert done.exit_code == 0, done.output
    runs = store.runs("forecast/short").set_index("name")
    networks = runs[runs["seed"].notna()]
    experiment = store.client.get_experiment_by_name("forecast/short").experiment_id
    (study,) = store.client.search_runs([experiment], "tags.role = 'study'")
    whole = store.client.download_artifacts(study.info.run_id, "config.yaml", str(here))
    assert load_config(Path(whole), schema_of).seeds == [4, 7]
    assert "rnnzoo compare --study tried" in done.output
    assert "Models, means over their seeds" in done.output
    means = networks.groupby("model")["test/mae"].mean()
    baselines = runs[runs["seed"].isna()]["test/mae"].dropna()
    best = f"{means.idxmin()}-4" if means.min() <= baselines.min() else baselines.idxmin()
    assert f"What follows, by {best}" in done.output
    artifacts = {file.path for file in store.client.list_artifacts(study.info.run_id)}
    assert {"forecast.csv", "short-ahead.png", "report.html", "leaderboard.csv"} <= artifacts
    ahead = store.client.download_artifacts(study.info.run_id, "forecast.csv", str(here))
    assert set(pd.read_csv(ahead)["model"]) == {best}
    page = store.client.download_artifacts(study.info.run_id, "report.html", str(here))
    page = Path(page).read_text(encoding="utf-8")
    assert f"The forecast is that of {best}, which " in page
    assert page.count("data:image/png") == 5
    models = {"gru-4": "gru", "gru-7": "gru", "gru-7-4": "gru-7", "gru-7-7": "gru-7"}
    assert networks["model"].to_dict() == models
    assert networks["seed"].to_dict() == {name: name[-1] for name in models}
    assert networks["units"].to_dict() == {n: "3" if models[n] == "gru-7" else "2" for n in models}
    assert set(runs["study.name"]) == {"tried"}
    assert set(networks["data.path"]) == {str(here / "short.csv")}
    assert networks["mlflow.runColor"].nunique() == 2
    for run in (*networks["run"], runs["run"][means_of_baselines(runs).idxmin()]):
        images = [file.path for file in store.client.list_artifacts(run, "images")]
        steps = {int(name.split("+")[2]) for name in images if "forecast~short+step+" in name}
        assert steps == {1, 2, 3}
    assert set(runs["unit"]) == {"°C"}
    told = store.client.get_run(networks["run"].iloc[0]).data.params
    assert "None" not in told.values()
    wide = networks.loc["gru-7-7"]
    config = store.client.download_artifacts(wide["run"], "config.yaml", str(here))
    again = run_config(config, [], OutputOptions())
    assert list(again.results) == ["gru-7"]
    assert again.leaderboard.set_index("model").loc["gru-7", "mae"] == wide["test/mae"]


def means_of_baselines(runs):
    return runs[runs["seed"].isna()]["test/mae"]


@pytest.mark.parametrize("document", ["README.md", "docs/experiments.md"])
def test_experiments_in_documents_are_ones(document, root, file):
    text = (root / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        assert load_config(file(block), schema_of).models
