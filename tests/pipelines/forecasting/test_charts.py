from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from rnnzoo.pipelines.evaluation.lead_lines import DARK, lead_lines
from rnnzoo.pipelines.forecasting.backtest.charts import (
    calibration_chart,
    fan_chart,
    forecast_chart,
    lead_chart,
    pit_chart,
    reliability_chart,
)
from rnnzoo.pipelines.forecasting.backtest.result import Backtest

HORIZON, FIRST = 4, 50  # the first origin's row
WALK = np.random.default_rng(2).normal(size=200).cumsum()
TIMES = pd.date_range("2024-01-01", periods=200)
LEADS = np.arange(1, HORIZON + 1)


def made(origins=60, stride=1, ids=("walk",), baselines=("naive-last", "linear-ar")):
    """A backtest of a walk: the network misses by 0.1, 0.2, … at its leads."""
    rows = FIRST + stride * np.arange(origins)
    targets = rows[:, None] + LEADS
    known = np.repeat(WALK[rows][:, None], HORIZON, axis=1)
    count = len(ids)
    return Backtest(
        model="gru",
        name="table",
        ids=np.repeat(np.array(ids, dtype=object), origins),
        rows=np.tile(rows, count),
        origins=TIMES[np.tile(rows, count)],
        times=np.tile(TIMES.to_numpy()[targets], (count, 1)),
        truth=np.tile(WALK[targets], (count, 1)),
        forecasts={"gru": np.tile(WALK[targets] + LEADS / 10, (count, 1))}
        | {name: np.tile(known, (count, 1)) for name in baselines},
        level=np.tile(WALK[rows], count),
        scale=np.ones(count * origins),
        parameters=7,
        seconds=1.0,
        target="height",
        unit="m",
    )


def lines(figure):
    """The lines of a chart by label, `(times, values)` each."""
    found = {}
    for line in figure.axes[0].get_lines():
        days = np.asarray(line.get_xdata())
        found.setdefault(line.get_label(), []).append((days, np.asarray(line.get_ydata(), float)))
    return found


def legend(figure):
    texts = figure.legends[0].get_texts() if figure.legends else figure.axes[0].texts
    return [text.get_text() for text in texts]


WITHOUT, OTHER, LAST = (), ("linear-ar",), ("naive-last",)


@pytest.mark.parametrize(
    ("origins", "stride", "baselines"),
    [  # every two of them meet
        (1, 1, WITHOUT), (1, 3, OTHER), (1, 9, LAST),
        (2, 1, OTHER), (2, 3, LAST), (2, 9, WITHOUT),
        (16, 1, LAST), (16, 3, WITHOUT), (16, 9, OTHER),
    ],
)  # fmt: skip
def test_all_are_drawn_of_any_backtest(origins, stride, baselines, tmp_path):
    result = made(origins, stride, baselines=baselines)
    for draw in (forecast_chart, fan_chart, calibration_chart, lambda b: lead_chart([b])):
        figure = draw(result)
        figure.savefig(tmp_path / "chart.png")
        (axes,) = figure.axes
        assert axes.get_title().startswith("table") and axes.get_ylabel()
        assert len(legend(figure)) == len(set(legend(figure)))
    assert ("naive-last" in legend(forecast_chart(result))) == ("naive-last" in baselines)


@pytest.mark.parametrize("draw", [forecast_chart, fan_chart])
@pytest.mark.parametrize("stride", [1, 3, 4, 7])
def test_forecasts_start_on_a_truth_that_began_before_them(draw, stride):
    shown = lines(draw(made(20, stride)))
    ((times, truth),) = shown["truth"]
    known = dict(zip(times, truth, strict=True))
    forecasts = shown["gru"]
    for days, values in forecasts:
        assert len(days) == HORIZON + 1
        assert known[days[0]] == values[0]
    before = int((times < forecasts[0][0][0]).sum())
    assert before >= HORIZON
    rows = FIRST + stride * 19 + HORIZON - np.arange(len(truth))[::-1]
    there = ~np.isnan(truth)
    np.testing.assert_array_equal(truth[there], WALK[rows][there])
    assert there.all() == (stride <= HORIZON + 1)  # else nobody knows what lies between


def test_forecasts_do_not_overlap():
    begins = [days[0] for days, _ in lines(forecast_chart(made(60, 1)))["gru"]]
    assert (np.diff(begins) == np.timedelta64(HORIZON, "D")).all()
    assert len(begins) == 11  # of 12 the first would have but few rows before it


def test_a_missing_truth_is_a_gap():
    result = made()
    truth = np.where(result.times == TIMES[100].to_datetime64(), np.nan, result.truth)
    ((times, shown),) = lines(forecast_chart(replace(result, truth=truth)))["truth"]
    assert pd.DatetimeIndex(times[np.isnan(shown)]).tolist() == [TIMES[100]]


def test_bands_begin_at_what_is_known():
    figure = fan_chart(made())
    begins = {days[0]: values[0] for days, values in lines(figure)["gru"]}
    bands = figure.axes[0].collections
    assert legend(figure) == ["90 %", "50 %", "gru", "truth"]
    assert len(bands) == 2 * len(begins) == 8
    corners = {band.get_paths()[0].get_extents().x0 for band in bands}
    assert len(corners) == 4
    assert figure.axes[0].get_axisbelow() is True  # the grid lies behind them
    for band in bands:
        corner = band.get_paths()[0].vertices
        at = corner[corner[:, 0] == corner[:, 0].min(), 1]
        assert set(at) <= set(begins.values())


