"""`rnnzoo forecast`: one table, several networks, a leaderboard, and what follows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from ..datasets import Series
from ..datasets import future_rows as read_future
from ..errors import ArgumentError, whole_number
from ..pipelines.forecasting import Forecaster
from .display import Display, console, frame_table, leaderboard_table
from .journal import Listener
from .run import Study, study

SHOWN = 24  # rows of the forecast that are printed


def forecast(
    series: Series,
    cells: list[str],
    settings: dict[str, Any],
    *,
    test_rows: int | None,
    open_store: Callable[[], Any] | None,
    save: Path | None,
    future_rows: Path | None,
) -> None:
    """Fits, backtests, prints, and saves. Nothing is written before all inputs are checked.

    Args:
        series: what to forecast.
        cells: names of cells.
        settings: arguments of every `Forecaster`.
        test_rows: rows at the end that no fit sees; by default a fifth.
        open_store: opens the tracking store; `None` tracks nothing.
        save: folder for models, charts, tables and the forecast.
        future_rows: table with known-future covariates after the end of the series.
    """
    forecasters = {name: Forecaster(name, **settings) for name in cells}
    for forecaster in forecasters.values():
        forecaster.check()
    horizon = settings["horizon"]
    if test_rows is None:
        test_rows = max(horizon, len(series) // 5)
    whole_number("test_rows", test_rows, at_least=horizon)
    for forecaster in forecasters.values():
        forecaster.plan(series[:-test_rows])
    schema = series.schema
    known_ahead = not schema.future or future_rows is not None
    if known_ahead:  # a table that does not fit is told before the work, not after it
        read_future(future_rows, schema, schema.times_after(series.times[-1], horizon))
    if save is not None and save.exists() and not save.is_dir():
        raise ArgumentError(f"{save} is a file: name a folder for --save.")

    out = console()
    for repair in series.repairs:
        out.print(f"Repaired: {repair}")
    store = None if open_store is None else open_store()
    with Display(out) as display:
        found = study(series, forecasters, test_rows, listeners(display, store))
    print_leaderboard(found, test_rows, out)
    ahead = None
    for forecaster in found.forecasters.values():
        forecaster.warm_up(series)
    if known_ahead:
        ahead = found.forecasters[found.best].predict(future=future_rows)
        _print_forecast(ahead, found.best, out)
    if save is not None:
        _save(found, ahead, save)
        out.print(f"\nModels, charts and tables are in {save}")
    if store is not None:
        out.print(f"\nRuns are in {store.uri}. See them with: rnnzoo compare, rnnzoo ui")


def listeners(display: Display, store: Any) -> Callable[[str], list[Listener]]:
    """Who follows each run: the display, and the tracking store if there is one."""

    def of(run: str) -> list[Listener]:
        if store is None:
            return [display.follow(run)]
        return [display.follow(run), store.projection()]

    return of


def print_leaderboard(found: Study, test_rows: int, out: Console) -> None:
    backtest = next(iter(found.backtests.values()))
    title = (
        f"{found.series.schema.name}: {backtest.horizon} steps ahead, "
        f"tested on the last {test_rows:,} rows ({len(backtest.origins):,} origins)"
    )
    out.print()
    out.print(leaderboard_table(found.leaderboard, found.by_lead, found.series.schema.unit, title))
    out.print(
        f"lead k: MAE k steps ahead. skill: share of the error of {backtest.reference} avoided"
    )


def _print_forecast(ahead: pd.DataFrame, cell: str, out: Console) -> None:
    out.print()
    shown = ahead[["ds", "yhat"]].head(SHOWN)
    if (shown["ds"] == shown["ds"].dt.normalize()).all():
        shown = shown.assign(ds=shown["ds"].dt.date)
    out.print(frame_table(shown, f"What follows, by {cell}"))
    if len(ahead) > SHOWN:
        out.print(f"… and {len(ahead) - SHOWN} rows more, written with --save DIR")


def _save(found: Study, ahead: pd.DataFrame | None, folder: Path) -> None:
    found.write(folder)
    for name, forecaster in found.forecasters.items():
        forecaster.save(folder / f"model-{name}")
    if ahead is not None:
        ahead.to_csv(folder / "forecast.csv", index=False)
