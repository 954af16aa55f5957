"""The command `rnnzoo forecast`."""

from pathlib import Path
from typing import Annotated

import typer

from .arguments import listed, other_settings
from .terminal import Checkpoints, Debug, Strict, Tracking, keep


def forecast(
    data: Annotated[
        str, typer.Argument(help="CSV, TSV, Parquet or Excel file, or a data set's name.")
    ],
    time: Annotated[
        list[str] | None,
        typer.Option(help="Time column; several make the time together. (default: ds)"),
    ] = None,
    id: Annotated[
        list[str] | None,
        typer.Option(help="Column that names the series, or several. (default: unique_id)"),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Column to forecast; several are a series each. (default: y)"),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(help="Steps ahead. (default: by the step: a day of hours, a year of months)"),
    ] = None,
    cell: Annotated[
        list[str] | None,
        typer.Option(
            help="Cells, e.g. gru,lstm, or module:Class; auto tries networks and baselines. "
            "(default: auto; gru with settings of a network)"
        ),
    ] = None,
    effort: Annotated[
        str | None,
        typer.Option(help="How much auto tries: quick, balanced or thorough. (default: balanced)"),
    ] = None,
    past: Annotated[list[str] | None, typer.Option(help="Covariate known up to now.")] = None,
    future: Annotated[list[str] | None, typer.Option(help="Covariate known ahead too.")] = None,
    static: Annotated[list[str] | None, typer.Option(help="A number for each series.")] = None,
    weight: Annotated[
        str | None, typer.Option(help="Column: how much each row counts in training.")
    ] = None,
    future_rows: Annotated[
        Path | None, typer.Option(help="Table with the future covariates after the data's end.")
    ] = None,
    lookback: Annotated[
        int | None, typer.Option(help="Steps of history. (default: a rule)")
    ] = None,
    units: Annotated[int | None, typer.Option(help="Width of the cells. (default: a rule)")] = None,
    layers: Annotated[int, typer.Option(help="Cells on top of each other.")] = 1,
    strategy: Annotated[
        str, typer.Option(help="auto (by cell and data), stateful, closed_loop or segment.")
    ] = "auto",
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the data, at most. (default: a rule)")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same forecast.")] = 0,
    seeds: Annotated[
        int, typer.Option(help="Times that each network is fitted; they forecast as one.")
    ] = 1,
    aggregation: Annotated[str, typer.Option(help="How they do: mean or median.")] = "mean",
    test_rows: Annotated[
        int | None, typer.Option(help="Last rows to be tested on. (default: a fifth)")
    ] = None,
    difference: Annotated[
        str | None,
        typer.Option(help="Read steps in place of levels: step (for prices) or season."),
    ] = None,
    scaling: Annotated[str, typer.Option(help="z-score, robust or running.")] = "z-score",
    channels: Annotated[
        str, typer.Option(help="Several series in segments: independent, embedded or mixed.")
    ] = "independent",
    calendar: Annotated[
        list[str] | None,
        typer.Option(help="Sines of it: auto, none, or some of day,week,year. (default: a rule)"),
    ] = None,
    transform: Annotated[
        str | None,
        typer.Option(help="Of a target above 0: log, box-cox, auto or none. (default: a rule)"),
    ] = None,
    missing: Annotated[
        str, typer.Option(help="Missing values: error, interpolate or mask.")
    ] = "error",
    duplicates: Annotated[str, typer.Option(help="Repeated times: error or mean.")] = "error",
    gaps: Annotated[
        str,
        typer.Option(help="Missing times: auto (a few are left without values), error or fill."),
    ] = "auto",
    short: Annotated[
        str, typer.Option(help="Series of fewer than --fewest rows: error, drop or pad.")
    ] = "error",
    fewest: Annotated[
        int | None, typer.Option(help="Rows that a series must have. (default: 2)")
    ] = None,
    frequency: Annotated[
        str | None,
        typer.Option(help="Step: h, D, MS, …, or rows: each row is one. (default: the usual step)"),
    ] = None,
    season: Annotated[
        int | None, typer.Option(help="Rows of a season, 1 for none. (default: by the step)")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of the target, for the axes.")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Time zone of times written without one: Europe/Paris.")
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(help="How times are written, if not as 2024-12-31; e.g. %d/%m/%Y.")
    ] = None,
    na: Annotated[
        list[str] | None,
        typer.Option(help='A sign of missing values, number or text: -9999, "?"; repeatable.'),
    ] = None,
    separator: Annotated[
        str | None, typer.Option(help="Sign between columns: ';', tab, … (default: found)")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(help="Decimal mark, . or a comma. (default: found)")
    ] = None,
    thousands: Annotated[
        str | None, typer.Option(help="Mark between thousands. (default: found)")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the file, e.g. cp1252. (default: utf-8)")
    ] = None,
    skip_rows: Annotated[
        int | None, typer.Option(help="Lines above the header. (default: found)")
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="A distribution in place of a number: quantiles, normal, student_t (for returns), "
            "negative_binomial, zero_inflated (for counts)."
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="How loops over time are run: auto, scan, project_first, parallel.")
    ] = "auto",
    audit: Annotated[
        bool, typer.Option("--audit", help="Prove that nothing knows what came later.")
    ] = False,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other of Forecaster: optimizer=sgd, max_minutes=2."),
    ] = None,
    warm_up: Annotated[
        bool,
        typer.Option("--warm-up", help="Show how the error falls with the history that is read."),
    ] = False,
    checkpoint: Checkpoints = None,
    tracking: Tracking = True,
    strict: Strict = False,
    model: Annotated[
        str | None,
        typer.Option(help="Model of the leaderboard that forecasts what follows. (default: best)"),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Folder for models, charts and the forecast.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Fit networks to a table, compare them with baselines, forecast what follows."""
    how = dict(
        missing=missing,
        duplicates=duplicates,
        gaps=gaps,
        short=short,
        fewest=fewest,
        time_format=time_format,
        zone=zone,
        frequency=frequency,
        season=season,
        unit=unit,
        na=na,
        separator=separator,
        decimal=decimal,
        thousands=thousands,
        encoding=encoding,
        skip_rows=skip_rows,
    )
    from ...datasets import steps_of
    from ..tasks.forecast.data import columns_with_commas, named_panel

    known = columns_with_commas(data, how)
    asked = dict(
        time=_one_or_all(listed(time, known)),
        id=listed(id, known) or None,
        target=_one_or_all(listed(target, known)),
        past=listed(past, known),
        future=listed(future, known),
        static=listed(static, known),
        weight=weight,
    )
    panel = named_panel(data, asked, how)
    from ..reports.terminal import console
    from ..tasks.forecast.networks import (  # after the cheap checks: Keras
        default_cells,
        networks_of,
    )
    from ..tasks.forecast.task import Forecasting
    from ..tasks.study import run_task

    settings = dict(
        horizon=steps_of(panel.schema.frequency).horizon if horizon is None else horizon,
        lookback=lookback,
        units=units,
        layers=layers,
        strategy=strategy,
        epochs=epochs,
        seed=seed,
        difference=difference,
        scaling=scaling,
        channels=channels,
        calendar=_cycles(listed(calendar)),
        transform=transform,
        head=head,
        engine=engine,
    )
    settings |= other_settings(setting, "forecast", settings)
    cells, why_not_auto = listed(cell), ""
    if not cells:
        cells, why_not_auto = default_cells(settings, seeds)
    networks = networks_of(cells, settings, seeds, aggregation, effort)
    if why_not_auto:
        console().print(why_not_auto, soft_wrap=True)
    run_task(
        Forecasting(panel, test_rows, audit, future_rows, warm_up, model),
        networks,
        keep(tracking, strict, save, checkpoint),
    )


def _cycles(named: list[str]) -> str | list[str] | None:
    return {"auto": "auto", "none": [], "": None}.get(",".join(named), named)


def _one_or_all(names: list[str]) -> list[str] | str | None:
    return names if len(names) > 1 else next(iter(names), None)
