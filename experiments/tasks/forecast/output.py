"""Forecasts on the terminal: a leaderboard, what was chosen for the networks, what follows."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from rich.console import Console

from ....datasets import TimeSeriesPanel
from ....messages import counted
from ....pipelines.forecasting import AutoForecaster, Backtest, Forecaster
from ....pipelines.forecasting.backtest.heads import head_scores
from ...comparison.format import decimal, share
from ...reports.tables import print_comparison
from ...reports.terminal import frame_table, leaderboard_table, print_table
from ..base import Study
from .ahead import Ahead, Network
from .files import interval_scores, random_walk

Found: TypeAlias = Study[Network, Backtest]

SHOWN = 24  # rows of the forecast that are printed
SAID = 6  # networks whose recipes are printed: more would fill the screen
WALKERS = 3  # networks that are compared with the random walk


def print_recipes(networks: Iterable[Network], out: Console) -> None:
    """Prints the settings that follow from the data, once per model: seeds take the same."""
    lines = {}
    alone = [one for one in networks if not isinstance(one, AutoForecaster)]
    for one in (network.fitted_networks[0] for network in alone):
        recipe = one.recipe
        lines[one.cell_name, recipe.why] = (
            f"{one.cell_name}: a {recipe.strategy.replace('_', ' ')} network, {recipe.why}; "
            f"look-back {recipe.lookback}, {recipe.units} units"
        )
    if 0 < len(lines) <= SAID:
        out.print("\n" + "\n".join(lines.values()), soft_wrap=True)


def print_warm_up(found: Found, panel: TimeSeriesPanel, out: Console) -> None:
    """Prints how the error of the best network falls with the history that it has read."""
    best = found.networks[found.best]
    if not best.fitted_networks:
        out.print(f"\n{found.best} has no network, whose error depends on the history it has read.")
        return
    recipe = best.fitted_networks[0].recipe
    if recipe.strategy == "segment":
        out.print(f"\n{found.best} reads {recipe.lookback} rows, and nothing before them.")
        return
    table = best.error_by_history(panel)
    print_table(out, f"\nError of {found.best} by the history that it has read", frame_table(table))
    out.print("lookbacks: read from a state of zero; mae: over all leads.")


def print_forecast(ahead: Ahead, out: Console) -> None:
    """Prints the first rows of a forecast, whose it is and why."""
    print_rows(ahead.table, ahead.model, ["yhat-lo-80", "yhat-hi-80"], "--save DIR", out)
    out.print(ahead.why, soft_wrap=True)
    for note in ahead.notes:
        out.print(f"Its intervals: {note}", soft_wrap=True)


def print_rows(
    table: pd.DataFrame, model: str, columns: Sequence[str], option: str, out: Console
) -> None:
    """Prints the first rows of a forecast.

    Args:
        table: columns `unique_id, ds, yhat` and more.
        model: whose forecast it is.
        columns: those that are printed besides.
        option: what writes all rows.
        out: where to.
    """
    several = table["unique_id"].nunique() > 1
    names = [*(["unique_id"] if several else []), "ds", "yhat", *columns]
    shown = table[names].head(SHOWN)
    if (shown["ds"] == shown["ds"].dt.normalize()).all():
        shown = shown.assign(ds=shown["ds"].dt.date)
    print_table(out, f"\nWhat follows, by {model}", frame_table(shown))
    if (more := len(table) - SHOWN) > 0:
        out.print(f"… and {counted(more, 'row')} more, written with {option}")


def print_candidates(networks: Iterable[Network], out: Console) -> None:
    """Prints what each `AutoForecaster` tried, the shares in its forecast, and why."""
    for network in networks:
        if isinstance(network, AutoForecaster):
            table = network.candidates_
            shown = pd.DataFrame(
                {
                    "model": table["model"],
                    "validation MASE": table["error"].map(decimal),
                    "share": table["weight"].map(lambda w: f"{w:.0%}" if w else ""),
                    "fit, s": table["seconds"].map("{:.1f}".format),
                }
            )
            print_table(out, f"\nWhat {network.name} tried", frame_table(shown))
            out.print(network.why_, soft_wrap=True)
            failed = table[table["failure"] != ""]
            for reason, models in failed.groupby("failure", sort=False)["model"]:
                out.print(f"{', '.join(models)}: {reason}", soft_wrap=True)


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
    scores = interval_scores(found).set_index("model")
    board = found.leaderboard.join(scores["crps"], "model")
    board["coverage"] = board["model"].map(scores["coverage"]).map(share)
    table = leaderboard_table(
        board,
        found.by_lead,
        out.width,
        error=error,
        heading=headings.pop(error),
        others={"crps": "CRPS", "coverage": "in 80 %"} | headings,
    )
    print_table(out, title, table)
    out.print(
        f"lead k: {error.upper()} k steps ahead. "
        f"skill: share of the error of {backtest.reference} that is avoided.\n"
        "CRPS: error of the whole distribution. "
        "in 80 %: share of the truth inside the 80 % intervals."
    )
    members = found.tests[found.best].members
    if members is not None:
        alone = members[error]
        out.print(
            f"One network alone, of the {len(members)} that forecast together: {error.upper()} "
            f"{alone.mean():.3f} ± {alone.std():.3f}"
        )
    _print_heads(found, panel, out)
    print_comparison(found.comparison, out)
    # who forecasts differences takes the last value for the thing to beat
    if backtest.is_random_walk_like or any(one.difference for one in found.networks.values()):
        _print_random_walk(found, out)


def _print_heads(found: Found, panel: TimeSeriesPanel, out: Console) -> None:
    """Prints the scores of what heads forecast themselves: past errors recalibrate the others."""
    for label, network in found.networks.items():
        if isinstance(network, Forecaster) and network.head is not None:
            scores = head_scores(network.fitted_, panel, found.tests[label])
            out.print(
                f"{label}, its head {network.head} alone, not recalibrated by past errors: "
                f"CRPS {decimal(scores['crps'])}, in 80 % {share(scores['coverage'])} "
                f"({share(scores['worst'])} in the worst tenth of the time), "
                f"mean width {decimal(scores['width'])}",
                soft_wrap=True,
            )


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
        "p: of calling no better than always the more frequent direction. "
        "calls: how many independent calls these are worth."
    )


def _intervals(
    table: pd.DataFrame, value: str, lower: str, upper: str, form: str = "{:.1%}"
) -> list[str]:
    columns = zip(table[value], table[lower], table[upper], strict=True)
    known, bare = f"{form} [{form}, {form}]", form  # too few origins bound nothing
    return [(bare if np.isnan(row[1]) else known).format(*row) for row in columns]
