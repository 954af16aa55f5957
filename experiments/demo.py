"""`rnnzoo demo`: the main job on two series that come with rnnzoo's dependencies."""

import time
from pathlib import Path
from typing import Any

from ..datasets import load
from ..pipelines.forecasting import Forecaster
from ..zoo.cells import CELLS
from .display import Display, console
from .forecast import listeners, print_leaderboard
from .run import study

YEAR = 365
TRADING_YEAR = 252


def demo(output: Path, store: Any) -> None:
    """Temperature a week ahead with every cell, and a share price with two.

    Args:
        output: folder for charts and tables.
        store: a tracking store, or `None`.
    """
    out = console()
    began = time.perf_counter()
    out.print("Seattle's daily maximum temperature, a week ahead, with every cell.")
    weather = load("seattle-weather")
    out.print(f"{len(weather):,} days; the last {YEAR} are tested on and train nothing.\n")
    forecasters = {
        name: Forecaster(name, horizon=7, lookback=28, units=16, difference=True) for name in CELLS
    }
    with Display(out) as display:
        temperature = study(weather, forecasters, YEAR, listeners(display, store))
    print_leaderboard(temperature, YEAR, out)

    out.print("\nGoogle's daily share price, a trading week ahead, beside the random walk.")
    price = load("google-stock")
    out.print(f"{len(price):,} days; the last {TRADING_YEAR} are tested on and train nothing.\n")
    forecasters = {
        name: Forecaster(name, horizon=5, lookback=20, units=8, difference=True)
        for name in ("gru", "lstm")
    }
    with Display(out) as display:
        share = study(price, forecasters, TRADING_YEAR, listeners(display, store))
    print_leaderboard(share, TRADING_YEAR, out)
    out.print("naive-last is the random walk, the forecast to beat for a price.")

    files = [*temperature.write(output), *share.write(output)]
    out.print("\nCharts and tables:")
    for path in files:
        out.print(f"  {path}", soft_wrap=True)
    out.print(f"\nDone in {time.perf_counter() - began:.0f} s.")
    if store is not None:
        out.print(f"Every run is in {store.uri}. Set side by side: rnnzoo compare")
        out.print("The dashboard: rnnzoo ui, then open http://127.0.0.1:5000")
