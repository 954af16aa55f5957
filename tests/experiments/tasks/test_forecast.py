"""The forecast of what follows as a chart, and the report of a study with several networks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rnnzoo import Forecaster, read_panel
from rnnzoo.experiments.tasks.forecast.ahead import Ahead, ahead_chart
from rnnzoo.experiments.tasks.forecast.files import interval_scores
from rnnzoo.experiments.tasks.forecast.report import study_report
from rnnzoo.experiments.tasks.forecast.task import Forecasting
from rnnzoo.experiments.tasks.study import study


@pytest.fixture(scope="module")
def panel(waves):
    shops = [waves[:150][["day", "sales"]].assign(unique_id=name) for name in ("north", "south")]
    frame = pd.concat(shops, ignore_index=True)
    frame.loc[frame.index[-2:], "sales"] = np.nan
    how = {"missing": "mask", "unit": "kg"}
    return read_panel(frame, time="day", target="sales", name="shops", **how)


@pytest.fixture(scope="module")
def found(panel):
    tiny = {"horizon": 2, "lookback": 8, "units": 2, "epochs": 1}
    networks = {cell: Forecaster(cell, **tiny) for cell in ("gru", "elman")}
    return study(Forecasting(panel, 30), networks)


@pytest.fixture(scope="module")
def ahead(found, panel):
    table = found.networks["gru"].retrained(panel).predict(level=[80, 95])
    notes = ("<b>few</b>",)
    return Ahead("gru", "The forecast is that of gru.", notes, table.assign(model="gru"), None)


def test_the_forecast_is_drawn_from_the_last_known_value(ahead, panel):
    (axes,) = (figure := ahead_chart(ahead.table, panel)).axes
    history, forecast = axes.get_lines()
    known = panel.series[-1].values(["y"])[:-2, 0]
    assert forecast.get_ydata()[0] == known[-1]
    own = ahead.table[ahead.table["unique_id"] == "south"]
    np.testing.assert_array_equal(forecast.get_ydata()[1:], own["yhat"])
    assert len(history.get_ydata()) == 40
    assert axes.get_title() == "south: 2 steps ahead"
    assert axes.get_ylabel() == "sales (kg)"
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["history", "95 %", "80 %", "gru"]
    bands = [band.get_paths()[0].vertices[:, 1] for band in axes.collections]
    assert max(bands[0]) == own["yhat-hi-95"].max() and min(bands[1]) == own["yhat-lo-80"].min()


def test_scores_of_intervals_have_each_model_once(found):
    table = interval_scores(found)
    assert sorted(table["model"]) == sorted(found.leaderboard["model"])
    assert table["crps"].is_monotonic_increasing
    for name, test in found.tests.items():
        own = test.distributions.set_index("model")
        assert own.loc[name].equals(table.set_index("model").loc[name].rename(name))
        for other in test.baselines:
            assert own.loc[other, "crps"] == table.set_index("model").loc[other, "crps"]


def test_the_report_of_a_study_shows_all_models_and_what_follows(found, ahead, panel):
    page = study_report(found, panel, ahead)
    for model in found.leaderboard["model"]:
        assert page.count(f"</span>{model}</td>") == 2  # errors and intervals
    assert "The forecast is that of gru." in page
    assert "&lt;b&gt;few&lt;/b&gt;" in page
    assert "Of 2 series the last one is shown." in page
    assert page.count("data:image/png") == 5
    by_baseline = replace(ahead, model="ets")
    assert "the forecast by ets" in study_report(found, panel, by_baseline)
    alone = study_report(found, panel, None)
    assert alone.count("data:image/png") == 4 and "What follows" not in alone
