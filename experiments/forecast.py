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
from .display import Display, console, frame_table, leaderboard_table, print_table
from .files import check_folder, model_folder, whole
from .forecast_study import Study, study
from .run import listeners

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
    test_rows = _checked(series, forecasters, test_rows, save, future_rows)
    out = console()
    for repair in series.repairs:
        out.print(f"Repaired: {repair}")
    store = None if open_store is None else open_store()
    with Display(out) as display:
        found = study(series, forecasters, test_rows, listeners(display.follow, store))
    print_leaderboard(found, test_rows, out)
    ahead = None
    for forecaster in found.forecasters.values():
        forecaster.warm_up(series)
    if not series.schema.future or future_rows is not None:
        ahead = found.forecasters[found.best].predict(future=future_rows)
        _print_forecast(ahead, found.best, out)
    else:
        out.print("\nTo forecast beyond the data, give the covariates there: --future-rows FILE")
    if save is not None:
        _save(found, ahead, save)
        out.print(f"\nModels, charts and tables are in {save}")
    if store is not None:
        out.print(f"\nRuns are in {store.uri}. See them with: rnnzoo compare, rnnzoo ui")


def _checked(
    series: Series,
    forecasters: dict[str, Forecaster],
    test_rows: int | None,
    save: Path | None,
    future_rows: Path | None,
) -> int:
    """The rows to test on, once everything is seen to fit: errors come before the work."""
    for forecaster in forecasters.values():
        forecaster.check()
    horizon = max(forecaster.horizon for forecaster in forecasters.values())
    if test_rows is None:
        test_rows = max(horizon, len(series) // 5)
    whole_number("test_rows", test_rows, at_least=horizon)
    for forecaster in forecasters.values():
        forecaster.plan(series, reserved=test_rows)
    schema = series.schema
    if future_rows is not None:
        if not schema.future:
            raise ArgumentError("--future-rows holds the columns of --future: name them there.")
        read_future(future_rows, schema, schema.times_after(series.times[-1], horizon))
    if save is not None:
        check_folder(save, forecasters)
    return test_rows


def print_leaderboard(found: Study, test_rows: int, out: Console) -> None:
    backtest = next(iter(found.backtests.values()))
    unit = found.series.schema.unit
    title = (
        f"\n{found.series.schema.name}: {backtest.horizon} steps ahead, "
        f"tested on the last {test_rows:,} rows ({len(backtest.origins):,} origins)"
    )
    table = leaderboard_table(
        found.leaderboard,
        found.by_lead,
        out.width,
        error="mae",
        heading=f"MAE, {unit}" if unit else "MAE",
        others={"rmse": "RMSE", "mase": "MASE"},
    )
    print_table(out, title, table)
    out.print(
        "lead k: MAE k steps ahead. "
        f"skill: share of the error of {backtest.reference} that is avoided."
    )


def _print_forecast(ahead: pd.DataFrame, cell: str, out: Console) -> None:
    shown = ahead[["ds", "yhat"]].head(SHOWN)
    if (shown["ds"] == shown["ds"].dt.normalize()).all():
        shown = shown.assign(ds=shown["ds"].dt.date)
    print_table(out, f"\nWhat follows, by {cell}", frame_table(shown))
    if len(ahead) > SHOWN:
        out.print(f"… and {len(ahead) - SHOWN} rows more, written with --save DIR")


def _save(found: Study, ahead: pd.DataFrame | None, folder: Path) -> None:
    found.write(folder)
    for name, forecaster in found.forecasters.items():
        forecaster.save(model_folder(folder, name))
    if ahead is not None:
        with whole(folder / "forecast.csv") as path:
            ahead.to_csv(path, index=False)
