"""`rnnzoo predict`: the forecast of a saved model is that of the same model in Python."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rnnzoo import AutoForecaster, Ensemble, Forecaster, NextFrame, read_clips
from rnnzoo.experiments.cli.app import app
from typer.testing import CliRunner

TINY = dict(horizon=3, lookback=8, units=2, epochs=1)
COLUMNS = dict(time="day", target="sales", past=["wind"])
KINDS: dict[str, Any] = {
    "forecaster": Forecaster,
    "ensemble": Ensemble,
    "auto": AutoForecaster,
}


def rnnzoo(*arguments, stdin=None):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture(scope="module")
def models(waves, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    estimators: dict[str, Any] = {
        "forecaster": Forecaster("gru", **TINY),
        "ensemble": Ensemble([Forecaster("gru", **TINY)], n_seeds=2),
        "auto": AutoForecaster(horizon=3, effort="quick", max_minutes=0.001),
    }
    for kind, one in estimators.items():
        one.fit(waves[:300], **COLUMNS).save(folder / kind)
    known = Forecaster("gru", **TINY).fit(waves[:300], **COLUMNS, future=["holiday"])
    known.save(folder / "known")
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [None, 50])
def test_rows_that_continue_are_read_on(kind, level, models, waves, here):
    waves[300:304].to_csv("new.csv", index=False)
    option = () if level is None else ("--level", level)
    done = rnnzoo("predict", models / kind, "new.csv", "--out", "next.csv", *option)
    assert done.exit_code == 0, done.output
    assert "It follows 4 rows that continue those saved with the model" in done.output
    expected = KINDS[kind].load(models / kind).update(waves[300:304])
    expected = expected.predict(level=[80, 95] if level is None else [level])
    found = pd.read_csv("next.csv", parse_dates=["ds", "cutoff"])
    assert [*found.columns] == [*expected.columns, "model"]
    assert (found["ds"] == pd.date_range(waves["day"][303], periods=4)[1:]).all()
    numbers = [name for name in expected.columns if name.startswith("yhat")]
    np.testing.assert_allclose(found[numbers], expected[numbers], rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_any_other_table_is_a_history(kind, models, waves, here):
    waves[100:].to_csv("all.csv", index=False)
    done = rnnzoo("predict", models / kind, "-", "--quantile", "0.1,0.9", "--out", "-",
                  stdin=waves[100:].to_csv(index=False))  # fmt: skip
    assert done.exit_code == 0, done.output
    expected = KINDS[kind].load(models / kind).predict("all.csv", quantiles=[0.1, 0.9])
    found = pd.read_csv(io.StringIO(done.stdout))
    for column in ("yhat", "yhat-ql0.1", "yhat-ql0.9"):
        np.testing.assert_allclose(found[column], expected[column], rtol=1e-6)


def test_without_a_table_it_follows_the_fitted_rows(models, here):
    done = rnnzoo("predict", models / "forecaster")
    assert done.exit_code == 0, done.output
    assert "It follows the rows saved with the model." in done.output
    assert "2020-10-27" in done.output and "yhat-lo-80" in done.output


def test_covariates_known_ahead(models, waves, here):
    waves[300:303].to_csv("new.csv", index=False)
    waves[["day", "holiday"]][303:306].to_csv("ahead.csv", index=False)
    refused = rnnzoo("predict", models / "known", "new.csv")
    assert refused.exit_code == 2 and "known-future columns 'holiday'" in refused.output
    done = rnnzoo("predict", models / "known", "new.csv", "--future-rows", "ahead.csv")
    assert done.exit_code == 0, done.output
    assert "2020-10-30" in done.output


def test_of_several_series_those_in_the_table_are_forecast(waves, here):
    two = pd.concat([waves.assign(unique_id=one, sales=waves["sales"] * k)
                     for k, one in enumerate(("east", "west"), 1)])  # fmt: skip
    Forecaster("gru", **TINY).fit(two[two["day"] < "2020-10-01"], time="day", target="sales") \
        .save("model")  # fmt: skip
    new = two[(two["day"] >= "2020-10-01") & (two["day"] < "2020-10-05")]
    new.to_csv("new.csv", index=False)
    done = rnnzoo("predict", "model", "new.csv", "--out", "-")
    assert done.exit_code == 0, done.output
    found = pd.read_csv(io.StringIO(done.stdout))
    assert found["unique_id"].tolist() == ["east"] * 3 + ["west"] * 3
    new[new["unique_id"] == "west"].to_csv("west.csv", index=False)
    alone = pd.read_csv(io.StringIO(rnnzoo("predict", "model", "west.csv", "--out", "-").stdout))
    assert alone["unique_id"].tolist() == ["west"] * 3
    np.testing.assert_allclose(alone["yhat"], found["yhat"][3:], rtol=1e-5)
    refused = rnnzoo("predict", "model", "west.csv", "--level", "much")
    assert refused.exit_code == 2 and "--level takes numbers" in refused.output
    new[new["unique_id"] == "west"].assign(unique_id="north").to_csv("north.csv", index=False)
    refused = rnnzoo("predict", "model", "north.csv")
    assert refused.exit_code == 2 and "unseen series" in refused.output


def test_rows_that_neither_continue_nor_suffice(models, waves, here):
    waves[350:353].to_csv("new.csv", index=False)
    for kind in KINDS:
        refused = rnnzoo("predict", models / kind, "new.csv")
        assert refused.exit_code == 2, refused.output
        assert "Give more history, or the rows from 2020-10-27 on." in refused.output
    waves[300:303].to_csv("new.csv", index=False)  # the remedy
    assert rnnzoo("predict", models / kind, "new.csv").exit_code == 0


def test_nothing_is_overwritten_without_a_word(models, here):
    (here / "next.csv").write_text("mine")
    refused = rnnzoo("predict", models / "forecaster", "--out", "next.csv")
    assert refused.exit_code == 2 and "next.csv is there already" in refused.output
    assert (here / "next.csv").read_text() == "mine"
    done = rnnzoo("predict", models / "forecaster", "--out", "next.csv", "--overwrite")
    assert done.exit_code == 0, done.output
    assert len(pd.read_csv("next.csv")) == 3
    for out, said in {
        "next.txt": "written as .csv",
        "there/next.csv": "There is no folder there",
        ".": "written as .csv",
    }.items():
        refused = rnnzoo("predict", models / "forecaster", "--out", out)
        assert refused.exit_code == 2 and said in refused.output, refused.output
    assert sorted(path.name for path in here.iterdir()) == ["next.csv"]


def test_folders_that_hold_no_forecaster(models, here):
    refused = rnnzoo("predict", models)
    assert refused.exit_code == 2 and "Name one of those in it" in refused.output
    assert str(models / "ensemble") in refused.output
    refused = rnnzoo("predict", here)
    assert refused.exit_code == 2 and "There is no rnnzoo model in" in refused.output
    films = np.random.default_rng(0).random((12, 4, 8, 8), "float32")
    frames = NextFrame(context=2, horizon=2, filters=2, layers=1, patch=4, epochs=1)
    frames.fit(read_clips(films, 4)).save("frames")
    refused = rnnzoo("predict", "frames")
    assert refused.exit_code == 2 and "forecasts no table" in refused.output
    (here / "frames" / "manifest.json").write_text("{}")
    refused = rnnzoo("predict", "frames")
    assert refused.exit_code == 2 and "manifest.json is damaged" in refused.output


def test_a_model_with_a_cell_of_ones_own(waves, here):
    (here / "leaky_of_mine.py").write_text(
        "import keras\n\n\nclass Leaky(keras.layers.SimpleRNNCell):\n    pass\n"
    )
    waves[:200].to_csv("waves.csv", index=False)
    done = rnnzoo("forecast", "waves.csv", "--time", "day", "--target", "sales", "--cell",
                  "leaky_of_mine:Leaky", "--horizon", 3, "--lookback", 8, "--units", 2,
                  "--epochs", 1, "--no-tracking", "--save", "out", "--model", "Leaky")  # fmt: skip
    assert done.exit_code == 0, done.output
    done = rnnzoo("predict", "out/model-Leaky", "--own-code", "leaky_of_mine")
    assert done.exit_code == 0, done.output
    refused = rnnzoo("predict", "out/model-Leaky", "--own-code", "no_such_module")
    assert refused.exit_code == 2 and "cannot be imported" in refused.output
