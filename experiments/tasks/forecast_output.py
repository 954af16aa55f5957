"""`rnnzoo forecast`: one table, several networks, a leaderboard, and what follows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from ...datasets import FutureCovariates, TimeSeriesPanel
from ...errors import ArgumentError, whole_number
from ...pipelines.forecasting import Ensemble, Forecaster
from ...pipelines.storage.names import whole
from ..config.own_cells import labelled
from ..reports.tables import print_comparison
from ..reports.terminal import Display, console, frame_table, leaderboard_table, print_table
from ..study.outputs import OutputOptions, check_folder, model_folder
from ..study.provenance import Provenance
from ..study.study import Listeners, wait_for_uploads
from .forecast import Study, split, study

SHOWN = 24  # rows of the forecast that are printed
SAID = 6  # networks whose recipes are told: of more it would fill the screen
WALKERS = 3  # networks that are shown beside the random walk


def forecast(
    panel: TimeSeriesPanel,
    cells: list[str],
    settings: dict[str, Any],
    *,
    seeds: int,
    aggregation: str,
    test_rows: int | None,
    audit: bool,
    keep: OutputOptions,
    future_rows: Path | None,
    warm_up: bool = False,
) -> None:
    """Tries some cells with the same settings, as `compete` does.

    Args:
        panel: what to forecast.
        cells: names of cells, or `module:Class` of a user's own.
        settings: arguments of every `Forecaster`.
        seeds: times that each network is fitted; with more than one they forecast together.
        aggregation: how they do, `"mean"` or `"median"`.
        test_rows, audit, keep, future_rows, warm_up: as of `compete`.
    """
    whole_number("seeds", seeds)
    forecasters: dict[str, Forecaster | Ensemble] = {}
    for label, cell in labelled(cells).items():
        one = Forecaster(cell, **settings)
        together = Ensemble([one], aggregation, seeds)
        forecasters |= {label: one} if seeds == 1 else {together.name: together}
    compete(
        panel,
        forecasters,
        test_rows=test_rows,
        audit=audit,
        keep=keep,
        future_rows=future_rows,
        warm_up=warm_up,
    )


def compete(
    panel: TimeSeriesPanel,
    forecasters: Mapping[str, Forecaster | Ensemble],
    *,
    test_rows: int | None,
    audit: bool,
    keep: OutputOptions,
    future_rows: Path | None,
    origin: Provenance | None = None,
    warm_up: bool = False,
) -> Study:
    """Fits, backtests, prints, and saves. Nothing is written before all inputs are checked.

    Args:
        panel: what to forecast.
        forecasters: by label.
        test_rows: times at the end of the table that no fit sees; by default a fifth of the
            shortest series.
        audit: prove that no forecast or score knows what came later, and say how.
        keep: what is kept.
        future_rows: table with known-future covariates after the end of each series.
        origin: what the study was made from.
        warm_up: show how the error of the best network falls with the history that it reads.
    """
    test_rows = checked_rows(panel, forecasters, test_rows, keep.save, future_rows)
    out = console()
    for repair in panel.repairs:
        out.print(f"Repaired: {repair}")
    tracker = keep.tracker()
    with wait_for_uploads(tracker, out, origin):
        with Display(out) as display:
            follow = Listeners(display.follow, tracker)
            found = study(panel, forecasters, test_rows, follow, audit, origin, keep.checkpoints)
        print_leaderboard(found, test_rows, out)
        if audit:
            out.print(f"\n{found.best}: {found.backtests[found.best].audit}")
        _print_recipes(found, out)
        if warm_up:
            _print_warm_up(found, out)
        ahead = _ahead(found, future_rows, out)
        if keep.save is not None:
            _save(found, ahead, keep.save)
            out.print(f"\nModels, charts and tables are in {keep.save}")
    return found


def _print_recipes(found: Study, out: Console) -> None:
    """What follows from the data, of each network once: seeds take the same."""
    told = {}
    for network in found.forecasters.values():
        one = network.members_[0] if isinstance(network, Ensemble) else network
        recipe = one.recipe_
        told[one.cell_name, recipe.why] = (
            f"{one.cell_name}: a {recipe.strategy.replace('_', ' ')} network, {recipe.why}; "
            f"look-back {recipe.lookback}, {recipe.units} units"
        )
    if len(told) <= SAID:
        out.print("\n" + "\n".join(told.values()), soft_wrap=True)


def _print_warm_up(found: Study, out: Console) -> None:
    best = found.forecasters[found.best]
    recipe = (best.members_[0] if isinstance(best, Ensemble) else best).recipe_
    if recipe.strategy == "segment":
        out.print(f"\n{found.best} reads {recipe.lookback} rows, and nothing before them.")
        return
    table = best.error_by_history(found.panel)
    print_table(out, f"\nError of {found.best} by the history that it has read", frame_table(table))
    out.print("chunks: look-backs read from a state of zero; mae: over all leads.")


def _ahead(found: Study, future_rows: Path | None, out: Console) -> pd.DataFrame | None:
    """What follows the data by the best network, printed; nothing without its covariates."""
    for forecaster in found.forecasters.values():
        forecaster.warm_up(found.panel)
    if found.panel.schema.future and future_rows is None:
        out.print("\nTo forecast beyond the data, give the covariates there: --future-rows FILE")
        return None
    ahead = found.forecasters[found.best].predict(future=future_rows)
    _print_forecast(ahead, _who(found), out)
    return ahead


def _who(found: Study) -> str:
    seeds = len(found.comparison.networks[0].scores)
    return f"{found.best}, the first of the {seeds} seeds" if seeds > 1 else found.best


def checked_rows(
    panel: TimeSeriesPanel,
    forecasters: Mapping[str, Forecaster | Ensemble],
    test_rows: int | None,
    save: Path | None,
    future_rows: Path | None,
) -> int:
    """The rows to test on, once everything is seen to fit: errors come before the work."""
    for forecaster in forecasters.values():
        forecaster.check()
    horizon = max(forecaster.horizon for forecaster in forecasters.values())
    if test_rows is None:
        test_rows = max(horizon, min(map(len, panel)) // 5)
    whole_number("test_rows", test_rows, at_least=horizon)
    for forecaster in forecasters.values():
        forecaster.plan(panel, reserved=split(panel, test_rows).kept)
    schema = panel.schema
    if future_rows is not None:
        if not schema.future:
            raise ArgumentError("--future-rows holds the columns of --future: name them there.")
        ahead = FutureCovariates(future_rows, schema)
        for series in panel:
            ahead.rows(schema.times_after(series.times[-1], horizon), series.unique_id)
    if save is not None:
        check_folder(save, forecasters)
    return test_rows


def print_leaderboard(found: Study, test_rows: int, out: Console) -> None:
    """The errors of networks and baselines, and what there is to know beside them."""
    backtest, schema = found.first, found.panel.schema
    series = f", {len(found.panel):,} series" if len(found.panel) > 1 else ""
    title = (
        f"\n{schema.name}{series}: {backtest.horizon} steps ahead, "
        f"tested on the last {test_rows:,} rows ({len(backtest.origins):,} origins)"
    )
    headings = {"mae": f"MAE, {schema.unit}" if schema.unit else "MAE"}
    headings |= {"rmse": "RMSE", "mase": "MASE"}
    error = found.error
    table = leaderboard_table(
        found.leaderboard,
        found.by_lead,
        out.width,
        error=error,
        heading=headings.pop(error),
        others=headings,
    )
    print_table(out, title, table)
    out.print(
        f"lead k: {error.upper()} k steps ahead. "
        f"skill: share of the error of {backtest.reference} that is avoided."
    )
    members = found.backtests[found.best].members
    if members is not None:
        alone = members[error]
        out.print(
            f"One network alone, of the {len(members)} that forecast together: {error.upper()} "
            f"{alone.mean():.3f} ± {alone.std():.3f}"
        )
    print_comparison(found.comparison, out)
    # who forecasts differences takes the last value for the thing to beat
    if backtest.is_random_walk_like or any(one.difference for one in found.forecasters.values()):
        _print_random_walk(found, out)


def _print_random_walk(found: Study, out: Console) -> None:
    """Where the last value is hard to beat, as of prices, no error is shown alone.

    Of many networks the best `WALKERS` are shown; --save writes all.
    """
    best = [model for model in found.leaderboard["model"] if model in found.backtests][:WALKERS]
    table = found.random_walk
    table = table[table["model"].isin(best)]
    shown = pd.DataFrame(
        {
            "model": table["model"],
            "lead": table["step"],
            "RMSE / random walk": _intervals(table, "ratio", "lower", "upper", "{:.3f}"),
            "up or down called right": _intervals(table, "right", "right_lower", "right_upper"),
            "always the more frequent": table["majority"].map("{:.1%}".format),
            "p": table["p"].map("{:.2g}".format),
            "calls": table["calls"],
        }
    )
    print_table(out, "\nBeside the random walk, with 95 % intervals", frame_table(shown))
    out.print(
        "p: of calling no better than always the more frequent direction. calls: as many "
        "independent ones tell as much."
    )


def _intervals(
    table: pd.DataFrame, value: str, lower: str, upper: str, form: str = "{:.1%}"
) -> list[str]:
    columns = zip(table[value], table[lower], table[upper], strict=True)
    known, bare = f"{form} [{form}, {form}]", form  # too few origins bound nothing
    return [(bare if np.isnan(row[1]) else known).format(*row) for row in columns]


def _print_forecast(ahead: pd.DataFrame, cell: str, out: Console) -> None:
    several = ahead["unique_id"].nunique() > 1
    shown = ahead[[*(["unique_id"] if several else []), "ds", "yhat"]].head(SHOWN)
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
