"""What a notebook shows of data and results: little, the verdict, and pictures by themselves."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import (
    AutoForecaster,
    Backtest,
    Clips,
    Ensemble,
    Forecaster,
    NextFrame,
    TimeSeries,
    TimeSeriesPanel,
    read_clips,
    read_panel,
    read_series,
)
from rnnzoo.experiments.tasks.forecast.task import Forecasting
from rnnzoo.experiments.tasks.study import study

TINY = dict(horizon=3, lookback=8, units=2, epochs=1)
COLUMNS = dict(time="day", target="sales")
LETTERS = 400  # of the longest text
SIGNATURE = b"\x89PNG"


@pytest.fixture(scope="module")
def shown(waves):
    """What users meet at the end of a cell, by what it is."""
    panel = read_panel(waves, **COLUMNS, past=["wind"], unit="<b>")
    forecaster = Forecaster("gru", **TINY).fit(panel[:300])
    several = pd.concat([waves.assign(unique_id=one) for one in ("a<b", "c")])
    two = read_panel(several, **COLUMNS)
    films = read_clips(np.random.default_rng(0).random((20, 4, 8, 8), "float32"), 4)
    frames = NextFrame(context=2, horizon=2, filters=2, layers=1, patch=4, epochs=1).fit(films)
    networks = {"gru": Forecaster("gru", **TINY), "rnn": Forecaster("rnn", **TINY)}
    auto = AutoForecaster(horizon=3, effort="quick", max_minutes=0.001).fit(panel[:300])
    evaluation = frames.evaluate(films)
    return {
        "series": read_series(waves, **COLUMNS, past=["wind"]),
        "panel": two,
        "clips": films,
        "backtest": forecaster.backtest(panel),
        "alone": forecaster.backtest(panel, baselines=[]),
        "of several": Forecaster("gru", **TINY).fit(two[:300]).backtest(two),
        "evaluation": evaluation,
        "sample": evaluation.samples[0],
        "study": study(Forecasting(panel, 90), networks),
        "fitted": forecaster.fitted_,
        "fitted ensemble": Ensemble([Forecaster("gru", **TINY)], n_seeds=2).fit(panel).fitted_,
        "fitted auto": auto.fitted_,
        "fitted frames": frames.fitted_,
    }


RESULTS = ("backtest", "alone", "of several", "evaluation", "study")
DATA = ("series", "panel", "clips")


def test_all_of_them_are_short(shown):
    for name, one in shown.items():
        text = repr(one)
        assert len(text) <= LETTERS and text.startswith("<"), (name, text)
        assert "array(" not in text


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_its_verdict_and_the_leaderboard(shown, name):
    one = shown[name]
    page = one._repr_html_()
    assert one.verdict in repr(one)
    for model in one.leaderboard["model"]:
        assert f"<td>{model}</td>" in page
    assert "<b>" not in page and "a<b" not in page  # names come from outside
    assert len(page) < 10_000


@pytest.mark.parametrize("name", DATA)
def test_data_say_what_they_hold(shown, name):
    page = shown[name]._repr_html_()
    assert "a<b" not in page and len(page) < 5000
    said = {
        "series": ("400 rows of step D", "2020-01-01 to 2021-02-03", "past wind", "2021-02-02"),
        "panel": ("2 series of 400 rows", "a&lt;b", "2021-02-03"),
        "clips": ("4 frames of 8 × 8 × 1", "training 13", "3 for validation", "4 for test"),
    }
    for part in said[name]:
        assert part in page, page


def test_the_verdict_compares_with_the_best_baseline(shown):
    result = shown["backtest"]
    board = result.leaderboard.set_index("model")["mae"]
    best = board.drop("gru").idxmin()
    share = 100 * abs(1 - board["gru"] / board[best])
    less = "less" if board["gru"] < board[best] else "more"
    assert f"{share:.1f} % {less} than {best}, the best baseline" in result.verdict
    assert "p = " in result.verdict or "p < 0.001" in result.verdict
    assert result.p_against(result.reference) == pytest.approx(
        result.leaderboard.set_index("model")["p"]["gru"]
    )
    assert "without a baseline" in shown["alone"].verdict
    clips = shown["evaluation"]
    assert f"than {clips.reference}, the best baseline" in clips.verdict
    assert "of 4 clips" in clips.verdict


@pytest.mark.parametrize("name", ["backtest", "alone", "of several", "evaluation"])
def test_charts_show_by_themselves(shown, name):
    for chart in (shown[name].plot(), shown[name].plot_leads()):
        assert chart._repr_png_().startswith(SIGNATURE)
        assert chart.axes


def test_a_clip_that_is_not_held(shown):
    assert shown["evaluation"].plot(clip=3)._repr_png_().startswith(SIGNATURE)
    with pytest.raises(ValueError, match="4 clips are held, 0 to 3. Received: clip=4"):
        shown["evaluation"].plot(clip=4)


def test_data_without_rows_are_shown_too(shown):
    assert "0 rows" in repr(shown["series"][:0])
    assert "0 rows" in shown["series"][:0]._repr_html_()
    assert "2 series of 0 rows" in shown["panel"][:0]._repr_html_()


def test_the_types_are_those_that_are_exported(shown):
    kinds = (TimeSeries, TimeSeriesPanel, Clips, Backtest)
    assert [type(shown[name]) for name in (*DATA, "backtest")] == [*kinds]
