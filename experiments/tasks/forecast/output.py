"""Forecasts on the terminal: a leaderboard, what was chosen for the networks, what follows."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from rich.console import Console

from ....datasets import TimeSeriesPanel
from ....pipelines.forecasting import Backtest, Ensemble, Forecaster
from ...reports.tables import print_comparison
from ...reports.terminal import frame_table, leaderboard_table, print_table
from ..base import Study
from .files import random_walk

Found: TypeAlias = Study[Forecaster | Ensemble, Backtest]

SHOWN = 24  # rows of the forecast that are printed
SAID = 6  # networks whose recipes are printed: more would fill the screen
WALKERS = 3  # networks that are compared with the random walk


def print_recipes(networks: Iterable[Forecaster | Ensemble], out: Console) -> None:
    """Prints the settings that follow from the data, once per model: seeds take the same."""
    lines = {}
    for network in networks:
        one = network.members_[0] if isinstance(network, Ensemble) else network
        recipe = one.recipe_
        lines[one.cell_name, recipe.why] = (
            f"{one.cell_name}: a {recipe.strategy.replace('_', ' ')} network, {recipe.why}; "
            f"look-back {recipe.lookback}, {recipe.units} units"
        )
    if len(lines) <= SAID:
        out.print("\n" + "\n".join(lines.values()), soft_wrap=True)


def print_warm_up(found: Found, panel: TimeSeriesPanel, out: Console) -> None:
    """Prints how the error of the best network falls with the history that it has read."""
    best = found.networks[found.best]
    recipe = (best.members_[0] if isinstance(best, Ensemble) else best).recipe_
    if recipe.strategy == "segment":
        out.print(f"\n{found.best} reads {recipe.lookback} rows, and nothing before them.")
        return
    table = best.error_by_history(panel)
    print_table(out, f"\nError of {found.best} by the history that it has read", frame_table(table))
    out.print("lookbacks: read from a state of zero; mae: over all leads.")


def what_follows(
    found: Found, panel: TimeSeriesPanel, future_rows: Path | None, out: Console
) -> pd.DataFrame | None:
    """What follows the data by the best network, printed; nothing without its covariates.

    All networks have then read to the end of the data.
    """
    for network in found.networks.values():
        network.warm_up(panel)
    if panel.schema.future and future_rows is None:
        out.print("\nTo forecast beyond the data, give the covariates there: --future-rows FILE")
        return None
    ahead = found.networks[found.best].predict(future=future_rows)
    _print_forecast(ahead, _who(found), out)
    return ahead


def _who(found: Found) -> str:
    seeds = len(found.comparison.networks[0].scores)
    return f"{found.best}, the first of the {seeds} seeds" if seeds > 1 else found.best


def print_leaderboard(
    found: Found, panel: TimeSeriesPanel, test_rows: int | None, out: Console
) -> None:
    """Prints the errors of networks and baselines, and how to read them."""
    backtest, schema = found.first, panel.schema
    series = f", {len(panel):,} series" if len(panel) > 1 else ""
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
    members = found.tests[found.best].members
    if members is not None:
        alone = members[error]
        out.print(
            f"One network alone, of the {len(members)} that forecast together: {error.upper()} "
            f"{alone.mean():.3f} ± {alone.std():.3f}"
        )
    print_comparison(found.comparison, out)
    # who forecasts differences takes the last value for the thing to beat
    if backtest.is_random_walk_like or any(one.difference for one in found.networks.values()):
        _print_random_walk(found, out)


def _print_random_walk(found: Found, out: Console) -> None:
    """Where the last value is hard to beat, as of prices, no error is shown alone.

    Of many networks the best `WALKERS` are shown; --save writes all.
    """
    best = [model for model in found.leaderboard["model"] if model in found.tests][:WALKERS]
    table = random_walk(found)
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
    print_table(out, "\nCompared with the random walk, with 95 % intervals", frame_table(shown))
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
