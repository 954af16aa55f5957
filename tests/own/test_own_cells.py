"""A cell of a user's own, in a file of their own, plugs into everything."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from rnnzoo import CELLS, ArgumentError, Forecaster, NextFrame, Recurrent, register_cell, stack
from rnnzoo.errors import ArgumentTypeError, CheckpointError, ModelFileError
from rnnzoo.experiments.cli.app import app
from rnnzoo.pipelines.storage.sealing import seal, unseal
from rnnzoo.zoo.catalog import describe
from rnnzoo.zoo.cells import GRU, NARX, ConvLSTM
from typer.testing import CliRunner

HERE = Path(__file__).parent
sys.path.append(str(HERE))
from own_cells import Leaky, LeakyImages  # noqa: E402

X = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")
TABLE = pd.DataFrame(
    {"y": 10 + np.sin(np.arange(90) / 3)}, pd.date_range("2024-01-01", periods=90, name="ds")
)
TINY = {"horizon": 2, "lookback": 6, "units": 4, "epochs": 1, "refit": False}


class Started(Leaky):
    def get_initial_state(self, batch_size=None):
        return keras.ops.ones((batch_size, self.units))


@pytest.fixture
def registered():
    """What a test registers is gone after it."""
    before = dict(CELLS)
    yield
    CELLS.clear()
    CELLS.update(before)


def test_the_loop_gives_what_keras_gives_to_the_bit():
    cell, mask = Leaky(4), np.array([[0, 1, 1, 0, 1, 1, 0], [1, 1, 1, 1, 1, 0, 0]], bool)
    for given in (None, mask):
        ours = Recurrent(cell, return_sequences=True, return_state=True)(X, mask=given)
        theirs = keras.layers.RNN(cell, return_sequences=True, return_state=True)(X, mask=given)
        outputs, states = numpy(ours[0]), numpy(ours[1])
        np.testing.assert_array_equal(outputs, numpy(theirs[0]))
        np.testing.assert_array_equal(states, numpy(theirs[1]))


def test_a_stack_takes_cells_of_both_kinds():
    assert stack([Leaky(4), keras.layers.Dense(3), GRU(2)])(X).shape == (2, 2)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """What processes of their own print: one that fits, one that loads, one that has not
    imported the cells. PyTorch is the quickest to start."""
    folder = tmp_path_factory.mktemp("own")
    environment = os.environ | {"KERAS_BACKEND": "torch"}

    def run(what):
        command = [sys.executable, HERE / "use.py", what, folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return {what: run(what) for what in ("fit", "load", "strange")}


@pytest.mark.slow
def test_a_process_that_imports_the_cell_forecasts_the_same_bits(elsewhere):
    assert len(elsewhere["fit"]) == 6
    assert elsewhere["load"] == elsewhere["fit"]


@pytest.mark.slow
def test_one_that_does_not_is_told_what_to_import_and_imports_nothing(elsewhere):
    *messages, imported = elsewhere["strange"]
    assert len(messages) == 5 and imported == "False"
    for message in messages:
        assert "`import own_cells`, which defines it" in message


def test_commands_and_experiment_files_take_module_and_class(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mine.py").write_text((HERE / "own_cells.py").read_text())
    TABLE.reset_index().to_csv("table.csv", index=False)
    settings = ["--horizon", 2, "--lookback", 6, "--units", 4, "--epochs", 1, "--no-tracking"]
    done = rnnzoo("forecast", "table.csv", "--cell", "mine:Leaky", *settings, "--save", "out")
    assert done.exit_code == 0, done.output
    assert "Leaky: a stateful network" in done.output
    assert (tmp_path / "out" / "model-Leaky").is_dir()
    (tmp_path / "own.yaml").write_text(
        "task: forecast\ndata: table.csv\n"
        "defaults: {horizon: 2, lookback: 6, units: 4, epochs: 1}\n"
        "models:\n  - cell: mine:Leaky\n  - cell: gru\n"
    )
    refused = rnnzoo("run", "own.yaml", "--no-tracking")
    assert refused.exit_code == 2 and "mine:Leaky is code in a module" in refused.stderr
    done = rnnzoo("run", "own.yaml", "--no-tracking", "--own-code")
    assert done.exit_code == 0, done.output
    assert "Leaky" in done.output and "gru" in done.output
    for text, words in {
        "mines:Leaky": "cannot be imported",
        "mine:Leaki": "holds no 'Leaki'",
        "mine:keras": "must be a class of cells, or a function",
    }.items():
        refused = rnnzoo("forecast", "table.csv", "--cell", text, *settings)
        assert refused.exit_code == 2 and words in refused.stderr


def test_a_registered_name_is_taken_everywhere(registered):
    assert register_cell("leaky", Leaky) is Leaky
    register_cell("leaky", Leaky)  # a notebook that is run twice
    forecast = Forecaster("leaky", **TINY).fit(TABLE).predict()
    assert np.isfinite(forecast["yhat"]).all()
    assert CELLS["leaky"](3).state_size == [3, 3]
    assert Forecaster(Leaky).cell_name == "leaky"
    register_cell("leaky_images", LeakyImages)
    register_cell("keras_gru", keras.layers.GRUCell)
    assert CELLS["leaky_images"].serves == ("next_frame",)
    assert describe("keras_gru").serves == ("stateful", "closed_loop")
    assert describe("keras_gru").parameters == 12864


@pytest.mark.parametrize(
    "name, cell, error, words",
    [
        ("gru", Leaky, ArgumentError, "`gru` is the name of another cell"),
        ("my cell", Leaky, ArgumentError, "letters, digits and underscores"),
        (7, Leaky, ArgumentTypeError, "`name` must be a text"),
        ("leaky", Leaky(4), ArgumentTypeError, "must be a class of cells"),
        ("leaky", dict, ArgumentTypeError, "must have `call\\(inputs, states\\)`"),
        ("leaky", keras.layers.LSTM, ArgumentTypeError, "this is a loop over one"),
    ],
)
def test_what_cannot_be_registered(registered, name, cell, error, words):
    with pytest.raises(error, match=words):
        register_cell(name, cell)
    assert "leaky" not in CELLS


@pytest.mark.parametrize(
    "settings, error, words",
    [
        ({"cell": "gruu"}, ArgumentError, "Did you mean gru"),
        ({"cell": dict}, ArgumentTypeError, "must have `call\\(inputs, states\\)`"),
        ({"cell": keras.layers.LSTM(4)}, ArgumentTypeError, "`cell` must be the name of a cell"),
        ({"cell": 7}, ArgumentTypeError, "`cell` must be the name of a cell"),
        ({"cell": lambda units: units}, ArgumentTypeError, "takes the units and returns a cell"),
        ({"cell": LeakyImages}, ArgumentError, "cannot read the rows of a table"),
        ({"cell": ConvLSTM}, ArgumentError, "it reads images"),
        ({"cell": Started}, ArgumentError, "start at zero"),
        ({"cell": Leaky(4), "units": 5}, ArgumentError, "has its own width, 4"),
        ({"cell": Leaky(4), "cell_options": {"a": 1}}, ArgumentError, "leave `cell_options` out"),
        ({"cell": Leaky, "cell_options": {"a": 1}}, ArgumentError, "do not fit the cell Leaky"),
        ({"engine": "quick"}, ArgumentError, "`engine` must be one of"),
        ({"cell": "min_gru", "engine": "parallel"}, ArgumentError, "give the network a fixed"),
        ({"cell": "gru", "engine": "parallel"}, ArgumentError, "has to run step by step"),
    ],
)
def test_a_forecaster_refuses(settings, error, words):
    with pytest.raises(error, match=words):
        Forecaster(**settings).check()


@pytest.mark.parametrize(
    "cell, words",
    [
        (keras.layers.LSTMCell, "`LSTMCell` cannot read images"),
        ("gru", "not next frames"),
        (GRU, "not next frames"),
    ],
)
def test_a_next_frame_network_refuses(cell, words):
    with pytest.raises(ArgumentError, match=words):
        NextFrame(cell).check()


def test_cells_of_ours_may_be_given_as_classes_functions_and_cells():
    by_name = Forecaster("narx", **TINY).fit(TABLE).predict()
    by_class = Forecaster(NARX, **TINY).fit(TABLE).predict()
    pd.testing.assert_frame_equal(by_name, by_class)
    delays = {"feedback_delays": (1, 2), "input_delays": (0,), "linear_path": True}
    asked = Forecaster("narx", cell_options=delays, **TINY).fit(TABLE).predict()
    made = Forecaster(lambda units: NARX(units, **delays), **TINY).fit(TABLE).predict()
    given = Forecaster(NARX(4, **delays), **TINY | {"units": None}).fit(TABLE).predict()
    pd.testing.assert_frame_equal(asked, made)
    pd.testing.assert_frame_equal(asked, given)


def test_a_registered_name_is_checked_as_its_class_is(registered):
    register_cell("started", Started)
    register_cell("leaky_images", LeakyImages)
    with pytest.raises(ArgumentError, match="start at zero"):
        Forecaster("started").check()
    with pytest.raises(ArgumentError, match="`leaky_images` cannot read the rows of a table"):
        Forecaster("leaky_images").check()


def test_two_classes_of_one_name_are_not_taken_for_one_another():
    one, other = (type("Twin", (Leaky,), {"share": share}) for share in (1, 2))
    cells = keras.layers.StackedRNNCells([one(3), other(3)])
    with pytest.raises(ArgumentError, match="Two classes within one cell are called Twin"):
        Forecaster(cells, **TINY | {"units": None}).fit(TABLE)


def test_a_cell_that_is_no_layer_would_not_be_trained():
    class Plain:
        state_size = 3

        def call(self, x, states):
            return states[0], states

    with pytest.raises(ArgumentTypeError, match="must be a keras.layers.Layer"):
        Forecaster(Plain()).check()


def test_a_checkpoint_is_not_continued_by_other_code(tmp_path):
    def of(factor):
        class Faded(Leaky):
            def call(self, x, states):
                y, (h,) = super().call(x, states)
                return factor * y, [h]

        return Faded

    Forecaster(of(1.0), **TINY).fit(TABLE, checkpoint=tmp_path)
    Forecaster(of(1.0), **TINY).fit(TABLE, checkpoint=tmp_path)
    with pytest.raises(CheckpointError, match="cell"):
        Forecaster(of(0.5), **TINY).fit(TABLE, checkpoint=tmp_path)


@pytest.mark.parametrize(
    "cell, words",
    [
        ({"module": "os", "class_name": "system"}, "`import os`|no cell"),
        ({"module": "keras.src.layers", "class_name": "StringLookup"}, "StringLookup is no cell"),
        ({"module": "keras.layers", "class_name": "Lambda"}, "no cell|not there"),
        ({"object": {"module": "keras.layers", "class_name": "Lambda", "config": {}}}, "no keras"),
        ({"object": None}, "can be read"),
        (5, "`cell` must be"),
    ],
)
def test_a_folder_that_a_stranger_has_altered_makes_nothing(tmp_path, cell, words):
    folder = Forecaster("gru", **TINY).fit(TABLE).save(tmp_path / "model")
    manifest = unseal((folder / "manifest.json").read_bytes())
    manifest["settings"]["cell"] = cell
    (folder / "manifest.json").write_bytes(seal(manifest))
    with pytest.raises(ModelFileError, match=words):
        Forecaster.load(folder)


@pytest.mark.parametrize(
    "code",
    [
        "import keras, rnnzoo",
        pytest.param("import rnnzoo, keras", marks=pytest.mark.slow),
        pytest.param(
            "import rnnzoo, importlib.util; importlib.util.find_spec('keras'); import keras",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_saved_model_loads_in_any_order_of_imports(tmp_path, code):
    model = keras.Sequential([keras.Input((5, 3)), Recurrent(GRU(2))])
    model.save(tmp_path / "m.keras")
    code += f"; keras.models.load_model({str(tmp_path / 'm.keras')!r})"
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def rnnzoo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)
