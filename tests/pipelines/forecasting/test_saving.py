import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, Forecaster, ModelFileError
from rnnzoo.pipelines.storage.sealing import seal, unseal


def after(waves):
    return waves[320:325][["day", "holiday"]]


def test_loaded_it_forecasts_the_same_bit_for_bit(forecaster, whole, waves, tmp_path):
    forecaster.save(tmp_path / "model")
    twin = Forecaster.load(tmp_path / "model")
    assert twin.get_params() == forecaster.get_params()
    ours, its = (one.predict(future=after(waves)) for one in (forecaster, twin))
    pd.testing.assert_frame_equal(ours, its, check_exact=True)
    again = twin.backtest(waves, baselines=()).forecasts[twin.cell]
    np.testing.assert_array_equal(again, whole.forecasts[whole.model])


FRESH = """
import sys, pandas as pd
from rnnzoo import Forecaster
waves = pd.read_parquet(sys.argv[2])
columns = dict(time="day", target="sales", past=["wind"], future=["holiday"])
if sys.argv[3] == "load":
    forecaster = Forecaster.load(sys.argv[1])
else:
    settings = dict(horizon=5, lookback=16, units=6, epochs=2, seed=3, refit=False)
    forecaster = Forecaster("gru", **settings)
    forecaster.fit(waves[:320], **columns)
forecast = forecaster.predict(future=waves[320:325][["day", "holiday"]])
print(*[value.hex() for value in forecast["yhat"]])
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["load", "fit"])
def test_another_process_gives_the_same_forecast(gru, waves, tmp_path, how):
    """Laws 6 and 9: saved and loaded, or fitted anew with the same seed."""
    gru.save(tmp_path / "model")
    waves.to_parquet(tmp_path / "waves.parquet")
    done = subprocess.run(
        [sys.executable, "-c", FRESH, tmp_path / "model", tmp_path / "waves.parquet", how],
        capture_output=True,
        text=True,
        check=True,
    )
    here = gru.predict(future=after(waves))["yhat"]
    assert done.stdout.split() == [value.hex() for value in here]


def names(folder):
    """The names of the files of a model, without the hashes in them."""
    return {re.sub("-[0-9a-f]{16}", "", path.name) for path in folder.iterdir()}


FILES = {".lock", "manifest.json", "weights.npz", "state.npz", "errors.npz", "held_out.npz"}


def test_only_json_and_plain_arrays(gru, tmp_path):
    folder = gru.save(tmp_path / "model")
    assert names(folder) == FILES
    for path in folder.glob("*.npz"):
        with np.load(path, allow_pickle=False) as stored:
            assert stored.files


def test_an_older_model_is_replaced_and_nothing_else_left(gru, forecasters, tmp_path):
    gru.save(tmp_path / "model")
    forecasters["closed loop, fed back by itself"].save(tmp_path / "model")
    assert Forecaster.load(tmp_path / "model").cell == "narx"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert len([*(tmp_path / "model").iterdir()]) == len(FILES)


def test_a_save_that_was_killed_half_way_is_no_hindrance(gru, forecasters, tmp_path, monkeypatch):
    folder = gru.save(tmp_path / "model")

    def killed(path, content):
        if path.name == "manifest.json":
            raise KeyboardInterrupt
        path.write_bytes(content)

    with monkeypatch.context() as before_the_manifest:
        before_the_manifest.setattr("rnnzoo.pipelines.storage.folders.write_whole", killed)
        with pytest.raises(KeyboardInterrupt):
            forecasters["closed loop, fed back by itself"].save(folder)
    assert Forecaster.load(folder).cell == "gru"
    (folder / ".weights-0123456789abcdef-0123456789ab.part.npz").write_bytes(b"half")
    for _ in range(2):
        forecasters["closed loop, fed back by itself"].save(folder)
        assert Forecaster.load(folder).cell == "narx"
        assert len([*folder.iterdir()]) == len(FILES)


def test_a_folder_of_somebody_else_is_left_alone(gru, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ArgumentError, match="holds no rnnzoo model"):
        gru.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_manifest_of_somebody_else_is_left_alone(gru, tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "a web page"}')
    with pytest.raises(ArgumentError, match="holds no rnnzoo model"):
        gru.save(tmp_path)
    assert "web page" in (tmp_path / "manifest.json").read_text()


def test_notes_beside_a_model_are_left_alone(gru, tmp_path):
    folder = gru.save(tmp_path / "model")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ArgumentError, match=r"more than an rnnzoo model \(notes.txt\)"):
        gru.save(folder)
    assert (folder / "notes.txt").read_text() == "mine"


def test_an_empty_folder_is_used(gru, tmp_path):
    assert Forecaster.load(gru.save(tmp_path)).cell == "gru"


def test_settings_of_any_plain_kind_are_saved(fit, tmp_path):
    taps = {"taps": range(1, 3)}
    forecaster = fit(cell="rnn", horizon=np.int64(2), cell_options=taps, epochs=1)
    twin = Forecaster.load(forecaster.save(tmp_path / "model"))
    assert (twin.horizon, twin.cell_options) == (2, {"taps": [1, 2]})


def _of(folder, name):
    """The file of a list of arrays."""
    (found,) = folder.glob(f"{name}-*.npz")
    return found


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def _replace(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def _rewrite(path, **changes):
    """As somebody would who knows the format."""
    path.write_bytes(seal(unseal(path.read_bytes()) | changes))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "no rnnzoo model"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "damaged"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "damaged"),
        (lambda folder: _of(folder, "weights").unlink(), "weights-.*.npz is missing"),
        (lambda folder: _flip(_of(folder, "weights")), "hash"),
        (lambda folder: _replace(folder / "manifest.json", b'"season": 7', b'"season": 8'), "hash"),
        (lambda folder: _replace(folder / "manifest.json", b"\n}", b" \n}"), "hash"),
        (lambda folder: _rewrite(folder / "manifest.json", format=99), "format 99"),
        (
            lambda folder: _rewrite(folder / "manifest.json", settings={"cell": "os"}),
            "horizon, layers",
        ),
        (lambda folder: _rewrite(folder / "manifest.json", settings={"evil": 1}), "evil"),
        (lambda folder: _rewrite(folder / "manifest.json", schema={}), "cannot|can be read"),
    ],
)
def test_a_damaged_model(gru, tmp_path, harm, message):
    folder = gru.save(tmp_path / "model")
    harm(folder)
    with pytest.raises(ModelFileError, match=message):
        Forecaster.load(folder)
