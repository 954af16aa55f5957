"""`rnnzoo demo`: the main job on data that come with rnnzoo's dependencies."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from ...datasets import TimeSeriesPanel, load_clips, load_dataset
from ...pipelines.forecasting import Forecaster
from ...pipelines.next_frame import NextFrame
from ...zoo.cells import serving
from ..reports.terminal import Display, console
from ..study.outputs import OutputOptions, check_folder
from ..study.study import Listeners, wait_for_uploads
from ..tasks.base import N, R, Study, Task
from ..tasks.forecast.task import Forecasting
from ..tasks.frames.task import Frames
from ..tasks.study import study

YEAR = 365
TRADING_YEAR = 252


def demo(output: Path, keep: OutputOptions) -> None:
    """Temperature a week ahead with every cell, a share price with two, next frames with one.

    Args:
        output: folder for charts and tables.
        keep: where runs are logged.
    """
    check_folder(output, (), "--output")
    out, tracker = console(), keep.tracker()
    began = time.perf_counter()
    with wait_for_uploads(tracker, out):
        files = _temperature(out, tracker).write(output)
        files += _share_price(out, tracker).write(output)
        files += _next_frames(out, tracker).write(output)
        out.print("\nCharts and tables:")
        for path in files:
            out.print(f"  {path}", soft_wrap=True)
        out.print(f"\nDone in {time.perf_counter() - began:.0f} s.")


def _temperature(out: Console, tracker: Any) -> Study:
    out.print("Seattle's daily maximum temperature, a week ahead, with every cell.")
    weather = load_dataset("seattle-weather")
    out.print(f"{len(weather):,} days; the last {YEAR} are tested on and train nothing.\n")
    forecasters = {
        name: Forecaster(name, horizon=7, lookback=28, units=16, difference="step")
        for name in serving("stateful", "closed_loop")
    }
    return _shown(Forecasting(TimeSeriesPanel.of(weather), YEAR), forecasters, out, tracker)


def _share_price(out: Console, tracker: Any) -> Study:
    out.print("\nGoogle's daily share price, a trading week ahead, compared with the random walk.")
    price = load_dataset("google-stock")
    out.print(f"{len(price):,} days; the last {TRADING_YEAR} are tested on and train nothing.\n")
    forecasters = {
        name: Forecaster(name, horizon=5, lookback=20, units=8, difference="step")
        for name in ("gru", "lstm")
    }
    return _shown(Forecasting(TimeSeriesPanel.of(price), TRADING_YEAR), forecasters, out, tracker)


def _next_frames(out: Console, tracker: Any) -> Study:
    out.print("\nTwo digits that bounce on a canvas: 10 frames are read, the next 10 rolled out.")
    clips = load_clips("moving-digits")
    out.print(f"{len(clips.test)} test clips show digits that no training clip shows.\n")
    predictors = {
        name: NextFrame(name, filters=24, epochs=14, clips_per_epoch=320) for name in ("conv_lstm",)
    }
    return _shown(Frames(clips), predictors, out, tracker)


def _shown(task: Task[N, R], networks: Mapping[str, N], out: Console, tracker: Any) -> Study[N, R]:
    with Display(out) as display:
        found = study(task, networks, Listeners(display.follow, tracker))
    found.task.show_scores(found, out)
    return found