@pytest.mark.parametrize(("origins", "none"), [(1, True), (2, False), (60, False)])
def test_a_band_without_errors_says_so(origins, none):
    entries = legend(fan_chart(made(origins)))
    for name in ("90 %", "50 %"):
        assert (f"{name}: no errors yet" in entries) == none
        assert (name in entries) != none


def test_of_several_series_the_one_shown_is_named():
    several = made(ids=("a", "b"))
    for draw in (forecast_chart, fan_chart):
        assert "series b" in draw(several).axes[0].get_title()
        assert "series" not in draw(made()).axes[0].get_title()
        assert len(lines(draw(several))["truth"]) == 1


def gray(line):
    return float(np.dot(to_rgb(line.get_color()), [0.299, 0.587, 0.114]))


def labels(figure):
    """The names at the ends of lines, with their heights."""
    return {text.get_text(): text.xyann[1] for text in figure.axes[0].texts}


@pytest.mark.parametrize("horizon", [1, 7, 96])
def test_networks_and_baselines_stay_apart_in_print(horizon):
    leads, errors = np.arange(1, horizon + 1), 90 + np.arange(horizon, dtype=float) / horizon
    networks = {f"network {i}": errors + i for i in range(11)}
    baselines = {f"baseline {i}": errors - i for i in range(7)}
    figure = lead_lines(leads, networks, baselines, "title", "error", "steps ahead")
    drawn = figure.axes[0].get_lines()
    assert [line.get_label() for line in drawn] == [*networks, *baselines]  # the best first
    ours, more, others = drawn[:8], drawn[8:11], drawn[11:]
    for line in ours:
        assert gray(line) < 0.35 and line.get_linewidth() == 2
        assert line.get_linestyle() == "-" and line.get_marker() != "None"
    for line in (*more, *others):
        assert gray(line) > 0.45 and line.get_linewidth() < 1.5
        assert (line.get_marker() != "None") == (horizon == 1)  # a point has no dashes
    assert all(line.get_linestyle() == "-" for line in more)
    assert all(line.get_linestyle() != "-" for line in others)
    assert len({line.get_color() for line in ours}) == len(DARK) == 8


def test_each_line_has_its_name_at_its_end_and_no_two_overlap():
    leads = np.arange(1, 8)
    networks = {f"network {i}": np.full(7, 1 + i / 1000) for i in range(16)}
    figure = lead_lines(leads, networks, {"last": np.full(7, 1.2)}, "title", "error", "ahead")
    figure.canvas.draw()  # which lays it out
    assert set(labels(figure)) == {*networks, "last"}
    (axes,) = figure.axes
    letters = max(text.get_fontsize() for text in axes.texts) * figure.dpi / 72
    for below, above in pairwise(sorted(labels(figure).values())):
        assert (above - below) * axes.bbox.height > letters
    heights = [labels(figure)[name] for name in networks]
    assert heights == sorted(heights) and labels(figure)["last"] == max(labels(figure).values())


def test_lines_of_interest_fill_the_height_and_what_is_far_off_is_named():
    leads = np.arange(1, 8)
    networks = {f"network {i}": np.linspace(2, 3, 7) + i / 10 for i in range(3)}
    baselines = {"near": np.linspace(2.1, 3.4, 7), "walk": np.full(7, 36.0)}
    axes = lead_lines(leads, networks, baselines, "title", "error", "ahead").axes[0]
    low, high = axes.get_ylim()
    assert 1.8 < low < 2 and 3.4 < high < 3.6
    assert axes.get_xlabel() == "lead (ahead)\nabove the chart, on average: walk 36.0"
    assert "walk" not in {line.get_label() for line in axes.get_lines()}
    networks["diverged"] = np.full(7, np.nan)
    axes = lead_lines(leads, networks, baselines, "title", "error", "ahead").axes[0]
    assert axes.get_ylim() == (low, high) and "walk 36.0, diverged" not in axes.get_xlabel()
    assert "diverged inf" in axes.get_xlabel()
    worse = {"lost": np.full(7, 90.0)}  # the only network is in the picture, wherever it is
    axes = lead_lines(leads, worse, baselines, "title", "error", "ahead").axes[0]
    assert axes.get_ylim()[1] > 90


def test_where_the_truth_falls():
    backtest = made(60)
    bars: list[Any] = list(pit_chart(backtest).axes[0].patches)
    area = sum(bar.get_width() * bar.get_height() for bar in bars)
    assert area == pytest.approx(1) and len(bars) == len(backtest.reliability()) + 1
    drawn = lines(reliability_chart(backtest))
    np.testing.assert_array_equal(drawn["gru"][0][1], backtest.reliability()["share"])
    name = backtest.baselines[-1]
    first = list(lines(reliability_chart(backtest, name)))[1]  # after the diagonal
    assert first == name and name in pit_chart(backtest, name).axes[0].get_title()
