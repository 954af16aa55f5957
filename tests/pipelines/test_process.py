"""What a process does with estimators: changes their settings, copies and pickles them, fits in
threads and forks."""

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from rnnzoo import AutoForecaster, BackendError, Clips, Ensemble, Forecaster, NextFrame
from rnnzoo.zoo.backend import process

SERIES = pd.DataFrame(
    {
        "ds": pd.date_range("2020-01-01", periods=90),
        "y": 5 + np.sin(np.arange(90) / 5) + np.random.default_rng(0).normal(0, 0.1, 90),
    }
)
SMALL = {"horizon": 3, "lookback": 8, "units": 3, "epochs": 1, "refit": False}
#: Another valid value of every setting.
OTHERS = {
    "cell": "irnn", "horizon": 9, "layers": 2, "strategy": "segment", "seed": 8, "validation": 0.4,
    "refit": True, "cell_options": {"use_bias": False}, "lookback": 24, "segment": 4, "units": 7,
    "epochs": 9, "patience": 9, "early_stopping": False, "batch_size": 9, "learning_rate": 0.1,
    "schedule": "constant", "ema_momentum": 0.5, "dropout": 0.5, "calendar": ["week"],
    "transform": "log", "window_normalization": "last", "linear_lags": 3, "difference": "step",
    "scaling": "robust", "channels": "mixed", "max_minutes": 0.5, "engine": "step",
    "optimizer": "sgd", "loss": "huber", "head": "normal",
}  # fmt: skip


@pytest.fixture(scope="module")
def forecaster():
    return Forecaster("gru", **SMALL).fit(SERIES[:80])


@pytest.fixture(scope="module")
def ensemble():
    return Ensemble([Forecaster("gru", **SMALL)], n_seeds=2).fit(SERIES[:80])


@pytest.fixture(scope="module")
def auto():
    return AutoForecaster(horizon=3, max_minutes=0.02, refit=False).fit(SERIES[:80])


@pytest.fixture(scope="module")
def next_frame():
    frames = np.random.default_rng(0).integers(0, 255, (4, 6, 4, 4, 1), dtype="uint8")
    settings = {"context": 3, "horizon": 2, "filters": 2, "patch": 2, "epochs": 1}
    return NextFrame(**settings, clips_per_epoch=2).fit(Clips("noise", frames, frames, frames))


def files(model, folder):
    return {path.name: path.read_bytes() for path in model.save(folder).iterdir()}


def all_of(model, folder):
    """All that a fitted forecaster does and says of itself."""
    model = copy.deepcopy(model)
    result = model.backtest(SERIES)
    said = [
        files(model, folder),
        model.predict(level=[80]).to_dict(),
        [name for name in result.leaderboard["model"]],
        result.errors(result.model),
        (result.model, result.parameters, model.parameters_, model.cell_name),
        model.update(SERIES[80:83]).predict().to_dict(),
    ]
    return repr(said)


def test_every_setting_is_tried(forecaster):
    assert OTHERS.keys() == forecaster.get_params().keys()
    given = forecaster.get_params()
    assert not [name for name, other in OTHERS.items() if given[name] == other]


def test_what_was_fitted_is_used_after_set_params(forecaster, tmp_path):
    before = all_of(forecaster, tmp_path / "before")
    changed = copy.deepcopy(forecaster)
    for number, (name, value) in enumerate(OTHERS.items()):
        changed.set_params(**{name: value})
        assert files(changed, tmp_path / str(number)) == files(forecaster, tmp_path / "same"), name
    assert all_of(changed, tmp_path / "after") == before
    again = changed.with_recipe().get_params()
    assert again == forecaster.with_recipe().get_params()


def test_what_was_fitted_is_used_of_ensembles_too(ensemble, tmp_path):
    before = all_of(ensemble, tmp_path / "before")
    changed = copy.deepcopy(ensemble)
    changed.set_params(members=[Forecaster("rnn", horizon=7)], aggregation="median", n_seeds=5)
    assert all_of(changed, tmp_path / "after") == before
    assert (changed.name, changed.horizon) == (ensemble.name, ensemble.horizon)


def test_what_was_fitted_is_used_of_automatic_ones_too(auto, tmp_path):
    before = all_of(auto, tmp_path / "before")
    changed = copy.deepcopy(auto).set_params(
        horizon=7, cells=("rnn",), effort="quick", validation=0.5, seed=9, max_minutes=None
    )
    assert all_of(changed, tmp_path / "after") == before
    assert AutoForecaster.load(tmp_path / "after").get_params() == auto.get_params()


def test_what_was_fitted_is_used_of_next_frames_too(next_frame, tmp_path):
    before = files(next_frame, tmp_path / "before")
    changed = copy.deepcopy(next_frame).set_params(cell="conv_gru", filters=9, patch=1, horizon=5)
    assert files(changed, tmp_path / "after") == before
    assert changed.cell_name == next_frame.cell_name
    seen = np.zeros((1, 3, 4, 4, 1), "uint8")
    np.testing.assert_array_equal(changed.predict(seen), next_frame.predict(seen))


@pytest.mark.parametrize("kind", ["forecaster", "ensemble", "auto", "next_frame"])
def test_pickled_it_forecasts_the_same(kind, request, tmp_path):
    model = request.getfixturevalue(kind)
    twin = pickle.loads(pickle.dumps(model))
    assert files(twin, tmp_path / "twin") == files(model, tmp_path / "model")
    new = type(model)(**model.get_params(deep=False))
    assert type(pickle.loads(pickle.dumps(new))) is type(model)
    assert not hasattr(pickle.loads(pickle.dumps(new)), "fitted_")


def test_a_copy_is_another_estimator(ensemble, forecaster):
    for model in (ensemble, forecaster):
        before = model.predict()
        for copied in (copy.copy(model), copy.deepcopy(model)):
            copied.update(SERIES[80:83])
            pd.testing.assert_frame_equal(model.predict(), before)


def test_fits_in_threads_are_those_of_one_after_the_other():
    def fit(seed):
        settings = SMALL | {"dropout": 0.2, "seed": seed}
        return Forecaster("gru", **settings).fit(SERIES).predict()["yhat"].to_numpy()

    alone = [fit(seed) for seed in (1, 2)]
    with ThreadPoolExecutor(2) as threads:
        together = [*threads.map(fit, (1, 2))]
    np.testing.assert_array_equal(together, alone)


FORKED = """
import os, sys
import pandas as pd
from rnnzoo import BackendError, Forecaster
series = pd.read_parquet(sys.argv[1])
forecaster = Forecaster("gru", horizon=3, lookback=8, units=3, epochs=1, refit=False).fit(series)
child = os.fork()
for what in (forecaster.predict, lambda: forecaster.fit(series)):
    if child == 0:
        try:
            what()
            print("computed", flush=True)
        except BackendError as error:
            print(error, flush=True)
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_a_forked_process_computes_or_says_why_not(backend, tmp_path):
    SERIES.to_parquet(tmp_path / "series.parquet")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, tmp_path / "series.parquet"],
        env=os.environ | {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    said = done.stdout.splitlines()
    assert len(said) == 2
    reason = f"forked after {backend} had started"
    assert all(line == "computed" if backend == "torch" else reason in line for line in said)


def test_a_fork_is_noticed(forecaster, monkeypatch):
    forecaster.predict()
    monkeypatch.setattr(process, "_started", os.getpid() + 1)
    with pytest.raises(BackendError, match="spawn"):
        forecaster.predict()
    with pytest.raises(BackendError, match="spawn"):
        Forecaster("gru", **SMALL).fit(SERIES)
